/**
 * The life of one process, as a pure machine.
 *
 * Theory of operation. A process is in one of Supervisor's eight states; what only makes sense in a state
 * (the pid, whether a restart is due) is kept inside that state. Four facts outlive states: how many attempts
 * have failed in a row, why the last launch failed, how the last run ended, and nothing else. The machine is
 * told what happened (`Input`) and answers with its next state and with what is to be done about it
 * (`Effect`), in order. It knows no clock: whoever runs it arms the timers it names and feeds back their end
 * as inputs. It knows no operating system: whoever runs it spawns and signals, and feeds back the outcome.
 *
 *                     start                 up (startsecs)            exited
 *   STOPPED ───────────────────▶ STARTING ───────────────▶ RUNNING ───────────▶ EXITED
 *      ▲                          │    ▲                      │                    │ start, or a restart
 *      │ exited          too quick│    │retry                 │stop                ▼
 *   STOPPING ◀── stop ──┐ no spawn▼    │                      ▼                 STARTING
 *      ▲                └────── BACKOFF ─── too many ──▶ FATAL
 *      └───────────────────────────────────────────── RUNNING, STARTING
 *
 * Two habits of Supervisor are kept although they look odd, because people's scripts see them: the count of
 * failed attempts survives a stop, so a start after it goes on with the remaining budget; and an exit with an
 * expected code before startsecs is still a failed start.
 *
 * A stop may be about the whole process group (`awaitsGroup`): then STOPPING does not end with the process that was
 * started but with the last of its group. Whoever runs the machine watches the group from the stop signal on and
 * says when it is empty; who outlives stopwaitsecs gets SIGKILL. An end that nobody has asked for is no such stop:
 * what a crash leaves behind is left alone, as Supervisor does.
 *
 * Every change of state emits its PROCESS_STATE event before the effects that follow from it, so a listener
 * that asks for the state finds what the event has told it, or something later.
 */
import type { EventPayloads } from '../catalogue/generated.ts';
import type { AutoRestart } from '../config/types.ts';
import type { ExtraTokens } from '../wire/extended.ts';
import { signalName } from '../wire/signals.ts';
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
  /** Its group has been sent SIGKILL. */
  readonly killed: boolean;
}

export type Phase =
  | { readonly name: 'STOPPED' }
  /** `pid` is 0 until the launch has succeeded. */
  | { readonly name: 'STARTING'; readonly pid: number }
  | { readonly name: 'RUNNING'; readonly pid: number }
  | { readonly name: 'BACKOFF' }
  /** With a `rest` the process has ended and its group is waited for; `pid` is the name of the group then. */
  | { readonly name: 'STOPPING'; readonly pid: number; readonly rest?: Rest }
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
  /** The process has ended and nobody is left in its group; only told while the group is watched. */
  | { readonly type: 'emptied' }
  | { readonly type: 'signalFailed'; readonly message: string }
  /** The daemon shuts down: like stop, but what waits for its next attempt is given up. */
  | { readonly type: 'shutdown' };

export type TimerName = 'up' | 'retry' | 'restart' | 'overdue';

type StateEventName = Extract<keyof EventPayloads, `PROCESS_STATE_${string}`>;
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
  /** Who is in the process group of this pid is of interest from now on: `emptied` is to be told. */
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

const SIGKILL = 9;
/** How long a group is waited for after its SIGKILL: who is left then cannot be helped. */
const REST_GRACE_MS = 10_000;

/** An input that makes no sense in the state: a mistake of the caller, nothing has changed. */
export class IllegalTransitionError extends Error {
  override readonly name = 'IllegalTransitionError';
  readonly state: ProcessState;
  readonly input: Input['type'];

  constructor(state: ProcessState, input: Input['type']) {
    super(`a process in ${state} takes no '${input}'`);
    this.state = state;
    this.input = input;
  }
}

type PhaseOf<S extends ProcessState> = Extract<Phase, { readonly name: S }>;
type InputOf<I extends Input['type']> = Extract<Input, { readonly type: I }>;
type Handler<S extends ProcessState, I extends Input['type']> = (
  process: Process & { readonly phase: PhaseOf<S> },
  input: InputOf<I>,
  policy: Policy,
) => Step;
type Table = { readonly [S in ProcessState]: { readonly [I in Input['type']]?: Handler<S, I> } };

