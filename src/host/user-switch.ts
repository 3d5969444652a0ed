import { writeSync } from 'node:fs';
import { SpawnError, type UserIdentity } from '../supervisor/ports.ts';
import { type ThreadCredentials, threadCredentials } from './libc/credentials.ts';
import { errnoName } from './libc/errno.ts';

const ROOT = 0;

/**
 * Runs `action` with the credentials of `user` on this thread, and takes the old ones back. Everything is
 * synchronous; other threads stay who they are. The saved user id stays root, which is the way back; exec
 * replaces it with the effective one, so a child started by `action` has the user four times over.
 *
 * Does nothing but call `action` when the user is the one we are. Throws {@link SpawnError} when a step
 * fails; then `action` was not called. Not being able to return ends the process: it must not go on as
 * somebody else.
 */
export function asUser<T>(
  user: UserIdentity,
  action: () => T,
  thread: ThreadCredentials = threadCredentials,
  end: (reason: string) => never = endProcess,
): T {
  const users = thread.users();
  if (users[0] === user.uid) return action();
  if (users[0] !== ROOT) throw refusal(user, 'EPERM', "Can't drop privilege as nonroot user");

  const groupIds = thread.groupIds();
  const groups = thread.groups();
  try {
    become(user, thread);
    return action();
  } finally {
    // Users first: without root's the other two are not allowed.
    const failed = thread.setUsers(users) || thread.setGroupIds(groupIds) || thread.setGroups(groups);
    if (failed !== 0) end(`cannot return from user ${user.name}: ${errnoName(-failed)}`);
  }
}

/** Supervisor words the first two failures; it has none for the third. */
function become(user: UserIdentity, thread: ThreadCredentials): void {
  const noGroups = thread.setGroups(user.groups);
  if (noGroups !== 0) throw refusal(user, errnoName(-noGroups), 'Could not set groups of effective user');
  const noGroup = thread.setGroupIds([user.gid, user.gid, ROOT]);
  if (noGroup !== 0) throw refusal(user, errnoName(-noGroup), 'Could not set group id of effective user');
  thread.dropAmbient();
  const noUser = thread.setUsers([user.uid, user.uid, ROOT]);
  if (noUser !== 0) throw refusal(user, errnoName(-noUser), errnoName(-noUser));
}

function refusal(user: UserIdentity, code: string, reason: string): SpawnError {
  const message = `couldn't setuid to ${user.uid}: ${reason}`;
  return new SpawnError(
    'user',
    code,
    message,
    `supervisor: ${message}\nsupervisor: child process was not spawned\n`,
  );
}

/** No handlers, no clean-up: they would run with the wrong credentials. */
function endProcess(reason: string): never {
  writeSync(2, `herald: ${reason}; ending at once\n`);
  process.abort();
}
