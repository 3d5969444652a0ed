import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { lookupUser, systemUsers } from '../../src/host/users.ts';

const me = userInfo();

test('a user is found by name, by number and by digits', () => {
  const user = lookupUser(me.username);
  assert.equal(user?.uid, me.uid);
  assert.equal(user?.gid, me.gid);
  assert.deepEqual(lookupUser(me.uid), user);
  assert.deepEqual(lookupUser(String(me.uid)), user);
  assert.deepEqual(systemUsers.lookup(me.username), user);
});

test('the primary group comes first, and no group twice', () => {
  const groups = lookupUser(me.uid)?.groups ?? [];
  assert.equal(groups[0], me.gid);
  assert.equal(new Set(groups).size, groups.length);
});

test('nobody is undefined', () => {
  for (const word of ['no-such-user-here', '', 'root\0', '4294967295', '99999999999999999999', '-1']) {
    assert.equal(lookupUser(word), undefined, JSON.stringify(word));
  }
  assert.equal(lookupUser(-1), undefined);
  assert.equal(lookupUser(1.5), undefined);
});
