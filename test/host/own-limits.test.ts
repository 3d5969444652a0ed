import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getLimit, setLimit } from '../../src/host/libc/limits.ts';
import { ensureLimit, guessInheritedDescriptors, underDescriptorLimit } from '../../src/host/own-limits.ts';

test('the lower limit holds during the action and not a moment longer, whatever the action does', () => {
  const before = getLimit('descriptors');
  assert.equal(
    underDescriptorLimit(200, () => getLimit('descriptors').soft),
    200,
  );
  assert.throws(
    () =>
      underDescriptorLimit(200, () => {
        throw new Error('no child');
      }),
    /no child/,
  );
  assert.deepEqual(getLimit('descriptors'), before);
});

test('no limit, and one above ours, change nothing', () => {
  const before = getLimit('descriptors');
  for (const soft of [undefined, before.soft, before.soft + 1, Number.POSITIVE_INFINITY])
    assert.deepEqual(
      underDescriptorLimit(soft, () => getLimit('descriptors')),
      before,
    );
});

test('a minimum is reached by raising the soft limit, and only when it must be', () => {
  const before = getLimit('descriptors');
  setLimit('descriptors', { soft: 300, hard: before.hard });
  try {
    assert.equal(ensureLimit('descriptors', 300), 'enough');
    assert.equal(ensureLimit('descriptors', 400), 'raised');
    assert.deepEqual(getLimit('descriptors'), { soft: 400, hard: before.hard });
  } finally {
    setLimit('descriptors', before);
  }
});

test('what was inherited is what the parent has, if it has our hard limit', () => {
  const { soft, hard } = getLimit('descriptors');
  assert.equal(guessInheritedDescriptors({ soft: 256, hard }), 256);
  const stranger = { soft: 256, hard: hard + 1 };
  assert.equal(guessInheritedDescriptors(stranger), hard === 524_288 ? 1024 : soft);
});
