import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { EVENT_NAMES } from '../../src/catalogue/events.ts';
import { ListenerTestError, makeEvent, runListener } from '../../src/sdk/testing.ts';
import { needs, peer } from '../peers.ts';

test('an event can be made of every name, with nothing told about it', () => {
  for (const name of EVENT_NAMES) {
    const event = makeEvent(name);
    assert.equal(event.name, name);
    assert.equal(event.header.eventname, name);
    assert.equal(event.header.len, [...event.text].length);
  }
});

test('what is told stands in the payload, the text and the header', () => {
  const at = new Date('2026-01-02T03:04:05.678Z');
  const event = makeEvent(
    'PROCESS_STATE_EXITED',
    { processname: 'web_00', groupname: 'web', pid: 12 },
    { serial: 7, pool: 'alerts', extra: { signal: 'SIGKILL', reason: 'a b:c' }, at, redelivered: false },
  );
  assert.deepEqual(event.payload, {
    processname: 'web_00',
    groupname: 'web',
    from_state: 'RUNNING',
    expected: 0,
    pid: 12,
  });
  assert.equal(
    event.text,
    'processname:web_00 groupname:web from_state:RUNNING expected:0 pid:12 signal:SIGKILL reason:a%20b%3Ac',
  );
  assert.equal(event.header.serial, 7);
  assert.equal(event.header.pool, 'alerts');
  assert.equal(event.extra.signal, 'SIGKILL');
  assert.equal(event.extra.reason, 'a b:c');
  assert.deepEqual(event.at, at);
  assert.equal(event.redelivered, false);
});

test('serials grow by themselves', () => {
  const first = makeEvent('TICK_5').header.serial;
  assert.equal(makeEvent('TICK_5').header.serial, first + 1);
});

test('what the wire could not carry is refused', () => {
  assert.throws(() => makeEvent('PROCESS_STATE_FATAL', { groupname: 'a b' }), /must not hold blanks/);
  assert.throws(() => makeEvent('PROCESS_STATE_FATAL', { groupname: 'a\nb' }), /must not hold blanks/);
  // @ts-expect-error: neither does this compile.
  assert.throws(() => makeEvent('PROCESS_STATE_FATAL', { from_state: 'ASLEEP' }), /from_state is one of/);
  // @ts-expect-error: nor this.
  assert.throws(() => makeEvent('PROCESS_STATE', {}), /there is no event PROCESS_STATE/);
});

/** A listener in a few words of JavaScript: quick to start. */
function script(code: string, timeout = 120_000) {
  return runListener(process.execPath, ['-e', code], { timeout });
}

test('a listener that prints first is told what came instead of READY', async () => {
  await using listener = script("process.stdout.write('hello\\n')");
  await assert.rejects(listener.ready(), /broke the listener protocol: expected READY\\n, got "hello\\n"/);
});

test('a listener that prints between events is found out before the next event', async () => {
  await using listener = script("process.stdout.write('READY\\nx'); setInterval(() => {}, 1000)");
  await listener.ready();
  await assert.rejects(listener.send(makeEvent('TICK_5')), /expected nothing.* got "x"/);
});

test('a listener that dies says so, with its status and its stderr', async () => {
  await using listener = script("process.stderr.write('bye'); process.exitCode = 3");
  await assert.rejects(listener.ready(), (error) => {
    assert.ok(error instanceof ListenerTestError);
    assert.match(error.message, /ended with status 3 before READY; its stderr: bye/);
    assert.equal(error.stderr, 'bye');
    return true;
  });
  assert.deepEqual(await listener.exited(), { status: 3, signal: null });
});

test('a listener that does not answer runs out of time', async () => {
  await using listener = script('setInterval(() => {}, 1000)', 50);
  await assert.rejects(listener.ready(), /waited 50 ms for READY/);
});

test('what a listener says on stderr can be waited for', async () => {
  await using listener = script(
    "process.stderr.write('one '); setTimeout(() => process.stderr.write('two'), 5)",
  );
  await listener.said('one two');
  await listener.said(/^one/);
  await using silent = script('setInterval(() => {}, 1000)', 50);
  await assert.rejects(silent.said('x'), /waited 50 ms for x on the stderr/);
});

test('a program that is not there is an error and no crash', async () => {
  await using listener = runListener('/no/such/listener');
  await assert.rejects(listener.ready(), /could not be started/);
  await assert.rejects(listener.exited(), /could not be started/);
});

test('any body of a RESULT is handed over', async () => {
  const code = `process.stdout.write('READY\\n');
    process.stdin.once('data', () => process.stdout.write('RESULT 5\\nMAYBE'));`;
  await using listener = script(code);
  assert.equal(await listener.send(makeEvent('TICK_5')), 'MAYBE');
  assert.deepEqual(await listener.end(), { status: 0, signal: null });
});

test('a shell script is a listener like any other', async () => {
  const code = `printf 'READY\\n'; while read -r header; do
      length=\${header##*len:}; head -c "\${length%% *}" > /dev/null; printf 'RESULT 2\\nOKREADY\\n'; done`;
  await using listener = runListener('/bin/sh', ['-c', code], { timeout: 120_000 });
  assert.equal(await listener.send(makeEvent('TICK_5')), 'OK');
  assert.deepEqual(await listener.end(), { status: 0, signal: null });
});

test('a Python listener counts characters', needs('supervisord'), async () => {
  const code = `import sys
from supervisor import childutils
while True:
    headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
    sys.stderr.write(payload + '\\n')
    childutils.listener.ok(sys.stdout)
`;
  assert.ok(peer('python3') !== undefined);
  await using listener = runListener('/usr/bin/python3', ['-c', code], {
    env: { PYTHONIOENCODING: 'utf-8' },
    timeout: 120_000,
  });
  for (const data of ['Grüße 🎉', 'plain']) {
    assert.equal(await listener.send(makeEvent('REMOTE_COMMUNICATION', { data })), 'OK');
  }
  await listener.said('Grüße 🎉');
});
