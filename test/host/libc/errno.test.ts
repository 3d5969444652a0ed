import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { errnoName, SystemCallError } from '../../../src/host/libc/errno.ts';

test('error numbers have their usual names', () => {
  assert.equal(errnoName(constants.errno.ENOENT), 'ENOENT');
  assert.equal(errnoName(constants.errno.ENOEXEC), 'ENOEXEC');
  assert.equal(errnoName(constants.errno.EWOULDBLOCK), 'EAGAIN');
});

test('a number without a name stays a number', () => {
  assert.equal(errnoName(4095), '4095');
});

test('a failed call tells which call and why', () => {
  const error = new SystemCallError('kill', constants.errno.EPERM);
  assert.equal(error.message, 'kill: EPERM');
  assert.equal(error.code, 'EPERM');
});
