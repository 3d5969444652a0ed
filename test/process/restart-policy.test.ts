import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  IMMEDIATE_RESTARTS,
  PACED_INTERVAL_MS,
  planRestart,
  type RestartHistory,
} from '../../src/process/restart-policy.ts';

describe('planRestart', () => {
  it('restarts a program that dies at once, but only so often', () => {
    let history: RestartHistory = [];
    let now = 0;
    const delays: number[] = [];
    for (let n = 0; n < IMMEDIATE_RESTARTS + 3; n++) {
      const startedAt = now;
      now += 5;
      const plan = planRestart(history, startedAt, now);
      delays.push(plan.delay);
      history = plan.history;
      now += plan.delay;
    }
    assert.deepEqual(delays, [...Array(IMMEDIATE_RESTARTS).fill(0), 995, 995, 995]);
  });

  it('never delays a program that has stayed up for the paced interval', () => {
    let history: RestartHistory = [];
    for (let now = 0; now < 60_000; now += PACED_INTERVAL_MS) {
      const plan = planRestart(history, now - PACED_INTERVAL_MS, now);
      assert.equal(plan.delay, 0);
      history = plan.history;
    }
  });

  it('forgets restarts after a while', () => {
    const busy = Array.from({ length: IMMEDIATE_RESTARTS }, (_, n) => n);
    assert.ok(planRestart(busy, 20, 25).delay > 0);
    assert.equal(planRestart(busy, 60_000, 60_005).delay, 0);
  });
});
