import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { makeEvent, runListener } from 'herald/testing';
import { freePort } from '../../fixtures/free-port.ts';
import { openMailbox } from './mailbox.ts';
import { selfSigned } from './self-signed.ts';

const MAIN = path.resolve(import.meta.dirname, '../../../listeners/crashmail/main.ts');
const NODE_ARGS = ['--import', 'tsx', MAIN];

/** A module that makes timers of three seconds and more last for weeks. */
const NO_LONG_WAITS = `data:text/javascript,${encodeURIComponent(
  'const real = setTimeout; globalThis.setTimeout = (fn, ms, ...more) => real(fn, ms < 3000 ? ms : 2 ** 31 - 1, ...more);',
)}`;

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [...NODE_ARGS, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await exited;
  return { status, out, err };
}

test('--help is on stdout and no error', async () => {
  const { status, out, err } = await run(['--help']);
  assert.equal(status, 0);
  assert.match(out, /^herald-crashmail: one mail for every program/);
  assert.equal(err, '');
});

test('bad usage is one line on stderr and status 2', async () => {
  const { status, out, err } = await run(['--lines', '5']);
  assert.equal(status, 2);
  assert.equal(out, '');
  assert.equal(
    err,
    'crashmail: --to is missing: nobody to send mail to (crashmail --help lists the options)\n',
  );
});

test('--test with a server that greets and then hangs: the process ends with its error', {
  timeout: 120_000,
}, async () => {
  const sockets = new Set<Socket>();
  // It takes no notice of the end of our side either.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).write('220 hello\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const smtp = ['--smtp-host', host, '--smtp-security', 'none', '--timeout', '1'];
  const args = [...NODE_ARGS, '--test', '--to', 'ops@example.org', ...smtp];
  // Left to itself the connection would keep the process for five seconds more, and here for ever.
  const child = spawn(process.execPath, ['--import', NO_LONG_WAITS, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const exited = once(child, 'exit');
    const [complaint] = await once(child.stderr.setEncoding('utf8'), 'data');
    assert.match(complaint, /^crashmail: mail not sent by .*: not done within 1 s\n$/);
    const [status] = await exited;
    assert.equal(status, 1);
  } finally {
    child.kill('SIGKILL');
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test('--test over TLS with credentials: what the server says is the exit status', async () => {
  const { key, cert } = selfSigned();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'crashmail-'));
  try {
    const file = path.join(folder, 'cert.pem');
    await writeFile(file, cert);
    for (const security of ['starttls', 'tls'] as const) {
      await using mailbox = await openMailbox({
        key,
        cert,
        secure: security === 'tls',
        disabledCommands: [],
        authOptional: false,
        onAuth: ({ username, password }, _session, callback) =>
          password === 'right' ? callback(null, { user: username }) : callback(new Error('wrong password')),
      });
      const test = (password: string) =>
        run(
          [
            '--test',
            '--to',
            'ops@example.org',
            '--smtp-host',
            `localhost:${mailbox.port}`,
            '--smtp-security',
            security,
          ],
          { NODE_EXTRA_CA_CERTS: file, CRASHMAIL_SMTP_USER: 'me', CRASHMAIL_SMTP_PASSWORD: password },
        );
      // On a machine without a network Nodemailer has a line of its own to say about names.
      const good = await test('right');
      assert.match(
        good.err,
        /^crashmail: test mail to ops@example\.org was taken by localhost:\d+ \((starttls|tls)\)\n$/m,
      );
      assert.equal(good.status, 0);
      assert.equal(mailbox.mails[0]?.secure, true);
      assert.match(mailbox.mails[0]?.subject ?? '', /^crashmail test on /);
      const bad = await test('wrong');
      assert.equal(bad.status, 1);
      assert.match(bad.err, /^crashmail: mail not sent by localhost:\d+ .*wrong password\n$/m);
      assert.equal(mailbox.mails.length, 1);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('as a program it answers events like any listener', async () => {
  await using mailbox = await openMailbox({}, await freePort());
  const args = [
    '--to',
    'ops@example.org',
    '--smtp-host',
    `127.0.0.1:${mailbox.port}`,
    '--smtp-security',
    'none',
  ];
  await using listener = runListener(process.execPath, [...NODE_ARGS, ...args], { timeout: 120_000 });
  const event = makeEvent('PROCESS_STATE_EXITED', {}, { extra: { exitstatus: 7 } });
  assert.equal(await listener.send(event), 'OK');
  assert.equal(mailbox.mails.length, 1);
  await mailbox[Symbol.asyncDispose]();
  assert.equal(await listener.send(makeEvent('PROCESS_STATE_FATAL')), 'FAIL');
  assert.deepEqual(await listener.end(), { status: 0, signal: null });
  assert.match(
    listener.stderr,
    /PROCESS_STATE_FATAL serial \d+ failed: \w+: mail not sent by .*ECONNREFUSED [\d.:]+$/m,
  );
});
