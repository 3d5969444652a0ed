import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { SocketConfig } from '../../src/config/types.ts';
import { listeningSockets } from '../../src/host/listening-sockets.ts';
import { type SharedSocket, SocketError } from '../../src/supervisor/ports.ts';
import { freePort } from '../fixtures/free-port.ts';
import { ownDescriptors } from '../fixtures/own-descriptors.ts';
import { openProcesses, type RecordedChild, record, request } from './recorded-child.ts';

const processes = openProcesses();
const folder = mkdtempSync(join(tmpdir(), 'herald-sockets-'));
after(() => {
  processes.close();
  rmSync(folder, { recursive: true });
});

const ACCEPTS = `
import os, socket, sys
server = socket.socket(fileno=0)
print('ready', server.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN), flush=True)
while True:
    client, _ = server.accept()
    client.sendall(b'hello from %d' % os.getpid())
    client.close()
`;

function unix(name: string, more: Partial<{ mode: number; uid: number; gid: number }> = {}): SocketConfig {
  const path = join(folder, name);
  const address = { kind: 'unix', path, mode: 0o700, uid: -1, gid: -1, ...more } as const;
  return { url: `unix://${path}`, address, backlog: undefined };
}

function inet(host: string, port: number): SocketConfig {
  return { url: `tcp://${host}:${port}`, address: { kind: 'inet', host, port }, backlog: 5 };
}

async function acceptor(stdin: SharedSocket): Promise<RecordedChild> {
  const child = record(processes, request(['/usr/bin/env', 'python3', '-c', ACCEPTS], { stdin }));
  await child.until('stdout', 'ready 1\n');
  return child;
}

async function greeting(target: { path: string } | { host: string; port: number }): Promise<string> {
  const socket = connect(target);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

/** The error of a socket that is not to be had; fails when a descriptor leaks. */
function refusal(config: SocketConfig): SocketError {
  const before = ownDescriptors();
  try {
    listeningSockets.listen(config).close();
  } catch (error) {
    assert.ok(error instanceof SocketError, String(error));
    assert.deepEqual(ownDescriptors(), before);
    return error;
  }
  assert.fail('it listens');
}

test('children share a unix socket as their stdin, and live on with it when it is closed here', async () => {
  const config = unix('shared');
  const socket = listeningSockets.listen(config);
  const [first, second] = await Promise.all([acceptor(socket), acceptor(socket)]);
  socket.close();
  const pids = new Set([first, second].map(({ child }) => `hello from ${child.pid}`));
  assert.ok(pids.has(await greeting({ path: join(folder, 'shared') })));
  assert.equal(first.child.write(Buffer.from('x')), 'closed');
  processes.signal(first.child.pid, 9, 'process');
  await first.exited;
  assert.equal(await greeting({ path: join(folder, 'shared') }), `hello from ${second.child.pid}`);
  processes.signal(second.child.pid, 9, 'process');
  await second.exited;
});

test('a TCP socket by name; its port can be taken again at once', async () => {
  const config = inet('localhost', await freePort());
  for (let round = 0; round < 2; round += 1) {
    const socket = listeningSockets.listen(config);
    const { child, exited } = await acceptor(socket);
    socket.close();
    const { port } = config.address as { port: number };
    assert.equal(await greeting({ host: '127.0.0.1', port }), `hello from ${child.pid}`);
    processes.signal(child.pid, 9, 'process');
    await exited;
  }
});

test('mode and owner are those asked for, and the socket that had the path is gone', () => {
  const own = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 };
  for (const mode of [0o700, 0o666]) {
    const socket = listeningSockets.listen(unix('taken', { mode, ...own }));
    const stats = lstatSync(join(folder, 'taken'));
    assert.ok(stats.isSocket());
    assert.equal(stats.mode & 0o777, mode);
    socket.close();
  }
});

test('other children do not get the socket', async () => {
  const socket = listeningSockets.listen(unix('private'));
  const child = record(processes, request(['/bin/ls', '-l', '/proc/self/fd']));
  await child.exited;
  socket.close();
  assert.doesNotMatch(child.text('stdout'), /socket:/);
  assert.match(readlinkSync('/proc/self/fd/1'), /./);
});

test('closing twice closes once', () => {
  const socket = listeningSockets.listen(unix('twice'));
  socket.close();
  socket.close();
});

test('what cannot be had is told, and nothing is left behind', async () => {
  assert.equal(refusal(unix('none/such')).code, 'ENOENT');
  assert.equal(refusal(unix('x'.repeat(120))).code, 'ENAMETOOLONG');
  mkdirSync(join(folder, 'directory'));
  writeFileSync(join(folder, 'file'), 'precious');
  for (const name of ['directory', 'file']) assert.equal(refusal(unix(name)).code, 'EEXIST');
  assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'precious');
  assert.equal(refusal(inet('no-such-host.invalid', 9)).code, 'ENOTFOUND');
  const config = inet('127.0.0.1', await freePort());
  const socket = listeningSockets.listen(config);
  assert.equal(refusal(config).code, 'EADDRINUSE');
  socket.close();
});
