import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatenate } from '../../src/wire/concatenate.ts';

test('pieces come behind each other, none lost', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 }), (parts) => {
      assert.deepEqual(
        [...concatenate(parts)],
        parts.flatMap((part) => [...part]),
      );
    }),
  );
});
