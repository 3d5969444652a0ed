/**
 * What may make a writer wait: fifos, terminals, sockets. Each has one queue in front of it, bounded, and the
 * event loop never waits for a reader.
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';
import { createLossLedger } from '../log/loss-ledger.ts';
import { reprText } from '../log/python-repr.ts';
import type { Clock, LogFileOptions, LogSink } from '../supervisor/ports.ts';
import { systemClock } from './clock.ts';
import { errorCode } from './error-code.ts';

/** Bytes that wait for one reader at most; what comes while there are so many is lost, and counted. */
export const QUEUE_CAP = 16 * 1024 * 1024;

/** How long a closed target waits for its reader: every run of a program may leave one behind. */
export const CLOSE_GRACE_MS = 2000;

export type StreamClock = Pick<Clock, 'monotonic' | 'after'>;

export interface StreamTarget {
  /**
   * Keeps a copy of the bytes until the reader takes them. Gives an error's code when nothing was kept, as
   * EAGAIN with a full queue; `lost` is called, at most once, when the reader went away with the bytes unread.
   */
  write(bytes: Uint8Array, lost: (code: string) => void): string | undefined;
  /** When all that was written has been taken, or is lost. */
  drained(): Promise<void>;
  /** Nothing more will come. What waits still goes out, if the reader takes it within {@link CLOSE_GRACE_MS}. */
  close(): void;
}

/** The daemon's own, each with one queue, so that all that goes there keeps its order. */
export interface StandardStreams {
  readonly stdout: StreamTarget;
  readonly stderr: StreamTarget;
}

/** Descriptors 1 and 2 as they are at the first use. */
export function createStandardStreams(clock: StreamClock = systemClock): StandardStreams {
  let stdout: StreamTarget | undefined;
  let stderr: StreamTarget | undefined;
  return {
    get stdout() {
      stdout ??= openStandard(1, clock);
      return stdout;
    },
    get stderr() {
      stderr ??= openStandard(2, clock);
      return stderr;
    },
  };
}

/** Takes over a descriptor of a fifo, a socket or a terminal. */
export function createStreamTarget(fd: number, clock: StreamClock): StreamTarget {
  const stream = openStream(fd);
  const waiting: (() => void)[] = [];
  let pending = 0;
  let failure: string | undefined;

  stream.on('error', (error) => {
    failure ??= errorCode(error);
  });
  stream.on('close', () => {
    failure ??= 'EPIPE';
  });

  function settle(length: number): void {
    pending -= length;
    if (pending === 0) for (const resolve of waiting.splice(0)) resolve();
  }

  return {
    write(bytes, lost) {
      if (failure !== undefined) return failure;
      if (pending > 0 && pending + bytes.length > QUEUE_CAP) return 'EAGAIN';
      pending += bytes.length;
      stream.write(Buffer.from(bytes), (error) => {
        // The first write to fail has the reason; those behind it only hear that the stream is gone, and the one
        // under way when it was given up hears nothing of it.
        if (error) failure ??= errorCode(error);
        if (failure !== undefined) lost(failure);
        settle(bytes.length);
      });
      return undefined;
    },
    drained: () => (pending === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    close() {
      const cancel = clock.after(CLOSE_GRACE_MS, () => {
        failure ??= 'ETIMEDOUT';
        stream.destroy();
      });
      stream.once('close', cancel);
      stream.end();
    },
  };
}

export interface StreamSinkDeps {
  readonly path: string;
  readonly options: LogFileOptions;
  readonly clock: StreamClock;
  readonly open: () => StreamTarget;
  /** Others write there, too: `open` gives the same target each time and it is never closed. */
  readonly shared: boolean;
}

/** A log over a target. There is nothing to rotate and nothing to clear. */
export function createStreamSink({ path, options, clock, open, shared }: StreamSinkDeps): LogSink {
  const ledger = createLossLedger(reprText(path));
  let target: StreamTarget | undefined = open();

  const tell = (message: string | undefined): void => {
    if (message !== undefined) options.onLoss(message);
  };

  return {
    get lost() {
      return ledger.total;
    },
    write(bytes) {
      const { length } = bytes;
      const lost = (code: string): void => tell(ledger.lost(length, code, clock.monotonic()));
      const refused = target === undefined ? 'EBADF' : target.write(bytes, lost);
      if (refused !== undefined) lost(refused);
      else if (ledger.open) tell(ledger.worked(clock.monotonic()));
    },
    reopen() {
      if (shared) return;
      try {
        const old = target;
        target = open();
        old?.close();
      } catch (error) {
        const text = `cannot reopen log ${reprText(path)} (${errorCode(error)}), the old one is kept`;
        tell(ledger.trouble(text, clock.monotonic()));
      }
    },
    clear() {
      // What has been written has been read, or waits to be.
    },
    close() {
      const last = target;
      target = undefined;
      if (!shared) last?.close();
      tell(ledger.closed());
      // What waits for the reader may still be lost.
      void last?.drained().then(() => tell(ledger.closed()));
    },
  };
}

function openStandard(fd: number, clock: StreamClock): StreamTarget {
  try {
    const stats = fstatSync(fd);
    if (stats.isFIFO()) return createStreamTarget(ownPipeEnd(fd), clock);
    if (stats.isSocket() || isatty(fd)) return createStreamTarget(fd, clock);
  } catch {
    // A kind of descriptor that Node makes no stream of. Writing to it as it is tells what is wrong with it.
  }
  return createDirectTarget(fd);
}

/**
 * The same pipe opened anew, so that making it non-blocking does not change it for the programs that share our
 * descriptor. After a change of user that may not be allowed, then the descriptor itself has to do.
 */
function ownPipeEnd(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return fd;
  }
}

function openStream(fd: number): Writable {
  try {
    if (!isatty(fd)) {
      const socket = new Socket({ fd, readable: false, writable: true });
      socket.unref();
      return socket;
    }
    const terminal: WriteStream & { _handle?: { setBlocking?: (on: boolean) => void } } = new WriteStream(fd);
    // Node makes terminals blocking; a terminal that is held with Ctrl-S would then hold the daemon.
    terminal._handle?.setBlocking?.(false);
    terminal.unref();
    return terminal;
  } catch (error) {
    if (fd > 2) closeSync(fd);
    throw error;
  }
}

/** For a standard stream that is a file, or a device that never makes a writer wait. */
function createDirectTarget(fd: number): StreamTarget {
  return {
    write(bytes, lost) {
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      } catch (error) {
        lost(errorCode(error));
      }
      return undefined;
    },
    drained: () => Promise.resolve(),
    close: () => undefined,
  };
}
