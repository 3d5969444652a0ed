/** A start that failed for a reason the operator can mend; exit status 2. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** A start that failed half way to another user: this process must not run on with anything. */
export class PrivilegeError extends Error {
  override readonly name = 'PrivilegeError';
}