/** Every transition there is. What is missing is refused. */
export const TRANSITIONS: Table = {
  STOPPED: { start: launch, shutdown: stay },
  STARTING: {
    spawned: started,
    spawnFailed: failedToSpawn,
    up: reachedRunning,
    exited: endedWhileStarting,
    stop: beginStop,
    shutdown: beginStop,
    signalFailed: lost,
  },
  RUNNING: { exited: ended, stop: beginStop, shutdown: beginStop, signalFailed: lost },
  BACKOFF: { retry: launch, start: cancelPauseAndLaunch, stop: stopInBackoff, shutdown: abandon },
  STOPPING: {
    exited: endedWhileStopping,
    emptied: groupEmptied,
    overdue: kill,
    signalFailed: cannotBeStopped,
    stop: stay,
    start: stay,
    shutdown: stay,
  },
  EXITED: { start: cancelRestartAndLaunch, stop: cancelRestart, shutdown: cancelRestart },
  FATAL: { start: launch, shutdown: stay },
  UNKNOWN: { exited: endedUnseen, stop: stay, shutdown: stay },
};

/** Throws {@link IllegalTransitionError} when the state takes no such input. */
export function step(policy: Policy, process: Process, input: Input): Step {
  const handler = TRANSITIONS[process.phase.name][input.type] as
    | Handler<ProcessState, Input['type']>
    | undefined;
  if (handler === undefined) throw new IllegalTransitionError(process.phase.name, input.type);
  return handler(process, input, policy);
}

function stay(process: Process): Step {
  return [process, []];
}

function launch(process: Process, _input: unknown, policy: Policy): Step {
  const next: Process = {
    ...process,
    phase: { name: 'STARTING', pid: 0 },
    spawnError: '',
    exitStatus: undefined,
  };
  const emit = stateEvent('PROCESS_STATE_STARTING', {
    processname: policy.name,
    groupname: policy.group,
    from_state: process.phase.name,
    tries: process.tries,
  });
  return [next, [emit, { type: 'spawn' }]];
}

function cancelPauseAndLaunch(process: Process, input: unknown, policy: Policy): Step {
  return after([{ type: 'disarm', timer: 'retry' }], launch(process, input, policy));
}

function cancelRestartAndLaunch(
  process: Process & { phase: PhaseOf<'EXITED'> },
  input: unknown,
  policy: Policy,
): Step {
  return after(
    process.phase.restarting ? [{ type: 'disarm', timer: 'restart' }] : [],
    launch(process, input, policy),
  );
}

function cancelRestart(process: Process & { phase: PhaseOf<'EXITED'> }): Step {
  if (!process.phase.restarting) return stay(process);
  return [
    { ...process, phase: { name: 'EXITED', restarting: false } },
    [{ type: 'disarm', timer: 'restart' }],
  ];
}

function started(process: Process, input: InputOf<'spawned'>, policy: Policy): Step {
  const next: Process = { ...process, phase: { name: 'STARTING', pid: input.pid } };
  const said: Effect = {
    type: 'log',
    level: 'info',
    message: `spawned: '${policy.name}' with pid ${input.pid}`,
  };
  // With startsecs=0 there is nothing to wait for, not even a turn of the loop.
  if (policy.startsecs <= 0) return after([said], enterRunning(next, input.pid, policy, true));
  return [next, [said, { type: 'arm', timer: 'up', ms: policy.startsecs * 1000 }]];
}

function reachedRunning(
  process: Process & { phase: PhaseOf<'STARTING'> },
  _input: unknown,
  policy: Policy,
): Step {
  return enterRunning(process, process.phase.pid, policy, true);
}

function enterRunning(process: Process, pid: number, policy: Policy, say: boolean): Step {
  const next: Process = { ...process, phase: { name: 'RUNNING', pid }, tries: 0 };
  const effects: Effect[] = [
    stateEvent('PROCESS_STATE_RUNNING', {
      processname: policy.name,
      groupname: policy.group,
      from_state: process.phase.name,
      pid,
    }),
  ];
  if (say) {
    effects.push({
      type: 'log',
      level: 'info',
      message: `success: ${policy.name} entered RUNNING state, process has stayed up for > than ${policy.startsecs} seconds (startsecs)`,
    });
  }
  return [next, effects];
}

