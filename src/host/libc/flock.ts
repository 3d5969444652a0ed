import { EAGAIN, EINTR, SystemCallError } from './errno.ts';
import { bind, lastErrno } from './library.ts';

const callFlock = bind('flock', 'int', ['int', 'int']);
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Takes the exclusive lock on an open file without waiting. It belongs to the open file, not to the process: it
 * ends when the last descriptor of it is closed, so at the latest when the process dies, however it dies. Throws
 * {@link SystemCallError}, as ENOLCK on file systems without locks.
 */
export function tryLock(fd: number): 'locked' | 'taken' {
  for (;;) {
    if (callFlock(fd, LOCK_EX | LOCK_NB) === 0) return 'locked';
    const errno = lastErrno();
    if (errno === EAGAIN) return 'taken';
    if (errno !== EINTR) throw new SystemCallError('flock', errno);
  }
}
