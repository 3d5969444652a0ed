import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { AlreadyRunningError, claimPidfile } from '../../src/host/single-instance.ts';
import { ownDevice } from '../fixtures/own-device.ts';

function pidfileName(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'herald-pid-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'd.pid');
}

/** Another process that claims the pidfile and lives on. */
async function otherDaemon(t: TestContext, path: string): Promise<ChildProcess> {
  const code = `
    import { claimPidfile } from ${JSON.stringify(new URL('../../src/host/single-instance.ts', import.meta.url).href)};
    claimPidfile(${JSON.stringify(path)}).write(process.pid);
    process.stdin.resume();
    console.log('claimed');`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await once(createInterface(child.stdout), 'line');
  assert.equal(line, 'claimed');
  return child;
}

test('a pidfile is written, and removed by its owner', (t) => {
  const path = pidfileName(t);
  const claim = claimPidfile(path);
  claim.write(process.pid);
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
  claim.release();
  claim.release();
  assert.equal(existsSync(path), false);
});

test('a second daemon is refused while the first lives, and leaves it alone', async (t) => {
  const path = pidfileName(t);
  const first = await otherDaemon(t, path);
  assert.throws(
    () => claimPidfile(path),
    (error) =>
      error instanceof AlreadyRunningError && error.pid === first.pid && error.message.includes(`'${path}'`),
  );
  assert.equal(readFileSync(path, 'utf8'), `${first.pid}\n`);
  first.kill('SIGKILL');
  await once(first, 'exit');
  // kill -9 left the file behind; it hinders nobody.
  const claim = claimPidfile(path);
  claim.write(1);
  assert.equal(readFileSync(path, 'utf8'), '1\n');
  claim.release();
});

test('a stale file whose number belongs to another living process does not count', (t) => {
  const path = pidfileName(t);
  writeFileSync(path, `${process.ppid}\n`);
  const claim = claimPidfile(path);
  claim.write(process.pid);
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
  claim.release();
});

test('what others have put there is not removed', (t) => {
  const path = pidfileName(t);
  const claim = claimPidfile(path);
  claim.write(123);
  writeFileSync(path, '456\n');
  claim.release();
  assert.equal(readFileSync(path, 'utf8'), '456\n');

  const second = claimPidfile(path);
  second.write(123);
  rmSync(path);
  writeFileSync(path, '123\n');
  second.release();
  assert.ok(existsSync(path), 'the same number in another file');
});

test('a claim that was never written leaves things as they were', (t) => {
  const path = pidfileName(t);
  claimPidfile(path).release();
  assert.equal(existsSync(path), false);
  writeFileSync(path, 'old\n');
  claimPidfile(path).release();
  assert.equal(readFileSync(path, 'utf8'), 'old\n');
});

test('what cannot be a pidfile has a code; a device is written and left', (t) => {
  assert.throws(() => claimPidfile('/nonexistent/x.pid'), { code: 'ENOENT' });
  assert.throws(() => claimPidfile(tmpdir()), { code: 'EISDIR' });
  const device = ownDevice(dirname(pidfileName(t)), 'null');
  const claim = claimPidfile(device);
  claim.write(1);
  claim.release();
  assert.ok(statSync(device).isCharacterDevice());
});