function failedToSpawn(process: Process, input: InputOf<'spawnFailed'>, policy: Policy): Step {
  const said: Effect = { type: 'log', level: 'info', message: `spawnerr: ${input.message}` };
  return after([said], backOff(process, input.message, policy, { reason: input.message }));
}

function endedWhileStarting(
  process: Process & { phase: PhaseOf<'STARTING'> },
  input: InputOf<'exited'>,
  policy: Policy,
): Step {
  if (input.proven === true) {
    const [running, entered] = enterRunning(process, process.phase.pid, policy, false);
    const disarm: Effect = { type: 'disarm', timer: 'up' };
    return after([disarm, ...entered], enterExited(running, process.phase.pid, input, policy));
  }
  const said: Effect = {
    type: 'log',
    level: 'warn',
    message: `exited: ${policy.name} (${describeExit(input.exit)}; not expected)`,
  };
  const reason = 'Exited too quickly (process log may have details)';
  const [next, effects] = backOff(process, reason, policy, exitTokens(input.exit), said);
  return [next, [{ type: 'disarm', timer: 'up' }, ...effects]];
}

/** `said` is logged behind the BACKOFF event and before what follows from it, as Supervisor's log reads. */
function backOff(process: Process, reason: string, policy: Policy, extra: ExtraTokens, said?: Effect): Step {
  const tries = process.tries + 1;
  const waiting: Process = { ...process, phase: { name: 'BACKOFF' }, tries, spawnError: reason };
  const effects: Effect[] = [
    stateEvent(
      'PROCESS_STATE_BACKOFF',
      {
        processname: policy.name,
        groupname: policy.group,
        from_state: process.phase.name,
        tries,
      },
      extra,
    ),
  ];
  if (said !== undefined) effects.push(said);
  if (tries <= policy.startretries) {
    return [waiting, [...effects, { type: 'arm', timer: 'retry', ms: tries * 1000 }]];
  }
  const gaveUp: Effect = {
    type: 'log',
    level: 'info',
    message: `gave up: ${policy.name} entered FATAL state, too many start retries too quickly`,
  };
  const [fatal, more] = enterFatal(waiting, policy);
  return [fatal, [...effects, ...more, gaveUp]];
}

function enterFatal(process: Process, policy: Policy): Step {
  const event = stateEvent(
    'PROCESS_STATE_FATAL',
    {
      processname: policy.name,
      groupname: policy.group,
      from_state: process.phase.name,
    },
    { reason: process.spawnError },
  );
  return [{ ...process, phase: { name: 'FATAL' }, tries: 0 }, [event]];
}

function abandon(process: Process, _input: unknown, policy: Policy): Step {
  return after([{ type: 'disarm', timer: 'retry' }], enterFatal(process, policy));
}

function ended(
  process: Process & { phase: PhaseOf<'RUNNING'> },
  input: InputOf<'exited'>,
  policy: Policy,
): Step {
  return enterExited(process, process.phase.pid, input, policy);
}

function endedUnseen(
  process: Process & { phase: PhaseOf<'UNKNOWN'> },
  input: InputOf<'exited'>,
  policy: Policy,
): Step {
  // Somebody wanted it stopped, so it stays down whatever autorestart says.
  return enterExited(process, process.phase.pid, { ...input, restartDelay: undefined }, policy);
}

function enterExited(process: Process, pid: number, input: InputOf<'exited'>, policy: Policy): Step {
  const code = exitCode(input.exit);
  const expected = policy.exitcodes.includes(code);
  const restart = policy.autorestart === 'always' || (policy.autorestart === 'unexpected' && !expected);
  const delay = restart ? input.restartDelay : undefined;
  const exited: Process = {
    phase: { name: 'EXITED', restarting: delay !== undefined && delay > 0 },
    tries: 0,
    spawnError: expected ? '' : `Bad exit code ${code}`,
    exitStatus: code,
  };
  const effects: Effect[] = [
    stateEvent(
      'PROCESS_STATE_EXITED',
      {
        processname: policy.name,
        groupname: policy.group,
        from_state: process.phase.name,
        expected: expected ? 1 : 0,
        pid,
      },
      exitTokens(input.exit),
    ),
    {
      type: 'log',
      level: expected ? 'info' : 'warn',
      message: `exited: ${policy.name} (${describeExit(input.exit)}; ${expected ? 'expected' : 'not expected'})`,
    },
  ];
  if (delay === undefined) return [exited, effects];
  if (delay > 0) return [exited, [...effects, { type: 'arm', timer: 'restart', ms: delay }]];
  return after(effects, launch(exited, undefined, policy));
}

