import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readWindow, tailWindow } from '../../src/log/log-window.ts';

test('reading by offset and length', () => {
  assert.deepEqual(readWindow(20, -5, 0), { from: 15, length: 5 });
  assert.deepEqual(readWindow(20, -50, 0), { from: 0, length: 20 });
  assert.equal(readWindow(20, -5, 5), 'BAD_ARGUMENTS');
  assert.equal(readWindow(20, 5, -1), 'BAD_ARGUMENTS');
  assert.deepEqual(readWindow(20, 5, 0), { from: 5, length: 15 });
  assert.deepEqual(readWindow(20, 5, 4), { from: 5, length: 4 });
  assert.deepEqual(readWindow(20, 99, 4), { from: 20, length: 0 });
});

test('the tail of a file', () => {
  assert.deepEqual(tailWindow(20, 0, 5), { from: 15, length: 5, overflow: true });
  assert.deepEqual(tailWindow(20, 10, 500), { from: 0, length: 20, overflow: false });
  assert.deepEqual(tailWindow(20, 100, 5), { from: 20, length: 0, overflow: false });
  assert.deepEqual(tailWindow(20, 20, 5), { from: 20, length: 0, overflow: false });
  assert.deepEqual(tailWindow(0, 0, 0), { from: 0, length: 0, overflow: false });
});

test('a window lies in the file, whatever is asked', () => {
  const any = fc.integer({ min: -100, max: 100 });
  fc.assert(
    fc.property(fc.nat(50), any, any, (size, offset, length) => {
      for (const window of [readWindow(size, offset, length), tailWindow(size, offset, length)]) {
        if (window === 'BAD_ARGUMENTS') continue;
        assert.ok(window.from >= 0 && window.length >= 0 && window.from + window.length <= size);
      }
    }),
  );
});
