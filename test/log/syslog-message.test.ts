import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSyslogMessage } from '../../src/log/syslog-message.ts';

test('a message is written as syslog(3) writes it', () => {
  const early = new Date(2024, 0, 2, 3, 4, 5).getTime();
  const late = new Date(2024, 10, 22, 13, 14, 15).getTime();
  assert.equal(formatSyslogMessage(early, 'heraldd', 'web hello'), '<14>Jan  2 03:04:05 heraldd: web hello');
  assert.equal(formatSyslogMessage(late, 'h', ''), '<14>Nov 22 13:14:15 h: ');
});
