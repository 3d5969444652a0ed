import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeProcess, formatUptime } from '../../src/rpc/description.ts';
import { FakeProcess, NOW } from './fake-facade.ts';

it('writes times as Python does', () => {
  assert.equal(formatUptime(0), '0:00:00');
  assert.equal(formatUptime(76), '0:01:16');
  assert.equal(formatUptime(86_403), '1 day, 0:00:03');
  assert.equal(formatUptime(12 * 86_400 + 13 * 3600 + 60), '12 days, 13:01:00');
  assert.equal(formatUptime(-5), '0:00:00');
});

it('describes each state', () => {
  const process = new FakeProcess('x');
  const describeAs = (more: Partial<FakeProcess>) =>
    describeProcess(Object.assign(process, more).snapshot(), NOW);
  assert.equal(describeAs({}), 'Not started');
  assert.equal(describeAs({ state: 'FATAL' }), 'unknown error (try "tail x")');
  assert.equal(describeAs({ state: 'BACKOFF', spawnError: 'no' }), 'no');
  assert.equal(describeAs({ state: 'STARTING' }), '');
  assert.equal(describeAs({ state: 'STOPPING' }), '');
  assert.equal(describeAs({ state: 'UNKNOWN' }), '');
  const stoppedAt = new Date(2024, 10, 2, 0, 5).getTime();
  assert.equal(describeAs({ state: 'EXITED', startedAt: 1, stoppedAt }), 'Nov 02 12:05 AM');
  const later = new Date(2024, 0, 22, 17, 45).getTime();
  assert.equal(describeAs({ state: 'STOPPED', stoppedAt: later }), 'Jan 22 05:45 PM');
});
