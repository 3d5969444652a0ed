import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeEvent } from 'herald/testing';
import { type Facts, lastLines } from '../../../listeners/crashmail/facts.ts';
import { composeMessage, type Surroundings, testMessage } from '../../../listeners/crashmail/message.ts';

const WHERE: Surroundings = {
  host: 'host1',
  subjectPrefix: '',
  boot: '1 2',
  now: new Date('2026-01-02T03:04:05.678Z'),
};
const NOTHING: Facts = { info: undefined, stdout: [], stderr: [], problem: undefined, shuttingDown: false };
const INFO = {
  name: 'web_00',
  group: 'web',
  start: 0,
  stop: 0,
  now: 0,
  state: 100,
  statename: 'EXITED',
  spawnerr: '',
  exitstatus: 3,
  logfile: '',
  stdout_logfile: '',
  stderr_logfile: '',
  pid: 0,
  description: '',
};
const WEB = { processname: 'web_00', groupname: 'web' };

test('an exit by itself says what is known, and only that', () => {
  const { subject, text } = composeMessage(makeEvent('PROCESS_STATE_EXITED', WEB), NOTHING, WHERE);
  assert.equal(subject, 'web:web_00 exited unexpectedly on host1');
  assert.match(text, /^web:web_00 exited unexpectedly on host1\.\n\nProgram {5}web:web_00\nHost {8}host1\n/);
  assert.match(text, /\nTime {8}2026-01-02T03:04:05\.678Z \(when this mail was written\)\n/);
  assert.match(text, /\nPid {9}4711\nFrom state {2}RUNNING\n/);
  assert.doesNotMatch(text, /undefined|What|Reason|Last lines/);
});

test('exit status and signal come from the extra tokens', () => {
  const at = new Date('2026-01-01T00:00:00.001Z');
  const subject = (extra: Record<string, string | number>) =>
    composeMessage(makeEvent('PROCESS_STATE_EXITED', WEB, { extra, at }), NOTHING, WHERE).subject;
  assert.equal(subject({ exitstatus: 3 }), 'web:web_00 exited unexpectedly with status 3 on host1');
  assert.equal(subject({ signal: 'SIGKILL', core: 0 }), 'web:web_00 was ended by SIGKILL on host1');
  assert.equal(
    subject({ signal: 'SIGSEGV', core: 1 }),
    'web:web_00 was ended by SIGSEGV (core dumped) on host1',
  );
  const { text } = composeMessage(makeEvent('PROCESS_STATE_EXITED', WEB, { at }), NOTHING, WHERE);
  assert.match(text, /\nTime {8}2026-01-01T00:00:00\.001Z\n/);
});

test('or from the daemon, while the process has not been started again', () => {
  const subject = (statename: string, exitstatus: number) => {
    const info = { ...INFO, statename, exitstatus };
    return composeMessage(makeEvent('PROCESS_STATE_EXITED', WEB), { ...NOTHING, info }, WHERE).subject;
  };
  assert.equal(subject('EXITED', 3), 'web:web_00 exited unexpectedly with status 3 on host1');
  assert.equal(subject('EXITED', -1), 'web:web_00 was ended by a signal on host1');
  assert.equal(subject('RUNNING', 0), 'web:web_00 exited unexpectedly on host1');
});

test('FATAL says why, from the token or from the daemon', () => {
  const told = makeEvent('PROCESS_STATE_FATAL', WEB, { extra: { reason: "can't find command '/no'" } });
  assert.equal(
    composeMessage(told, NOTHING, WHERE).subject,
    "web:web_00 cannot be started and was given up: can't find command '/no' on host1",
  );
  const info = { ...INFO, statename: 'FATAL', spawnerr: 'unknown error' };
  const asked = composeMessage(makeEvent('PROCESS_STATE_FATAL', WEB), { ...NOTHING, info }, WHERE);
  assert.match(asked.subject, /given up: unknown error on host1$/);
  assert.match(asked.text, /\nReason {6}unknown error\n/);
});

