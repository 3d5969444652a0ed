import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BEGIN_TOKEN, type CapturePiece, createCapture, END_TOKEN } from '../../src/log/capture.ts';

const B = '<!--XSUPERVISOR:BEGIN-->';
const E = '<!--XSUPERVISOR:END-->';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => Buffer.from(data).toString('latin1');

/** Pieces as text, neighbouring log pieces joined: what a reader of the log and of the events sees. */
function flat(pieces: readonly CapturePiece[]): (string | { message: string; truncated: number })[] {
  const out: (string | { message: string; truncated: number })[] = [];
  for (const piece of pieces) {
    const last = out.at(-1);
    if (piece.kind === 'message') out.push({ message: text(piece.bytes), truncated: piece.truncated });
    else if (typeof last === 'string') out[out.length - 1] = last + text(piece.bytes);
    else out.push(text(piece.bytes));
  }
  return out;
}

function run(chunks: readonly Uint8Array[], maxBytes = 1000): ReturnType<typeof flat> {
  const capture = createCapture({ maxBytes });
  const pieces = chunks.flatMap((chunk) => [...capture.push(chunk)]);
  return flat([...pieces, ...capture.end()]);
}

test('the tokens start with their only <, which the scanner relies on', () => {
  for (const token of [BEGIN_TOKEN, END_TOKEN]) assert.equal(token.lastIndexOf(0x3c), 0);
});

test('text, a message, text', () => {
  assert.deepEqual(run([bytes(`a${B}hello${E}b`)]), ['a', { message: 'hello', truncated: 0 }, 'b']);
});

test('an empty message is a message', () => {
  assert.deepEqual(run([bytes(B + E)]), [{ message: '', truncated: 0 }]);
});

test('short output comes out at once', () => {
  assert.deepEqual(flat(createCapture({ maxBytes: 9 }).push(bytes('hi\n'))), ['hi\n']);
});

test('only what may start the token is held, and the end releases it', () => {
  const capture = createCapture({ maxBytes: 9 });
  assert.deepEqual(flat(capture.push(bytes('abc<!--XSUP'))), ['abc']);
  assert.deepEqual(flat(capture.end()), ['<!--XSUP']);
});

test('a held start is text when another start follows it', () => {
  assert.deepEqual(run([bytes('<!--'), bytes(`${B}m${E}`)]), ['<!--', { message: 'm', truncated: 0 }]);
  assert.deepEqual(run([bytes('<<<!--'), bytes('<')]), ['<<<!--<']);
});

test('a message without END is neither sent nor logged', () => {
  assert.deepEqual(run([bytes(`pad${B}never finished`), bytes('pad<!--XSUPERVISOR:E')]), ['pad']);
});

test('the other token is ordinary text', () => {
  assert.deepEqual(run([bytes(`${E}a${B}x${B}y${E}`)]), [`${E}a`, { message: `x${B}y`, truncated: 0 }]);
});

test('a long message keeps its last bytes and counts the rest', () => {
  assert.deepEqual(run([bytes(`${B}0123456789${E}${B}ab${E}`)], 4), [
    { message: '6789', truncated: 6 },
    { message: 'ab', truncated: 0 },
  ]);
});

test('the text inside messages is told as it comes', () => {
  const capture = createCapture({ maxBytes: 2, reportCaptured: true });
  const told = [`a${B}one`, 'two<!-', `-${E}b`]
    .flatMap((chunk) => capture.push(bytes(chunk)))
    .map((piece) => `${piece.kind}:${text(piece.bytes)}`);
  assert.deepEqual(told, [
    'log:a',
    'captured:one',
    'captured:two',
    'captured:<!-',
    'captured:-',
    'message:--',
    'log:b',
  ]);
});

test('any bytes, split anyhow, give what the whole gives', () => {
  const part = fc.oneof(
    fc.constantFrom(B, E, '<', '<!--', '<!--XSUPERVISOR:', '-->', 'x', '\n', B.slice(0, 23), E.slice(0, 21)),
    fc.string({ maxLength: 5 }),
  );
  const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 30 }));
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 30 }),
      sizes,
      fc.integer({ min: 0, max: 40 }),
      (parts, lengths, max) => {
        const whole = bytes(parts.join(''));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < whole.length; ) {
          const length = lengths.next().value ?? 1;
          chunks.push(whole.subarray(at, at + length));
          at += length;
        }
        const expected = model(text(whole), max);
        assert.deepEqual(run([whole], max), expected);
        assert.deepEqual(run(chunks, max), expected);
      },
    ),
    { numRuns: 1000 },
  );
});

/** The same by searching in the whole text. */
function model(whole: string, max: number): ReturnType<typeof flat> {
  const out: ReturnType<typeof flat> = [];
  let log = '';
  let at = 0;
  for (;;) {
    const begin = whole.indexOf(B, at);
    log += whole.slice(at, begin === -1 ? undefined : begin);
    if (begin === -1) break;
    const end = whole.indexOf(E, begin + B.length);
    if (end === -1) break;
    if (log !== '') out.push(log);
    log = '';
    const message = whole.slice(begin + B.length, end);
    const truncated = Math.max(0, message.length - max);
    out.push({ message: message.slice(truncated), truncated });
    at = end + E.length;
  }
  return log === '' ? out : [...out, log];
}

test('hostile input costs no more per byte the longer it is', () => {
  const cost = (size: number, unit: string, step: number): number => {
    const data = bytes(unit.repeat(size / unit.length));
    const capture = createCapture({ maxBytes: 1 << 20 });
    capture.push(bytes(B));
    const start = process.cpuUsage();
    for (let at = 0; at < data.length; at += step) capture.push(data.subarray(at, at + step));
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  for (const unit of ['<', '<!--XSUPERVISOR:EN']) {
    cost(1 << 18, unit, 7);
    // Eight times the input; a quadratic cost would be 64-fold. Generous for a busy machine.
    assert.ok(cost(1 << 21, unit, 7) < 30 * Math.max(cost(1 << 18, unit, 7), 5000), unit);
  }
});
