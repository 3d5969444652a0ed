import { ESRCH, SystemCallError } from './errno.ts';
import { bind, lastErrno } from './library.ts';

const callKill = bind('kill', 'int', ['int', 'int']);
const callPrctl = bind('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']);
const callPrctlInto = bind('prctl', 'int', ['int', 'void *', 'ulong', 'ulong', 'ulong']);
const callGetpgid = bind('getpgid', 'int', ['int']);
const PR_SET_CHILD_SUBREAPER = 36;
const PR_GET_CHILD_SUBREAPER = 37;

/**
 * Sends to one process, or to a process group by the pid of its leader. `gone`: there is none. Throws
 * {@link SystemCallError} for the rest (EPERM, EINVAL), and RangeError for numbers that kill(2) takes for a
 * wild card: 0 is our own group, -1 everybody.
 */
export function sendSignal(pid: number, signal: number, target: 'process' | 'group'): 'sent' | 'gone' {
  const lowest = target === 'group' ? 2 : 1;
  if (!Number.isInteger(pid) || pid < lowest) throw new RangeError(`not the id of a ${target}: ${pid}`);
  if (callKill(target === 'group' ? -pid : pid, signal) === 0) return 'sent';
  const errno = lastErrno();
  if (errno === ESRCH) return 'gone';
  throw new SystemCallError('kill', errno);
}

/** Whether a process, dead or alive but not reaped, is in the group of its own number. */
export function leadsGroup(pid: number): boolean {
  return callGetpgid(pid) === pid;
}

/** Whether those of our descendants who lose their parent from now on become our children. Throws {@link SystemCallError}. */
export function setSubreaper(on: boolean): void {
  if (callPrctl(PR_SET_CHILD_SUBREAPER, on ? 1 : 0, 0, 0, 0) !== 0)
    throw new SystemCallError('prctl', lastErrno());
}

/** Throws {@link SystemCallError}. */
export function isSubreaper(): boolean {
  const answer = new Int32Array(1);
  if (callPrctlInto(PR_GET_CHILD_SUBREAPER, answer, 0, 0, 0) !== 0)
    throw new SystemCallError('prctl', lastErrno());
  return answer[0] === 1;
}
