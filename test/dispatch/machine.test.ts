import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  capacity,
  EXPECTS,
  IllegalTransitionError,
  type Input,
  initial,
  type Listener,
  type ListenerState,
  step,
  TRANSITIONS,
} from '../../src/dispatch/machine.ts';

const STATES: readonly Listener<string>[] = [
  { name: 'ACKNOWLEDGED', inFlight: ['a', 'b'] },
  { name: 'READY' },
  { name: 'BUSY', inFlight: ['a', 'b'] },
  { name: 'UNKNOWN' },
];

describe('the listener machine', () => {
  it('takes its turns: READY, an event, RESULT, READY', () => {
    let listener = initial<string>();
    const trace: string[] = [];
    const inputs: readonly Input<string>[] = [
      { type: 'ready' },
      { type: 'deliver', envelopes: ['a'] },
      { type: 'result', accepted: true },
      { type: 'ready' },
    ];
    for (const input of inputs) {
      const [next, effects] = step(listener, input);
      listener = next;
      trace.push(`${next.name} ${effects.map((effect) => effect.type).join()}`);
    }
    assert.deepEqual(trace, ['READY ', 'BUSY send', 'ACKNOWLEDGED settled', 'READY ']);
  });

  it('answers events in flight from the front and goes on without a new delivery', () => {
    const [answered, effects] = step(
      { name: 'BUSY', inFlight: ['a', 'b'] },
      { type: 'result', accepted: false },
    );
    assert.deepEqual(effects, [{ type: 'settled', envelope: 'a', accepted: false }]);
    assert.deepEqual(step(answered, { type: 'ready' })[0], { name: 'BUSY', inFlight: ['b'] });
  });

  it('has the reader that fits the state', () => {
    assert.deepEqual(EXPECTS, {
      ACKNOWLEDGED: 'READY',
      READY: 'NOTHING',
      BUSY: 'RESULT',
      UNKNOWN: 'ANYTHING',
    });
  });

  it('tops up a pipeline but never starts one before READY', () => {
    assert.equal(capacity(initial(), 16), 0);
    assert.equal(capacity({ name: 'READY' }, 16), 16);
    assert.equal(capacity({ name: 'BUSY', inFlight: ['a'] }, 1), 0);
    assert.equal(capacity({ name: 'BUSY', inFlight: ['a'] }, 16), 15);
    assert.equal(capacity({ name: 'ACKNOWLEDGED', inFlight: ['a'] }, 16), 15);
    assert.equal(capacity({ name: 'UNKNOWN' }, 16), 0);
  });

  it('answers the death of its process in every state', () => {
    for (const state of STATES) {
      const [next] = step(state, { type: 'exited' });
      assert.deepEqual(next, initial());
    }
  });

  it('refuses what the table does not list and changes nothing', () => {
    const inputs: readonly Input<string>[] = [
      { type: 'ready' },
      { type: 'result', accepted: true },
      { type: 'deliver', envelopes: ['x'] },
      { type: 'violation' },
      { type: 'exited' },
    ];
    let refused = 0;
    for (const state of STATES) {
      for (const input of inputs) {
        if (TRANSITIONS[state.name as ListenerState][input.type] !== undefined) continue;
        const copy = structuredClone(state);
        assert.throws(() => step(state, input), IllegalTransitionError);
        assert.deepEqual(state, copy);
        refused++;
      }
    }
    assert.ok(refused > 0);
  });

  it('gives every envelope back exactly once, whatever happens', () => {
    const happening = fc.constantFrom('ready', 'ok', 'fail', 'deliver', 'violation', 'exited');
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        (story, prefetch) => {
          let listener = initial<number>();
          let made = 0;
          const returned: number[] = [];
          for (const what of [...story, 'exited']) {
            let input: Input<number>;
            if (what === 'deliver') {
              const room = capacity(listener, prefetch);
              if (room === 0) continue;
              input = { type: 'deliver', envelopes: Array.from({ length: room }, () => made++) };
            } else if (what === 'ok' || what === 'fail') input = { type: 'result', accepted: what === 'ok' };
            else input = { type: what as 'ready' | 'violation' | 'exited' };
            if (TRANSITIONS[listener.name][input.type] === undefined) continue;
            const [next, effects] = step(listener, input);
            listener = next;
            for (const effect of effects) {
              if (effect.type === 'settled') returned.push(effect.envelope);
              if (effect.type === 'returned') returned.push(...effect.envelopes);
            }
          }
          assert.deepEqual(
            returned,
            Array.from({ length: made }, (_, n) => n),
          );
        },
      ),
    );
  });
});
