/**
 * What the supervisor needs of the operating system, in its own words. `host/` implements these on Linux;
 * the tests implement them in memory. Nothing here knows a file descriptor or a libc call.
 */

import type { SocketConfig } from '../config/types.ts';

/** A handle to something armed that can be called off. Calling it twice, or late, does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Monotonic milliseconds, with fractions; only differences mean anything. */
  monotonic(): number;
  /** Wall clock, milliseconds since the epoch. May jump. */
  wall(): number;
  /** Runs `fn` once, `ms` milliseconds from now on the monotonic clock. */
  after(ms: number, fn: () => void): Cancel;
}

/** Work on many things, in slices: between two of them the event loop does everything else. */
export interface BulkWork {
  /**
   * Calls `act` with each item, in order: the first ones before it returns, when no other work is under way. Items are
   * asked for one by one, right before their turn. Settles when all are done; rejects at once with the first error
   * that `act` throws, and goes on with the other items all the same.
   */
  each<T>(items: Iterable<T>, act: (item: T) => void): Promise<void>;
}

export type Channel = 'stdout' | 'stderr';

/** How a child ended. `signal` is the number; `core` says whether it left a core dump. */
export type ExitStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: number; readonly core: boolean };

export interface SpawnRequest {
  /** A path, never searched for. A relative one is taken from `directory`, and scripts see it as it is in `$0`. */
  readonly file: string;
  /** The whole argument vector, argv[0] included. */
  readonly argv: readonly string[];
  /** The whole environment of the child. */
  readonly env: ReadonlyMap<string, string>;
  readonly directory: string | undefined;
  readonly umask: number | undefined;
  /** Run as this user; undefined keeps the daemon's. */
  readonly user: UserIdentity | undefined;
  /** stderr goes into the stdout pipe. */
  readonly redirectStderr: boolean;
  /**
   * Its stdin and stdout are a conversation with us, as an event listener's: what it says is not a moment late, not even
   * in a crowd of busy pipes, and no other process of its user has a say.
   */
  readonly converses?: boolean;
  /** Becomes the child's stdin instead of a pipe; `write` then always answers `closed`. Stays open here. */
  readonly stdin?: SharedSocket | undefined;
}

export interface UserIdentity {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, the primary one first. */
  readonly groups: readonly number[];
}

/**
 * What a child tells its owner. All calls come from the event loop, never from inside `spawn` or `write`.
 * Order for one child: any number of `output`, then `exited` once (what the pipes held at that moment has
 * been handed over before), then possibly more `output` (a grandchild may hold the pipes), then `sealed`
 * once per channel. Nothing comes after the last `sealed`.
 */
export interface ChildObserver {
  /** `bytes` is only valid during the call: copy what you keep. */
  output(channel: Channel, bytes: Uint8Array): void;
  /** The channel has reached its end, or was cut off some time after the exit. May come before `exited`. */
  sealed(channel: Channel): void;
  exited(status: ExitStatus): void;
}

/**
 * `closed`: the child has closed its end (EPIPE), or the child is gone. `full`: too much waits for the child
 * already. Either way nothing was kept.
 */
export type WriteOutcome = 'accepted' | 'closed' | 'full';

export interface Child {
  readonly pid: number;
  /**
   * Writes to the child's stdin. What the pipe does not take at once is kept and written when it drains, in
   * order, as long as not too much of it waits. `bytes` must not change afterwards.
   */
  write(bytes: Uint8Array): WriteOutcome;
  /** Bytes accepted by `write` that the pipe has not taken yet. */
  readonly unwritten: number;
}

/**
 * Where launching a child failed. `message` follows Supervisor's wording where it has one. `childText`, where
 * present, is what Supervisor's forked child would have written to its stderr log.
 */
export class SpawnError extends Error {
  override readonly name = 'SpawnError';
  readonly stage: 'pipes' | 'user' | 'directory' | 'process' | 'exec';
  /** Symbolic, as `ENOENT`. */
  readonly code: string;
  readonly childText: string | undefined;

  constructor(stage: SpawnError['stage'], code: string, message: string, childText?: string) {
    super(message);
    this.stage = stage;
    this.code = code;
    this.childText = childText;
  }
}

/** What becomes of a process group. All calls come from the event loop, after `exited` of its leader. */
export interface GroupObserver {
  /** The leader has ended and others are left; called once at most, and before `emptied`. */
  left(): void;
  /** The leader has ended and nobody is left; called once. */
  emptied(): void;
}

