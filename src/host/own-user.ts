/** The daemon itself becomes another user, for good: all its threads, and without a way back. */
import process from 'node:process';
import type { UserIdentity } from '../supervisor/ports.ts';
import { errorCode } from './error-code.ts';
import { ownGroupIds, ownUsers } from './libc/credentials.ts';

/** The user was not changed, or, with `halfway`, not completely: then the process must end. */
export class UserSwitchError extends Error {
  override readonly name = 'UserSwitchError';
  readonly halfway: boolean;

  constructor(message: string, halfway: boolean, options?: { readonly cause: unknown }) {
    super(message, options);
    this.halfway = halfway;
  }
}

/**
 * Groups first, for they take root's rights to set. Nothing happens when the user is the one we are, so that a
 * configuration which names its user also works for that user. The environment stays as it is. Throws
 * {@link UserSwitchError} with Supervisor's texts.
 */
export function becomeUser(user: UserIdentity): void {
  const uid = process.getuid?.();
  if (uid === user.uid) return;
  if (uid !== 0) throw new UserSwitchError("Can't drop privilege as nonroot user", false);
  // Node's calls are the C library's, which make every thread follow.
  attempt('Could not set groups of effective user', () => process.setgroups?.([...user.groups]));
  attempt('Could not set group id of effective user', () => process.setgid?.(user.gid));
  attempt(`Could not set user id of effective user`, () => process.setuid?.(user.uid));
  verify(user);
}

function attempt(message: string, step: () => void): void {
  try {
    step();
  } catch (cause) {
    throw new UserSwitchError(`${message} (${errorCode(cause)})`, true, { cause });
  }
}

/** Whatever a container or a security module made of the calls: root must be gone from all three ids. */
function verify({ uid, gid }: UserIdentity): void {
  if (ownUsers().every((id) => id === uid) && ownGroupIds().every((id) => id === gid)) return;
  throw new UserSwitchError(`Privileges were not dropped to uid ${uid}, gid ${gid}`, true);
}
