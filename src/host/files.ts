import { randomInt } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from '../supervisor/ports.ts';
import { resolveCommand } from './commands.ts';
import { errorCode } from './error-code.ts';
import { openLog } from './log-files.ts';
import type { StandardStreams, StreamClock } from './stream-target.ts';

/**
 * The files of this machine. `streams` are the daemon's own stdout and stderr, which logs may name. `exchanged` is
 * called before and after a log file makes room for another, or is emptied.
 */
export function createFiles(
  clock: StreamClock,
  streams: StandardStreams,
  exchanged: (path: string) => void = () => {},
): Files {
  return {
    openLog: (path, options) => openLog(path, options, clock, streams, exchanged),
    resolveCommand,
    createAutoLog,
    readSlice,
    size,
  };
}

/** As Python's tempfile module picks them, for the clean-up pattern of Supervisor knows these. */
const NAME_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789_';
const NAME_LENGTH = 8;
const NAME_ATTEMPTS = 100;

function createAutoLog(folder: string, prefix: string): string {
  for (let attempt = 1; ; attempt++) {
    const path = join(folder, `${prefix}${randomName()}.log`);
    try {
      closeSync(openSync(path, 'wx', 0o600));
      return path;
    } catch (error) {
      // Somebody has that name already: another one.
      if (errorCode(error) !== 'EEXIST' || attempt === NAME_ATTEMPTS) throw error;
    }
  }
}

function randomName(): string {
  return Array.from({ length: NAME_LENGTH }, () => NAME_LETTERS[randomInt(NAME_LETTERS.length)]).join('');
}

function readSlice(path: string, from: number, length: number): Uint8Array {
  // Non-blocking, or opening a fifo would wait for a writer. For regular files it means nothing.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw notSeekable(path, stats.isDirectory() ? 'EISDIR' : 'ESPIPE');
    const bytes = new Uint8Array(Math.max(0, Math.min(length, stats.size - from)));
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(fd, bytes, done, bytes.length - done, from + done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(fd);
  }
}

function notSeekable(path: string, code: string): Error {
  return Object.assign(new Error(`${code}: cannot read from within '${path}'`), { code });
}

function size(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size;
  } catch {
    // What cannot be looked at does not exist for us; Supervisor sees it the same way.
    return undefined;
  }
}
