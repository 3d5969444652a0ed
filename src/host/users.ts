import type { UserIdentity, Users } from '../supervisor/ports.ts';
import { accountByName, accountByUid, groupsOf } from './libc/accounts.ts';

const DIGITS = /^[0-9]+$/;
/** The highest number is "no change" to the system calls. */
const HIGHEST_UID = 0xffff_fffe;

/** The accounts of this machine. */
export const systemUsers: Users = { lookup: lookupUser };

/**
 * Finds a user by name or by number; a string of digits is a number, as Supervisor takes it. undefined: there
 * is no such user. Throws an Error with `code` when the accounts cannot be read.
 */
export function lookupUser(nameOrUid: string | number): UserIdentity | undefined {
  const account = findAccount(nameOrUid);
  if (account === undefined) return undefined;
  const others = groupsOf(account.name, account.gid).filter((group) => group !== account.gid);
  return { ...account, groups: [account.gid, ...new Set(others)] };
}

function findAccount(nameOrUid: string | number): ReturnType<typeof accountByName> {
  if (typeof nameOrUid === 'string' && !DIGITS.test(nameOrUid)) {
    // C would read only what stands before a NUL.
    return nameOrUid.includes('\0') ? undefined : accountByName(nameOrUid);
  }
  const uid = Number(nameOrUid);
  return Number.isInteger(uid) && uid >= 0 && uid <= HIGHEST_UID ? accountByUid(uid) : undefined;
}
