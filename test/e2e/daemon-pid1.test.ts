/** heraldd as PID 1 of a namespace, as in a container. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { ROOT } from './watched-program.ts';

const UNSHARE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const works = spawnSync('unshare', [...UNSHARE, 'true']).status === 0;
const NEEDED = works ? false : 'NOT RUN: a PID namespace takes root and unshare(1)';
const ORPHANS = 1000;

test('as PID 1 it reaps a thousand orphans, and SIGTERM ends it', { skip: NEEDED }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // Each turn leaves an orphan that dies at once; at the end all that is left of them is counted.
  const script = `i=0; while [ $i -lt ${ORPHANS} ]; do (true &); i=$((i+1)); done; echo MADE; exec cat`;
  writeFileSync(join(folder, 'x.sh'), script);
  writeFileSync(
    join(folder, 'h.conf'),
    `[supervisord]\nnodaemon=true\nloglevel=debug\nlogfile=${folder}/h.log\npidfile=${folder}/h.pid\n` +
      `childlogdir=${folder}\n[program:x]\ncommand=/bin/sh ${folder}/x.sh\nstartsecs=0\n`,
  );
  const words = [...UNSHARE, process.execPath, join(ROOT, 'dist/heraldd.js'), '-c', join(folder, 'h.conf')];
  const child = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let signalled = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const reaped = output.split('reaped unknown pid').length - 1;
    if (signalled || reaped < ORPHANS) return;
    signalled = true;
    process.kill(daemonIn(child.pid ?? 0), 'SIGTERM');
  });
  const [status] = await once(child, 'exit');
  assert.equal(status, 0, output.slice(-2000));
  assert.match(output, /supervisord started with pid 1\n/);
  assert.match(output, /reaped unknown pid \d+ \(exit status 0\)/);
  assert.match(output, /received SIGTERM indicating exit request/);
});

/** The pid outside of what is PID 1 inside. */
function daemonIn(unshare: number): number {
  return Number(readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'latin1').trim());
}
