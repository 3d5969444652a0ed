import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLineFormatter } from '../../src/log/main-line.ts';

test('main log lines', () => {
  const format = createLineFormatter();
  const at = new Date(2024, 1, 3, 4, 5, 6, 7).getTime();
  assert.equal(format(at, 'critical', 'one\ntwo'), '2024-02-03 04:05:06,007 CRIT one\ntwo\n');
  assert.equal(format(at + 992.9, 'warn', 'x'), '2024-02-03 04:05:06,999 WARN x\n');
  assert.equal(format(at + 993, 'blather', 'x'), '2024-02-03 04:05:07,000 BLAT x\n');
  assert.equal(format(at, 'error', 'back'), '2024-02-03 04:05:06,007 ERRO back\n');
});
