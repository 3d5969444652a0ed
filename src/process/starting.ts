/** Transitions from a start to the end of a run, and to the next one. */
import type { ExtraTokens } from '../wire/extended.ts';
import { after, describeExit, exitCode, exitTokens, stateEvent, stay } from './effects.ts';
import type { Effect, InputOf, PhaseOf, Policy, Process, Step } from './life.ts';

export function launch(process: Process, _input: unknown, policy: Policy): Step {
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

export function cancelPauseAndLaunch(process: Process, input: unknown, policy: Policy): Step {
  return after([{ type: 'disarm', timer: 'retry' }], launch(process, input, policy));
}

export function cancelRestartAndLaunch(
  process: Process & { phase: PhaseOf<'EXITED'> },
  input: unknown,
  policy: Policy,
): Step {
  return after(
    process.phase.restarting ? [{ type: 'disarm', timer: 'restart' }] : [],
    launch(process, input, policy),
  );
}

export function cancelRestart(process: Process & { phase: PhaseOf<'EXITED'> }): Step {
  if (!process.phase.restarting) return stay(process);
  return [
    { ...process, phase: { name: 'EXITED', restarting: false } },
    [{ type: 'disarm', timer: 'restart' }],
  ];
}

export function started(process: Process, input: InputOf<'spawned'>, policy: Policy): Step {
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

export function reachedRunning(
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

export function failedToSpawn(process: Process, input: InputOf<'spawnFailed'>, policy: Policy): Step {
  const said: Effect = { type: 'log', level: 'info', message: `spawnerr: ${input.message}` };
  return after([said], backOff(process, input.message, policy, { reason: input.message }));
}

export function endedWhileStarting(
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

export function abandon(process: Process, _input: unknown, policy: Policy): Step {
  return after([{ type: 'disarm', timer: 'retry' }], enterFatal(process, policy));
}

export function ended(
  process: Process & { phase: PhaseOf<'RUNNING'> },
  input: InputOf<'exited'>,
  policy: Policy,
): Step {
  return enterExited(process, process.phase.pid, input, policy);
}

export function endedUnseen(
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
