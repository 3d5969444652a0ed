import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBulkWork } from '../../src/supervisor/bulk-work.ts';
import type { BulkWork } from '../../src/supervisor/ports.ts';
import { FakeClock } from './fake-host.ts';
import { settle } from './scene.ts';

const ITEM_MS = 4;

/** Items take 4 ms each; `turn` is what the event loop does between two slices. */
class Bench {
  readonly clock = new FakeClock();
  readonly bulk: BulkWork = createBulkWork(this.clock);
  readonly done: string[] = [];

  act = (item: string): void => {
    this.clock.work(ITEM_MS);
    this.done.push(item);
  };

  /** What was done since the last call. */
  take(): string {
    return this.done.splice(0).join(' ');
  }

  /** Runs the slice that is due, which may arm the next one for the turn after. */
  turn(): void {
    this.clock.turn();
  }
}

describe('bulk work', () => {
  it('does at once what is little', () => {
    const { bulk, act, done, clock } = new Bench();
    void bulk.each(['a', 'b'], act);
    assert.deepEqual(done, ['a', 'b']);
    assert.equal(clock.live, 0);
  });

  it('yields to the loop between slices of 10 ms', async () => {
    const bench = new Bench();
    let settled = false;
    const all = bench.bulk.each(['a', 'b', 'c', 'd', 'e', 'f', 'g'], bench.act).then(() => {
      settled = true;
    });
    assert.equal(bench.take(), 'a b c');
    bench.turn();
    assert.equal(bench.take(), 'd e f');
    await settle();
    assert.equal(settled, false);
    bench.turn();
    assert.equal(bench.take(), 'g');
    await all;
    assert.equal(bench.clock.live, 0);
  });

  it('keeps to one slice however many jobs there are, and lets them take turns', () => {
    const bench = new Bench();
    void bench.bulk.each(['a1', 'a2', 'a3', 'a4', 'a5', 'a6'], bench.act);
    assert.equal(bench.take(), 'a1 a2 a3');
    void bench.bulk.each(['b1', 'b2'], bench.act);
    void bench.bulk.each(['c1'], bench.act);
    assert.equal(bench.take(), '');
    bench.turn();
    assert.equal(bench.take(), 'a4 b1 c1');
    bench.turn();
    assert.equal(bench.take(), 'a5 b2 a6');
  });

  it('asks for an item right before its turn', () => {
    const bench = new Bench();
    function* items() {
      for (const name of ['a', 'b', 'c', 'd']) {
        bench.done.push(`?${name}`);
        yield name;
      }
    }
    void bench.bulk.each(items(), bench.act);
    assert.equal(bench.take(), '?a a ?b b ?c c');
    bench.turn();
    assert.equal(bench.take(), '?d d');
  });

  it('does what an item asks for after that item', () => {
    const bench = new Bench();
    void bench.bulk.each(['a', 'b'], (item) => {
      bench.act(item);
      if (item === 'a') void bench.bulk.each(['x'], bench.act);
      bench.act(`end of ${item}`);
    });
    assert.equal(bench.take(), 'a end of a x');
    bench.turn();
    assert.equal(bench.take(), 'b end of b');
  });

  it('tells an error at once and does the other items all the same', async () => {
    const bench = new Bench();
    const all = bench.bulk.each(['a', 'b', 'c', 'd'], (item) => {
      bench.act(item);
      if (item === 'b') throw new Error('no b');
    });
    await assert.rejects(all, /no b/);
    assert.equal(bench.take(), 'a b c');
    bench.turn();
    assert.equal(bench.take(), 'd');
  });

  it('goes on with other jobs when one has no next item to give', async () => {
    const bench = new Bench();
    function* items() {
      yield 'a';
      throw new Error('no next');
    }
    const broken = bench.bulk.each(items(), bench.act);
    await assert.rejects(broken, /no next/);
    await bench.bulk.each(['b'], bench.act);
    assert.equal(bench.take(), 'a b');
    assert.equal(bench.clock.live, 0);
  });

  it('is done at once with nothing', async () => {
    const { bulk, act, clock } = new Bench();
    await bulk.each([], act);
    assert.equal(clock.live, 0);
  });
});
