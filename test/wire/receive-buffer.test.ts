import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { RemoteProtocolError } from '../../src/wire/errors.ts';
import { ReceiveBuffer } from '../../src/wire/receive-buffer.ts';

it('behaves like a plain list of bytes', () => {
  const operation = fc.oneof(
    fc.record({ op: fc.constant('append' as const), bytes: fc.uint8Array({ maxLength: 1500 }) }),
    fc.record({ op: fc.constant('take' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ op: fc.constant('skip' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ op: fc.constant('find' as const), part: fc.double({ min: 0, max: 1.5, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const buffer = new ReceiveBuffer();
      let model: number[] = [];
      for (const step of operations) {
        const count = 'part' in step ? Math.floor(step.part * model.length) : 0;
        if (step.op === 'append') {
          buffer.append(step.bytes);
          model.push(...step.bytes);
        } else if (step.op === 'find') {
          const found = model.slice(0, count).indexOf(0x0a);
          assert.equal(buffer.findLineFeed(count), found);
        } else {
          if (step.op === 'take') assert.deepEqual([...buffer.take(count)], model.slice(0, count));
          else buffer.skip(count);
          model = model.slice(count);
        }
        assert.equal(buffer.length, model.length);
        assert.deepEqual([...buffer.peek()], model);
        assert.equal(buffer.at(0), model[0]);
        assert.equal(buffer.at(model.length), undefined);
      }
    }),
    { numRuns: 200 },
  );
});

it('keeps a copy, since the owner may reuse its chunk', () => {
  const buffer = new ReceiveBuffer();
  const chunk = Uint8Array.of(1, 2, 3);
  buffer.append(chunk);
  chunk.fill(9);
  const taken = buffer.take(2);
  buffer.append(Uint8Array.of(4, 5, 6));
  assert.deepEqual([...taken], [1, 2]);
  assert.deepEqual([...buffer.peek()], [3, 4, 5, 6]);
});

it('refuses what is beyond its limit and keeps what it has', () => {
  const buffer = new ReceiveBuffer(10);
  buffer.append(new Uint8Array(6));
  assert.throws(
    () => buffer.append(new Uint8Array(5)),
    (error) => error instanceof RemoteProtocolError && error.code === 'buffer-overflow',
  );
  assert.equal(buffer.length, 6);
});
