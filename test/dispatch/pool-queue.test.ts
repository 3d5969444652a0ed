import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Envelope, PoolQueue } from '../../src/dispatch/pool-queue.ts';

function balance(queue: PoolQueue<number>): void {
  const { accepted, acknowledged, deadLettered, dropped, queued, inFlight } = queue.accounting();
  assert.equal(accepted, acknowledged + deadLettered + dropped + queued + inFlight);
}

const events = (envelopes: readonly Envelope<number>[]) => envelopes.map((envelope) => envelope.event);

describe('the pool queue', () => {
  it('hands out in order and numbers what it takes in', () => {
    const queue = new PoolQueue<number>(10);
    for (const n of [5, 6, 7]) queue.accept(n);
    const taken = queue.take(2);
    assert.deepEqual(events(taken), [5, 6]);
    assert.deepEqual(
      taken.map((envelope) => envelope.poolserial),
      [0, 1],
    );
    assert.equal(queue.inFlight, 2);
  });

  it('pushes the oldest out when it is full', () => {
    const queue = new PoolQueue<number>(2);
    assert.deepEqual(queue.accept(1), []);
    queue.accept(2);
    assert.deepEqual(events(queue.accept(3)), [1]);
    assert.deepEqual(events(queue.take(9)), [2, 3]);
    balance(queue);
  });

  it('never drops what comes back, and keeps its order', () => {
    const queue = new PoolQueue<number>(2);
    queue.accept(1);
    queue.accept(2);
    const taken = queue.take(2);
    queue.accept(3);
    queue.accept(4);
    queue.giveBack(taken);
    assert.deepEqual(events(queue.take(9)), [1, 2, 3, 4]);
    assert.equal(queue.accounting().dropped, 0);
    assert.equal(queue.accounting().redelivered, 2);
  });

  it('keeps a rejected event out of the way of the others until it is due', () => {
    const queue = new PoolQueue<number>(10);
    for (const n of [1, 2, 3]) queue.accept(n);
    const [first] = queue.take(1);
    assert.ok(first);
    queue.reject(first, 100);
    assert.deepEqual(events(queue.take(1)), [2]);
    assert.equal(queue.release(99), 100);
    assert.equal(queue.deliverable, 1);
    assert.equal(queue.release(100), undefined);
    assert.deepEqual(events(queue.take(2)), [1, 3]);
    balance(queue);
  });

  it('balances its books and loses nothing, whatever happens', () => {
    const action = fc.oneof(
      fc.constant({ do: 'accept' as const }),
      fc.record({ do: fc.constant('take' as const), count: fc.integer({ min: 1, max: 4 }) }),
      fc.constantFrom(
        { do: 'acknowledge' as const },
        { do: 'giveBack' as const },
        { do: 'reject' as const },
        { do: 'delay' as const },
        { do: 'bury' as const },
        { do: 'release' as const },
      ),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), fc.integer({ min: 1, max: 5 }), (story, capacity) => {
        const queue = new PoolQueue<number>(capacity, { limit: 7, of: (event) => event % 5 });
        let now = 0;
        let made = 0;
        let flying: Envelope<number>[] = [];
        const gone: number[] = [];
        for (const what of story) {
          now += 1;
          const front = flying[0];
          if (what.do === 'accept') {
            gone.push(...events(queue.accept(made++)));
          } else if (what.do === 'take') flying.push(...queue.take(what.count));
          else if (what.do === 'release') queue.release(now);
          else if (what.do === 'giveBack') {
            queue.giveBack(flying);
            flying = [];
          } else if (front !== undefined) {
            flying.shift();
            if (what.do === 'acknowledge' || what.do === 'bury') gone.push(front.event);
            if (what.do === 'acknowledge') queue.acknowledge();
            if (what.do === 'bury') queue.bury('rejected');
            if (what.do === 'reject') queue.reject(front, undefined);
            if (what.do === 'delay') queue.reject(front, now + 5);
          }
          balance(queue);
        }
        const rest = [...events(flying), ...events(queue.drop())];
        balance(queue);
        assert.deepEqual(
          [...gone, ...rest].sort((a, b) => a - b),
          Array.from({ length: made }, (_, n) => n),
        );
      }),
    );
  });

  it('stays linear over many events', () => {
    const queue = new PoolQueue<number>(1_000_000);
    for (let n = 0; n < 200_000; n++) queue.accept(n);
    let seen = 0;
    for (let taken = queue.take(3); taken.length > 0; taken = queue.take(3)) {
      for (const envelope of taken) assert.equal(envelope.event, seen++);
      for (const _ of taken) queue.acknowledge();
    }
    assert.equal(seen, 200_000);
  });
});
