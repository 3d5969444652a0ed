/**
 * Messages to the syslog daemon of this machine: datagrams to a unix socket. Nothing waits: while the daemon is
 * busy, messages stand in a bounded queue; while there is none, they are lost. Losses are counted and told.
 */
import { createLossLedger } from '../log/loss-ledger.ts';
import { formatSyslogMessage } from '../log/syslog-message.ts';
import type { Cancel, Clock, Syslog } from '../supervisor/ports.ts';
import { errorCode } from './error-code.ts';
import { closeDescriptor } from './libc/descriptors.ts';
import { EAGAIN, errnoName } from './libc/errno.ts';
import { connectSocket, makeSocket, sendDatagram, unixAddress } from './libc/sockets.ts';

export const SYSLOG_SOCKET = '/dev/log';

/** What may wait for a busy daemon: many times what a unix socket itself holds. */
const QUEUE_BYTES = 4 * 1024 * 1024;
/** A busy daemon is asked again after this long; there is no event that would tell when it has room. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 100;

export interface SyslogOptions {
  readonly clock: Clock;
  /** The program's name, in front of each message. */
  readonly tag: string;
  /** Told when messages begin to be lost, when that is over, and what is untold at the end; rarely. */
  readonly onLoss: (message: string) => void;
  readonly path?: string;
}

export interface SystemSyslog extends Syslog {
  /** Before the log that is told of losses closes: tells of those that nobody has heard of. */
  tellLosses(): void;
  /** Sends what it can of what waits, and closes. */
  close(): void;
}

export function createSyslog({ clock, tag, onLoss, path = SYSLOG_SOCKET }: SyslogOptions): SystemSyslog {
  const ledger = createLossLedger(`'${path}'`);
  const connection = new Connection(path);
  let lost = 0;
  let queue: Uint8Array[] = [];
  /** What stands before this in the queue is done with: shifting a long array is not free. */
  let head = 0;
  let queued = 0;
  let delay = FIRST_RETRY_MS;
  let retry: Cancel | undefined;
  let closed = false;

  function tell(message: string | undefined): void {
    if (message !== undefined) onLoss(message);
  }

  function drop(bytes: Uint8Array, code: string): void {
    lost += 1;
    tell(ledger.lost(bytes.length, code, clock.monotonic()));
  }

  function enqueue(bytes: Uint8Array): void {
    if (queued + bytes.length > QUEUE_BYTES) {
      drop(bytes, 'EAGAIN');
      return;
    }
    queue.push(bytes);
    queued += bytes.length;
    retry ??= clock.after(delay, again);
  }

  /** False: the daemon is busy, the message is not sent. */
  function deliver(bytes: Uint8Array): boolean {
    const code = connection.send(bytes);
    if (code === 'EAGAIN') return false;
    if (code !== undefined) drop(bytes, code);
    else if (ledger.open) tell(ledger.worked(clock.monotonic()));
    return true;
  }

  function again(): void {
    retry = undefined;
    delay = Math.min(delay * 2, LAST_RETRY_MS);
    for (let bytes = queue[head]; bytes !== undefined && deliver(bytes); bytes = queue[head]) {
      head += 1;
      queued -= bytes.length;
      delay = FIRST_RETRY_MS;
    }
    if (head * 2 >= queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
    if (queue.length > 0) retry ??= clock.after(delay, again);
  }

  return {
    get lost() {
      return lost;
    },
    send(text) {
      const bytes = new TextEncoder().encode(formatSyslogMessage(clock.wall(), tag, text));
      if (closed) drop(bytes, 'EBADF');
      else if (queue.length > 0 || !deliver(bytes)) enqueue(bytes);
    },
    tellLosses() {
      tell(ledger.closed());
    },
    close() {
      if (closed) return;
      closed = true;
      retry?.();
      retry = undefined;
      for (const bytes of queue.slice(head)) if (!deliver(bytes)) drop(bytes, 'EAGAIN');
      queue = [];
      connection.close();
      tell(ledger.closed());
    },
  };
}

/** One socket, connected when needed: a daemon that restarts makes a new one to connect to. */
class Connection {
  readonly #path: string;
  #fd: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** undefined when the daemon has it, else an error's code; EAGAIN: it is busy. */
  send(bytes: Uint8Array): string | undefined {
    if (this.#fd !== undefined) {
      const result = sendDatagram(this.#fd, bytes);
      if (result === 0) return undefined;
      // Too large, say: a new connection would not help, but costs little, for it is rare.
      if (result === -EAGAIN) return 'EAGAIN';
    }
    const failed = this.#connect();
    if (failed !== undefined || this.#fd === undefined) return failed;
    const result = sendDatagram(this.#fd, bytes);
    return result === 0 ? undefined : errnoName(-result);
  }

  close(): void {
    if (this.#fd !== undefined) closeDescriptor(this.#fd);
    this.#fd = undefined;
  }

  #connect(): string | undefined {
    this.close();
    const address = unixAddress(this.#path);
    if (address === undefined) return 'ENAMETOOLONG';
    try {
      this.#fd = makeSocket('unix', 'datagram', false);
    } catch (error) {
      return errorCode(error);
    }
    const result = connectSocket(this.#fd, address);
    if (result === 0) return undefined;
    this.close();
    return errnoName(-result);
  }
}
