import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SystemCallError } from '../../../src/host/libc/errno.ts';
import { getLimit, setLimit } from '../../../src/host/libc/limits.ts';

test('limits are what the kernel says, and can be lowered and raised again', () => {
  const before = getLimit('descriptors');
  const lower = { soft: 300, hard: before.hard };
  setLimit('descriptors', lower);
  assert.deepEqual(getLimit('descriptors'), lower);
  assert.match(readFileSync('/proc/self/limits', 'latin1'), /^Max open files +300 /m);
  setLimit('descriptors', before);
  assert.deepEqual(getLimit('descriptors'), before);
});

test('unlimited is Infinity, there and back', () => {
  const before = getLimit('processes');
  const text = /^Max processes +(\S+) /m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  assert.equal(text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text), before.soft);
  setLimit('processes', before);
  assert.deepEqual(getLimit('processes'), before);
});

test('a soft limit above the hard one is refused', () => {
  assert.throws(
    () => setLimit('descriptors', { soft: 200, hard: 100 }),
    (error) => error instanceof SystemCallError && error.code === 'EINVAL',
  );
});
