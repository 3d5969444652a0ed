import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { EVENT_NAMES } from '../../src/catalogue/generated.ts';
import { RemoteProtocolError } from '../../src/wire/errors.ts';
import { createEnvelopeReader } from '../../src/wire/event-frames.ts';
import { createResultReader, expectNothing, readReady } from '../../src/wire/listener-frames.ts';
import { decodePayload } from '../../src/wire/payload.ts';
import { NEED_DATA, type Reader, ReceiveBuffer } from '../../src/wire/receive-buffer.ts';

/** Pieces that get a fuzzer past the first byte. */
const WORDS = [
  'READY\n',
  'RESULT ',
  'RESULT 2\nOK',
  'OK',
  '0',
  '12',
  '\n',
  ' ',
  ':',
  'len:',
  'bytes:',
  'ver:3.0 server:s serial:1 pool:p poolserial:1 eventname:X len:3\n',
  'ver:3.0 server:s serial:1 pool:p poolserial:1 eventname:X len:3 bytes:5\n',
  'é',
  '🦉',
].map((word) => Uint8Array.from(Buffer.from(word)));

const chunks = fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.uint8Array({ maxLength: 20 })), {
  maxLength: 20,
});

const READERS: { readonly [name: string]: () => Reader<unknown> } = {
  READY: () => readReady,
  NOTHING: () => expectNothing,
  RESULT: () => createResultReader(),
  'RESULT as Supervisor takes it': () => createResultReader({ grammar: 'supervisor' }),
  'EVENT in characters': () => createEnvelopeReader('characters'),
  'EVENT in bytes': () => createEnvelopeReader('bytes'),
};

/** All frames until the bytes end or break the protocol. A frame or a wait never makes bytes. */
function readFrames(input: readonly Uint8Array[], create: () => Reader<unknown>): unknown[] {
  const buffer = new ReceiveBuffer();
  const frames: unknown[] = [];
  let reader = create();
  try {
    for (const chunk of input) {
      buffer.append(chunk);
      for (;;) {
        const before = buffer.length;
        const frame = reader(buffer);
        assert.ok(buffer.length <= before);
        if (frame === NEED_DATA) break;
        frames.push(frame);
        reader = create();
        if (buffer.length === 0) break;
      }
    }
  } catch (error) {
    if (!(error instanceof RemoteProtocolError)) throw error;
    frames.push(error.code);
  }
  return frames;
}

for (const [name, create] of Object.entries(READERS)) {
  it(`${name}: any bytes give frames, NEED_DATA or RemoteProtocolError, however they are cut`, () => {
    fc.assert(
      fc.property(chunks, (input) => {
        const inPieces = readFrames(input, create);
        const byteByByte = readFrames(
          Array.from(Buffer.concat(input), (byte) => Uint8Array.of(byte)),
          create,
        );
        assert.deepEqual(inPieces, byteByByte);
      }),
      { numRuns: 400 },
    );
  });
}

it('any text is a payload or a RemoteProtocolError', () => {
  const words = fc.constantFrom(
    'processname',
    'groupname',
    'pid',
    'when',
    'type',
    ':',
    ' ',
    '\n',
    '7',
    'RUNNING',
    'from_state',
  );
  const text = fc.array(fc.oneof(words, fc.string()), { maxLength: 20 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.constantFrom(...EVENT_NAMES), text, (name, payload) => {
      try {
        assert.equal(typeof decodePayload(name, payload), 'object');
      } catch (error) {
        if (!(error instanceof RemoteProtocolError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});
