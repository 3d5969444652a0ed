import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cStrings } from '../../../src/host/libc/c-strings.ts';
import { addressOf } from '../../../src/host/libc/library.ts';

/** Follows the pointers as C would, within the block. */
function readBack(block: Buffer): string[] {
  const strings: string[] = [];
  for (let slot = 0; ; slot += 8) {
    const pointer = block.readBigUInt64LE(slot);
    if (pointer === 0n) return strings;
    const start = Number(pointer - addressOf(block));
    strings.push(block.toString('utf8', start, block.indexOf(0, start)));
  }
}

test('every list of strings can be read back by its pointers', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
  fc.assert(
    fc.property(fc.array(text), (strings) => {
      const block = cStrings(strings);
      assert.ok(block);
      assert.deepEqual(readBack(block), strings);
    }),
  );
});

test('a lone surrogate that stands for a byte becomes that byte, a pair stays a character', () => {
  const block = cStrings(['A=\uDCFF\uDC80x', 'B=\u{1F480}', 'C']);
  assert.ok(block);
  const text = block.subarray(4 * 8);
  assert.deepEqual([...text], [...Buffer.from('A='), 0xff, 0x80, ...Buffer.from('x\0B=\u{1F480}\0C\0')]);
});

test('a NUL anywhere is refused', () => {
  for (const strings of [['a\0b'], ['\0'], ['a', 'b\0'], ['\0', 'a'], ['', '', '\0a']]) {
    assert.equal(cStrings(strings), undefined, JSON.stringify(strings));
  }
});
