import { constants } from 'node:os';

/** Error numbers that callers tell apart. */
export const {
  E2BIG,
  EACCES,
  EAGAIN,
  ECHILD,
  EINTR,
  EMFILE,
  ENFILE,
  ENOENT,
  ENOMEM,
  ENOSYS,
  EINVAL,
  EPERM,
  EPIPE,
  ESRCH,
} = constants.errno;

/** First come first: of two names for one number (EAGAIN, EWOULDBLOCK) the older stands first in the list. */
const NAMES = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno)) {
  if (!NAMES.has(number)) NAMES.set(number, name);
}

/** `ENOENT` for 2. A number without a name stays a number, as in Supervisor's messages. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? String(errno);
}

/** A call of the operating system that failed where nobody expected it to. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  readonly syscall: string;
  readonly errno: number;
  /** Symbolic, as `EPERM`. */
  readonly code: string;

  constructor(syscall: string, errno: number) {
    const code = errnoName(errno);
    super(`${syscall}: ${code}`);
    this.syscall = syscall;
    this.errno = errno;
    this.code = code;
  }
}
