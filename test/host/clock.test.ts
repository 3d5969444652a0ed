import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { systemClock } from '../../src/host/clock.ts';

test('a timer fires once, not before its time', async () => {
  const started = systemClock.monotonic();
  await new Promise<void>((done) => void systemClock.after(20, done));
  assert.ok(systemClock.monotonic() - started >= 19);
});

test('a cancelled timer does not fire, and cancelling again is harmless', async () => {
  let fired = false;
  const cancel = systemClock.after(1, () => {
    fired = true;
  });
  cancel();
  cancel();
  await new Promise<void>((done) => void systemClock.after(10, done));
  assert.equal(fired, false);
  cancel();
});

test('a time that setTimeout cannot hold is waited for in parts, and can be cancelled in any of them', (context) => {
  const LONGEST = 2 ** 31 - 1;
  mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  mock.method(performance, 'now', () => now);
  context.after(() => {
    mock.timers.reset();
    mock.restoreAll();
  });
  const pass = (ms: number): void => {
    now += ms;
    mock.timers.tick(ms);
  };

  let fired = 0;
  systemClock.after(LONGEST + 1_000, () => {
    fired += 1;
  });
  const cancel = systemClock.after(LONGEST + 500, () => assert.fail('was cancelled'));
  pass(LONGEST);
  assert.equal(fired, 0);
  cancel();
  pass(999);
  assert.equal(fired, 0);
  pass(1);
  assert.equal(fired, 1);
});

test('the wall clock tells the time of day', () => {
  const before = Date.now();
  const told = systemClock.wall();
  assert.ok(before <= told && told <= Date.now());
});
