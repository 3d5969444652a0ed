/** Sockets that are made here and served by children: FastCGI programs and the like accept() on their stdin. */
import { chmodSync, chownSync, lstatSync, unlinkSync } from 'node:fs';
import type { InetAddress, SocketConfig, UnixAddress } from '../config/types.ts';
import { type SharedSocket, SocketError, type Sockets } from '../supervisor/ports.ts';
import { errorCode } from './error-code.ts';
import { closeDescriptor } from './libc/descriptors.ts';
import {
  bindSocket,
  inetAddress,
  listenSocket,
  makeSocket,
  reuseAddress,
  unixAddress,
} from './libc/sockets.ts';

/** As long as the kernel allows: it takes its own limit for anything above. */
const LONGEST_BACKLOG = 65_535;

export const listeningSockets: Sockets = { listen };

/** The descriptor of a socket that {@link listeningSockets} has made; it stays theirs. */
export function descriptorOf(socket: SharedSocket): number {
  if (!(socket instanceof ListeningSocket)) throw new TypeError('not a socket of this host');
  return socket.fd;
}

class ListeningSocket implements SharedSocket {
  readonly fd: number;
  #open = true;

  constructor(fd: number) {
    this.fd = fd;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeDescriptor(this.fd);
  }
}

function listen(config: SocketConfig): SharedSocket {
  try {
    // Blocking, because that is what the children expect who wait in accept().
    const fd = makeSocket(config.address.kind, 'stream', true);
    try {
      bindTo(fd, config);
      listenSocket(fd, config.backlog ?? LONGEST_BACKLOG);
      return new ListeningSocket(fd);
    } catch (error) {
      closeDescriptor(fd);
      throw error;
    }
  } catch (cause) {
    if (cause instanceof SocketError) throw cause;
    const code = errorCode(cause);
    throw new SocketError(code, code, { cause });
  }
}

function bindTo(fd: number, { address }: SocketConfig): void {
  if (address.kind === 'unix') bindPath(fd, address);
  else bindPort(fd, address);
}

function bindPort(fd: number, { host, port }: InetAddress): void {
  reuseAddress(fd);
  const address = inetAddress(host, port);
  if (address === undefined) throw new SocketError('ENOTFOUND', `no IPv4 address for ${host}`);
  bindSocket(fd, address);
}

/** Nobody can connect before listen(), so the socket is never open to more people than it should be. */
function bindPath(fd: number, { path, mode, uid, gid }: UnixAddress): void {
  const address = unixAddress(path);
  if (address === undefined) throw new SocketError('ENAMETOOLONG', 'the path is too long for a socket');
  removeSocket(path);
  bindSocket(fd, address);
  try {
    if (uid !== -1 || gid !== -1) chownSync(path, uid, gid);
    chmodSync(path, mode);
  } catch (error) {
    removeSocket(path);
    throw error;
  }
}

/** A path that was mistyped must not cost a file. */
function removeSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new SocketError('EEXIST', 'the path is taken by something that is no socket');
  unlinkSync(path);
}
