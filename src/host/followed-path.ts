/**
 * A log under its name: the file that has the name now and, before it, those that had it and are not read to their
 * end by everyone.
 *
 * Theory of operation. Each reader has a file and a position. Who has read a file to its end goes to the next as soon
 * as that one has content: until then the old one may still be written, by a daemon that has not been told that its
 * log was rotated. A file that has become shorter begins anew, with a line that says so. Nothing is read for a reader
 * who does not take it, so that what a slow one costs is a descriptor for each file that it has before it, and no
 * more than {@link MAX_FILES} of those.
 *
 * inotify tells when to look: a watch on each file, for its content and its name, and one on the folder, for names
 * that come. What is looked at is always everything; an event more or less does not matter.
 */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Cancel, Clock, FollowedLog, LogReading } from '../supervisor/ports.ts';
import { type FollowedFile, openFollowedFile, statIfFile } from './followed-file.ts';

export interface FollowedPath {
  /** Undefined when the name is gone. Throws an Error with `code` when the file cannot be read. */
  join(tail: number, reading: LogReading): FollowedLog | undefined;
  /** Looks at everything now. Never throws. */
  look(): void;
}

interface Reader {
  readonly reading: LogReading;
  file: FollowedFile;
  position: number;
  /** Told before anything else. */
  notice: Uint8Array | undefined;
  /** Whether it takes more. */
  eager: boolean;
  left: boolean;
}

/** In Supervisor's words. */
const TRUNCATED = Buffer.from('==> File truncated <==\n');
const SKIPPED = Buffer.from('==> Output skipped: read too slowly <==\n');

/** Milliseconds between two looks: a program that writes all the time does not cost a look for every line. */
const PACE = 20;
/** Files kept open for slow readers, the present one included. */
const MAX_FILES = 8;

/** `abandoned` is called once, when the last reader has left. Throws as {@link openFollowedFile} does. */
export function openFollowedPath(
  path: string,
  clock: Pick<Clock, 'monotonic' | 'after'>,
  abandoned: () => void,
): FollowedPath | undefined {
  const first = openFollowedFile(path, lookSoon);
  if (first === undefined) return undefined;
  const files: [FollowedFile, ...FollowedFile[]] = [first];
  const readers = new Set<Reader>();
  let folder = watchFolder(path, look);
  let pending: Cancel | undefined;
  let lookedAt = clock.monotonic();
  let looking = false;
  let closed = false;

  function current(): FollowedFile {
    return files.at(-1) ?? files[0];
  }

  function lookSoon(): void {
    pending ??= clock.after(Math.max(0, lookedAt + PACE - clock.monotonic()), look);
  }

  function look(): void {
    attempt(() => {
      pending?.();
      pending = undefined;
      lookedAt = clock.monotonic();
      for (const file of files) if (file.look()) beginAnew(file);
      followName();
      for (const reader of [...readers]) serve(reader);
      dropRead();
    });
  }

  /** For one reader, who has asked: the others need not be looked at each time that one of them has room again. */
  function lookFor(reader: Reader): void {
    attempt(() => {
      const { file } = reader;
      if (file.look()) beginAnew(file);
      serve(reader);
      if (reader.file !== file) dropRead();
    });
  }

  function attempt(work: () => void): void {
    // A reader who is given something may cause a line in this very log.
    if (looking || closed) return;
    looking = true;
    try {
      work();
    } catch (error) {
      giveUp(error);
    } finally {
      looking = false;
    }
  }

  function beginAnew(file: FollowedFile): void {
    for (const reader of readers) {
      if (reader.file !== file) continue;
      reader.position = 0;
      reader.notice = TRUNCATED;
    }
  }

  function followName(): void {
    const named = statIfFile(path);
    // Without a name the old file is what there is.
    if (named === undefined || current().is(named)) return;
    const next = openFollowedFile(path, lookSoon);
    if (next === undefined) return;
    files.push(next);
    // The folder may be another one as well.
    folder?.close();
    folder = watchFolder(path, look);
    if (files.length > MAX_FILES) leaveOldest();
  }

  function leaveOldest(): void {
    const [oldest, next] = files;
    for (const reader of readers) {
      if (reader.file !== oldest || next === undefined) continue;
      reader.file = next;
      reader.position = 0;
      reader.notice = SKIPPED;
    }
    dropRead();
  }

  function dropRead(): void {
    for (;;) {
      const [oldest, next, ...more] = files;
      if (next === undefined || [...readers].some(({ file }) => file === oldest)) return;
      files.splice(0, files.length, next, ...more);
      oldest.close();
    }
  }

  function serve(reader: Reader): void {
    while (reader.eager && readers.has(reader)) {
      const bytes = nextBytes(reader);
      if (bytes === undefined) return;
      reader.eager = reader.reading.take(bytes);
    }
  }

  function nextBytes(reader: Reader): Uint8Array | undefined {
    const { notice } = reader;
    if (notice !== undefined) {
      reader.notice = undefined;
      return notice;
    }
    for (;;) {
      const index = files.indexOf(reader.file);
      const next = files[index + 1];
      const over = next !== undefined && (next.size > 0 || index + 2 < files.length);
      const bytes = reader.file.read(reader.position, over);
      if (bytes !== undefined) {
        reader.position += bytes.length;
        return bytes;
      }
      if (!over) return undefined;
      reader.file = next;
      reader.position = 0;
    }
  }

  /** Whoever is told may write a log line about it, so not from in here: this may be inside the writing of one. */
  function giveUp(error: unknown): void {
    for (const reader of readers) {
      setImmediate(() => {
        if (!reader.left) reader.reading.ended(error);
      });
    }
    readers.clear();
    close();
  }

  function leave(reader: Reader): void {
    reader.left = true;
    if (!readers.delete(reader)) return;
    if (readers.size === 0) close();
    else dropRead();
  }

  function close(): void {
    closed = true;
    pending?.();
    pending = undefined;
    folder?.close();
    for (const file of files) file.close();
    abandoned();
  }

  function join(tail: number, reading: LogReading): Reader | undefined {
    look();
    const file = current();
    const named = statIfFile(path);
    if (closed || named === undefined || !file.is(named)) return undefined;
    return { reading, file, position: file.tail(tail), notice: undefined, eager: false, left: false };
  }

  return {
    look,
    join(tail, reading) {
      let reader: Reader | undefined;
      try {
        reader = join(tail, reading);
      } finally {
        if (reader !== undefined) readers.add(reader);
        else if (readers.size === 0 && !closed) close();
      }
      if (reader === undefined) return undefined;
      const joined = reader;
      return {
        modified: joined.file.modified,
        resume() {
          joined.eager = true;
          lookFor(joined);
        },
        close: () => leave(joined),
      };
    },
  };
}

/** Best effort: a folder that may be entered but not read cannot be watched. The file itself tells most of it. */
function watchFolder(path: string, changed: () => void): FSWatcher | undefined {
  try {
    // Changes of content are the business of the file's own watch.
    const watcher = watch(dirname(path), (event, name) => {
      if (event === 'rename' && (name === null || name === basename(path))) changed();
    });
    return watcher.on('error', changed);
  } catch {
    return undefined;
  }
}
