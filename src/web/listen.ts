/** Where a server listens: TCP, or a unix socket that appears under its name only when it is ready. */
import { lookup } from 'node:dns/promises';
import { chmodSync, chownSync, linkSync, lstatSync, type Stats, unlinkSync } from 'node:fs';
import type { ListenOptions, Server } from 'node:net';
import { connect, isIPv6 } from 'node:net';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { InetHttpServerConfig, UnixHttpServerConfig } from '../config/types.ts';
import { HttpServerError, inUseError, openError, tooLongError } from './http-server-error.ts';

/** Gives back what listening has taken, besides the server itself. */
export type Release = () => void;

const BACKLOG = 1024;

/** Bytes; the kernel's 108 have a NUL behind them. */
const MAX_SOCKET_PATH = 107;

/**
 * An empty host is all IPv4 interfaces, a name is an IPv4 address; an address of IPv6 has brackets as in a URL.
 * Throws {@link HttpServerError}.
 */
export async function listenInet(server: Server, config: InetHttpServerConfig): Promise<Release> {
  try {
    const host = await addressOf(config.host);
    await listen(server, { host, port: config.port, backlog: BACKLOG });
  } catch (error) {
    throw openError(error as NodeJS.ErrnoException);
  }
  return () => {};
}

async function addressOf(host: string): Promise<string> {
  if (host === '') return '0.0.0.0';
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return isIPv6(bare) ? bare : (await lookup(host, { family: 4 })).address;
}

/**
 * The socket is bound under a temporary name, gets its owner and mode there, and is then linked to its real
 * name: nobody can connect before the mode is right, and of two daemons only one gets the name. A name that
 * nobody answers at is taken over. Throws {@link HttpServerError}.
 */
export async function listenUnix(
  server: Server,
  config: UnixHttpServerConfig,
  stderr: (text: string) => void,
): Promise<Release> {
  const temporary = `${config.file}.${process.pid}`;
  // Node would bind to as much of the name as fits.
  if (Buffer.byteLength(temporary) > MAX_SOCKET_PATH) throw tooLongError(config.file);
  try {
    unlinkIfThere(temporary);
    await bindPrivately(server, temporary);
    setOwner(temporary, config);
    chmodSync(temporary, config.mode);
    await linkName(temporary, config.file, stderr);
  } catch (error) {
    throw error instanceof HttpServerError ? error : openError(withTrueCode(error, config.file));
  } finally {
    removeIfPossible(temporary);
  }
  const made = lstatSync(config.file);
  return () => {
    // Someone may have put another socket there meanwhile; that one is theirs.
    if (isSame(made, statIfThere(config.file))) unlinkIfThere(config.file);
  };
}

/** Node says EACCES when the folder of a socket does not exist. */
function withTrueCode(error: unknown, file: string): NodeJS.ErrnoException {
  const failure = error as NodeJS.ErrnoException;
  if (failure.code !== 'EACCES' || statIfThere(dirname(file)) !== undefined) return failure;
  return Object.assign(new Error(`${dirname(file)} does not exist`, { cause: error }), {
    code: 'ENOENT',
    errno: -2,
  });
}

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Node binds inside the call to `listen`, so the umask is only changed around that. */
function bindPrivately(server: Server, path: string): Promise<void> {
  const umask = process.umask(0o177);
  try {
    return listen(server, { path, backlog: BACKLOG });
  } finally {
    process.umask(umask);
  }
}

function setOwner(path: string, { file, uid, gid }: UnixHttpServerConfig): void {
  if (uid === -1 && gid === -1) return;
  try {
    chownSync(path, uid, gid);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EPERM') throw cause;
    throw new HttpServerError(
      `Not permitted to chown ${file} to uid/gid (${uid}, ${gid}); adjust "sockchown" value in config file or ` +
        `on command line to values that the current user (${currentUser()}) can successfully chown`,
      'EPERM',
      { cause },
    );
  }
}

async function linkName(temporary: string, file: string, stderr: (text: string) => void): Promise<void> {
  for (;;) {
    try {
      linkSync(temporary, file);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const found = statIfThere(file);
    if (found === undefined) continue;
    if (!found.isSocket()) {
      throw new HttpServerError(`Cannot open an HTTP server: ${file} exists and is not a socket`, 'EEXIST');
    }
    if (await isAnswered(file)) throw inUseError();
    // Another daemon may have been quicker: then the name is looked at again.
    if (!isSame(found, statIfThere(file))) continue;
    stderr(`Unlinking stale socket ${file}\n`);
    unlinkIfThere(file);
  }
}

/** Whether a program listens there; one that is too busy to accept still counts. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

function statIfThere(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** On the way out of a failure: that one is to be told, and on a read-only file system this one fails, too. */
function removeIfPossible(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Mostly it is not there; what is left of it otherwise is in nobody's way.
  }
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the password file has only a number.
    return String(process.getuid?.() ?? '?');
  }
}
