import { ENOENT, EPERM, ESRCH, SystemCallError } from './errno.ts';
import { bind, bindPasswd, clearErrno, lastErrno, type PasswdPointer, readPasswd } from './library.ts';

/*
 * Through the C library and not from /etc/passwd, so that users of LDAP, systemd and the like are found too.
 * The functions answer in static memory: they are called on the main thread only and copied at once.
 */
const callGetpwnam = bindPasswd('getpwnam', ['str']);
const callGetpwuid = bindPasswd('getpwuid', ['uint']);
const callGetgrouplist = bind('getgrouplist', 'int', ['str', 'uint', 'void *', 'void *']);

/** What various sources of accounts set where they should leave 0 for "no such user"; see getpwnam(3). */
const NOT_FOUND: ReadonlySet<number> = new Set([0, ENOENT, ESRCH, EPERM]);
const MAX_GROUPS = 65_536;

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Throws {@link SystemCallError} when the accounts cannot be read. */
export function accountByName(name: string): Account | undefined {
  clearErrno();
  return copyAccount(callGetpwnam(name), 'getpwnam');
}

/** Throws {@link SystemCallError} when the accounts cannot be read. */
export function accountByUid(uid: number): Account | undefined {
  clearErrno();
  return copyAccount(callGetpwuid(uid), 'getpwuid');
}

/** All groups of a user, `gid` among them. */
export function groupsOf(name: string, gid: number): readonly number[] {
  const count = new Int32Array(1);
  for (let capacity = 64; ; capacity = Math.max(count[0] ?? 0, capacity * 2)) {
    const list = new Uint32Array(capacity);
    count[0] = capacity;
    if (callGetgrouplist(name, gid, list, count) >= 0) return [...list.subarray(0, count[0])];
    if (capacity >= MAX_GROUPS) throw new Error(`user ${name} is in more than ${MAX_GROUPS} groups`);
  }
}

function copyAccount(pointer: PasswdPointer | null, call: string): Account | undefined {
  if (pointer === null) {
    const errno = lastErrno();
    if (NOT_FOUND.has(errno)) return undefined;
    throw new SystemCallError(call, errno);
  }
  const { pw_name: name, pw_uid: uid, pw_gid: gid } = readPasswd(pointer);
  return { name, uid, gid };
}
