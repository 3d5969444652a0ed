/** heraldd without -n: what the user sees, what the daemon becomes, and what is refused. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { BackgroundDaemon } from './background-daemon.ts';

const AS_ROOT = { skip: process.getuid?.() === 0 ? false : 'NOT RUN: switching users takes root' };
const CHILD = `[program:x]
command=/bin/sh -c "umask; pwd; env; echo END; exec cat"
startsecs=0
stdout_logfile=%(here)s/x.out
`;

function statusField(pid: number, field: string): string | undefined {
  return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
}

/** As a writer leaves it that has gone: what he has said, and its end. */
function fillPipe(t: TestContext, path: string, text: string): void {
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(reader));
  writeFileSync(path, text);
}

test('it is a daemon when the command returns: own session, no terminal, umask, directory, pidfile', async (t) => {
  const daemon = new BackgroundDaemon(t, CHILD);
  mkdirSync(join(daemon.folder, 'work'));
  const { status, stderr } = await daemon.launch('-c', 'herald.conf', '-d', 'work', '-m', '027');
  assert.deepEqual([status, stderr], [0, '']);
  const { pid } = daemon;
  assert.equal(await daemon.client.supervisor.getPID(), pid);
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/.*\) /, '').split(' ');
  assert.deepEqual([stat[2], stat[3]], [String(pid), String(pid)], 'group and session');
  for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), '/dev/null');
  assert.equal(readlinkSync(`/proc/${pid}/cwd`), join(daemon.folder, 'work'));
  assert.equal(statusField(pid, 'Umask'), '0027');
  assert.equal(statSync(join(daemon.folder, 'herald.pid')).mode & 0o777, 0o640);
  const log = await daemon.holds('main.log', /spawned: 'x'/);
  assert.match(log, /INFO daemonizing the supervisord process\n.*INFO set current directory: 'work'\n/);
  const said = await daemon.holds('x.out', /END/);
  assert.match(said, /^0027\n/);
  assert.ok(said.includes(`\n${daemon.folder}/work\n`));
  assert.doesNotMatch(said, /HERALD_/, 'how the daemon came to be is nobody else’s business');
});

test('a relative -c still means the same file after the daemon has changed its directory', async (t) => {
  const daemon = new BackgroundDaemon(t, `${CHILD}[supervisord]\ndirectory=/\nidentifier=before\n`);
  assert.equal((await daemon.launch('-c', 'herald.conf')).status, 0);
  await daemon.holds('x.out', /END/);
  daemon.write('herald.conf', daemon.read('herald.conf').replace('identifier=before', 'identifier=after'));
  await daemon.client.supervisor.reloadConfig();
  assert.equal(await daemon.client.supervisor.getIdentification(), 'after');
  const { pid } = daemon;
  daemon.signal('SIGHUP');
  await daemon.holds('main.log', /SIGHUP[\s\S]*started with pid/);
  assert.equal(daemon.pid, pid);
  assert.equal(await daemon.client.supervisor.getIdentification(), 'after');
});

test('what is wrong is told where the user can read it, with exit status 2', async (t) => {
  const daemon = new BackgroundDaemon(t, CHILD);
  await daemon.launch('-c', 'herald.conf');
  fillPipe(t, join(daemon.folder, 'pipe.conf'), daemon.read('herald.conf'));
  for (const [words, why] of [
    [['-c', 'missing.conf'], /could not find config file missing\.conf/],
    [['-c', 'pipe.conf'], /pipe\.conf is a pipe: .* keep it in the foreground with -n\n/],
    [['-c', 'herald.conf'], /Another daemon \(pid \d+\) is already running/],
    [['-c', 'herald.conf', '-j', 'other.pid', '-l', 'other.log'], /Another program is already listening/],
    [['-c', 'herald.conf', '-j', 'other.pid', '-l', '.'], /The log file .* cannot be opened: EISDIR/],
  ] as const) {
    const { status, stderr } = await daemon.launch(...words);
    assert.deepEqual([status, why.test(stderr)], [2, true], stderr);
  }
  assert.equal(await daemon.client.supervisor.getPID(), daemon.pid, 'the first is unharmed');
});

