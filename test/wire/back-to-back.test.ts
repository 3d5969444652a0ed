/** The daemon's end and the listener's end joined in memory: what one writes the other must read. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { LocalProtocolError } from '../../src/wire/errors.ts';
import { createEnvelopeReader, encodeReady, encodeResult } from '../../src/wire/event-frames.ts';
import { createResultReader, encodeEnvelope, readReady } from '../../src/wire/listener-frames.ts';
import { NEED_DATA, ReceiveBuffer } from '../../src/wire/receive-buffer.ts';

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('a', '\n', 'é', '€', '🦉', '\ufeff', '\ud83e', '\udd89'))
    .map((parts) => parts.join('')),
);
const token = fc.stringMatching(/^[a-zA-Z0-9_.é🦉-]{1,12}$/u);

/** Bytes in pieces of the given sizes, taken round and round. */
function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

it('the listener reads every event that the daemon writes', () => {
  const event = fc.record({ pool: token, eventname: token, payloadText: anyText });
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
  const unit = fc.constantFrom('characters' as const, 'bytes' as const);
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 5 }),
      unit,
      unit,
      fc.boolean(),
      sizes,
      (events, unitOfDaemon, unitOfListener, bytesToken, pieces) => {
        // Without the bytes token, as from Supervisor, both ends must have been told the same unit.
        const lengthUnit = bytesToken ? unitOfListener : unitOfDaemon;
        const frames = events.map((fields, serial) =>
          encodeEnvelope({
            ...fields,
            server: 'höst',
            serial,
            poolserial: serial,
            lengthUnit: unitOfDaemon,
            bytesToken,
          }),
        );
        const buffer = new ReceiveBuffer();
        const read = createEnvelopeReader(lengthUnit);
        const received: unknown[] = [];
        for (const chunk of cut(Buffer.concat(frames), pieces)) {
          buffer.append(chunk);
          for (let frame = read(buffer); frame !== NEED_DATA; frame = read(buffer)) {
            const { serial, pool, eventname } = frame.header;
            received.push({ serial, pool, eventname, payloadText: frame.payloadText });
          }
        }
        assert.deepEqual(
          received,
          events.map((fields, serial) => ({
            ...fields,
            serial,
            payloadText: Buffer.from(fields.payloadText).toString(),
          })),
        );
        assert.equal(buffer.length, 0);
      },
    ),
    { numRuns: 500 },
  );
});

it('the daemon reads every answer that the listener writes', () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 8 }), fc.integer({ min: 1, max: 30 }), (answers, size) => {
      const bytes = Buffer.concat(answers.flatMap((answer) => [encodeReady(), encodeResult(answer)]));
      const buffer = new ReceiveBuffer();
      const received: string[] = [];
      let busy = false;
      let readResult = createResultReader();
      const readNext = (): boolean => {
        if (!busy) {
          busy = readReady(buffer) === 'READY';
          return busy;
        }
        const result = readResult(buffer);
        if (result === NEED_DATA) return false;
        received.push(Buffer.from(result).toString());
        readResult = createResultReader();
        busy = false;
        return true;
      };
      for (const chunk of cut(bytes, [size])) {
        buffer.append(chunk);
        while (readNext());
      }
      assert.deepEqual(
        received,
        answers.map((answer) => Buffer.from(answer).toString()),
      );
      assert.equal(buffer.length, 0);
    }),
    { numRuns: 500 },
  );
});

it('a listener is told at once when its answer is longer than the daemon reads', () => {
  assert.throws(() => encodeResult('x'.repeat(1024 * 1024 + 1)), LocalProtocolError);
  assert.equal(encodeResult('x'.repeat(1024 * 1024)).length, 'RESULT 1048576\n'.length + 1024 * 1024);
});
