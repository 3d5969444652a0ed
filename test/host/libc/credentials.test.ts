import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ownGroupIds, ownUsers } from '../../../src/host/libc/credentials.ts';

test('users and groups are what the kernel says they are', () => {
  const status = readFileSync('/proc/self/status', 'latin1');
  const ids = (name: string): number[] =>
    (new RegExp(`^${name}:\\t(\\d+)\\t(\\d+)\\t(\\d+)`, 'm').exec(status) ?? []).slice(1).map(Number);
  assert.deepEqual(ownUsers(), ids('Uid'));
  assert.deepEqual(ownGroupIds(), ids('Gid'));
  assert.equal(ownUsers()[0], process.getuid?.());
});
