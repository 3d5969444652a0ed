/**
 * Going to the background. Node cannot fork, so the program that the user has started starts itself again, in a
 * session of its own, and waits:
 *
 *     user's process                      the daemon
 *     --------------                      ----------
 *     reads the configuration
 *     spawns the same command line  ───▶  0 and 1 are /dev/null, 2 is a pipe to the user's process
 *     passes on to stderr what comes ◀──  errors of the start, even Node's own
 *     and signals to the daemon     ───▶
 *                                         opens log and sockets, changes directory and umask;
 *                                         2 becomes /dev/null; pidfile; programs
 *     exits with 0                  ◀───  one NUL byte: ready
 *     or, without it, with the daemon's status
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import process from 'node:process';
import { cStrings } from './libc/c-strings.ts';
import { closeDescriptor, closeOnExecFrom, duplicate, duplicateOnto, makePipe } from './libc/descriptors.ts';
import { SystemCallError } from './libc/errno.ts';
import { sendSignal } from './libc/signals.ts';
import { posixSpawn } from './libc/spawn.ts';
import { reapWaiting } from './libc/wait.ts';
import { ownEnvironment } from './own-environment.ts';
import { underDescriptorLimit } from './own-limits.ts';
import { decodeStatus } from './reaper.ts';
import { tellStandardError } from './standard-error.ts';

/** Holds the soft limit on descriptors that the user's process was started with. */
const MARK = 'HERALD_BACKGROUND';
const READY = 0;
const EXIT_NOT_READY = 1;

/** The user's side. */
export interface BackgroundChild {
  signal(signal: NodeJS.Signals): void;
  /** The exit status for the user: 0 once the daemon is ready. */
  readonly status: Promise<number>;
}

/** Throws {@link SystemCallError} when the daemon cannot be started. */
export function startInBackground(descriptors: number): BackgroundChild {
  closeOnExecFrom(3);
  const report = makePipe();
  const nothing = openSync('/dev/null', 'r+');
  const words = [process.argv0, ...process.execArgv, ...process.argv.slice(1)];
  const argv = cStrings(words);
  const env = cStrings([...environment(), `${MARK}=${descriptors}`]);
  if (argv === undefined || env === undefined) throw new Error('no string of our own contains a NUL');
  const ends = { stdin: nothing, stdout: nothing, stderr: report.writeEnd };
  const plan = { file: process.execPath, argv, env, ...ends, directory: undefined, session: true };
  const pid = underDescriptorLimit(descriptors, () => posixSpawn(plan));
  closeSync(nothing);
  closeDescriptor(report.writeEnd);
  if (pid < 0) throw new SystemCallError('posix_spawn', -pid);
  return {
    signal: (signal) => void sendSignal(pid, constants.signals[signal], 'process'),
    status: relay(pid, report.readEnd),
  };
}

function environment(): string[] {
  return Array.from(ownEnvironment(), ([name, value]) => `${name}=${value}`);
}

function relay(pid: number, fd: number): Promise<number> {
  return new Promise((resolve) => {
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on('data', (bytes) => {
      const end = bytes.indexOf(READY);
      tellStandardError(bytes.toString('utf8', 0, end < 0 ? bytes.length : end));
      if (end >= 0) resolve(0);
    });
    // A pipe that breaks has ended as well; the daemon's death tells the rest.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(statusOfDead(pid)));
  });
}

/** Nobody but the daemon has held the pipe, so its death is at most moments away. */
function statusOfDead(pid: number): number {
  const status = decodeStatus(reapWaiting(pid).status);
  if (status.kind === 'exited' && status.code !== 0) return status.code;
  const how = status.kind === 'exited' ? 'ended' : `was killed by signal ${status.signal}`;
  tellStandardError(`heraldd: the daemon ${how} before it was ready\n`);
  return EXIT_NOT_READY;
}

/** The daemon's side. */
export interface BackgroundStart {
  /** The soft limit on descriptors that the user's process was started with. */
  readonly descriptors: number;
  /** From here on descriptor 2 is /dev/null as well; `tell` still reaches the user. */
  detach(): void;
  /** Goes to the user's stderr, until `ready`. */
  tell(text: string): void;
  /** Lets the user's process end. False when it is gone already: then nobody wants this daemon. */
  ready(): boolean;
}

/** undefined: this process was not started by {@link startInBackground}. Takes the mark out of the environment. */
export function takeBackgroundStart(): BackgroundStart | undefined {
  const mark = process.env[MARK];
  delete process.env[MARK];
  if (mark === undefined) return undefined;
  let report: number | undefined = 2;
  return {
    descriptors: Number(mark) || Number.POSITIVE_INFINITY,
    detach() {
      report = duplicate(2);
      const nothing = openSync('/dev/null', 'w');
      duplicateOnto(nothing, 2);
      closeSync(nothing);
    },
    tell(text) {
      if (report === undefined) return;
      try {
        writeSync(report, text);
      } catch {
        // The user's process is gone; the log has it, too.
      }
    },
    ready() {
      if (report === undefined) return true;
      try {
        writeSync(report, Uint8Array.of(READY));
        return true;
      } catch {
        // EPIPE: the user's process was killed while it waited.
        return false;
      } finally {
        if (report !== 2) closeSync(report);
        report = undefined;
      }
    },
  };
}
