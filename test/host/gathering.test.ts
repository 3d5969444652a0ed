import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gathering, type GatheringPipe, PAUSE_MS } from '../../src/host/gathering.ts';
import { BUSY_BYTES, CROWD } from '../../src/log/busy-pipes.ts';
import { FakeClock } from '../supervisor/fake-host.ts';

/** As many pipes as make a crowd, each of which is paused; `collect` is what each does when its pause is over. */
function pausedCrowd(collect: (index: number, clock: FakeClock) => void) {
  const clock = new FakeClock();
  const gathering = new Gathering(clock);
  const pipes: GatheringPipe[] = Array.from({ length: CROWD }, (_, index) => ({
    collect: () => collect(index, clock),
  }));
  for (const pipe of pipes) gathering.delivered(pipe, BUSY_BYTES);
  for (const pipe of pipes) assert.equal(gathering.delivered(pipe, 80), true);
  return { clock, gathering, pipes };
}

test('one timer is enough for all, and none is armed when nobody is left', () => {
  const collected: number[] = [];
  const { clock } = pausedCrowd((index) => collected.push(index));
  assert.equal(clock.live, 1);
  clock.advance(PAUSE_MS - 1);
  assert.deepEqual(collected, []);
  clock.advance(1);
  assert.deepEqual(
    collected.sort((a, b) => a - b),
    Array.from({ length: CROWD }, (_, index) => index),
  );
  assert.equal(clock.live, 0);
});

test('who is still busy after a pause gets another one', () => {
  const collected: number[] = [];
  const { clock, gathering, pipes } = pausedCrowd((index) => {
    collected.push(index);
    const pipe = pipes[index];
    if (index < 2 && pipe !== undefined && collected.length < 2 * CROWD) gathering.delivered(pipe, 80);
  });
  clock.advance(PAUSE_MS);
  assert.equal(collected.length, CROWD);
  clock.advance(PAUSE_MS);
  assert.deepEqual(collected.slice(CROWD), [0, 1]);
});

test('a closed pipe is not asked for anything', () => {
  const { clock, gathering, pipes } = pausedCrowd(() => assert.fail('collected'));
  for (const pipe of pipes) gathering.forget(pipe);
  clock.advance(PAUSE_MS);
  assert.equal(clock.live, 0);
});

test('between slices of a long collection others have their turn', () => {
  const collected: number[] = [];
  const { clock } = pausedCrowd((index, { work }) => {
    collected.push(index);
    work.call(clock, 3);
  });
  clock.work(PAUSE_MS);
  for (let slice = 1; slice <= CROWD / 2; slice += 1) {
    clock.turn();
    assert.equal(collected.length, 2 * slice);
  }
  assert.equal(clock.live, 0);
});

test('one that throws takes the turn of no other one', () => {
  const collected: number[] = [];
  const { clock } = pausedCrowd((index) => {
    collected.push(index);
    if (index === 3) throw new Error('from the output');
  });
  assert.throws(() => clock.advance(PAUSE_MS), /from the output/);
  clock.advance(PAUSE_MS);
  assert.equal(collected.length, CROWD);
  assert.equal(new Set(collected).size, CROWD);
});
