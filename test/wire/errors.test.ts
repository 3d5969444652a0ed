import assert from 'node:assert/strict';
import { it } from 'node:test';
import { escapeSample, MAX_SAMPLE_BYTES, RemoteProtocolError } from '../../src/wire/errors.ts';

it('a sample is short and printable', () => {
  assert.equal(escapeSample('a\t\r\n\\"\u001b é'), 'a\\t\\r\\n\\\\"\\x1b \\xc3\\xa9');
  assert.equal(escapeSample(new Uint8Array(1000).fill(0x61)), 'a'.repeat(MAX_SAMPLE_BYTES));
  assert.equal(escapeSample('é'.repeat(1000)), '\\xc3\\xa9'.repeat(MAX_SAMPLE_BYTES / 2));
});

it('an error says what was expected and what came', () => {
  const error = new RemoteProtocolError('not-ready', 'READY\\n', Buffer.from('hello\n'));
  assert.equal(error.message, 'expected READY\\n, got "hello\\n"');
  assert.equal(error.sample, 'hello\\n');
});
