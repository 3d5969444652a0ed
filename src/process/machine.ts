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
 * says who is left when the process has ended, and when nobody is. If the stop signal was for the process alone, those
 * who are left get it then, for nobody else will tell them any more; who outlives stopwaitsecs gets SIGKILL. An end
 * that nobody has asked for is no such stop: what a crash leaves behind is left alone, as Supervisor does.
 *
 * What others ask for may have been overtaken, when it was asked for in the middle of a change: two who hear of the same
 * event may both want a start. Therefore every state takes start, stop and shutdown, and stays as it is where they make
 * no sense any more.
 *
 * Every change of state emits its PROCESS_STATE event before the effects that follow from it, so a listener
 * that asks for the state finds what the event has told it, or something later.
 */
import { stay } from './effects.ts';
import type { Handler, Input, Policy, Process, Step } from './life.ts';
import {
  abandon,
  cancelPauseAndLaunch,
  cancelRestart,
  cancelRestartAndLaunch,
  ended,
  endedUnseen,
  endedWhileStarting,
  failedToSpawn,
  launch,
  reachedRunning,
  started,
} from './starting.ts';
import type { ProcessState } from './states.ts';
import {
  beginStop,
  cannotBeStopped,
  endedWhileStopping,
  groupEmptied,
  kill,
  lost,
  othersLeft,
  stopInBackoff,
} from './stopping.ts';

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

type Table = { readonly [S in ProcessState]: { readonly [I in Input['type']]?: Handler<S, I> } };

/** Every transition there is. What is missing is refused. */
export const TRANSITIONS: Table = {
  STOPPED: { start: launch, stop: stay, shutdown: stay, signalFailed: stay },
  STARTING: {
    spawned: started,
    spawnFailed: failedToSpawn,
    up: reachedRunning,
    exited: endedWhileStarting,
    start: stay,
    stop: beginStop,
    shutdown: beginStop,
    signalFailed: lost,
  },
  RUNNING: { exited: ended, start: stay, stop: beginStop, shutdown: beginStop, signalFailed: lost },
  BACKOFF: { retry: launch, start: cancelPauseAndLaunch, stop: stopInBackoff, shutdown: abandon },
  STOPPING: {
    exited: endedWhileStopping,
    left: othersLeft,
    emptied: groupEmptied,
    overdue: kill,
    signalFailed: cannotBeStopped,
    stop: stay,
    start: stay,
    shutdown: stay,
  },
  EXITED: { start: cancelRestartAndLaunch, stop: cancelRestart, shutdown: cancelRestart },
  FATAL: { start: launch, stop: stay, shutdown: stay },
  UNKNOWN: { exited: endedUnseen, start: stay, stop: stay, shutdown: stay, signalFailed: stay },
};

/** Throws {@link IllegalTransitionError} when the state takes no such input. */
export function step(policy: Policy, process: Process, input: Input): Step {
  const handler = TRANSITIONS[process.phase.name][input.type] as
    | Handler<ProcessState, Input['type']>
    | undefined;
  if (handler === undefined) throw new IllegalTransitionError(process.phase.name, input.type);
  return handler(process, input, policy);
}
