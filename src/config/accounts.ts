/** Users and groups in option values. Each function throws {@link ValueError} with Supervisor's text. */
import { ValueError } from './config-error.ts';
import type { UserRecord, World } from './ports.ts';
import { tryParseInteger } from './values.ts';

/** A name or a number of a user that exists. */
export function parseUser(text: string, world: World): UserRecord {
  const uid = tryParseInteger(text);
  const user = world.lookupUser(uid ?? text);
  if (user === undefined) throw new ValueError(`Invalid user ${uid === undefined ? 'name' : 'id'} ${text}`);
  return user;
}

/** `user` or `user:group`; without a group its id is -1, which leaves it as it is. */
export function parseOwner(text: string, world: World): { uid: number; gid: number } {
  const colon = text.indexOf(':');
  const { uid } = parseUser(colon < 0 ? text : text.slice(0, colon), world);
  return { uid, gid: colon < 0 ? -1 : parseGroup(text.slice(colon + 1), world) };
}

function parseGroup(text: string, world: World): number {
  const number = tryParseInteger(text);
  const gid = world.lookupGroup(number ?? text);
  if (gid === undefined)
    throw new ValueError(`Invalid group ${number === undefined ? 'name' : 'id'} ${text}`);
  return gid;
}
