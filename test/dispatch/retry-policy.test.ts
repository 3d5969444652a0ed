import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planListenerRestart, planRedelivery } from '../../src/dispatch/retry-policy.ts';

const policy = { delay: 1000, delayMax: 60_000, maxDeliver: 0 };

describe('planRedelivery', () => {
  it('is immediate once, then doubles up to the maximum', () => {
    const plans = Array.from({ length: 9 }, (_, n) => planRedelivery(policy, n + 1));
    assert.deepEqual(plans, [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('ends at max_deliver', () => {
    const limited = { ...policy, maxDeliver: 3 };
    assert.equal(planRedelivery(limited, 2), 1000);
    assert.equal(planRedelivery(limited, 3), 'dead-letter');
  });

  it('stays finite after any number of deliveries', () => {
    assert.equal(planRedelivery(policy, 1_000_000), 60_000);
  });

  it('never waits with a delay of zero', () => {
    assert.equal(planRedelivery({ delay: 0, delayMax: 0, maxDeliver: 0 }, 50), 0);
  });
});

describe('planListenerRestart', () => {
  it('restarts at once after the first breach and waits longer after each further one', () => {
    const plans = Array.from({ length: 4 }, (_, n) => planListenerRestart(n + 1, policy));
    assert.deepEqual(plans, [0, 1000, 2000, 4000]);
  });
});
