import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { threadCredentials } from '../../../src/host/libc/credentials.ts';

const { EINVAL, EPERM } = constants.errno;
const isRoot = process.geteuid?.() === 0;

test('users and groups are read as Node reads them', () => {
  const [user, effectiveUser] = threadCredentials.users();
  assert.deepEqual([user, effectiveUser], [process.getuid?.(), process.geteuid?.()]);
  const [group, effectiveGroup] = threadCredentials.groupIds();
  assert.deepEqual([group, effectiveGroup], [process.getgid?.(), process.getegid?.()]);
  // Node adds the effective group to the list.
  const groups = new Set([...threadCredentials.groups(), process.getegid?.()]);
  assert.deepEqual(groups, new Set(process.getgroups?.()));
});

test('setting what is set already is allowed to everybody', () => {
  assert.equal(threadCredentials.setUsers(threadCredentials.users()), 0);
  assert.equal(threadCredentials.setGroupIds(threadCredentials.groupIds()), 0);
});

test('what the kernel refuses is a negative error number', () => {
  const tooMany = Array.from({ length: 65_537 }, () => 1);
  assert.equal(threadCredentials.setGroups(tooMany), isRoot ? -EINVAL : -EPERM);
});

test('only this thread changes, and it can change back', {
  skip: isRoot ? false : 'NOT TESTED: switching users needs root',
}, () => {
  const before = threadCredentials.users();
  assert.equal(threadCredentials.setUsers([12_345, 12_345, 0]), 0);
  const during = threadCredentials.users();
  const forbidden = threadCredentials.setGroupIds([1, 1, 1]);
  assert.equal(threadCredentials.setUsers(before), 0);
  assert.deepEqual(during, [12_345, 12_345, 0]);
  assert.equal(forbidden, -EPERM);
  assert.deepEqual(threadCredentials.users(), before);
});
