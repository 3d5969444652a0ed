/**
 * The listening socket of one `[fcgi-program:x]` in a group. It exists from the first process that holds it to the
 * last, so that none of them misses a connection while others come and go.
 */
import type { SocketConfig } from '../config/types.ts';
import { type MainLog, type SharedSocket, SocketError, type Sockets } from './ports.ts';

export class SocketLease {
  readonly #config: SocketConfig;
  readonly #sockets: Sockets;
  readonly #log: MainLog;
  #socket: SharedSocket | undefined;
  #holders = 0;

  constructor(config: SocketConfig, sockets: Sockets, log: MainLog) {
    this.#config = config;
    this.#sockets = sockets;
    this.#log = log;
  }

  /** Finds out early whether the socket can be had. Throws {@link SocketError}. */
  probe(): void {
    this.acquire();
    this.release();
  }

  /** One more holder, who calls {@link release} once. Throws {@link SocketError}; then there is no new holder. */
  acquire(): SharedSocket {
    this.#socket ??= this.#create();
    this.#holders += 1;
    return this.#socket;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    this.#log.write('info', `Closing socket ${this.#config.url}`);
    this.#socket?.close();
    this.#socket = undefined;
  }

  #create(): SharedSocket {
    const { url } = this.#config;
    this.#log.write('info', `Creating socket ${url}`);
    try {
      return this.#sockets.listen(this.#config);
    } catch (cause) {
      if (!(cause instanceof SocketError)) throw cause;
      const message = `Could not create FastCGI socket ${url}: ${cause.message}`;
      throw new SocketError(cause.code, message, { cause });
    }
  }
}
