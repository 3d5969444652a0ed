import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { SystemCallError } from '../../../src/host/libc/errno.ts';
import { sendSignal } from '../../../src/host/libc/signals.ts';

const SIGUSR2 = 12;

test('a signal arrives', async () => {
  // A signal handler alone does not keep Node running.
  const alive = setTimeout(() => undefined, 10_000);
  const arrived = once(process, 'SIGUSR2');
  assert.equal(sendSignal(process.pid, SIGUSR2, 'process'), 'sent');
  await arrived;
  clearTimeout(alive);
});

test('nobody there is an answer, not an error', () => {
  assert.equal(sendSignal(0x7fff_fff0, SIGUSR2, 'process'), 'gone');
  assert.equal(sendSignal(0x7fff_fff0, SIGUSR2, 'group'), 'gone');
});

test('a signal that does not exist is told by name', () => {
  assert.throws(
    () => sendSignal(process.pid, 99, 'process'),
    (error) => error instanceof SystemCallError && error.code === 'EINVAL',
  );
});

test('numbers that kill(2) takes for a wild card are refused', () => {
  for (const pid of [0, -1, -2, 1.5, Number.NaN]) {
    assert.throws(() => sendSignal(pid, 0, 'process'), RangeError);
  }
  assert.throws(() => sendSignal(1, 0, 'group'), RangeError);
});
