/** What transitions say: events with their tokens, and the lines of Supervisor's log. */
import type { EventPayloads } from '../catalogue/generated.ts';
import type { ExtraTokens } from '../wire/extended.ts';
import { signalName } from '../wire/signals.ts';
import type { Effect, Exit, Policy, Process, StateEvent, StateEventName, Step } from './life.ts';

/** What Supervisor's log says about the end of a run: `exit status 3`, `terminated by SIGKILL`. */
export function describeExit(exit: Exit): string {
  if (exit.kind === 'exited') return `exit status ${exit.code}`;
  const name = signalName(exit.signal) ?? `signal ${exit.signal}`;
  return `terminated by ${name}${exit.core ? ' (core dumped)' : ''}`;
}

/** The exit status as RPC shows it: -1 for every death by signal. */
export function exitCode(exit: Exit): number {
  return exit.kind === 'exited' ? exit.code : -1;
}

export function stoppedEvent(process: Process, pid: number, policy: Policy, extra?: ExtraTokens): Effect {
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

export function logKilling(policy: Policy, pid: number, signal: number, asGroup: boolean): Effect {
  const target = asGroup ? 'process group ' : '';
  const message = `killing ${policy.name} (pid ${pid}) ${target}with signal ${signalName(signal) ?? signal}`;
  return { type: 'log', level: 'debug', message };
}

export function stateEvent<N extends StateEventName>(
  name: N,
  payload: EventPayloads[N],
  extra?: ExtraTokens,
): Effect {
  // The pair is right by construction; TypeScript cannot see that through the generic.
  const event = { name, payload } as unknown as StateEvent;
  return extra === undefined ? { type: 'emit', event } : { type: 'emit', event, extra };
}

export function exitTokens(exit: Exit): ExtraTokens {
  if (exit.kind === 'exited') return { exitstatus: exit.code };
  return { signal: signalName(exit.signal) ?? exit.signal, core: exit.core ? 1 : 0 };
}

export function stay(process: Process): Step {
  return [process, []];
}

export function after(effects: readonly Effect[], [next, more]: Step): Step {
  return [next, [...effects, ...more]];
}
