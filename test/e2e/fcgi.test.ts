/** FastCGI-style programs under a whole daemon: what clients of their sockets and of the daemon see. */
import assert from 'node:assert/strict';
import { appendFileSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../peers.ts';
import { RunningDaemon, startDaemon } from './running-daemon.ts';

/** Says hello to everybody who connects, and its name on stdout when it listens. */
const ACCEPTS = `
import os, socket
server = socket.socket(fileno=0)
print('accepting', flush=True)
while True:
    client, _ = server.accept()
    client.sendall(os.environ['SUPERVISOR_PROCESS_NAME'].encode())
    client.close()
`;

const COMMAND = 'command=/usr/bin/env python3 %(here)s/accepts.py\n';
const FILES = { 'accepts.py': ACCEPTS };

async function greeting(target: { path: string } | { host: string; port: number }): Promise<string> {
  let text = '';
  for await (const chunk of connect(target)) text += chunk;
  return text;
}

/** A listening socket of the test's own; its port is taken until it is closed. */
async function takePort(): Promise<{ port: number; release: () => Promise<unknown> }> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { port: address.port, release: () => new Promise((done) => server.close(done)) };
}

test('processes share their socket, which lives as long as one of them', needs('python3'), async (t) => {
  const daemon = await startDaemon(
    t,
    `[fcgi-program:app]\n${COMMAND}numprocs=2\nprocess_name=app%(process_num)d\n` +
      'socket=unix://%(here)s/app.sock\nsocket_mode=0770\n',
    FILES,
  );
  const path = join(daemon.folder, 'app.sock');
  for (const name of ['app0', 'app1'])
    await daemon.waitFor(new RegExp(`'${name}' stdout output:\\naccepting`));
  assert.equal(lstatSync(path).mode & 0o777, 0o770);
  assert.match(await greeting({ path }), /^app[01]$/);

  const { supervisor } = daemon.client();
  await assert.rejects(supervisor.sendProcessStdin('app:app0', 'x'), /NO_FILE/);
  await supervisor.stopProcess('app:app0');
  assert.equal(await greeting({ path }), 'app1');
  await supervisor.stopProcess('app:app1');
  assert.deepEqual(
    [...daemon.output.matchAll(/INFO (\w+) socket unix:\/\/\S+\/app\.sock$/gm)].map(([, what]) => what),
    ['Creating', 'Closing', 'Creating', 'Closing'],
  );
  await supervisor.startProcess('app:app1');
  assert.equal(await greeting({ path }), 'app1');
});

test('members of a group keep the sockets of their sections', needs('python3'), async (t) => {
  const [first, second] = await Promise.all([takePort(), takePort()]);
  await Promise.all([first.release(), second.release()]);
  const section = (name: string, port: number) =>
    `[fcgi-program:${name}]\n${COMMAND}socket=tcp://127.0.0.1:${port}\n`;
  const daemon = await startDaemon(
    t,
    `[group:g]\nprograms=a,b\n${section('a', first.port)}${section('b', second.port)}`,
    FILES,
  );
  for (const name of ['a', 'b']) await daemon.waitFor(new RegExp(`'${name}' stdout output:\\naccepting`));
  assert.equal(await greeting({ host: '127.0.0.1', port: first.port }), 'a');
  assert.equal(await greeting({ host: '127.0.0.1', port: second.port }), 'b');
});

test('a socket that is taken: no start, and a fault for a group that is added', async (t) => {
  const { port, release } = await takePort();
  const section = `[fcgi-program:app]\ncommand=/bin/cat\nsocket=tcp://127.0.0.1:${port}\n`;
  const why = `Could not create FastCGI socket tcp://127.0.0.1:${port}: EADDRINUSE`;

  const folder = mkdtempSync(join(tmpdir(), 'herald-test-'));
  const refused = new RunningDaemon(folder, section);
  assert.equal(await refused.ended, 2);
  assert.ok(refused.output.includes(`${why}\n`), refused.output);
  assert.doesNotMatch(refused.output, /\n {4}at /);
  rmSync(folder, { recursive: true });

  const daemon = await startDaemon(t, '');
  appendFileSync(join(daemon.folder, 'herald.conf'), section);
  const { supervisor } = daemon.client();
  await supervisor.reloadConfig();
  await assert.rejects(supervisor.addProcessGroup('app'), new RegExp(`FAILED: app: ${why}`));
  assert.deepEqual(await supervisor.getAllProcessInfo(), []);
  await release();
  assert.equal(await supervisor.addProcessGroup('app'), true);
});
