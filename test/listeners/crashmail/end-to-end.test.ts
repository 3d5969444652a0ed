/** heraldd as it is built, with crashmail as it is built, and a mail server. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { createClient } from 'herald/client';
import { freePort } from '../../fixtures/free-port.ts';
import { DIST, Heraldd, untilHolds } from '../../interop/heraldd-daemon.ts';
import { startSupervisord } from '../../interop/supervisord-daemon.ts';
import { needs } from '../../peers.ts';
import { openMailbox } from './mailbox.ts';

const CRASHMAIL = path.join(DIST, 'listeners/crashmail.js');

function crashmail(port: number): string {
  return `
[eventlistener:crashmail]
command=${process.execPath} ${CRASHMAIL} --to ops@example.org --smtp-host 127.0.0.1:${port} --smtp-security none
events=PROCESS_STATE_EXITED,PROCESS_STATE_FATAL
extended=true
stderr_logfile=FOLDER/crashmail.err
`;
}

const VICTIM = `
[program:victim]
command=/bin/sh -c 'echo last words of victim, ünïcode; echo complaint >&2; exec sleep 600'
startsecs=0
autorestart=false
stdout_logfile=FOLDER/victim.out
stderr_logfile=FOLDER/victim.err
`;

async function kill(daemon: Heraldd, name: string): Promise<number> {
  const { pid } = await daemon.client.supervisor.getProcessInfo(name);
  process.kill(pid, 'SIGKILL');
  return pid;
}

test('kill -9: exactly one mail, with signal, pid, host and the last lines', {
  timeout: 180_000,
}, async () => {
  await using mailbox = await openMailbox();
  await using daemon = await Heraldd.start(crashmail(mailbox.port) + VICTIM);
  await daemon.logged('success: victim entered RUNNING state');
  await untilHolds(daemon.folder, 'victim.err', (text) => text.includes('complaint'));
  const pid = await kill(daemon, 'victim');
  await mailbox.received(1);
  const [mail] = mailbox.mails;
  assert.equal(mail?.subject, `victim:victim was ended by SIGKILL on ${os.hostname()}`);
  const body = mail?.body ?? '';
  assert.match(body, new RegExp(`\nPid {9}${pid}\n`));
  assert.match(body, new RegExp(`\nHost {8}${os.hostname()}\n`));
  assert.match(body, /\nTime {8}\d{4}-\d\d-\d\dT[\d:.]+Z\n/);
  assert.match(body, /\nFrom state {2}RUNNING\n/);
  assert.match(body, /\nLast lines of stdout:\n {2}last words of victim, ünïcode\n/);
  assert.match(body, /\nLast lines of stderr:\n {2}complaint\n/);
  // An orderly stop is no crash: if it were mailed, the second mail would be about it.
  await daemon.client.supervisor.startProcess('victim');
  await daemon.client.supervisor.stopProcess('victim');
  await daemon.client.supervisor.startProcess('victim');
  await kill(daemon, 'victim');
  await mailbox.received(2);
  assert.equal(mailbox.mails[1]?.subject, mail?.subject);
  assert.equal(mailbox.mails.length, 2);
});

test('a program that cannot be started: one mail that says why', { timeout: 180_000 }, async () => {
  await using mailbox = await openMailbox();
  await using daemon = await Heraldd.start(`${crashmail(mailbox.port)}
[program:nofile]
command=/no/such/program
startretries=0
`);
  await mailbox.received(1);
  assert.match(
    mailbox.mails[0]?.subject ?? '',
    /^nofile:nofile cannot be started and was given up: .*\/no\/such\/program/,
  );
  await daemon.logged('entered FATAL state');
  assert.equal(mailbox.mails.length, 1);
});

test('a shutdown is no failure, and the mail about what it gives up says that', {
  timeout: 180_000,
}, async () => {
  await using mailbox = await openMailbox();
  await using daemon = await Heraldd.start(`${crashmail(mailbox.port)}
[program:waits]
command=/no/such/program
startretries=1000
`);
  await daemon.logged('success: crashmail entered RUNNING state');
  await daemon.client.supervisor.shutdown();
  await mailbox.received(1);
  const [mail] = mailbox.mails;
  assert.match(
    mail?.subject ?? '',
    /^waits:waits had not come up when the daemon was shut down: .*\/no\/such\/program/,
  );
  assert.match(mail?.body ?? '', /\nNot known {3}more, for the daemon was shutting down$/m);
  await daemon.logged('stopped: crashmail (exit status 0)');
  assert.equal(
    await readFile(path.join(daemon.folder, 'crashmail.err'), 'utf8'),
    'crashmail: mailed about waits:waits (PROCESS_STATE_FATAL, serial 0) to ops@example.org\n',
  );
});

test('the mail server is down for a while: the mail arrives once it is up', {
  timeout: 180_000,
}, async () => {
  const port = await freePort();
  await using daemon = await Heraldd.start(crashmail(port) + VICTIM);
  await daemon.logged('success: victim entered RUNNING state');
  await kill(daemon, 'victim');
  // Three refusals: the event was sent, sent again at once, and sent again after a second.
  await untilHolds(daemon.folder, 'crashmail.err', (text) => text.split('ECONNREFUSED').length > 3);
  await using mailbox = await openMailbox({}, port);
  await mailbox.received(1);
  assert.match(mailbox.mails[0]?.subject ?? '', /^victim:victim was ended by SIGKILL/);
  assert.equal(mailbox.mails.length, 1);
  assert.match(await readFile(path.join(daemon.folder, 'crashmail.err'), 'utf8'), /failed: .*ECONNREFUSED/);
});

test('under supervisord it says what supervisord knows', {
  ...needs('supervisord'),
  timeout: 180_000,
}, async () => {
  await using mailbox = await openMailbox();
  const sections = (crashmail(mailbox.port) + VICTIM).replace('extended=true\n', 'startsecs=0\n');
  await using daemon = await startSupervisord(sections, 'success: victim entered RUNNING state');
  await untilHolds(daemon.folder, 'victim.err', (text) => text.includes('complaint'));
  const { pid } = await createClient({ url: daemon.url }).supervisor.getProcessInfo('victim');
  process.kill(pid, 'SIGKILL');
  await mailbox.received(1);
  assert.equal(mailbox.mails[0]?.subject, `victim:victim was ended by a signal on ${os.hostname()}`);
  assert.match(mailbox.mails[0]?.body ?? '', /\n {2}last words of victim, ünïcode\n/);
});
