import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { accountByName, accountByUid, groupsOf } from '../../../src/host/libc/accounts.ts';

const me = userInfo();

test('an account is found by name and by number', () => {
  const account = { name: me.username, uid: me.uid, gid: me.gid };
  assert.deepEqual(accountByName(me.username), account);
  assert.deepEqual(accountByUid(me.uid), account);
});

test('nobody by that name or number is undefined', () => {
  assert.equal(accountByName('no-such-user-here'), undefined);
  assert.equal(accountByName(''), undefined);
  assert.equal(accountByUid(0x7fff_fff0), undefined);
});

test('the groups of a user contain the primary one', () => {
  assert.ok(groupsOf(me.username, me.gid).includes(me.gid));
  assert.deepEqual(groupsOf('no-such-user-here', 12_345), [12_345]);
});
