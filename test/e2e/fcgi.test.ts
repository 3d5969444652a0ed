/** FastCGI-style programs under a whole daemon: what clients of their sockets and of the daemon see. */
import assert from 'node:assert/strict';
import { appendFileSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../fixtures/free-port.ts';
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
async function takePort(port: number): Promise<{ port: number; release: () => Promise<unknown> }> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return { port, release: () => new Promise((done) => server.close(done)) };
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
  // What the daemon prints and what it answers come on two ways.
  await daemon.waitFor(/(?:INFO Closing socket unix:[\s\S]*){2}\n/);
  assert.deepEqual(
    [...daemon.output.matchAll(/INFO (\w+) socket unix:\/\/\S+\/app\.sock$/gm)].map(([, what]) => what),
    ['Creating', 'Closing', 'Creating', 'Closing'],
  );
  await supervisor.startProcess('app:app1');
  assert.equal(await greeting({ path }), 'app1');
});

test('members of a group keep the sockets of their sections', needs('python3'), async (t) => {
  const [first, second] = [await freePort(), await freePort()];
  const section = (name: string, port: number) =>
    `[fcgi-program:${name}]\n${COMMAND}socket=tcp://127.0.0.1:${port}\n`;
  const daemon = await startDaemon(
    t,
    `[group:g]\nprograms=a,b\n${section('a', first)}${section('b', second)}`,
    FILES,
  );
  for (const name of ['a', 'b']) await daemon.waitFor(new RegExp(`'${name}' stdout output:\\naccepting`));
  assert.equal(await greeting({ host: '127.0.0.1', port: first }), 'a');
  assert.equal(await greeting({ host: '127.0.0.1', port: second }), 'b');
});

test('a socket that is taken: no start, and a fault for a group that is added', async (t) => {
  const { port, release } = await takePort(await freePort());
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
