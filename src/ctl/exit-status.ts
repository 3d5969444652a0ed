/** Exit statuses as supervisorctl gives them: those of LSB init scripts, and of `status` its own two. */
export const EXIT = {
  OK: 0,
  GENERIC: 1,
  INVALID_ARGUMENTS: 2,
  /** The server does not have the supervisor namespace. */
  UNIMPLEMENTED: 3,
  REFUSED: 4,
  API_MISMATCH: 5,
  /** A process does not run, or there is no socket file. */
  NOT_RUNNING: 7,
  STATUS_NOT_RUNNING: 3,
  STATUS_UNKNOWN: 4,
  /** What a shell makes of the SIGINT that supervisorctl dies of. */
  INTERRUPTED: 130,
} as const;
