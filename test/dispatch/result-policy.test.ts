import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptOk, printLogLines, RejectedResult } from '../../src/dispatch/result-policy.ts';

const EVENT = { name: 'PROCESS_LOG_STDOUT', serial: 1, text: '' };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('by default OK alone is good', () => {
  acceptOk(EVENT, bytes('OK'));
  for (const answer of ['', 'O', 'ok', 'OK\n', 'FAIL'])
    assert.throws(() => acceptOk(EVENT, bytes(answer)), RejectedResult);
});

function printed(answer: string): string {
  let text = '';
  printLogLines((lines) => {
    text += new TextDecoder().decode(lines);
  })(EVENT, bytes(answer));
  return text;
}

test('log lines that come back are printed behind process and channel', () => {
  const headers = 'processname:web groupname:g pid:1 channel:stdout';
  assert.equal(printed(`${headers}\nhello\n`), 'web stdout | hello\n');
  assert.equal(printed(`${headers}\na\n\nbé`), 'web stdout | a\nweb stdout | \nweb stdout | bé\n');
  assert.equal(printed(`${headers}\n\n`), 'web stdout | \n');
  assert.equal(printed(`${headers}\n`), '');
});

test('what is no log event is no answer', () => {
  assert.throws(() => printed('OK'), /no line of headers/);
  assert.throws(() => printed('processname:web\nx'), /do not tell the channel/);
});
