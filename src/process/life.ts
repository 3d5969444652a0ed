/** The words of the process machine: what a process is, what happens to it, and what is to be done about that. */
import type { EventPayloads } from '../catalogue/generated.ts';
import type { AutoRestart } from '../config/types.ts';
import type { ExtraTokens } from '../wire/extended.ts';
import type { ProcessState } from './states.ts';

/** What of a program's configuration decides transitions. Times are seconds. */
export interface Policy {
  readonly name: string;
  readonly group: string;
  readonly startsecs: number;
  readonly startretries: number;
  readonly exitcodes: readonly number[];
  readonly autorestart: AutoRestart;
  readonly stopsignal: number;
  readonly stopwaitsecs: number;
  readonly stopasgroup: boolean;
  readonly killasgroup: boolean;
  /** A stop is over when nobody is left in the process group. */
  readonly awaitsGroup: boolean;
}

/** What is left of a process that is being stopped once it has ended itself. */
export interface Rest {
  /** How the process ended. */
  readonly exit: Exit;
}

export type Phase =
  | { readonly name: 'STOPPED' }
  /** `pid` is 0 until the launch has succeeded. */
  | { readonly name: 'STARTING'; readonly pid: number }
  | { readonly name: 'RUNNING'; readonly pid: number }
  | { readonly name: 'BACKOFF' }
  /**
   * With a `rest` the process has ended and its group is waited for; `pid` is the name of the group then. `killed`: the
   * whole group has been sent SIGKILL.
   */
  | { readonly name: 'STOPPING'; readonly pid: number; readonly killed?: boolean; readonly rest?: Rest }
  /** `restarting`: the timer of a paced restart is armed. */
  | { readonly name: 'EXITED'; readonly restarting: boolean }
  | { readonly name: 'FATAL' }
  /** A signal could not be sent: nobody knows what the process does. */
  | { readonly name: 'UNKNOWN'; readonly pid: number };

export interface Process {
  readonly phase: Phase;
  /** Failed attempts in a row. */
  readonly tries: number;
  /** Why the last attempt failed; empty when it did not. */
  readonly spawnError: string;
  /** Code of the last run, -1 for a death by signal, undefined while unknown. */
  readonly exitStatus: number | undefined;
}

/** The end of a run. `signal` is its number when that is what ended it. */
export type Exit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: number; readonly core: boolean };

export type Input =
  | { readonly type: 'start' }
  | { readonly type: 'spawned'; readonly pid: number }
  | { readonly type: 'spawnFailed'; readonly message: string }
  /** The process has stayed up for startsecs. */
  | { readonly type: 'up' }
  /** The pause after a failed attempt is over. */
  | { readonly type: 'retry' }
  /**
   * `restartDelay`: milliseconds until a restart may follow, undefined when none may (the daemon stops). `proven`:
   * it was up although startsecs had not passed, as a listener is that has been handed an event; so this is the
   * end of a run and no failed start.
   */
  | {
      readonly type: 'exited';
      readonly exit: Exit;
      readonly restartDelay: number | undefined;
      readonly proven?: boolean;
    }
  | { readonly type: 'stop' }
  /** The process, or the rest of its group, has ignored the stop signal for stopwaitsecs. */
  | { readonly type: 'overdue' }
  /** The process has ended and others are left in its group; only told while the group is watched. */
  | { readonly type: 'left' }
  /** The process has ended and nobody is left in its group; likewise. */
  | { readonly type: 'emptied' }
  | { readonly type: 'signalFailed'; readonly message: string }
  /** The daemon shuts down: like stop, but what waits for its next attempt is given up. */
  | { readonly type: 'shutdown' };

export type TimerName = 'up' | 'retry' | 'restart' | 'overdue';

export type StateEventName = Extract<keyof EventPayloads, `PROCESS_STATE_${string}`>;
export type StateEvent = {
  [N in StateEventName]: { readonly name: N; readonly payload: EventPayloads[N] };
}[StateEventName];

export type Effect =
  /** `extra` is what Herald knows beyond Supervisor's payload. */
  | { readonly type: 'emit'; readonly event: StateEvent; readonly extra?: ExtraTokens }
  | { readonly type: 'log'; readonly level: 'critical' | 'warn' | 'info' | 'debug'; readonly message: string }
  | { readonly type: 'spawn' }
  | {
      readonly type: 'signal';
      readonly pid: number;
      readonly signal: number;
      readonly target: 'process' | 'group';
    }
  /** Who is in the process group of this pid is of interest from now on: `left` and `emptied` are to be told. */
  | { readonly type: 'watch'; readonly pid: number }
  | { readonly type: 'unwatch' }
  | { readonly type: 'arm'; readonly timer: TimerName; readonly ms: number }
  | { readonly type: 'disarm'; readonly timer: TimerName };

export type Step = readonly [Process, readonly Effect[]];

export const INITIAL: Process = {
  phase: { name: 'STOPPED' },
  tries: 0,
  spawnError: '',
  exitStatus: undefined,
};

export type PhaseOf<S extends ProcessState> = Extract<Phase, { readonly name: S }>;
export type InputOf<I extends Input['type']> = Extract<Input, { readonly type: I }>;
export type Handler<S extends ProcessState, I extends Input['type']> = (
  process: Process & { readonly phase: PhaseOf<S> },
  input: InputOf<I>,
  policy: Policy,
) => Step;
