import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHANNEL } from '../fixtures/process-config.ts';
import { pool, program, Scene } from './scene.ts';

const SYSLOG = { ...CHANNEL, syslog: true };

function file(path: string) {
  return { ...CHANNEL, logfile: { kind: 'file', path } } as const;
}

test('each line goes to syslog behind the name of its process, when it is complete', () => {
  const scene = new Scene([program('web', { stdout: { ...file('/log/web'), syslog: true } })]).start();
  const { syslog, files } = scene.host;
  scene.child('web').out('one\ntw');
  assert.deepEqual(syslog.take(), ['web one']);
  assert.equal(files.content.get('/log/web'), 'one\ntw');
  scene.child('web').out('o\n\n');
  assert.deepEqual(syslog.take(), ['web two', 'web ']);
  scene.child('web').out('rest');
  scene.child('web').exit(0);
  assert.deepEqual(syslog.take(), ['web rest']);
});

test('what is not UTF-8 reaches syslog with replacement characters', () => {
  const scene = new Scene([program('web', { stdout: SYSLOG })]).start();
  scene.child('web').out(Uint8Array.of(97, 0xff, 98, 10));
  assert.deepEqual(scene.host.syslog.take(), ['web a\ufffdb']);
});

test('a line that does not end reaches syslog in pieces', () => {
  const scene = new Scene([program('web', { stdout: SYSLOG })]).start();
  for (let count = 0; count < 20; count += 1) scene.child('web').out('x'.repeat(1000));
  const sizes = scene.host.syslog.take().map((message) => message.length);
  assert.deepEqual(sizes, [8004, 8004]);
});

test('clearing the logs of a process that only syslog has does nothing, and does not fail', () => {
  const scene = new Scene([program('web', { stdout: SYSLOG })]).start();
  scene.process('web').clearLogs();
  assert.equal(scene.process('web').logfile('stdout'), undefined);
});

test("a listener's stdout is the protocol: neither syslog nor a format touch it, its stderr has both", () => {
  const scene = new Scene([
    pool('ear', {
      process: {
        stdout: { ...file('/log/out'), syslog: true },
        stderr: { ...file('/log/err'), syslog: true },
        lineFormat: { format: 'plain', prefix: 'ear>' },
      },
    }),
  ]).start();
  scene.child('ear').out('READY\n');
  scene.child('ear').out('trouble\n', 'stderr');
  const { syslog, files } = scene.host;
  assert.deepEqual(syslog.take(), ['ear trouble']);
  assert.equal(files.content.get('/log/out'), 'READY\n');
  assert.equal(files.content.get('/log/err'), 'ear> trouble\n');
});

test('formatted lines are written whole, and the last one at the end; events and syslog stay as they are', () => {
  const stdout = { ...file('/log/web'), syslog: true, eventsEnabled: true };
  const scene = new Scene([
    program('web', { stdout, lineFormat: { format: 'plain', prefix: 'w:' } }),
  ]).start();
  const events = scene.record('PROCESS_LOG');
  const { files, syslog } = scene.host;
  scene.child('web').out('a\nb');
  assert.equal(files.content.get('/log/web'), 'w: a\n');
  scene.child('web').exit(0);
  assert.equal(files.content.get('/log/web'), 'w: a\nw: b\n');
  assert.deepEqual(
    events.map(({ payload }) => payload.data),
    ['a\nb'],
  );
  assert.deepEqual(syslog.take(), ['web a', 'web b']);
});

test('json lines carry the pid of their run', () => {
  const config = { stdout: file('/log/web'), lineFormat: { format: 'json', prefix: '' } } as const;
  const scene = new Scene([program('web', { ...config, autorestart: 'always' })]).start();
  scene.child('web').out('first\n');
  scene.advance(1500);
  scene.child('web').exit(0);
  scene.advance(1000);
  scene.child('web').out('second\n');
  const lines = (scene.host.files.content.get('/log/web') ?? '').trimEnd().split('\n');
  const { pid } = scene.child('web');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ pid: own, message }) => [own, message]),
    [
      [pid - 1, 'first'],
      [pid, 'second'],
    ],
  );
});
