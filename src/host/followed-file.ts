/** One file that is read as it grows, whatever its name is by now. */
import {
  closeSync,
  constants,
  type FSWatcher,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  watch,
} from 'node:fs';
import { incompleteSuffix } from '../log/text-decoder.ts';
import { errorCode } from './error-code.ts';

export interface FollowedFile {
  /** Bytes, at the last look. */
  readonly size: number;
  /** Epoch milliseconds of the last change, at the last look. */
  readonly modified: number;
  /** Looks at the size. True when the file has become shorter: what was read of it is another content's. */
  look(): boolean;
  is(stats: Stats): boolean;
  /** Where the last `length` bytes begin; a character that begins before them is left out. */
  tail(length: number): number;
  /**
   * The bytes from `position` on, up to a chunk of them; undefined when there are none. A character that is not
   * complete waits for its rest, unless the file is `over`. Who asks for the same gets the same bytes: they must
   * not be changed.
   */
  read(position: number, over: boolean): Uint8Array | undefined;
  close(): void;
}

/** Bytes read at once. */
const CHUNK = 64 * 1024;
const ATTEMPTS = 5;

/**
 * Opens and watches a file. Undefined when there is none, or none that can be read from any position. Throws an
 * Error with `code` when the system has no descriptor (EMFILE) or no watch (ENOSPC) left.
 */
export function openFollowedFile(path: string, changed: () => void): FollowedFile | undefined {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const fd = openIfThere(path);
    if (fd === undefined) return undefined;
    let watcher: FSWatcher | undefined;
    try {
      watcher = watch(path, changed);
      const stats = fstatSync(fd);
      // The name may have gone to another file in between: then the watch is on that one.
      if (isSame(stats, statIfFile(path))) return createFollowedFile(fd, stats, watcher, changed);
    } catch (error) {
      release(fd, watcher);
      if (errorCode(error) !== 'ENOENT') throw error;
      continue;
    }
    release(fd, watcher);
  }
  return undefined;
}

function release(fd: number, watcher: FSWatcher | undefined): void {
  watcher?.close();
  closeSync(fd);
}

/** What a name stands for, when it is a regular file. */
export function statIfFile(path: string): Stats | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? stats : undefined;
  } catch {
    // What cannot be looked at does not exist for us.
    return undefined;
  }
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

function openIfThere(path: string): number | undefined {
  // Only then opened: to open the reading end of a fifo has an effect on its writers.
  if (statIfFile(path) === undefined) return undefined;
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EMFILE' || code === 'ENFILE') throw error;
    // Gone meanwhile, or not ours to read.
    return undefined;
  }
}

function createFollowedFile(fd: number, first: Stats, watcher: FSWatcher, changed: () => void): FollowedFile {
  let stats = first;
  let last: { position: number; size: number; over: boolean; bytes: Uint8Array | undefined } | undefined;
  // What ends a watch is seen when the file is looked at.
  watcher.on('error', changed);

  function readAt(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, position));
  }

  function readChunk(position: number, over: boolean): Uint8Array | undefined {
    const bytes = readAt(position, Math.min(CHUNK, stats.size - position));
    const complete = over && position + bytes.length >= stats.size;
    const cut = complete ? bytes : bytes.subarray(0, bytes.length - incompleteSuffix(bytes));
    return cut.length === 0 ? undefined : cut;
  }

  return {
    get size() {
      return stats.size;
    },
    get modified() {
      return stats.mtimeMs;
    },
    look() {
      const before = stats.size;
      stats = fstatSync(fd);
      const shorter = stats.size < before;
      if (shorter) last = undefined;
      return shorter;
    },
    is: (other) => isSame(stats, other),
    tail(length) {
      const from = Math.max(0, stats.size - length);
      if (from === 0) return 0;
      const bytes = readAt(from, 3);
      const begin = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
      return from + (begin < 0 ? bytes.length : begin);
    },
    read(position, over) {
      const { size } = stats;
      if (position >= size) return undefined;
      if (last?.position !== position || last.size !== size || last.over !== over) {
        last = { position, size, over, bytes: readChunk(position, over) };
      }
      return last.bytes;
    },
    close: () => release(fd, watcher),
  };
}
