/** What only a whole daemon can show of protocol-spec/deviations.md, and no other test holds. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { call } from '../../src/sdk/client.ts';
import { RunningDaemon, startDaemon } from './running-daemon.ts';

/** Notes all it gets in the file that is its argument. */
const LISTENER = `
const { appendFileSync } = require('node:fs');
process.stdout.write('READY\\n');
process.stdin.on('data', (data) => {
  appendFileSync(process.argv[2], data);
  process.stdout.write('RESULT 2\\nOKREADY\\n');
});
`;

test('a restart with a broken configuration does not take place, and says so', async (t) => {
  const daemon = await startDaemon(t, '[program:x]\ncommand=/bin/cat\n');
  await daemon.waitFor(/spawned: 'x'/);
  const before = await daemon.client().supervisor.getProcessInfo('x');
  writeFileSync(
    join(daemon.folder, 'herald.conf'),
    '[supervisord]\n[program:x]\ncommand=cat\nstartsecs=many\n',
  );
  const from = daemon.output.length;
  daemon.signal('SIGHUP');
  await daemon.waitFor(
    /CRIT not restarting, because the new configuration is wrong: invalid literal .*line 4, option 'startsecs'\)\n/,
    from,
  );
  const { supervisor } = daemon.client();
  assert.equal((await supervisor.getProcessInfo('x')).pid, before.pid);
  await assert.rejects(supervisor.restart(), /CANT_REREAD/);
  assert.equal((await supervisor.getProcessInfo('x')).pid, before.pid);
  assert.equal(await supervisor.getPID(), daemon.pid);
});

test('a reread waits for no pipe', async (t) => {
  const daemon = await startDaemon(t, '[include]\nfiles=*.extra\n');
  const pipe = join(daemon.folder, 'pipe.extra');
  execFileSync('mkfifo', [pipe]);
  // Its writer is there, and says nothing.
  const writer = openSync(pipe, constants.O_RDWR);
  t.after(() => closeSync(writer));
  const { supervisor } = daemon.client();
  await assert.rejects(
    supervisor.reloadConfig(),
    /CANT_REREAD: could not read .*pipe\.extra: a pipe whose text/,
  );
  await assert.rejects(supervisor.restart(), /CANT_REREAD/);
});

test('SIGUSR1 does not end the daemon', async (t) => {
  const daemon = await startDaemon(t, '');
  daemon.signal('SIGUSR1');
  await daemon.waitFor(/INFO received SIGUSR1/);
  assert.equal(await daemon.client().supervisor.getPID(), daemon.pid);
});

test('a second daemon leaves the first and its AUTO logs alone', async (t) => {
  const first = await startDaemon(t, '[program:x]\ncommand=/bin/cat\n');
  await first.waitFor(/spawned: 'x'/);
  const logs = first.files(/^x-std.*\.log$/);
  assert.equal(logs.length, 2);
  const pidfile = first.read('herald.pid');
  // The lock on the pidfile stops the second; with a pidfile of its own it is stopped by the socket.
  for (const [paths, why] of [
    [undefined, /Another daemon \(pid \d+\) is already running/],
    ['pidfile=%(here)s/other.pid\nlogfile=%(here)s/other.log\n', /Another program is already listening/],
  ] as const) {
    const second = new RunningDaemon(first.folder, '', paths);
    t.after(() => second.end());
    assert.equal(await second.ended, 2);
    assert.match(second.output, why);
  }
  assert.deepEqual(first.files(/^x-std.*\.log$/), logs);
  assert.equal(first.read('herald.pid'), pidfile);
  assert.equal(await first.client().supervisor.getPID(), first.pid);
});

test('a flood of lost events is told in a bounded number of lines', async (t) => {
  // A listener that never says READY, with room for one event.
  const daemon = await startDaemon(
    t,
    '[eventlistener:deaf]\ncommand=/bin/cat\nevents=REMOTE_COMMUNICATION\nbuffer_size=1\ndrain_timeout=0\n',
  );
  const sends = Array.from({ length: 101 }, (_, n) => call('supervisor.sendRemoteCommEvent', 'n', String(n)));
  await daemon.client().multicall(sends);
  daemon.signal('SIGTERM');
  assert.equal(await daemon.ended, 0);
  const lines = daemon.output
    .split('\n')
    .filter((line) => line.includes('pool deaf event buffer overflowed'));
  assert.equal(lines.length, 11);
  assert.match(lines[10] ?? '', /discarded 90 more events between \d+ and \d+ \(deaf is \w+\)/);
});

test('listeners hear of every stop, whatever their priority says', async (t) => {
  const daemon = await startDaemon(
    t,
    '[program:x]\ncommand=/bin/cat\npriority=1\n' +
      '[eventlistener:l]\ncommand=node %(here)s/listener.cjs %(here)s/heard\npriority=2000\ndrain_timeout=60\n' +
      'events=PROCESS_STATE_STOPPED,PROCESS_STATE_RUNNING\n',
    { 'listener.cjs': LISTENER },
  );
  await daemon.waitFor(/success: x entered RUNNING/);
  await daemon.waitFor(/success: l entered RUNNING/);
  daemon.signal('SIGTERM');
  assert.equal(await daemon.ended, 0);
  assert.match(daemon.read('heard'), /eventname:PROCESS_STATE_STOPPED len:\d+\nprocessname:x /);
});

test('programs of one priority stop at the same time', async (t) => {
  // Each waits for the other one's end to have begun: one after the other, both would need a SIGKILL.
  const program = (own: string, other: string) =>
    `[program:${own}]\ncommand=/bin/sh %(here)s/meet.sh %(here)s/${own} %(here)s/${other}\nstopwaitsecs=60\n`;
  const daemon = await startDaemon(t, program('a', 'b') + program('b', 'a'), {
    'meet.sh':
      `trap 'touch "$1"; until [ -e "$2" ]; do sleep 0.05; done; exit 0' TERM\n` +
      'while :; do sleep 0.05; done\n',
  });
  await daemon.waitFor(/success: a entered RUNNING/);
  await daemon.waitFor(/success: b entered RUNNING/);
  daemon.signal('SIGTERM');
  assert.equal(await daemon.ended, 0);
  assert.doesNotMatch(daemon.output, /SIGKILL/);
  assert.match(daemon.output, /stopped: a \(exit status 0\)/);
  assert.match(daemon.output, /stopped: b \(exit status 0\)/);
});

test('the logs of a stopped process can be cleared', async (t) => {
  const daemon = await startDaemon(
    t,
    '[program:x]\ncommand=/bin/echo hello\nstartsecs=0\nautorestart=false\nstdout_logfile=%(here)s/x.log\n',
  );
  await daemon.waitFor(/exited: x \(exit status 0; expected\)/);
  assert.equal(daemon.read('x.log'), 'hello\n');
  assert.equal(await daemon.client().supervisor.clearProcessLogs('x'), true);
  assert.equal(daemon.read('x.log'), '');
});
