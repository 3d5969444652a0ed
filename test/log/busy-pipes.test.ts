import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BUSY_BYTES, CROWD, createBusyPipes, FAST_BYTES, WINDOW_MS } from '../../src/log/busy-pipes.ts';

/** Pipes 1 to `count`, each of which has just brought enough to be busy. */
function openCrowd(count: number, now = 0) {
  const pipes = createBusyPipes<number>();
  for (let pipe = 1; pipe <= count; pipe += 1) pipes.delivered(pipe, BUSY_BYTES, now);
  return pipes;
}

test('a busy pipe waits in a crowd, and only there', () => {
  assert.equal(openCrowd(CROWD).delivered(1, 80, 1), true);
  assert.equal(openCrowd(CROWD - 1).delivered(1, 80, 1), false);
});

test('a pipe with a line now and then, and one that is too fast, never wait', () => {
  const pipes = openCrowd(CROWD);
  assert.equal(pipes.delivered(100, BUSY_BYTES - 1, 1), false);
  assert.equal(pipes.delivered(100, 1, 2), true);
  assert.equal(pipes.delivered(1, FAST_BYTES - BUSY_BYTES - 1, 3), true);
  assert.equal(pipes.delivered(1, 1, 3), false);
});

test('what is known of the window before counts for the whole of the next one', () => {
  const pipes = openCrowd(CROWD);
  pipes.delivered(1, FAST_BYTES, 1);
  assert.equal(pipes.delivered(1, 80, 2 * WINDOW_MS - 1), false, 'a fast pipe stays one');
  assert.equal(pipes.delivered(2, 80, 2 * WINDOW_MS - 1), true, 'and a crowd a crowd');
});

test('after a silence nothing is left of a crowd', () => {
  assert.equal(openCrowd(CROWD).delivered(1, BUSY_BYTES, 2 * WINDOW_MS), false);
  const pipes = openCrowd(CROWD);
  pipes.delivered(1, 80, WINDOW_MS);
  assert.equal(pipes.delivered(1, BUSY_BYTES, 2 * WINDOW_MS), false);
});

test('a closed pipe leaves nothing behind for the next one', () => {
  const pipes = openCrowd(CROWD);
  pipes.forget(1);
  assert.equal(pipes.delivered(1, 80, 1), false);
});

const deliveries = fc.array(
  fc.record({
    pipe: fc.integer({ min: 0, max: 2 * CROWD }),
    bytes: fc.oneof(
      fc.integer({ min: 1, max: BUSY_BYTES }),
      fc.integer({ min: BUSY_BYTES, max: FAST_BYTES / 4 }),
    ),
    wait: fc.oneof({ weight: 60, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(3 * WINDOW_MS) }),
  }),
  { minLength: 100, maxLength: 300, size: 'max' },
);

test('whatever comes: who waits is busy and not fast, and so are enough others busy', () => {
  fc.assert(
    fc.property(deliveries, (sequence) => {
      const pipes = createBusyPipes<number>();
      const history: { pipe: number; bytes: number; at: number }[] = [];
      let now = 0;
      for (const { pipe, bytes, wait } of sequence) {
        now += wait;
        history.push({ pipe, bytes, at: now });
        if (!pipes.delivered(pipe, bytes, now)) continue;
        const recent = new Map<number, number>();
        for (const one of history) {
          // A window begins with what comes in it, so the one before may have begun nearly three of them ago.
          if (now - one.at < 3 * WINDOW_MS) recent.set(one.pipe, (recent.get(one.pipe) ?? 0) + one.bytes);
        }
        const own = recent.get(pipe) ?? 0;
        assert.ok(own >= BUSY_BYTES && own < 3 * FAST_BYTES, `${own} bytes`);
        const busy = [...recent.values()].filter((total) => total >= BUSY_BYTES);
        assert.ok(busy.length >= CROWD, `${busy.length} busy pipes`);
      }
    }),
  );
});
