import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { leftovers, pidsOf, RunningDemo } from './running-demo.ts';
import { shell } from './shell.ts';

/** Longer than what the demo takes for the echo of one Ctrl-C. */
const SECOND_THOUGHT_MS = 1200;

function start(
  t: TestContext,
  words: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): RunningDemo {
  const demo = new RunningDemo(words, environment);
  t.after(() => demo.end());
  return demo;
}

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

test('the demo prints typed events and a mail, each line it shows works, and Ctrl-C leaves nothing', async (t) => {
  const demo = start(t);
  const folder = await demo.folder();
  const commands = await demo.commands();
  const find = (part: string) => commands.find((line) => line.includes(part)) ?? assert.fail(`no ${part}`);

  await demo.waitFor(/event {3}steady: STARTING -> RUNNING/);
  await demo.waitFor(/event {3}PROCESS_COMMUNICATION_STDOUT from steady: "2 heartbeats so far"/);
  await demo.waitFor(/event {3}broken: BACKOFF -> FATAL \(Exited too quickly/);
  await demo.waitFor(
    /mail {4}to oncall@example\.org: broken:broken cannot be started[\s\S]*cannot read \/etc\/broken/,
  );
  assert.equal(commands.length, 6);

  const senders = ['herald.js', ...['curl', 'python3'].filter(isThere)];
  for (const sender of senders) {
    const from = demo.output.length;
    const said = await shell(find(`${sender} `));
    assert.doesNotMatch(said, /fault|error/i);
    await demo.waitFor(/event {3}REMOTE_COMMUNICATION of type DEPLOY_DONE: "version 1\.2 from \w+/, from);
  }
  for (const sender of ['curl', 'python3']) {
    if (!isThere(sender)) t.diagnostic(`${sender} is not there: its line was not tried`);
  }
  assert.match(await shell(find(' status')), /broken +FATAL[\s\S]*printer +RUNNING[\s\S]*steady +RUNNING/);
  const from = demo.output.length;
  assert.match(await shell(find(' stop steady')), /^steady: stopped/);
  await demo.waitFor(/event {3}steady: STOPPING -> STOPPED/, from);
  await demo.waitFor(/event {3}flaky ended with status 3, which nobody expected/);
  assert.match(await shell(find(' tail flaky stderr')), /lost the connection/);

  const [, page = ''] = await demo.waitFor(/web page: (\S+)/);
  const answer = await fetch(page);
  assert.match(await answer.text(), /data-process="broken" data-state="FATAL"[\s\S]*data-process="steady"/);

  demo.signal('SIGINT');
  assert.equal(await demo.ended, 0);
  assert.match(demo.output, /event {3}flaky: STOPPING -> STOPPED\n[\s\S]*nothing is left\n$/);
  assert.deepEqual(leftovers(folder), []);
  await assert.rejects(fetch(page));
  assert.ok(!demo.output.includes('\x1b'), 'no colours without a terminal');
});

test('--for ends the demo by itself, with a blank in the path of its folder', async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'herald demo test '));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  const demo = start(t, ['--for', '0.5'], { TMPDIR: parent });
  await demo.waitFor(/event {3}the daemon is up/);
  await demo.waitFor(/event {3}steady: STOPPED -> STARTING/);
  assert.equal(await demo.ended, 0);
  const folder = /folder (.*)/.exec(demo.output)?.[1] ?? assert.fail(demo.output);
  assert.deepEqual(leftovers(folder), []);
});

test('SIGTERM ends it although a program ignores its own', async (t) => {
  const demo = start(t);
  const folder = await demo.folder();
  await demo.waitFor(/steady: STARTING -> RUNNING/);
  // A process that is held by SIGSTOP takes no SIGTERM; it goes after stopwaitsecs, by SIGKILL.
  for (const pid of pidsOf(folder, /steady\.sh/)) process.kill(pid, 'SIGSTOP');
  demo.signal('SIGTERM');
  assert.equal(await demo.ended, 0);
  assert.match(demo.output, /steady: STOPPING -> STOPPED/);
  assert.deepEqual(leftovers(folder), []);
});

test('a second Ctrl-C ends it at once, even when the daemon does not answer', async (t) => {
  const demo = start(t);
  const folder = await demo.folder();
  process.kill(await demo.daemonPid(), 'SIGSTOP');
  demo.signal('SIGINT');
  await demo.waitFor(/ending/);
  await sleep(SECOND_THOUGHT_MS);
  demo.signal('SIGINT');
  assert.equal(await demo.ended, 130);
  assert.deepEqual(leftovers(folder), []);
});

