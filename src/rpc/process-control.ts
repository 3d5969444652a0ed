/**
 * Starting, stopping and signalling, for one process and for many. What Supervisor polls for is a promise here:
 * a handler either answers at once or gives the promise of its answer. The order of checks is Supervisor's.
 */
import { isRunning, isSignallable, isStopped } from '../process/states.ts';
import type { Facade, ProcessView, StartFailure, StopFailure } from '../supervisor/facade.ts';
import type { BulkWork } from '../supervisor/ports.ts';
import { parseSignal } from '../wire/signals.ts';
import type { XmlRpcResult, XmlRpcValue } from '../wire/xmlrpc-values.ts';
import { showScalar } from './arguments.ts';
import { FAULTS, RpcFault } from './faults.ts';
import { formatNamespec } from './namespec.ts';

type Answer = true | Promise<true>;

/** `namespec` is the name that a fault is about. */
export function startProcess(process: ProcessView, namespec: string, wait: boolean): Answer {
  const { begun, done } = process.start();
  if (begun !== undefined) throw startFault(begun, namespec);
  if (!wait || process.state === 'RUNNING') return true;
  return done.then((failure) => {
    if (failure !== undefined) throw startFault(failure, namespec);
    return true;
  });
}

export function stopProcess(process: ProcessView, namespec: string, wait: boolean): Answer {
  const { begun, done } = process.stop(wait);
  if (begun !== undefined) throw stopFault(begun, namespec);
  if (!wait || isStopped(process.state)) return true;
  return done.then(() => true);
}

export function signalProcess(process: ProcessView, namespec: string, signal: XmlRpcValue | undefined): true {
  if (typeof signal !== 'string' && typeof signal !== 'number') throw new RpcFault('INCORRECT_PARAMETERS');
  const number = parseSignal(signal);
  if (number === undefined) throw new RpcFault('BAD_SIGNAL', showScalar(signal));
  if (!isSignallable(process.state)) throw new RpcFault('NOT_RUNNING', namespec);
  const failure = process.signal(number);
  if (failure !== undefined) throw stopFault(failure, namespec);
  return true;
}

/** Many are a matter of seconds, so others act meanwhile: each process is looked at again when its turn comes. */
export interface Many {
  readonly facade: Facade;
  readonly bulk: BulkWork;
}

export function startMany(
  many: Many,
  processes: readonly ProcessView[],
  wait: boolean,
): Promise<XmlRpcResult> {
  const selected = processes.filter((process) => !isRunning(process.state));
  return collect(many, selected, (process, namespec) => startProcess(process, namespec, wait));
}

/**
 * The result is about those that this call stops. With `wait` it also waits for those that are being stopped already,
 * so that a group can be removed after it, as `update` does.
 */
export async function stopMany(
  many: Many,
  processes: readonly ProcessView[],
  wait: boolean,
): Promise<XmlRpcResult> {
  const selected = processes.filter((process) => isRunning(process.state) || process.restarting);
  const others = wait ? processes.filter((process) => process.state === 'STOPPING') : [];
  const stops = others.map((process) => process.whenStopped());
  const result = await collect(many, selected, (process, namespec) => stopProcess(process, namespec, wait));
  await Promise.all(stops);
  return result;
}

export function signalMany(
  many: Many,
  processes: readonly ProcessView[],
  signal: XmlRpcValue | undefined,
): Promise<XmlRpcResult> {
  const selected = processes.filter((process) => isSignallable(process.state));
  return collect(many, selected, (process, namespec) => signalProcess(process, namespec, signal));
}

export function clearManyLogs(many: Many, processes: readonly ProcessView[]): Promise<XmlRpcResult> {
  return collect(many, processes, clearProcessLogs);
}

export function clearProcessLogs(process: ProcessView, namespec: string): true {
  try {
    process.clearLogs();
  } catch (cause) {
    throw new RpcFault('FAILED', namespec, { cause });
  }
  return true;
}

/**
 * Acts on all processes without waiting for any. The statuses of those that are done at once come first, then the
 * others in the order in which they get done.
 */
async function collect(
  { facade, bulk }: Many,
  processes: readonly ProcessView[],
  act: (process: ProcessView, namespec: string) => Answer,
): Promise<XmlRpcResult> {
  const statuses: XmlRpcResult[] = [];
  const pending: Promise<void>[] = [];
  const defects: unknown[] = [];
  const settle = (process: ProcessView, error?: unknown): void => {
    try {
      statuses.push(statusOf(process, error));
    } catch (defect) {
      defects.push(defect);
    }
  };
  await bulk.each(processes, (process) => {
    const namespec = formatNamespec(process.group, process.name);
    try {
      refuseOutdated(facade, process, namespec);
      const answer = act(process, namespec);
      if (answer === true) settle(process);
      else
        pending.push(
          answer.then(
            () => settle(process),
            (error) => settle(process, error),
          ),
        );
    } catch (error) {
      settle(process, error);
    }
  });
  await Promise.all(pending);
  if (defects.length > 0) throw defects[0];
  return statuses;
}

/** Nothing may be started once the daemon shuts down, or in a group that has been removed meanwhile. */
function refuseOutdated(facade: Facade, process: ProcessView, namespec: string): void {
  if (facade.state !== 'RUNNING') throw new RpcFault('SHUTDOWN_STATE');
  if (facade.groups.get(process.group)?.processes.get(process.name) === process) return;
  throw new RpcFault('BAD_NAME', namespec);
}

/** Throws what is no fault: that is a defect, and one member's status is no place for it. */
function statusOf({ name, group }: ProcessView, error: unknown): XmlRpcResult {
  if (error === undefined) return { name, group, status: FAULTS.SUCCESS, description: 'OK' };
  if (!(error instanceof RpcFault)) throw error;
  return { name, group, status: error.code, description: error.message };
}

function startFault(failure: StartFailure, namespec: string): RpcFault {
  return new RpcFault(failure.kind, 'detail' in failure ? failure.detail : namespec);
}

function stopFault(failure: StopFailure, namespec: string): RpcFault {
  return new RpcFault(failure.kind, failure.kind === 'FAILED' ? failure.detail : namespec);
}
