import { ECHILD, EINTR, SystemCallError } from './errno.ts';
import { bind, lastErrno } from './library.ts';

const callWaitpid = bind('waitpid', 'int', ['int', 'void *', 'int']);
const WNOHANG = 1;
const ANY_CHILD = -1;

const waitStatus = new Int32Array(1);

export interface Reaped {
  readonly pid: number;
  /** As wait(2) reports it. */
  readonly status: number;
}

/** Waits until this child of ours is dead, holding the thread. Throws {@link SystemCallError}, as ECHILD. */
export function reapWaiting(pid: number): Reaped {
  for (;;) {
    if (callWaitpid(pid, waitStatus, 0) > 0) return { pid, status: waitStatus[0] ?? 0 };
    const errno = lastErrno();
    if (errno !== EINTR) throw new SystemCallError('waitpid', errno);
  }
}

/** Takes one dead child off the kernel's hands; undefined when there is none. Never waits. */
export function reapOne(): Reaped | undefined {
  for (;;) {
    const pid = callWaitpid(ANY_CHILD, waitStatus, WNOHANG);
    if (pid > 0) return { pid, status: waitStatus[0] ?? 0 };
    if (pid === 0) return undefined;
    const errno = lastErrno();
    if (errno === ECHILD) return undefined;
    if (errno !== EINTR) throw new SystemCallError('waitpid', errno);
  }
}
