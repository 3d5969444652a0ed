import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { makeEvent, type RunningListener, type RunOptions, runListener } from '../../src/sdk/testing.ts';
import { needs } from '../peers.ts';

const FIXTURE = path.join(import.meta.dirname, 'fixtures/chatty-listener.ts');
const PATIENT = { timeout: 120_000 };

function start(args: readonly string[] = [], options: RunOptions = {}): RunningListener {
  return runListener(process.execPath, ['--import', 'tsx', FIXTURE, ...args], { ...PATIENT, ...options });
}

const remote = (type: string, data = '') => makeEvent('REMOTE_COMMUNICATION', { type, data });

test('what handlers print goes to stderr and never into the protocol', async () => {
  await using listener = start();
  assert.equal(await listener.send(remote('print', 'ünï')), 'OK');
  assert.equal(await listener.send(remote('print', 'again')), 'OK');
  assert.deepEqual(await listener.end(), { status: 0, signal: null });
  assert.match(listener.stderr, /printed ünï\nthis too\nand this without a line feed/);
  assert.match(listener.stderr, /printed again\n/);
});

test('a failure is one line on stderr with the event, its serial and the cause', async () => {
  await using listener = start();
  const event = remote('fail', 'sorry');
  assert.equal(await listener.send(event), 'FAIL');
  assert.equal(await listener.send(event), 'FAIL');
  await listener.end();
  const line = `REMOTE_COMMUNICATION serial ${event.header.serial} failed: no | use: sorry (TypeError: the cause)\n`;
  assert.equal(listener.stderr, `${line}${line}ended with 0\n`);
});

test('a discarded event is answered OK and reported', async () => {
  await using listener = start();
  assert.equal(await listener.send(remote('discard')), 'OK');
  await listener.end();
  assert.match(listener.stderr, /^REMOTE_COMMUNICATION serial \d+ was discarded: not for me\n/);
});

test('parsed data, non-ASCII payloads in both units, extra tokens and redelivered', async () => {
  const log = makeEvent('PROCESS_LOG_STDOUT', { data: 'Grüße, 世界 🎉\n' });
  const exited = makeEvent('PROCESS_STATE_EXITED', {}, { extra: { exitstatus: 3 }, redelivered: true });
  for (const options of [{}, { bytesToken: false }, { lengthUnit: 'bytes' }] as const) {
    await using listener = start([], options);
    assert.equal(await listener.send(remote('json', '{"é":1,"b":2}')), 'OK');
    assert.equal(await listener.send(log), 'OK');
    assert.equal(await listener.send(exited), 'OK');
    await listener.end();
    assert.match(listener.stderr, /keys: é,b\n/);
    assert.match(listener.stderr, /PROCESS_LOG_STDOUT Grüße, 世界 🎉\n/);
    assert.ok(listener.stderr.includes(`saw PROCESS_STATE_EXITED ${exited.header.serial} 3 true\n`));
  }
});

test('early: the answer comes before the handler has failed', async () => {
  await using listener = start(['early']);
  assert.equal(await listener.send(remote('fail', 'late')), 'OK');
  await listener.ready();
  await listener.said(/failed: no \| use: late/);
  assert.deepEqual(await listener.end(), { status: 0, signal: null });
});

test('SIGTERM ends it behind the event that is being handled, and that is answered', async () => {
  await using listener = start();
  await listener.ready();
  const answer = listener.send(remote('stop-later'));
  await listener.said('waiting');
  process.kill(listener.pid, 'SIGTERM');
  assert.equal(await answer, 'OK');
  assert.deepEqual(await listener.exited(), { status: 0, signal: null });
});

test('SIGTERM ends an idle listener with status 0', async () => {
  await using listener = start();
  await listener.ready();
  assert.deepEqual(await listener.stop(), { status: 0, signal: null });
  assert.equal(listener.stderr, 'ended with 0\n');
});

test('stop() answers the event it was called for and ends', async () => {
  await using listener = start();
  assert.equal(await listener.send(remote('stop')), 'OK');
  assert.deepEqual(await listener.exited(), { status: 0, signal: null });
});

test('what a handler left open does not keep a listener without a daemon alive', async () => {
  await using listener = start();
  assert.equal(await listener.send(remote('linger')), 'OK');
  assert.deepEqual(await listener.end(), { status: 0, signal: null });
});

test('malformed input is one line on stderr and status 1', async () => {
  await using listener = start();
  await listener.ready();
  listener.sendRaw('GET / HTTP/1.1\r\n\r\n');
  assert.deepEqual(await listener.exited(), { status: 1, signal: null });
  assert.match(
    listener.stderr,
    /^the daemon does not speak the listener protocol: expected key:value, got "GET \/ HTTP\/1.1\\r"\n/,
  );
});

test('an end within an event is an error, too', async () => {
  await using listener = start();
  await listener.ready();
  listener.sendRaw('ver:3.0 server:x');
  assert.deepEqual(await listener.end(), { status: 1, signal: null });
  assert.match(listener.stderr, /stdin ended within an event, after 16 bytes of it/);
});

test('started by hand it says so and ends with status 2', async () => {
  const env: NodeJS.ProcessEnv = { ...process.env };
  delete env.SUPERVISOR_ENABLED;
  const child = spawn(process.execPath, ['--import', 'tsx', FIXTURE], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  assert.deepEqual(await exited, [2, null]);
  assert.equal(out, '');
  assert.match(err, /^not an event listener: SUPERVISOR_ENABLED is not set, .*\[eventlistener:x\].*\n/);
});

test('started in a terminal it says so and ends with status 2', needs('python3'), async () => {
  // Python can make a terminal; Node cannot.
  const code = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';
  const args = ['-c', code, process.execPath, '--import', 'tsx', FIXTURE];
  const child = spawn('python3', args, {
    env: { ...process.env, SUPERVISOR_ENABLED: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const out = await text(child.stdout);
  assert.deepEqual(await exited, [2, null]);
  assert.match(out, /^not an event listener: stdin is a terminal, where no events come from/);
});