test('after kill -9 a new daemon starts over stale socket and pidfile', async (t) => {
  const daemon = new BackgroundDaemon(t, CHILD);
  await daemon.launch('-c', 'herald.conf');
  await daemon.holds('x.out', /END/);
  const { pid } = daemon;
  daemon.signal('SIGKILL');
  const { status, stderr } = await daemon.launch('-c', 'herald.conf');
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Unlinking stale socket/);
  assert.notEqual(daemon.pid, pid);
  assert.equal(await daemon.client.supervisor.getPID(), daemon.pid);
  assert.match(
    daemon.read('main.log'),
    new RegExp(`started with pid ${pid}[\\s\\S]*started with pid ${daemon.pid}`),
  );
});

test('user= drops root in every thread before anything is made', AS_ROOT, async (t) => {
  const daemon = new BackgroundDaemon(t, `${CHILD}[supervisord]\nuser=nobody\n`);
  const { status, stderr } = await daemon.launch('-c', 'herald.conf');
  assert.deepEqual([status, stderr], [0, '']);
  const passwd = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  const [uid = '', gid = ''] = passwd?.slice(1) ?? [];
  for (const field of ['Uid', 'Gid']) {
    const expected = Array(4).fill(field === 'Uid' ? uid : gid);
    assert.deepEqual(statusField(daemon.pid, field)?.split('\t'), expected);
  }
  assert.deepEqual(statusField(daemon.pid, 'Groups')?.trim().split(' ')[0], gid);
  for (const name of ['main.log', 'herald.pid', 'herald.sock'])
    assert.equal(statSync(join(daemon.folder, name)).uid, Number(uid), name);
  const log = await daemon.holds('main.log', /spawned: 'x'/);
  assert.match(log, new RegExp(`INFO Set uid to user ${uid} succeeded`));
  assert.doesNotMatch(log, /running as root/);
});

test(
  'minfds beyond what may be had is refused, within it children get it and no more',
  AS_ROOT,
  async (t) => {
    const daemon = new BackgroundDaemon(t, CHILD.replace('umask;', 'ulimit -Sn;'));
    // A shell in between has both limits, and its user may not raise them again.
    const hard = 4096;
    const start = (minfds: number) =>
      `ulimit -n ${hard}; ulimit -Sn 1100; exec setpriv --reuid=65534 --regid=65534 --clear-groups ` +
      `${process.execPath} dist/heraldd.js -c ${daemon.folder}/herald.conf -a ${minfds}`;
    const refused = await shell(start(5000));
    assert.equal(refused.status, 2);
    assert.match(
      refused.stderr,
      /^Error: The minimum number of file descriptors required to run this process is 5000 as per the "minfds"/,
    );
    const { status, stderr } = await shell(`${start(1200)} -i me & wait $!`);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(await daemon.holds('x.out', /END/), /^1200\n/);
    assert.match(daemon.read('main.log'), /INFO Increased RLIMIT_NOFILE limit to 1200\n/);
  },
);

async function shell(script: string): Promise<{ status: number | null; stderr: string }> {
  const child = spawn('/bin/bash', ['-c', script], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { status, stderr };
}

test('a daemon with nothing to run and nothing to serve still waits for signals', async (t) => {
  const daemon = new BackgroundDaemon(t, '');
  daemon.write('herald.conf', daemon.read('herald.conf').replace(/\[unix[\s\S]*/, ''));
  assert.equal((await daemon.launch('-c', 'herald.conf')).status, 0);
  daemon.signal('SIGUSR2');
  await daemon.holds('main.log', /supervisord logreopen/);
  daemon.signal('SIGTERM');
  await daemon.gone('herald.pid');
  assert.match(daemon.read('main.log'), /received SIGTERM/);
});
