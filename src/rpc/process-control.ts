/**
 * Starting, stopping and signalling, for one process and for many. What Supervisor polls for is a promise here:
 * a handler either answers at once or gives the promise of its answer. The order of checks is Supervisor's.
 */
import { isRunning, isSignallable, isStopped } from '../process/states.ts';
import type { ProcessView, StartFailure, StopFailure } from '../supervisor/facade.ts';
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

export function startMany(processes: readonly ProcessView[], wait: boolean): Promise<XmlRpcResult> {
  const selected = processes.filter((process) => !isRunning(process.state));
  return collect(selected, (process, namespec) => startProcess(process, namespec, wait));
}

export function stopMany(processes: readonly ProcessView[], wait: boolean): Promise<XmlRpcResult> {
  const selected = processes.filter((process) => isRunning(process.state) || process.restarting);
  return collect(selected, (process, namespec) => stopProcess(process, namespec, wait));
}

export function signalMany(
  processes: readonly ProcessView[],
  signal: XmlRpcValue | undefined,
): Promise<XmlRpcResult> {
  const selected = processes.filter((process) => isSignallable(process.state));
  return collect(selected, (process, namespec) => signalProcess(process, namespec, signal));
}

export function clearManyLogs(processes: readonly ProcessView[]): Promise<XmlRpcResult> {
  return collect(processes, clearProcessLogs);
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
 * Acts on all processes at once. The statuses of those that are done at once come first, then the others in
 * the order in which they get done.
 */
async function collect(
  processes: readonly ProcessView[],
  act: (process: ProcessView, namespec: string) => Answer,
): Promise<XmlRpcResult> {
  const statuses: XmlRpcResult[] = [];
  const pending: Promise<void>[] = [];
  for (const process of processes) {
    const succeed = () => void statuses.push(statusOf(process, undefined));
    const fail = (error: unknown) => void statuses.push(statusOf(process, error));
    try {
      const answer = act(process, formatNamespec(process.group, process.name));
      if (answer === true) succeed();
      else pending.push(answer.then(succeed, fail));
    } catch (error) {
      fail(error);
    }
  }
  await Promise.all(pending);
  return statuses;
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
