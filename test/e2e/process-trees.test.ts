/** Programs that have children and grandchildren: who is left of them after a stop. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { type RunningDaemon, startDaemon } from './running-daemon.ts';

/** Says that it is there, with its pid, and ends on SIGTERM when it has a word for that. */
const WORKER = `
const [word] = process.argv.slice(2);
process.on('SIGTERM', () => {
  if (word !== undefined) setTimeout(() => (console.log(word), process.exit(0)), 200);
});
setInterval(() => undefined, 60_000);
console.log('worker ' + process.pid);
`;
const PACKAGE = JSON.stringify({
  name: 'tree',
  version: '1.0.0',
  scripts: { start: 'node worker.js bye; true' },
});
const npm = spawnSync('npm', ['--version'], { stdio: 'ignore' }).status === 0;

function program(name: string, command: string, options = ''): string {
  return `[program:${name}]\ncommand=${command}\nstartsecs=0\ndirectory=%(here)s\nstdout_logfile=%(here)s/${name}.out\n${options}`;
}

/** The worker of a program, once it is there. Ends with the test if it is left. */
async function workerOf(t: TestContext, daemon: RunningDaemon, name: string): Promise<number> {
  const [, pid] = await daemon.waitFor(new RegExp(`'${name}' stdout output:\\n(?:.*\\n)*?worker (\\d+)\\n`));
  t.after(() => {
    if (lives(Number(pid))) process.kill(Number(pid), 'SIGKILL');
  });
  return Number(pid);
}

function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    // There is no such process.
    return false;
  }
}

function groupOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

test('npm, its shell and the node behind it: a stop leaves none, and hears the last word', {
  skip: !npm && 'NOT RUN: there is no npm',
}, async (t) => {
  const daemon = await startDaemon(t, program('web', 'npm start', 'stopasgroup=true\nstopwaitsecs=60\n'), {
    'worker.js': WORKER,
    'package.json': PACKAGE,
  });
  const worker = await workerOf(t, daemon, 'web');
  const { supervisor } = daemon.client();
  const { pid } = await supervisor.getProcessInfo('web');
  assert.notEqual(worker, pid);
  assert.equal(groupOf(worker), pid);
  await supervisor.stopProcess('web');
  assert.equal(lives(worker), false);
  assert.equal((await supervisor.getProcessInfo('web')).statename, 'STOPPED');
  assert.match(readFileSync(join(daemon.folder, 'web.out'), 'utf8'), /bye\n/);
});

/** A shell that goes at once, and leaves somebody who does not. */
const LEAVES = `/bin/sh -c "trap 'exit 0' TERM; %s ${process.execPath} worker.js & wait"`;

test('a leader that goes at once: who is deaf behind it gets SIGKILL, and only then it is STOPPED', async (t) => {
  // Long enough for the shells to be gone by then.
  const options = 'stopwaitsecs=5\n';
  const daemon = await startDaemon(
    t,
    program('both', LEAVES.replace('%s', ''), `${options}stopasgroup=true\n`) +
      program('kill', LEAVES.replace('%s', ''), `${options}killasgroup=true\n`) +
      program('alone', LEAVES.replace('%s', ''), options) +
      program('away', LEAVES.replace('%s', 'setsid'), `${options}stopasgroup=true\n`),
    { 'worker.js': WORKER },
  );
  const names = ['both', 'kill', 'alone', 'away'];
  const workers: number[] = [];
  for (const name of names) workers.push(await workerOf(t, daemon, name));
  await daemon.client().supervisor.stopAllProcesses();
  // Who is not in the group is out of reach; who is, is none of our business unless somebody has said so.
  assert.deepEqual(workers.map(lives), [false, false, true, true]);
  for (const name of ['both', 'kill']) {
    // What the daemon prints and what it answers come on two ways.
    await daemon.waitFor(
      new RegExp(
        `WARN ${name} \\(pid \\d+\\) has ended, but not all of its process group\\n.* WARN killing '${name}' \\(\\d+\\) with SIGKILL\\n(?:.*\\n)*.*stopped: ${name} \\(exit status 0\\)`,
      ),
    );
  }
  assert.doesNotMatch(daemon.output, /(?:alone|away) \(pid \d+\) has ended/);
});

test('a shutdown waits for the whole tree, too', async (t) => {
  const daemon = await startDaemon(
    t,
    program(
      'web',
      LEAVES.replace('%s', '').replace('worker.js', 'worker.js bye'),
      'stopasgroup=true\nstopwaitsecs=60\n',
    ),
    { 'worker.js': WORKER },
  );
  const worker = await workerOf(t, daemon, 'web');
  daemon.signal('SIGTERM');
  assert.equal(await daemon.ended, 0);
  assert.equal(lives(worker), false);
  assert.match(daemon.output, /bye\n/);
  assert.doesNotMatch(daemon.output, /with SIGKILL/);
});