function beginStop(
  process: Process & { phase: PhaseOf<'STARTING' | 'RUNNING'> },
  _input: unknown,
  policy: Policy,
): Step {
  const { pid } = process.phase;
  const effects: Effect[] = [];
  if (process.phase.name === 'STARTING') effects.push({ type: 'disarm', timer: 'up' });
  // Watched before the signal, for who loses a parent to it must not be lost to us.
  if (policy.awaitsGroup) effects.push({ type: 'watch', pid });
  effects.push(
    logKilling(policy, pid, policy.stopsignal, policy.stopasgroup),
    stateEvent('PROCESS_STATE_STOPPING', {
      processname: policy.name,
      groupname: policy.group,
      from_state: process.phase.name,
      pid,
    }),
    // Armed before the signal goes out, so that a failure to send it finds the timer there to call off.
    { type: 'arm', timer: 'overdue', ms: policy.stopwaitsecs * 1000 },
    { type: 'signal', pid, signal: policy.stopsignal, target: policy.stopasgroup ? 'group' : 'process' },
  );
  return [{ ...process, phase: { name: 'STOPPING', pid } }, effects];
}

function stopInBackoff(process: Process, _input: unknown, policy: Policy): Step {
  return [
    { ...process, phase: { name: 'STOPPED' } },
    [
      { type: 'disarm', timer: 'retry' },
      {
        type: 'log',
        level: 'debug',
        message: `Attempted to kill ${policy.name}, which is in BACKOFF state.`,
      },
      stoppedEvent(process, 0, policy),
    ],
  ];
}

function kill(process: Process & { phase: PhaseOf<'STOPPING'> }, _input: unknown, policy: Policy): Step {
  const { pid, rest } = process.phase;
  if (rest !== undefined) return killRest(process, rest, policy);
  return [
    process,
    [
      { type: 'log', level: 'warn', message: `killing '${policy.name}' (${pid}) with SIGKILL` },
      logKilling(policy, pid, SIGKILL, policy.killasgroup),
      { type: 'arm', timer: 'overdue', ms: policy.stopwaitsecs * 1000 },
      { type: 'signal', pid, signal: SIGKILL, target: policy.killasgroup ? 'group' : 'process' },
    ],
  ];
}

function killRest(process: Process & { phase: PhaseOf<'STOPPING'> }, rest: Rest, policy: Policy): Step {
  const { pid } = process.phase;
  if (rest.killed) {
    const message = `not waiting any longer for the process group of ${policy.name} (pid ${pid}), which SIGKILL has not ended`;
    return after([{ type: 'log', level: 'warn', message }], enterStopped(process, rest.exit, policy));
  }
  return [
    { ...process, phase: { name: 'STOPPING', pid, rest: { ...rest, killed: true } } },
    [
      {
        type: 'log',
        level: 'warn',
        message: `${policy.name} (pid ${pid}) has ended, but not all of its process group`,
      },
      { type: 'log', level: 'warn', message: `killing '${policy.name}' (${pid}) with SIGKILL` },
      logKilling(policy, pid, SIGKILL, true),
      { type: 'arm', timer: 'overdue', ms: REST_GRACE_MS },
      { type: 'signal', pid, signal: SIGKILL, target: 'group' },
    ],
  ];
}

function endedWhileStopping(
  process: Process & { phase: PhaseOf<'STOPPING'> },
  { exit }: InputOf<'exited'>,
  policy: Policy,
): Step {
  if (!policy.awaitsGroup) return enterStopped(process, exit, policy);
  const { pid } = process.phase;
  return [{ ...process, phase: { name: 'STOPPING', pid, rest: { exit, killed: false } } }, []];
}

function groupEmptied(
  process: Process & { phase: PhaseOf<'STOPPING'> },
  _input: unknown,
  policy: Policy,
): Step {
  const { rest } = process.phase;
  return rest === undefined ? stay(process) : enterStopped(process, rest.exit, policy);
}

