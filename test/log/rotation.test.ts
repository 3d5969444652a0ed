import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRotation, rotatedPath } from '../../src/log/rotation.ts';

test('rotation moves the oldest first, and leaves gaps alone', () => {
  const plan = planRotation(4, (n) => n === 1 || n === 3);
  assert.deepEqual(plan, [
    { kind: 'rename', from: 3, to: 4 },
    { kind: 'rename', from: 1, to: 2 },
    { kind: 'rename', from: 0, to: 1 },
  ]);
  assert.deepEqual(
    planRotation(0, () => true),
    [{ kind: 'truncate' }],
  );
  assert.deepEqual([rotatedPath('/x', 0), rotatedPath('/x', 2)], ['/x', '/x.2']);
});