export interface Processes {
  /** Starts a child in a process group of its own. Throws {@link SpawnError}; then nothing was started. */
  spawn(name: string, request: SpawnRequest, observer: ChildObserver): Child;
  /**
   * `gone`: no such process (ESRCH). Throws an Error with `code` (as `EPERM`) for anything else. A group can be
   * signalled as long as its leader lives, and after that while it is watched.
   */
  signal(pid: number, signal: number, target: 'process' | 'group'): 'sent' | 'gone';
  /** Watches the process group of a living child. */
  watchGroup(pid: number, observer: GroupObserver): Cancel;
}

/** One log file, or the like. Writing never throws: what could not be written is counted in `lost`. */
export interface LogSink {
  write(bytes: Uint8Array): void;
  /** Closes and opens the path again, for log rotation by others. */
  reopen(): void;
  /** Removes the content. Throws an Error with `code` when the file cannot be removed or made anew. */
  clear(): void;
  close(): void;
  /** Bytes that could not be written since the sink was opened. */
  readonly lost: number;
}

export interface LogFileOptions {
  /** Rotate once the file has reached this size; 0 never rotates. */
  readonly maxBytes: number;
  /** Rotated files to keep, `.1` the newest. */
  readonly backups: number;
  /**
   * Told about the first loss, at most once in 60 s how much it is while it lasts, how much it was when writing
   * works again, and what is still untold when the log is closed.
   */
  readonly onLoss: (message: string) => void;
}

export interface Files {
  /** Opens for appending. Throws an Error with `code` (as `EISDIR`) when the file cannot be opened. */
  openLog(path: string, options: LogFileOptions): LogSink;
  /** Finds what a command's first word names. Throws {@link CommandError}. `searchPath` is a PATH value. */
  resolveCommand(word: string, searchPath: string): string;
  /** Creates an empty file `<folder>/<prefix><8 random chars>.log`, mode 0600, and returns its path. */
  createAutoLog(folder: string, prefix: string): string;
  /** Bytes `[from, from+length)` of a file, fewer at its end. Throws an Error with `code`. */
  readSlice(path: string, from: number, length: number): Uint8Array;
  /** Size in bytes, or undefined when there is no such file. */
  size(path: string): number | undefined;
}

/** Who reads a log as it grows. */
export interface LogReading {
  /** The next bytes, which must not be changed. The answer is whether more may come before `resume`. */
  take(bytes: Uint8Array): boolean;
  /** The log cannot be followed any longer: nothing comes any more. Not called after `close`. */
  ended(why: unknown): void;
}

export interface FollowedLog {
  /** When the log was last changed as it was joined, in epoch milliseconds. */
  readonly modified: number;
  /** Lets bytes come, those that are there at once. The first come after the first call. Not from within `take`. */
  resume(): void;
  /** Can be called more than once. */
  close(): void;
}

export interface LogFollower {
  /**
   * Follows the log of this name from its last `tail` bytes on: over rotations, and from its new beginning when it is
   * emptied. Characters of UTF-8 come whole. Undefined when there is no such file, or none to be read from within.
   * Throws an Error with `code` when the system cannot watch one more file.
   */
  follow(path: string, tail: number, reading: LogReading): FollowedLog | undefined;
}

/** A listening socket that children can be given. What is inside only the host knows that made it. */
export interface SharedSocket {
  /** Children that have it keep it. The path of a unix socket stays. */
  close(): void;
}

/** A socket that cannot be had. `code` is symbolic, as `EADDRINUSE`. */
export class SocketError extends Error {
  override readonly name = 'SocketError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface Sockets {
  /** Binds and listens; a socket that has the path of a unix socket is removed before. Throws {@link SocketError}. */
  listen(config: SocketConfig): SharedSocket;
}

/** The system's log. Sending never waits and never throws. */
export interface Syslog {
  /** One message. Line ends are the receiver's business. */
  send(text: string): void;
  /** Messages that could not be delivered. */
  readonly lost: number;
}

export interface Users {
  /** By name or by number; undefined when there is no such user. */
  lookup(nameOrUid: string): UserIdentity | undefined;
}

/** A command that cannot be run: which, and the fault that RPC answers with. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly fault: 'NO_FILE' | 'NOT_EXECUTABLE';

  constructor(fault: CommandError['fault'], message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Supervisor's levels, most urgent first. */
export const LOG_LEVELS = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'blather'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The main log. One call is one message; it may have several lines. */
export interface MainLog {
  write(level: LogLevel, message: string): void;
  /** Whether a message of this level would be kept: ask before building an expensive one. */
  enabled(level: LogLevel): boolean;
}

/** Everything a supervisor is given. */
export interface Host {
  readonly clock: Clock;
  readonly bulk: BulkWork;
  readonly processes: Processes;
  readonly files: Files;
  readonly users: Users;
  readonly sockets: Sockets;
  readonly syslog: Syslog;
}
