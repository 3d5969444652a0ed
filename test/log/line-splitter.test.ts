import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLineSplitter, type TakeLine } from '../../src/log/line-splitter.ts';

type Taken = readonly [bytes: string, whole: boolean];

/** What comes out of a splitter that is fed these pieces; bytes as latin1. */
function split(maxBytes: number, pieces: readonly Uint8Array[]): Taken[] {
  const splitter = createLineSplitter(maxBytes);
  const taken: Taken[] = [];
  const take: TakeLine = (bytes, whole) => taken.push([Buffer.from(bytes).toString('latin1'), whole]);
  for (const piece of pieces) splitter.push(piece, take);
  splitter.end(take);
  return taken;
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test('lines come whole, the last also without its end', () => {
  assert.deepEqual(split(10, [text('a\n\nb'), text('c\n'), text('d')]), [
    ['a', true],
    ['', true],
    ['bc', true],
    ['d', true],
  ]);
  assert.deepEqual(split(10, []), []);
});

test('a line of just the limit is whole, one more byte makes two parts', () => {
  assert.deepEqual(split(4, [text('abcd\nabcde\n')]), [
    ['abcd', true],
    ['abcd', false],
    ['e', true],
  ]);
});

test('parts end between characters', () => {
  assert.deepEqual(
    split(5, [text('aaaa€€\n')]).map(([bytes]) => Buffer.from(bytes, 'latin1').toString()),
    ['aaaa', '€', '€'],
  );
});

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }).map(text),
  fc
    .array(fc.constantFrom('\n', 'ä', '€', '😀', 'x', 'yyyyyyyyyyyy'), { maxLength: 80 })
    .map((parts) => text(parts.join(''))),
);

test('any way of cutting the stream gives the same lines, and no byte is lost', () => {
  fc.assert(
    fc.property(
      anyBytes,
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.integer({ min: 4, max: 40 }),
      (bytes, at, max) => {
        const whole = split(max, [bytes]);
        assert.deepEqual(split(max, cut(bytes, at)), whole);
        assert.deepEqual(
          split(
            max,
            Array.from(bytes, (byte) => Uint8Array.of(byte)),
          ),
          whole,
        );
        const joined = whole.map(([line, complete]) => line + (complete ? '\n' : '')).join('');
        const original = Buffer.from(bytes).toString('latin1');
        assert.equal(joined, original.endsWith('\n') || original === '' ? original : `${original}\n`);
        for (const [line] of whole) assert.ok(line.length <= max);
      },
    ),
  );
});

test('text that is cut into parts stays text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.integer({ min: 4, max: 12 }),
      (value, max) => {
        const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
        const lines = split(max, [text(value)]).map(([line]) => strict.decode(Buffer.from(line, 'latin1')));
        assert.equal(
          lines.join(''),
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(text(value)).replaceAll('\n', ''),
        );
      },
    ),
  );
});

test('64 MB without a line end go through in the memory of a few lines', () => {
  const splitter = createLineSplitter(65_536);
  const piece = new Uint8Array(1_048_576).fill(120);
  let bytes = 0;
  let longest = 0;
  const take: TakeLine = (part) => {
    bytes += part.length;
    longest = Math.max(longest, part.buffer.byteLength);
  };
  for (let count = 0; count < 64; count += 1) splitter.push(piece, take);
  splitter.end(take);
  assert.equal(bytes, 64 * piece.length);
  assert.ok(longest <= 65_537, `a part was cut from ${longest} bytes`);
});