function enterStopped(process: Process & { phase: PhaseOf<'STOPPING'> }, exit: Exit, policy: Policy): Step {
  const code = exitCode(exit);
  return [
    { ...process, phase: { name: 'STOPPED' }, exitStatus: code },
    [
      ...endStop(policy),
      stoppedEvent(process, process.phase.pid, policy, exitTokens(exit)),
      {
        type: 'log',
        level: policy.exitcodes.includes(code) ? 'info' : 'warn',
        message: `stopped: ${policy.name} (${describeExit(exit)})`,
      },
    ],
  ];
}

/** What STOPPING has taken is given back. */
function endStop(policy: Policy): readonly Effect[] {
  const disarm: Effect = { type: 'disarm', timer: 'overdue' };
  return policy.awaitsGroup ? [{ type: 'unwatch' }, disarm] : [disarm];
}

function cannotBeStopped(
  process: Process & { phase: PhaseOf<'STOPPING'> },
  input: InputOf<'signalFailed'>,
  policy: Policy,
): Step {
  const { rest, pid } = process.phase;
  if (rest === undefined) return lost(process, input, policy);
  // The process itself has ended, so what it is, is known: STOPPED.
  const message = `cannot signal the process group of ${policy.name} (pid ${pid}): ${input.message}`;
  return after([{ type: 'log', level: 'critical', message }], enterStopped(process, rest.exit, policy));
}

function lost(
  process: Process & { phase: PhaseOf<'STARTING' | 'RUNNING' | 'STOPPING'> },
  input: InputOf<'signalFailed'>,
  policy: Policy,
): Step {
  const { pid } = process.phase;
  const effects: Effect[] = [
    {
      type: 'log',
      level: 'critical',
      message: `unknown problem signalling ${policy.name} (${pid}): ${input.message}`,
    },
    stateEvent('PROCESS_STATE_UNKNOWN', {
      processname: policy.name,
      groupname: policy.group,
      from_state: process.phase.name,
    }),
  ];
  if (process.phase.name === 'STARTING') effects.unshift({ type: 'disarm', timer: 'up' });
  if (process.phase.name === 'STOPPING') effects.unshift(...endStop(policy));
  return [{ ...process, phase: { name: 'UNKNOWN', pid }, spawnError: input.message }, effects];
}

/** What Supervisor's log says about the end of a run: `exit status 3`, `terminated by SIGKILL`. */
export function describeExit(exit: Exit): string {
  if (exit.kind === 'exited') return `exit status ${exit.code}`;
  const name = signalName(exit.signal) ?? `signal ${exit.signal}`;
  return `terminated by ${name}${exit.core ? ' (core dumped)' : ''}`;
}

/** The exit status as RPC shows it: -1 for every death by signal. */
function exitCode(exit: Exit): number {
  return exit.kind === 'exited' ? exit.code : -1;
}

function stoppedEvent(process: Process, pid: number, policy: Policy, extra?: ExtraTokens): Effect {
  return stateEvent(
    'PROCESS_STATE_STOPPED',
    {
      processname: policy.name,
      groupname: policy.group,
      from_state: process.phase.name,
      pid,
    },
    extra,
  );
}

function logKilling(policy: Policy, pid: number, signal: number, asGroup: boolean): Effect {
  const target = asGroup ? 'process group ' : '';
  const message = `killing ${policy.name} (pid ${pid}) ${target}with signal ${signalName(signal) ?? signal}`;
  return { type: 'log', level: 'debug', message };
}

function stateEvent<N extends StateEventName>(
  name: N,
  payload: EventPayloads[N],
  extra?: ExtraTokens,
): Effect {
  // The pair is right by construction; TypeScript cannot see that through the generic.
  const event = { name, payload } as unknown as StateEvent;
  return extra === undefined ? { type: 'emit', event } : { type: 'emit', event, extra };
}

function exitTokens(exit: Exit): ExtraTokens {
  if (exit.kind === 'exited') return { exitstatus: exit.code };
  return { signal: signalName(exit.signal) ?? exit.signal, core: exit.core ? 1 : 0 };
}

function after(effects: readonly Effect[], [next, more]: Step): Step {
  return [next, [...effects, ...more]];
}
