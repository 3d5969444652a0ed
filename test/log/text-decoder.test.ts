import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reprBytes, reprText } from '../../src/log/python-repr.ts';
import { createTextCarry, decodeOrDescribe } from '../../src/log/text-decoder.ts';

test('a cut character waits for its rest', () => {
  const carry = createTextCarry();
  const [a, b, c, d] = new TextEncoder().encode('😀');
  assert.deepEqual([...carry.push(Uint8Array.of(0x61, a ?? 0))], [0x61]);
  assert.deepEqual([...carry.push(Uint8Array.of(b ?? 0, c ?? 0))], []);
  assert.deepEqual([...carry.push(Uint8Array.of(d ?? 0, 0x62))], [a, b, c, d, 0x62]);
  assert.deepEqual([...carry.flush()], []);
});

test('what is held does not change when the reader uses its buffer again', () => {
  const carry = createTextCarry();
  const buffer = Buffer.from([0xe2, 0x82]);
  carry.push(buffer);
  buffer.fill(0);
  assert.deepEqual([...carry.flush()], [0xe2, 0x82]);
});

test('bytes that no character can start or go on with are not held', () => {
  for (const bad of [
    [0xff],
    [0xc0],
    [0x80],
    [0xe0, 0x80],
    [0xed, 0xa0],
    [0xf4, 0x90],
    [0xf0, 0x80, 0x80],
    [0xf5],
  ]) {
    assert.deepEqual([...createTextCarry().push(Uint8Array.from(bad))], bad);
  }
});

test('valid text, split anyhow, comes in whole characters and complete', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 1, max: 5 })), (text, sizes) => {
      const whole = new TextEncoder().encode(text);
      const carry = createTextCarry();
      const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      let out = '';
      for (let at = 0, i = 0; at < whole.length; i++) {
        const size = sizes[i] ?? 1;
        out += strict.decode(carry.push(whole.subarray(at, at + size)));
        at += size;
      }
      assert.equal(out, new TextDecoder('utf-8', { ignoreBOM: true }).decode(whole));
      assert.equal(carry.flush().length, 0);
    }),
  );
});

test('no byte is lost or made up, whatever comes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 6 })), (chunks) => {
      const carry = createTextCarry();
      const out = chunks.flatMap((chunk) => [...carry.push(chunk)]);
      const held = carry.flush();
      assert.ok(held.length <= 3);
      assert.deepEqual(
        [...out, ...held],
        chunks.flatMap((chunk) => [...chunk]),
      );
    }),
  );
});

test('what is not UTF-8 is described whole, as Python shows bytes', () => {
  assert.equal(decodeOrDescribe(new TextEncoder().encode('\ufeffé')), '\ufeffé');
  assert.equal(decodeOrDescribe(Uint8Array.of(0x61, 0xff, 0x0a)), "Undecodable: b'a\\xff\\n'");
});

// The expected texts are what Python 3 prints.
test('Python repr of bytes', () => {
  assert.equal(
    reprBytes(Buffer.from('a\'b"c\\\t\r\n\0\x7f~', 'latin1')),
    `b'a\\'b"c\\\\\\t\\r\\n\\x00\\x7f~'`,
  );
  assert.equal(reprBytes(Buffer.from("it's")), `b"it's"`);
});

test('Python repr of text', () => {
  assert.equal(reprText("it's"), `"it's"`);
  assert.equal(reprText(`'"`), `'\\'"'`);
  assert.equal(
    reprText('a\\b\tc é\u00a0\u200b\u{1f600}\u{e0001}'),
    `'a\\\\b\\tc é\\xa0\\u200b\u{1f600}\\U000e0001'`,
  );
});
