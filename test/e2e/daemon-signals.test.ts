/** Signals, and restarts in place: whatever comes, there is one daemon with one pid, or an orderly end. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { RunningDaemon, startDaemon } from './running-daemon.ts';

const CAT = '[program:x]\ncommand=/bin/cat\nstartsecs=0\n';
/** Ends once it was asked to and is allowed to, by a file `go`. */
const SLOW = `[program:slow]
command=/bin/sh -c "trap 'until [ -e go ]; do sleep 0.05; done; exit 0' TERM; echo up; while :; do sleep 0.1; done"
directory=%(here)s
startsecs=0
stopwaitsecs=60
`;

function letGo(daemon: RunningDaemon): void {
  writeFileSync(join(daemon.folder, 'go'), '');
}

const PATIENCE_MS = 60_000;

/** Its pid, once it is between two restarts for long enough to say it. */
async function answers(daemon: RunningDaemon): Promise<number> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await daemon.client().supervisor.getPID();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await setImmediate();
    }
  }
}

test('a storm of signals leaves a daemon that works', async (t) => {
  const daemon = await startDaemon(t, CAT);
  await daemon.waitFor(/success: x entered RUNNING/);
  for (let round = 0; round < 300; round++) {
    for (const signal of ['SIGUSR2', 'SIGCHLD', 'SIGPIPE', 'SIGWINCH', 'SIGCONT', 'SIGURG'] as const)
      daemon.signal(signal);
  }
  assert.equal(await daemon.client().supervisor.getPID(), daemon.pid);
  assert.equal((await daemon.client().supervisor.getProcessInfo('x')).statename, 'RUNNING');
});

test('a storm of SIGHUP ends with the daemon up, under the same pid and with no descriptor lost', async (t) => {
  const daemon = await startDaemon(t, CAT);
  await daemon.waitFor(/spawned: 'x'/);
  const restart = async (): Promise<void> => {
    const from = daemon.output.length;
    daemon.signal('SIGHUP');
    await daemon.waitFor(/received SIGHUP[\s\S]*spawned: 'x'/, from);
    await answers(daemon);
  };
  const descriptors = (): number => readdirSync(`/proc/${daemon.pid}/fd`).length;
  await restart();
  await restart();
  const before = descriptors();
  for (let round = 0; round < 20; round++) daemon.signal('SIGHUP');
  for (let round = 0; round < 6; round++) await restart();
  // Nobody knows which of the restarts was the last one, so the number is looked at until all of them are over.
  const deadline = Date.now() + PATIENCE_MS;
  while (descriptors() > before && Date.now() < deadline) await answers(daemon);
  const after = descriptors();
  assert.ok(after <= before, `${before} descriptors have become ${after}`);
  assert.equal(await answers(daemon), daemon.pid);
});

test('a second SIGTERM changes nothing, and a SIGHUP after it is ignored', async (t) => {
  const daemon = await startDaemon(t, SLOW);
  await daemon.waitFor(/up\n/);
  daemon.signal('SIGTERM');
  await daemon.waitFor(/received SIGTERM/);
  daemon.signal('SIGTERM');
  daemon.signal('SIGHUP');
  await daemon.waitFor(/ignored SIGHUP indicating restart request \(shutdown in progress\)/);
  letGo(daemon);
  assert.equal(await daemon.ended, 0);
  assert.match(daemon.output, /stopped: slow \(exit status 0\)/);
});

test('SIGTERM during a restart makes it an end', async (t) => {
  const daemon = await startDaemon(t, SLOW);
  await daemon.waitFor(/up\n/);
  daemon.signal('SIGHUP');
  await daemon.waitFor(/received SIGHUP/);
  daemon.signal('SIGTERM');
  await daemon.waitFor(/received SIGTERM/);
  letGo(daemon);
  assert.equal(await daemon.ended, 0);
  assert.equal(daemon.output.split('supervisord started with pid').length, 2, 'there was only one start');
});

test('SIGTERM at any moment of a start or a restart leads to an end, and leaves nothing behind', async (t) => {
  const daemon = await startDaemon(t, CAT);
  await daemon.client().supervisor.getPID();
  daemon.signal('SIGHUP');
  daemon.signal('SIGTERM');
  assert.equal(await daemon.ended, 0);
  for (const early of [/running without any HTTP/, /started with pid/, /RPC interface/]) {
    const next = new RunningDaemon(daemon.folder, CAT);
    t.after(() => next.end());
    await next.waitFor(early);
    next.signal('SIGTERM');
    assert.equal(await next.ended, 0);
    assert.deepEqual(daemon.files(/^herald\.(pid|sock)/), []);
  }
});

test('a configuration that can be read but not used gives way to the old one', async (t) => {
  const daemon = await startDaemon(t, CAT);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const address = taken.address();
  assert.ok(typeof address === 'object' && address !== null);
  const path = join(daemon.folder, 'herald.conf');
  const good = daemon.read('herald.conf');
  for (const [bad, why] of [
    [`${good}[inet_http_server]\nport=127.0.0.1:${address.port}\n`, /Another program is already listening/],
    [good.replace('%(here)s/main.log', '%(here)s'), /The log file .* cannot be opened: EISDIR/],
  ] as const) {
    writeFileSync(path, bad);
    const from = daemon.output.length;
    daemon.signal('SIGHUP');
    const [line] = await daemon.waitFor(/CRIT the new configuration cannot be used, going back.*\n/, from);
    assert.match(line, why);
    await daemon.waitFor(/going back[\s\S]*spawned: 'x'/, from);
    assert.match(daemon.read('main.log'), why);
    assert.equal(await daemon.client().supervisor.getPID(), daemon.pid);
  }
});

test('a reread changes the identifier at once, and neither the names nor the content of open logs', async (t) => {
  const daemon = await startDaemon(t, CAT);
  const text = daemon.read('herald.conf');
  const other = text
    .replaceAll('main.log', 'other.log')
    .replaceAll('herald.pid', 'other.pid')
    .replace('nodaemon=true', 'nodaemon=true\nidentifier=renamed\nstrip_ansi=true');
  writeFileSync(join(daemon.folder, 'herald.conf'), other);
  const { supervisor } = daemon.client();
  await supervisor.reloadConfig();
  assert.equal(await supervisor.getIdentification(), 'renamed');
  assert.match(await supervisor.readLog(0, 0), /started with pid/);
  assert.deepEqual(daemon.files(/^other/), []);
  daemon.signal('SIGTERM');
  assert.equal(await daemon.ended, 0);
  assert.deepEqual(daemon.files(/\.pid$/), []);
});
