import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupConfig, ProcessConfig, SocketConfig } from '../../src/config/types.ts';
import { ActivationError } from '../../src/supervisor/facade.ts';
import { SocketError } from '../../src/supervisor/ports.ts';
import { processConfig } from '../fixtures/process-config.ts';
import { daemonConfig, Scene } from './scene.ts';

function socket(port: number): SocketConfig {
  return { url: `tcp://h:${port}`, address: { kind: 'inet', host: 'h', port }, backlog: undefined };
}

function fcgi(name: string, processes: readonly ProcessConfig[]): GroupConfig {
  return { kind: 'fcgi', name, priority: 999, processes, pool: undefined };
}

/** Two processes on one socket. */
function pair(more: Partial<ProcessConfig> = {}): GroupConfig {
  const config = { socket: socket(1), autorestart: 'never', startsecs: 0, ...more } as const;
  return fcgi(
    'app',
    ['app0', 'app1'].map((name) => processConfig(name, config, 'app')),
  );
}

const infos = (lines: readonly string[]) => lines.filter((line) => line.includes('socket'));
const CREATING = 'info Creating socket tcp://h:1';
const CLOSING = 'info Closing socket tcp://h:1';

test('a socket is tried when its group becomes active, and is there from the first process to the last', () => {
  const scene = new Scene([pair()]).start();
  const { log, sockets } = scene.host;
  assert.deepEqual(infos(log.take()), [CREATING, CLOSING, CREATING]);
  assert.deepEqual(sockets.open, ['tcp://h:1']);
  const [first, second] = ['app0', 'app1'].map((name) => scene.child(name).request.stdin);
  assert.ok(first !== undefined && first === second);
  scene.child('app0').exit(0);
  assert.deepEqual(sockets.open, ['tcp://h:1']);
  scene.child('app1').exit(0);
  assert.deepEqual(sockets.open, []);
  assert.deepEqual(infos(log.take()), [CLOSING]);
  scene.process('app1', 'app').start();
  assert.deepEqual(sockets.open, ['tcp://h:1']);
});

test('programs of a mixed group have the sockets of their own sections', () => {
  const group: GroupConfig = {
    kind: 'program',
    name: 'g',
    priority: 999,
    pool: undefined,
    processes: [
      processConfig('a', { socket: socket(1) }, 'g'),
      processConfig('b', { socket: socket(2) }, 'g'),
      processConfig('c', {}, 'g'),
    ],
  };
  const scene = new Scene([group]).start();
  assert.deepEqual(scene.host.sockets.open, ['tcp://h:1', 'tcp://h:2']);
  assert.notEqual(scene.child('a').request.stdin, scene.child('b').request.stdin);
  assert.equal(scene.child('c').request.stdin, undefined);
});

test('a spawn that fails gives the socket back', () => {
  const scene = new Scene([pair({ autostart: false })]).start();
  scene.host.files.closedPaths.set('/log/app', 'EACCES');
  scene.host.processes.failures.push(new SocketError('X', 'not a spawn error'));
  assert.throws(() => scene.process('app0', 'app').start());
  assert.deepEqual(scene.host.sockets.open, []);
});

test('a socket that is not to be had at a spawn is a spawn error, tried again as any other', () => {
  const scene = new Scene([pair({ autostart: false })]).start();
  const { sockets } = scene.host;
  sockets.refusal = new SocketError('EADDRINUSE', 'EADDRINUSE');
  assert.deepEqual(scene.process('app0', 'app').start().begun, { kind: 'SPAWN_ERROR' });
  const { state, spawnError } = scene.process('app0', 'app').snapshot();
  assert.deepEqual([state, spawnError], ['BACKOFF', 'Could not create FastCGI socket tcp://h:1: EADDRINUSE']);
  sockets.refusal = undefined;
  scene.advance(1500);
  assert.equal(scene.process('app0', 'app').state, 'RUNNING');
});

test('a group whose socket is not to be had does not become active, and says why', async () => {
  const scene = new Scene([]).start();
  scene.reloaded = daemonConfig([pair()]);
  await scene.supervisor.reloadConfig();
  scene.host.sockets.refusal = new SocketError('EADDRINUSE', 'EADDRINUSE');
  const wanted = new ActivationError('Could not create FastCGI socket tcp://h:1: EADDRINUSE');
  assert.throws(() => scene.supervisor.addGroup('app'), { name: wanted.name, message: wanted.message });
  assert.equal(scene.supervisor.groups.size, 0);
  scene.host.sockets.refusal = undefined;
  assert.equal(scene.supervisor.addGroup('app'), 'added');
});
