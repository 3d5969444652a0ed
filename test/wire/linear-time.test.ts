/**
 * Time on a busy machine says little about an algorithm, so the work is counted: every byte that a buffer hands
 * to a reader or copies passes through a Uint8Array method, and those are counted here while a reader runs.
 * A reader that walks over the same bytes again and again would take minutes for these inputs.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createEnvelopeReader } from '../../src/wire/event-frames.ts';
import { createResultReader } from '../../src/wire/listener-frames.ts';
import { NEED_DATA, type Reader, ReceiveBuffer } from '../../src/wire/receive-buffer.ts';

const HEADER = 'ver:3.0 server:s serial:1 pool:p poolserial:1 eventname:X';

/** Bytes copied or searched while the input arrives one byte at a time. */
function countWork(input: Uint8Array, reader: Reader<unknown>): number {
  const { indexOf, set, copyWithin } = Uint8Array.prototype;
  let work = 0;
  Uint8Array.prototype.indexOf = function counted(...args) {
    const found = indexOf.apply(this, args);
    work += found === -1 ? this.length : found;
    return found;
  };
  Uint8Array.prototype.set = function counted(source, offset) {
    work += source.length;
    set.call(this, source, offset);
  };
  Uint8Array.prototype.copyWithin = function counted(target, start, end) {
    work += (end ?? this.length) - start;
    copyWithin.call(this, target, start, end);
    return this;
  };
  try {
    const buffer = new ReceiveBuffer();
    for (let at = 0; at < input.length; at++) {
      buffer.append(input.subarray(at, at + 1));
      if (reader(buffer) !== NEED_DATA) assert.equal(at, input.length - 1);
    }
  } finally {
    Object.assign(Uint8Array.prototype, { indexOf, set, copyWithin });
  }
  return work;
}

const INPUTS: { readonly [name: string]: (size: number) => readonly [string, Reader<unknown>] } = {
  'a result body': (size) => [`RESULT ${size}\n${'x'.repeat(size)}`, createResultReader()],
  'a payload in characters': (size) => [`${HEADER} len:${size}\n${'é'.repeat(size)}`, createEnvelopeReader()],
  'a payload in bytes': (size) => [
    `${HEADER} len:${size}\n${'x'.repeat(size)}`,
    createEnvelopeReader('bytes'),
  ],
  'a header': (size) => [`${HEADER} x:${'x'.repeat(Math.min(size, 12_000))}`, createEnvelopeReader()],
};

for (const [name, make] of Object.entries(INPUTS)) {
  it(`${name} that comes byte by byte is copied and searched a bounded number of times`, {
    timeout: 60_000,
  }, () => {
    const [text, reader] = make(300_000);
    const input = Buffer.from(text);
    const work = countWork(input, reader);
    assert.ok(work <= 6 * input.length, `${work} byte operations for ${input.length} bytes`);
  });
}

it('a buffer that is never quite empty does not grow, and moves each byte a bounded number of times', () => {
  const buffer = new ReceiveBuffer(4096);
  const chunk = new Uint8Array(100);
  let moved = 0;
  const { copyWithin } = Uint8Array.prototype;
  Uint8Array.prototype.copyWithin = function counted(target, start, end) {
    moved += (end ?? this.length) - start;
    copyWithin.call(this, target, start, end);
    return this;
  };
  try {
    buffer.append(chunk);
    for (let i = 0; i < 10_000; i++) {
      buffer.append(chunk);
      buffer.skip(100);
    }
  } finally {
    Object.assign(Uint8Array.prototype, { copyWithin });
  }
  assert.equal(buffer.length, 100);
  assert.ok(moved > 0 && moved <= 1_000_000);
});
