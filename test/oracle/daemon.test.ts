import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Daemon, lives, sessionOf } from './daemon.ts';

// The outer shell ends when the inner one, in a session of its own, has told its pid.
const LEAVES_ONE_BEHIND =
  'mkfifo told; setsid sh -c \'echo $$ > told; exec sleep 600\' > /dev/null 2>&1 & read pid < told; echo "$pid"';

test('a daemon in the background that never tells its pid is found and ended', {
  timeout: 60_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-daemon-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const daemon = new Daemon(['/bin/sh', '-c', LEAVES_ONE_BEHIND], folder);
  daemon.expectOneInBackground();
  const { ended, stdout, stderr } = await daemon.run([]);
  const pid = Number(stdout);
  t.after(() => lives(pid) && process.kill(pid, 'SIGKILL'));
  assert.deepEqual([ended, stderr, sessionOf(pid)], ['status 0', '', pid]);
  await daemon.destroy();
  // The signal has been sent, and nobody tells us when the kernel is done with it.
  while (lives(pid)) await pause(5);
});
