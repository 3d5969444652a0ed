/**
 * A log that is written at once: a regular file, with rotation, or a device that never makes a writer wait.
 *
 * The rule throughout: the descriptor in hand is given up only when there is a better one. A folder that
 * vanished, a lack of permission or of descriptors then costs the rotation, not the output.
 */
import {
  close,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { createLossLedger } from '../log/loss-ledger.ts';
import { reprText } from '../log/python-repr.ts';
import { planRotation, rotatedPath } from '../log/rotation.ts';
import type { Clock, LogFileOptions, LogSink } from '../supervisor/ports.ts';
import { errorCode } from './error-code.ts';

export interface DirectSinkDeps {
  /** Open for appending; belongs to the sink from now on. */
  readonly fd: number;
  readonly path: string;
  readonly options: LogFileOptions;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Called before and after the file under this name is another, or empty. Must not throw. */
  readonly exchanged: (path: string) => void;
}

export function createDirectSink({ fd: firstFd, path, options, clock, exchanged }: DirectSinkDeps): LogSink {
  const ledger = createLossLedger(reprText(path));
  const { maxBytes, backups } = options;
  let fd = firstFd;
  let { regular, position } = describe(fd);
  let rotateAt = firstLimit();

  function firstLimit(): number {
    return regular && maxBytes > 0 ? maxBytes : Number.POSITIVE_INFINITY;
  }

  function tell(message: string | undefined): void {
    if (message !== undefined) options.onLoss(message);
  }

  function replace(newFd: number): void {
    const old = fd;
    fd = newFd;
    ({ regular, position } = describe(fd));
    rotateAt = firstLimit();
    // In another thread: it may be the last descriptor of a large file that is removed, see moveOver.
    close(old, () => undefined);
    exchanged(path);
  }

  /** Rotates, or finds out that there is no need. Whatever fails, it is tried again one size later. */
  function rotate(): void {
    const now = clock.monotonic();
    try {
      const { size, ino, dev } = fstatSync(fd);
      position = size;
      // Others may have emptied the file since it was last looked at.
      if (size < maxBytes) return;
      const named = statSync(path, { throwIfNoEntry: false });
      // A name that is gone, or names another file by now: others have moved ours away, and that is rotation.
      if (named !== undefined && named.ino === ino && named.dev === dev) {
        exchanged(path);
        shiftFiles(path, backups);
      }
      replace(openForAppending(path));
    } catch (error) {
      const code = errorCode(error);
      tell(ledger.trouble(`cannot rotate log ${reprText(path)} (${code}), it grows on`, now));
      dropNameless(code, now);
      rotateAt = position + maxBytes;
    }
  }

  /** A file that nobody can read any more must not fill the disk. */
  function dropNameless(code: string, now: number): void {
    try {
      const { nlink, size } = fstatSync(fd);
      if (nlink > 0) return;
      ftruncateSync(fd, 0);
      position = 0;
      tell(ledger.lost(size, code, now));
    } catch {
      // The file is in no state to be emptied: then it stays as it is, which has been told already.
    }
  }

  return {
    get lost() {
      return ledger.total;
    },
    write(bytes) {
      let done = 0;
      try {
        while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done);
      } catch (error) {
        tell(ledger.lost(bytes.length - done, errorCode(error), clock.monotonic()));
      }
      position += done;
      if (ledger.open && done === bytes.length) tell(ledger.worked(clock.monotonic()));
      if (position >= rotateAt) rotate();
    },
    reopen() {
      try {
        replace(openForAppending(path));
      } catch (error) {
        const text = `cannot reopen log ${reprText(path)} (${errorCode(error)}), the old file is kept`;
        tell(ledger.trouble(text, clock.monotonic()));
      }
    },
    clear() {
      // A device has no content, and its name is not ours to remove.
      if (!regular) return;
      removeIfThere(path);
      replace(openForAppending(path));
    },
    close() {
      // First, for the main log tells of its own losses in itself, and may have room again.
      tell(ledger.closed());
      if (fd !== CLOSED) closeQuietly(fd);
      fd = CLOSED;
      rotateAt = Number.POSITIVE_INFINITY;
    },
  };
}

/** Never waits: not for the reader of a fifo, and not for a terminal's carrier. Throws an Error with `code`. */
export function openForAppending(path: string): number {
  try {
    return openSync(path, APPEND);
  } catch (error) {
    // A fifo without a reader. With both ends in hand it opens, and keeps what it can for a reader to come.
    if (errorCode(error) !== 'ENXIO' || !statSync(path).isFIFO()) throw error;
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  }
}

const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants;
const APPEND = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY;

/** Writing to it gives EBADF, which is counted as any loss. */
const CLOSED = -1;

function describe(fd: number): { regular: boolean; position: number } {
  const stats = fstatSync(fd);
  return { regular: stats.isFile(), position: stats.size };
}

function shiftFiles(path: string, backups: number): void {
  const exists = (number: number): boolean =>
    statSync(rotatedPath(path, number), { throwIfNoEntry: false }) !== undefined;
  for (const step of planRotation(backups, exists)) {
    if (step.kind === 'truncate') {
      closeSync(openSync(path, O_WRONLY | constants.O_TRUNC | O_NONBLOCK));
      continue;
    }
    try {
      moveOver(rotatedPath(path, step.from), rotatedPath(path, step.to));
    } catch (error) {
      // Somebody tidied up in the meantime.
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}

/**
 * To give the space of a large file back takes the kernel ten milliseconds and more, and to rename over it twice as
 * long, since ext4 then writes the newer file out first. So the older one only loses its name here, and its space in
 * the thread that closes its last descriptor.
 */
function moveOver(from: string, to: string): void {
  const older = hold(to);
  try {
    removeIfThere(to);
    renameSync(from, to);
  } finally {
    if (older !== undefined) close(older, () => undefined);
  }
}

/** Linux's own flag, the same everywhere, that Node has no name for: no permission is needed, and nobody notices. */
const O_PATH = 0o10000000;

function hold(path: string): number | undefined {
  try {
    return openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch {
    // It is not there, or no descriptor is to be had: then its space is given back at once.
    return undefined;
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // The descriptor is gone all the same; a late EIO is about bytes that were counted as written.
  }
}
