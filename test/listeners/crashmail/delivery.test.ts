import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { DeliveryError, sendMail } from '../../../listeners/crashmail/delivery.ts';
import type { SmtpSecurity } from '../../../listeners/crashmail/options.ts';
import { openMailbox, readMail } from './mailbox.ts';

/** Longer than a mail takes on the busiest machine. */
const PATIENCE_MS = 60_000;

const MAIL = {
  from: 'crashmail@host1',
  to: ['ops@example.org'],
  subject: 'web:web_00 was ended by SIGKILL on höst1',
  text: 'Grüße\n.\nnext line\n',
  messageId: '<crashmail.0@host1>',
};

function smtp(port: number, security: SmtpSecurity = 'none') {
  return { kind: 'smtp', host: '127.0.0.1', port, security, auth: undefined } as const;
}

function sh(script: string, ...args: readonly string[]) {
  return { kind: 'sendmail', file: '/bin/sh', args: ['-c', script, 'sh', ...args] } as const;
}

function smtpError(responseCode: number): Error {
  return Object.assign(new Error('not now'), { responseCode });
}

test('a mail is plain text in UTF-8 with its message id', async () => {
  await using mailbox = await openMailbox();
  assert.deepEqual(await sendMail(MAIL, smtp(mailbox.port), PATIENCE_MS), { postponed: [], refused: [] });
  const [mail] = mailbox.mails;
  assert.equal(mail?.subject, MAIL.subject);
  assert.equal(mail?.body.trimEnd(), MAIL.text.trimEnd());
  assert.match(mail?.raw ?? '', /^Content-Type: text\/plain; charset=utf-8\r$/m);
  assert.match(mail?.raw ?? '', /^Message-ID: <crashmail\.0@host1>\r$/m);
  assert.match(mail?.raw ?? '', /^Auto-Submitted: auto-generated\r$/m);
});

test('a server that says "later" or "never" is an error with its words', async () => {
  for (const code of [451, 554]) {
    await using mailbox = await openMailbox({
      onMailFrom: (_address, _session, callback) => callback(smtpError(code)),
    });
    await assert.rejects(sendMail(MAIL, smtp(mailbox.port), PATIENCE_MS), (error) => {
      assert.ok(error instanceof DeliveryError);
      assert.match(
        error.message,
        new RegExp(`^mail not sent by 127\\.0\\.0\\.1:\\d+ \\(no encryption\\): .*${code} not now`),
      );
      return true;
    });
    assert.equal(mailbox.mails.length, 0);
  }
});

test('a server that takes the text and refuses it at the end has not taken it', async () => {
  await using mailbox = await openMailbox({
    onData(stream, _session, callback) {
      stream.resume().once('end', () => callback(smtpError(452)));
    },
  });
  await assert.rejects(sendMail(MAIL, smtp(mailbox.port), PATIENCE_MS), /452 not now/);
});

test('recipients that are refused are told from those that are put off', async () => {
  await using mailbox = await openMailbox({
    onRcptTo({ address }, _session, callback) {
      if (address.startsWith('later')) callback(smtpError(450));
      else if (address.startsWith('never')) callback(smtpError(550));
      else callback();
    },
  });
  const to = ['ops@example.org', 'later@example.org', 'never@example.org'];
  const receipt = await sendMail({ ...MAIL, to }, smtp(mailbox.port), PATIENCE_MS);
  assert.deepEqual(receipt.postponed, ['later@example.org']);
  assert.equal(receipt.refused.length, 1);
  assert.match(receipt.refused[0] ?? '', /^never@example\.org: .*550 not now/);
  assert.deepEqual(mailbox.mails[0]?.to, ['ops@example.org']);
});

test('nobody listens', async () => {
  const firstPortOfAll = 1;
  await assert.rejects(sendMail(MAIL, smtp(firstPortOfAll), PATIENCE_MS), /ECONNREFUSED/);
});

test('STARTTLS that is required and not offered: nothing is sent', async () => {
  await using mailbox = await openMailbox({ disabledCommands: ['STARTTLS', 'AUTH'] });
  await assert.rejects(sendMail(MAIL, smtp(mailbox.port, 'starttls'), PATIENCE_MS), DeliveryError);
  assert.equal(mailbox.mails.length, 0);
});

test('TLS with a certificate that nobody vouches for: nothing is sent', async () => {
  await using mailbox = await openMailbox({ disabledCommands: ['AUTH'] });
  await assert.rejects(sendMail(MAIL, smtp(mailbox.port, 'starttls'), PATIENCE_MS), /certificate/);
  assert.equal(mailbox.mails.length, 0);
});

test('a server that is silent, and one that falls silent, run out of time', async () => {
  for (const greeting of ['', '220 hello\r\n']) {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      if (greeting !== '') socket.write(greeting);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await assert.rejects(sendMail(MAIL, smtp(port), 150), DeliveryError);
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
});

test('a server that sends its answers a byte at a time is cut off by the limit for the whole', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    const drip = setInterval(() => socket.write('2'), 20);
    socket.once('close', () => clearInterval(drip));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await assert.rejects(sendMail(MAIL, smtp(port), 200), DeliveryError);
  server.close();
  await once(server, 'close');
});

test('sendmail gets the whole mail on stdin, recipients in its headers', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'crashmail-'));
  try {
    const file = path.join(folder, 'mail');
    await sendMail(MAIL, sh('cat > "$1"', file), PATIENCE_MS);
    const raw = await readFile(file, 'utf8');
    assert.match(raw, /^To: ops@example\.org$/m);
    assert.match(raw, /^From: crashmail@host1$/m);
    assert.equal(readMail(raw).subject, MAIL.subject);
    assert.equal(readMail(raw).body.trimEnd(), MAIL.text.trimEnd());
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the exit status of sendmail counts, and its complaint is told', async () => {
  await assert.rejects(
    sendMail(MAIL, sh('cat > /dev/null; echo queue is full >&2; exit 75'), PATIENCE_MS),
    /exit status 75: queue is full$/,
  );
  await assert.rejects(sendMail(MAIL, sh('exit 1'), PATIENCE_MS), /exit status 1$/);
  await assert.rejects(sendMail(MAIL, sh('kill -9 $$'), PATIENCE_MS), /ended by SIGKILL$/);
});

test('a sendmail that is not there, and one that hangs', async () => {
  const missing = { kind: 'sendmail', file: '/no/such/sendmail', args: [] } as const;
  await assert.rejects(sendMail(MAIL, missing, PATIENCE_MS), /ENOENT/);
  await assert.rejects(sendMail(MAIL, sh('exec sleep 600'), 150), /not done within 0\.15 s/);
});
