/** Transitions of a stop, of the process alone or of its whole group. */
import {
  after,
  describeExit,
  exitCode,
  exitTokens,
  logKilling,
  stateEvent,
  stay,
  stoppedEvent,
} from './effects.ts';
import type { Effect, Exit, InputOf, PhaseOf, Policy, Process, Rest, Step } from './life.ts';

const SIGKILL = 9;
/** How long a group is waited for after its SIGKILL: who is left then cannot be helped. */
const REST_GRACE_MS = 10_000;
/** SIGKILL is not repeated faster than this: it is Supervisor's pace. */
const LEAST_KILL_INTERVAL_MS = 1000;

export function beginStop(
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

export function stopInBackoff(process: Process, _input: unknown, policy: Policy): Step {
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

export function kill(
  process: Process & { phase: PhaseOf<'STOPPING'> },
  _input: unknown,
  policy: Policy,
): Step {
  const { pid, rest } = process.phase;
  if (rest !== undefined) return killRest(process, rest, policy);
  // With stopwaitsecs=0 a process that hangs in the kernel would have all of the daemon's time.
  const ms = Math.max(policy.stopwaitsecs * 1000, LEAST_KILL_INTERVAL_MS);
  return [
    { ...process, phase: { name: 'STOPPING', pid, killed: policy.killasgroup } },
    [
      { type: 'log', level: 'warn', message: `killing '${policy.name}' (${pid}) with SIGKILL` },
      logKilling(policy, pid, SIGKILL, policy.killasgroup),
      { type: 'arm', timer: 'overdue', ms },
      { type: 'signal', pid, signal: SIGKILL, target: policy.killasgroup ? 'group' : 'process' },
    ],
  ];
}

function killRest(process: Process & { phase: PhaseOf<'STOPPING'> }, rest: Rest, policy: Policy): Step {
  const { pid, killed } = process.phase;
  if (killed) {
    const message = `not waiting any longer for the process group of ${policy.name} (pid ${pid}), which SIGKILL has not ended`;
    return after([{ type: 'log', level: 'warn', message }], enterStopped(process, rest.exit, policy));
  }
  return [
    { ...process, phase: { name: 'STOPPING', pid, killed: true, rest } },
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

export function endedWhileStopping(
  process: Process & { phase: PhaseOf<'STOPPING'> },
  { exit }: InputOf<'exited'>,
  policy: Policy,
): Step {
  if (!policy.awaitsGroup) return enterStopped(process, exit, policy);
  const ended: Process = { ...process, phase: { ...process.phase, rest: { exit } } };
  // What is left of a killed group hangs in the kernel, and for that stopwaitsecs is no measure.
  return [ended, process.phase.killed === true ? [{ type: 'arm', timer: 'overdue', ms: REST_GRACE_MS }] : []];
}

/** The process was the only one that was asked to stop: whoever it has not told does not know of it. */
export function othersLeft(
  process: Process & { phase: PhaseOf<'STOPPING'> },
  _input: unknown,
  policy: Policy,
): Step {
  const { pid, killed } = process.phase;
  if (policy.stopasgroup || killed === true) return stay(process);
  return [
    process,
    [
      logKilling(policy, pid, policy.stopsignal, true),
      { type: 'signal', pid, signal: policy.stopsignal, target: 'group' },
    ],
  ];
}

export function groupEmptied(
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

export function cannotBeStopped(
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

export function lost(
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
