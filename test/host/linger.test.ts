import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProcesses, record, shell } from './recorded-child.ts';

test('a grandchild that holds the pipes is cut off after a while, and the exit does not wait for it', async () => {
  const timers: { ms: number; fire: () => void }[] = [];
  const clock = {
    monotonic: () => 0,
    wall: () => 0,
    after: (ms: number, fire: () => void) => {
      timers.push({ ms, fire });
      return () => undefined;
    },
  };
  const own = openProcesses(undefined, clock);
  const child = record(own, shell('yes & echo $! >&2; exit 4'));
  assert.deepEqual(await child.exited, { kind: 'exited', code: 4 });
  assert.equal(
    child.calls.some((call) => call.startsWith('sealed')),
    false,
  );
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [5_000],
  );
  timers[0]?.fire();
  await child.sealed;
  const calls = child.calls.length;
  await new Promise((done) => setImmediate(done));
  assert.equal(child.calls.length, calls);
  own.close();
});