test('the echo of a Ctrl-C, as npm sends it, is not a second one', async (t) => {
  const demo = start(t);
  const folder = await demo.folder();
  demo.signal('SIGINT');
  demo.signal('SIGINT');
  assert.equal(await demo.ended, 0);
  assert.deepEqual(leftovers(folder), []);
});

test('a daemon that is killed ends the demo with status 1, and its programs with it', async (t) => {
  const demo = start(t);
  const folder = await demo.folder();
  await demo.waitFor(/steady: STARTING -> RUNNING/);
  process.kill(await demo.daemonPid(), 'SIGKILL');
  assert.equal(await demo.ended, 1);
  assert.match(demo.output, /error {3}heraldd has ended: SIGKILL/);
  assert.deepEqual(leftovers(folder), []);
});

test('Ctrl-C in the middle of the start is a clean end', async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'herald-demo-test-'));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  const demo = start(t, [], { TMPDIR: parent });
  // The first line comes from a listener, before the demo itself says that it is up.
  await demo.waitFor(/the daemon is up/);
  demo.signal('SIGINT');
  assert.equal(await demo.ended, 0);
  assert.ok(!demo.output.includes('error '), demo.output);
});

test('a start that fails says why in one line, without a stack, and leaves nothing', async (t) => {
  const nowhere = start(t, [], { TMPDIR: '/nonexistent' });
  assert.equal(await nowhere.ended, 1);
  assert.match(nowhere.output, /^\S+ error {3}ENOENT: no such file or directory.*\n$/);
  const wrong = start(t, ['--for', 'ever']);
  assert.equal(await wrong.ended, 2);
  assert.match(wrong.output, /^usage: /);
});

test('a port that is taken is no end: another one is tried, and after five the reason is told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-demo-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // Takes the place of heraldd: it finds its port taken as often as the file says.
  const fake = `
    const { readFileSync, writeFileSync } = require('node:fs');
    const left = Number(readFileSync('${folder}/refusals'));
    writeFileSync('${folder}/refusals', String(left - 1));
    if (left <= 0) { console.log('up'); setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit()); }
    else { console.error('Error: Another program is already listening on a port that is ours'); process.exit(2); }`;
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist', 'heraldd.js'), fake);
  chmodSync(join(folder, 'dist', 'heraldd.js'), 0o755);
  const { startDaemon } = await import(new URL('../../examples/demo/daemon.mjs', import.meta.url).href);
  const attempt = (refusals: number, ports: Set<number>) => {
    writeFileSync(join(folder, 'refusals'), String(refusals));
    return startDaemon({
      dist: join(folder, 'dist'),
      folder,
      smtpPort: 1,
      onLine: () => undefined,
      mayStart: () => true,
      onSpawned: ({ port }: { port: number }) => ports.add(port),
    });
  };
  const tried = new Set<number>();
  const daemon = await attempt(2, tried);
  assert.equal(tried.size, 3);
  await daemon.stop();
  await assert.rejects(
    attempt(9, new Set()),
    /^Error: heraldd did not start: Error: Another program is already/,
  );
  assert.deepEqual(leftovers(folder), [folder]);
});

test('mails are shown as they were meant', async () => {
  const { readMail } = await import(new URL('../../examples/demo/mail-sink.mjs', import.meta.url).href);
  const mail = (head: string, body: string) => readMail(`${head}\n\n${body}`.replaceAll('\n', '\r\n'));
  assert.deepEqual(mail('Subject: plain\n and folded', 'a\nb\n'), {
    subject: 'plain and folded',
    text: 'a\nb',
  });
  assert.deepEqual(
    mail(
      'Subject: =?UTF-8?Q?na=C3=AFve_=E2=80=A6?=\nContent-Transfer-Encoding: quoted-printable',
      'a=\nb=C3=AF',
    ),
    {
      subject: 'naïve …',
      text: 'abï',
    },
  );
  assert.deepEqual(
    mail('Subject: =?UTF-8?B?w68=?= =?UTF-8?B?w68=?=\nContent-Transfer-Encoding: base64', 'w68K'),
    {
      subject: 'ïï',
      text: 'ï',
    },
  );
});
