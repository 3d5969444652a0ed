import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import fc from 'fast-check';
import { cStrings } from '../../src/host/libc/c-strings.ts';
import { decodeEscaping, ownEnvironment } from '../../src/host/own-environment.ts';

test('any bytes come back from the text that they become', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const given = Buffer.from(bytes.map((byte) => byte || 1));
      const block = cStrings([decodeEscaping(given)]);
      // Two pointers first, the NUL of the string last.
      assert.deepEqual(block?.subarray(16, -1), given);
    }),
  );
});

test('text stays the text that it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(decodeEscaping(Buffer.from(text)), text);
    }),
  );
  assert.equal(decodeEscaping(Buffer.from([0x61, 0xff, 0xc3])), 'a\uDCFF\uDCC3');
});

test('what was set since the start counts, and U+FFFD may be meant', () => {
  process.env.HERALD_TEST_REPLACED = 'really \uFFFD';
  try {
    assert.equal(ownEnvironment().get('HERALD_TEST_REPLACED'), 'really \uFFFD');
    assert.equal(ownEnvironment().get('PATH'), process.env.PATH);
  } finally {
    delete process.env.HERALD_TEST_REPLACED;
  }
  assert.equal(ownEnvironment().has('HERALD_TEST_REPLACED'), false);
});
