/**
 * Log files. What is behind a path is looked at after it has been opened:
 *
 * - a regular file, and any device that never makes a writer wait: written at once, synchronously
 *   (docs/decisions/log-writes.md); only regular files rotate;
 * - a fifo, a terminal, and /dev/stdout or /dev/stderr when they are such or a socket: written through a queue,
 *   so that a reader who does not read stops nobody.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { LogFileOptions, LogSink } from '../supervisor/ports.ts';
import { createDirectSink, openForAppending } from './direct-sink.ts';
import {
  createStreamSink,
  createStreamTarget,
  type StandardStreams,
  type StreamClock,
} from './stream-target.ts';

export function openLog(
  path: string,
  options: LogFileOptions,
  clock: StreamClock,
  streams: StandardStreams,
  exchanged: (path: string) => void,
): LogSink {
  const standard = STANDARD_NAMES.get(path);
  if (standard !== undefined) {
    return createStreamSink({ path, options, clock, open: () => streams[standard], shared: true });
  }
  const fd = openForAppending(path);
  try {
    if (!mayBlock(fd)) return createDirectSink({ fd, path, options, clock, exchanged });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let first: number | undefined = fd;
  return createStreamSink({
    path,
    options,
    clock,
    shared: false,
    open: () => {
      const opened = first ?? openForAppending(path);
      first = undefined;
      return createStreamTarget(keepReadable(path, opened), clock);
    },
  });
}

/**
 * Names of the daemon's own streams. They are written through the descriptor itself: opening them anew fails
 * for sockets (ENXIO) and after a change of user (EACCES), and would write over the main log's copy when stdout
 * is a file.
 */
const STANDARD_NAMES: ReadonlyMap<string, keyof StandardStreams> = new Map([
  ['/dev/stdout', 'stdout'],
  ['/dev/fd/1', 'stdout'],
  ['/proc/self/fd/1', 'stdout'],
  ['/dev/stderr', 'stderr'],
  ['/dev/fd/2', 'stderr'],
  ['/proc/self/fd/2', 'stderr'],
]);

function mayBlock(fd: number): boolean {
  return fstatSync(fd).isFIFO() || isatty(fd);
}

/**
 * A named fifo is opened at both ends: then its readers may come and go, as they may with Supervisor's log files
 * of other kinds. Not so a pipe (under the name /proc/1/fd/1, say): whose reader is gone has no other.
 */
function keepReadable(path: string, fd: number): number {
  if (!lstatSync(path).isFIFO()) return fd;
  try {
    const both = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    closeSync(fd);
    return both;
  } catch {
    // A fifo that may be written but not read: it works until its reader leaves.
    return fd;
  }
}