test('FATAL because of a shutdown says so', () => {
  const event = makeEvent('PROCESS_STATE_FATAL', WEB, { extra: { reason: 'unknown error' } });
  assert.equal(
    composeMessage(event, { ...NOTHING, shuttingDown: true }, WHERE).subject,
    'web:web_00 had not come up when the daemon was shut down: unknown error on host1',
  );
});

test('BACKOFF tells the attempt and how it ended', () => {
  const event = makeEvent('PROCESS_STATE_BACKOFF', { ...WEB, tries: 2 }, { extra: { exitstatus: 1 } });
  const { subject, text } = composeMessage(event, NOTHING, WHERE);
  assert.equal(subject, 'web:web_00 failed to start (attempt 2): exited unexpectedly with status 1 on host1');
  assert.match(text, /\nAttempts {4}2\n/);
});

test('log lines are indented, so none of them looks like a fact', () => {
  const facts = { ...NOTHING, stdout: ['one', 'Host  evil'], stderr: ['oops ü'], problem: 'no answer' };
  const { text } = composeMessage(makeEvent('PROCESS_STATE_EXITED', WEB), facts, WHERE);
  assert.match(
    text,
    /\nLast lines of stdout:\n {2}one\n {2}Host {2}evil\n\nLast lines of stderr:\n {2}oops ü\n$/,
  );
  assert.match(text, /\nNot known {3}no answer\n/);
});

test('no name can forge a header or a line', () => {
  const info = { ...INFO, statename: 'FATAL', spawnerr: 'a\r\nBcc: x@example.org\u2028b' };
  const event = makeEvent('PROCESS_STATE_FATAL', WEB);
  const { subject, text } = composeMessage(event, { ...NOTHING, info }, { ...WHERE, subjectPrefix: 'A\nB' });
  assert.match(subject, /^A B: .*given up: a Bcc: x@example\.org b on host1$/);
  assert.doesNotMatch(text, /^Bcc/m);
  assert.ok(
    [...composeMessage(event, NOTHING, { ...WHERE, subjectPrefix: '€'.repeat(500) }).subject].length <= 200,
  );
});

test('the message id is the same for a redelivery, and for nothing else', () => {
  const event = makeEvent('PROCESS_STATE_EXITED', WEB, { serial: 5 });
  const id = composeMessage(event, NOTHING, WHERE).messageId;
  assert.match(id, /^<crashmail\.[0-9a-f]{32}@host1>$/);
  const again = makeEvent('PROCESS_STATE_EXITED', WEB, { serial: 5, redelivered: true });
  assert.equal(composeMessage(again, NOTHING, { ...WHERE, now: new Date(0) }).messageId, id);
  assert.notEqual(composeMessage(event, NOTHING, { ...WHERE, boot: '1 3' }).messageId, id);
  assert.notEqual(
    composeMessage(makeEvent('PROCESS_STATE_EXITED', WEB, { serial: 6 }), NOTHING, WHERE).messageId,
    id,
  );
  assert.match(
    testMessage({ ...WHERE, host: 'bad host>\n' }).messageId,
    /^<crashmail\.[0-9a-f]{32}@bad-host-->$/,
  );
});

test('the end of a log is its last lines, readable and of bounded length', () => {
  assert.deepEqual(lastLines('', 5, false), []);
  assert.deepEqual(lastLines('a\nb\nc\n', 2, false), ['b', 'c']);
  assert.deepEqual(lastLines('half a line\nb\nc', 5, true), ['b', 'c']);
  assert.deepEqual(lastLines('only half a line', 5, true), ['only half a line']);
  assert.deepEqual(lastLines('\u001b[31mred\u001b[0m\tx\u0007\r\n', 5, false), ['red\tx\ufffd']);
  assert.equal(lastLines('€'.repeat(600), 5, false)[0], `${'€'.repeat(500)} [...]`);
});
