/**
 * One daemon per pidfile. The pidfile itself is locked (flock) for as long as the daemon lives, so what counts
 * is never the number in it: a file that kill -9 left behind is free, even when its number has gone to another
 * process, and a second daemon is refused before it has touched anything of the first.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { reprText } from '../log/python-repr.ts';
import { errorCode } from './error-code.ts';
import { tryLock } from './libc/flock.ts';

/** Another daemon lives on this pidfile. The operator has to stop it or to name another file. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
  readonly path: string;
  /** As the pidfile has it; undefined when it says nothing sensible yet. */
  readonly pid: number | undefined;

  constructor(path: string, pid: number | undefined) {
    const who = pid === undefined ? 'Another daemon' : `Another daemon (pid ${pid})`;
    super(
      `${who} is already running with pidfile ${reprText(path)}. Shut it down first, or use another pidfile.`,
    );
    this.path = path;
    this.pid = pid;
  }
}

export interface Pidfile {
  /** Writes `<pid>\n`. Throws an Error with `code` when it cannot be written. */
  write(pid: number): void;
  /** Removes the file, if it is still the one that was written here, and frees it for others. Never throws. */
  release(): void;
}

/**
 * Opens and locks a pidfile; to be called before anything that a second daemon could spoil. Throws
 * {@link AlreadyRunningError}, or an Error with `code` when the file cannot be opened: Supervisor then logs
 * `could not write pidfile <path>` and runs on.
 */
export function claimPidfile(path: string): Pidfile {
  for (;;) {
    const existed = statSync(path, { throwIfNoEntry: false }) !== undefined;
    const fd = openSync(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOCTTY,
      0o666,
    );
    const stats = fstatSync(fd);
    // A device, as /dev/null, for those who want no pidfile: nothing to lock and nothing to remove.
    if (!stats.isFile()) return unlockedDevice(fd);
    if (!lock(fd)) {
      const pid = readPid(fd);
      closeSync(fd);
      throw new AlreadyRunningError(path, pid);
    }
    if (isStill(path, stats)) return heldPidfile(fd, path, stats, existed);
    // Its owner removed the file between our opening and locking it: the lock is on a file without a name.
    closeSync(fd);
  }
}

function heldPidfile(fd: number, path: string, stats: Stats, existed: boolean): Pidfile {
  let written: number | undefined;
  let released = false;
  return {
    write(pid) {
      const text = Buffer.from(`${pid}\n`);
      ftruncateSync(fd, 0);
      writeSync(fd, text, 0, text.length, 0);
      written = pid;
    },
    release() {
      if (released) return;
      released = true;
      try {
        const ours = written === undefined ? !existed : readPid(fd) === written;
        // While the lock is held, so that nobody can claim the file between these two steps.
        if (ours && isStill(path, stats)) unlinkSync(path);
      } catch {
        // A pidfile that cannot be removed is stale from now on, which hinders nobody.
      }
      closeSync(fd);
    },
  };
}

function unlockedDevice(fd: number): Pidfile {
  let released = false;
  return {
    write: (pid) => void writeSync(fd, `${pid}\n`),
    release() {
      if (!released) closeSync(fd);
      released = true;
    },
  };
}

function lock(fd: number): boolean {
  try {
    return tryLock(fd) === 'locked';
  } catch (error) {
    // A file system without locks (some network ones): then only the sockets keep a second daemon away, as they
    // do for Supervisor.
    if (WITHOUT_LOCKS.has(errorCode(error))) return true;
    closeSync(fd);
    throw error;
  }
}

const WITHOUT_LOCKS: ReadonlySet<string> = new Set(['ENOLCK', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP', 'EINVAL']);

function isStill(path: string, stats: Stats): boolean {
  const named = statSync(path, { throwIfNoEntry: false });
  return named?.ino === stats.ino && named.dev === stats.dev;
}

function readPid(fd: number): number | undefined {
  const bytes = Buffer.alloc(32);
  const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
  return /^\d{1,10}\n?$/.test(text) ? Number.parseInt(text, 10) : undefined;
}
