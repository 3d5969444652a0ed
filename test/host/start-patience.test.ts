import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartPatience } from '../../src/host/start-patience.ts';
import { FakeClock } from '../supervisor/fake-host.ts';

test('a user whose child has used up all patience gets little for a minute, and others as much as before', () => {
  const clock = new FakeClock();
  const patience = new StartPatience(100, clock);
  assert.equal(patience.with(33), 100);
  patience.usedUpBy(33);
  assert.deepEqual([patience.with(33), patience.with(34)], [5, 100]);
  clock.advance(59_999);
  assert.equal(patience.with(33), 5);
  patience.usedUpBy(33);
  clock.advance(59_999);
  assert.equal(patience.with(33), 5);
  clock.advance(1);
  assert.equal(patience.with(33), 100);
});

test('little is never more than all', () => {
  const patience = new StartPatience(2, new FakeClock());
  patience.usedUpBy(33);
  assert.equal(patience.with(33), 2);
});
