import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../src/host/clock.ts';
import { bind } from '../../src/host/libc/library.ts';
import { createProcesses } from '../../src/host/processes.ts';
import { lookupUser } from '../../src/host/users.ts';
import { createBulkWork } from '../../src/supervisor/bulk-work.ts';
import { ownDescriptors } from '../fixtures/own-descriptors.ts';
import { record, request, runFixture, shell } from './recorded-child.ts';

const needsRoot = process.getuid?.() === 0 ? false : 'NOT TESTED: switching users needs root';
const user = lookupUser('nobody');

/** Runs its arguments where the kernel forbids programs in memory, which it does for a pid namespace. */
const FORBIDDING = ['sh', '-c', 'echo 2 >/proc/sys/vm/memfd_noexec && exec "$@"', 'sh'];
const NAMESPACES = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const WITHOUT_MEMORY_PROGRAMS =
  spawnSync('unshare', [...NAMESPACES, ...FORBIDDING, 'true']).status === 0
    ? false
    : 'NOT TESTED: vm.memfd_noexec takes root, unshare(1) and Linux 6.3';

const processes = createProcesses({
  clock: systemClock,
  bulk: createBulkWork(systemClock),
  reapedUnknown: () => undefined,
  patienceMs: 20,
});
// What is written here is for another user, whoever runs the test.
process.umask(0o022);
const folder = mkdtempSync(join(tmpdir(), 'herald-another-user-'));
chmodSync(folder, 0o755);
after(() => {
  processes.close();
  rmSync(folder, { recursive: true });
});

describe('a child of another user', { skip: needsRoot }, () => {
  test('has nothing of the way it was started: descriptors, signals, group, arguments, environment', async () => {
    const long = 'x'.repeat(100_000);
    const env = new Map([
      ['PATH', '/usr/bin:/bin'],
      ['LONG', `ä${long}`],
    ]);
    const script = [
      'cat /proc/self/status /proc/self/stat',
      'for f in /proc/$$/fd/*; do [ -e "$f" ] && echo "fd $f"; done',
      'echo "$0|$#|$1|$2|$LONG|$(pwd)|$(umask)"',
    ].join('\n');
    const argv = ['/bin/sh', '-c', script, 'zero', `ü${long}`, ''];
    const child = record(processes, request(argv, { env, user, directory: '/usr', umask: 0o27 }));
    const { pid } = child.child;
    assert.deepEqual(await child.exited, { kind: 'exited', code: 0 });
    await child.sealed;
    const text = Buffer.from(child.text('stdout'), 'latin1').toString();
    assert.match(text, /^SigBlk:\t0{16}$/m);
    assert.match(text, /^SigIgn:\t0{16}$/m);
    assert.match(text, /^CapEff:\t0{16}$/m);
    assert.match(text, /^NoNewPrivs:\t0$/m);
    assert.match(text, new RegExp(`^\\d+ \\(cat\\) \\S+ ${pid} ${pid} `, 'm'));
    const open = [...text.matchAll(/^fd .*\/(\d+)$/gm)].map(([, number]) => Number(number));
    // A shell may keep a descriptor of its own from 10 on.
    assert.deepEqual(
      open.filter((fd) => fd < 10),
      [0, 1, 2],
    );
    const last = text.trimEnd().split('\n').at(-1);
    assert.equal(last, `zero|2|ü${long}||ä${long}|/usr|0027`);
  });

  test('finds a relative program in its directory, and the program sees its name as it was given', async () => {
    writeFileSync(join(folder, 'relative'), '#!/bin/sh\necho "$0 in $(pwd)"\n', { mode: 0o755 });
    for (const file of ['./relative', 'relative']) {
      const child = record(processes, request([file], { user, directory: folder }));
      await Promise.all([child.exited, child.sealed]);
      assert.equal(child.text('stdout'), `${file} in ${folder}\n`);
    }
  });

  test('may open its standard streams by their names', async () => {
    const script = 'read line </dev/stdin; echo "out $line" >/dev/stdout; echo "err $line" >/proc/self/fd/2';
    const child = record(processes, shell(script, { user }));
    child.child.write(Buffer.from('hello\n'));
    assert.deepEqual(await child.exited, { kind: 'exited', code: 0 });
    await child.sealed;
    assert.deepEqual([child.text('stdout'), child.text('stderr')], ['out hello\n', 'err hello\n']);
  });

  test('that converses with us has stdin and stdout that no other process of its user can join', async () => {
    const conversing = record(
      processes,
      shell('echo ready; echo err >/dev/stderr; read line', { user, converses: true }),
    );
    await conversing.until('stdout', 'ready');
    await conversing.until('stderr', 'err');
    const path = `/proc/${conversing.child.pid}/fd`;
    const script = `for fd in 0 1 2; do (: <>${path}/$fd) 2>/dev/null && echo $fd; done; exit 0`;
    const other = record(processes, shell(script, { user }));
    await Promise.all([other.exited, other.sealed]);
    assert.equal(other.text('stdout'), '2\n');
    conversing.child.write(Buffer.from('bye\n'));
    assert.deepEqual(await conversing.exited, { kind: 'exited', code: 0 });
  });

  test('that does not come to its program in time is started all the same', async () => {
    const lease = leasedProgram('slow', '#!/bin/sh\necho "$(id -u)"\n');
    const before = ownDescriptors();
    const child = record(processes, request([lease.file], { user }));
    assert.equal(lease.isHeld(), true, 'spawn has waited for the program');
    lease.release();
    assert.deepEqual(await child.exited, { kind: 'exited', code: 0 });
    await child.sealed;
    assert.deepEqual([child.text('stdout'), child.text('stderr')], [`${user?.uid}\n`, '']);
    assert.deepEqual(ownDescriptors(), before);
  });

  for (const redirectStderr of [false, true]) {
    const channel = redirectStderr ? 'stdout' : 'stderr';
    test(`and then turns out to have no program says so itself, on ${channel}`, async () => {
      const lease = leasedProgram(`headless-${channel}`, 'echo no first line\n');
      const child = record(processes, request([lease.file], { user, redirectStderr }));
      lease.release();
      assert.deepEqual(await child.exited, { kind: 'exited', code: 127 });
      await child.sealed;
      assert.equal(
        child.text(channel),
        `supervisor: couldn't exec ${lease.file}: ENOEXEC\nsupervisor: child process was not spawned\n`,
      );
      assert.ok(child.calls.indexOf(`output ${channel}`) < child.calls.indexOf('exited'));
    });
  }

  test('that is held before it comes to its program can be killed by its user, but not looked into', async () => {
    const lease = leasedProgram('killed', '#!/bin/sh\n');
    const child = record(processes, request([lease.file], { user }));
    // Until then it may still be root, whom its user cannot kill.
    await lease.asked();
    const look = `cat /proc/${child.child.pid}/environ`;
    assert.deepEqual(await record(processes, shell(look, { user })).exited, { kind: 'exited', code: 1 });
    await record(processes, shell(`kill -9 ${child.child.pid}`, { user })).exited;
    assert.deepEqual(await child.exited, { kind: 'signaled', signal: 9, core: false });
    assert.equal(child.text('stderr'), '');
    lease.release();
  });

  test('whose fellow tries to kill us meanwhile does not help it', { timeout: 600_000 }, async () => {
    const found = (await runFixture(processes, 'hostile-neighbour.ts')) as Record<string, unknown>;
    assert.deepEqual(found.statuses, ['{"kind":"exited","code":0}']);
    assert.ok(Number(found.threads) > 1);
    assert.deepEqual(found.neighbour, { kind: 'signaled', signal: 9, core: false });
  });

  test('is not started without /proc, and that is said', async () => {
    const { stage, code, message } = (await runFixture(processes, 'without-proc.ts')) as Record<
      string,
      unknown
    >;
    assert.deepEqual([stage, code], ['user', 'ENOENT']);
    assert.match(
      String(message),
      /^couldn't setuid to \d+: cannot run \/proc\/self\/fd\/\d+, which would do it: ENOENT \(is \/proc mounted\?\)$/,
    );
  });

  test('is started without programs in memory, from a folder that may have some', {
    skip: WITHOUT_MEMORY_PROGRAMS,
  }, async () => {
    const inside = ['/bin/sh', '-c', `exec unshare ${NAMESPACES.join(' ')} "$@"`, 'sh', ...FORBIDDING];
    const found = (await runFixture(processes, 'without-memory-programs.ts', inside)) as Record<
      string,
      unknown
    >;
    const refusal =
      `user EACCES couldn't setuid to ${user?.uid}: cannot run the program that would do it: ` +
      'in memory: memfd_create: EACCES (see sysctl vm.memfd_noexec); in ';
    const outcomes = found.outcomes as string[];
    const [nowhere = ''] = outcomes;
    assert.ok(nowhere.startsWith(refusal), nowhere);
    for (const folder of found.tried as string[])
      assert.ok(nowhere.includes(folder), `${folder}: ${nowhere}`);
    assert.deepEqual(outcomes, [nowhere, `${user?.uid}\n`, nowhere, `${user?.uid}\n`]);
    assert.deepEqual(found.leaked, []);
  });

  test('is not started where root may not become others', async () => {
    assert.deepEqual(await runFixture(processes, 'without-capabilities.ts'), {
      withoutUser: `user couldn't setuid to ${user?.uid}: EPERM`,
      withoutGroup: `user couldn't setuid to ${user?.uid}: Could not set groups of effective user`,
    });
  });
});

/** The signal would end us. */
function unmoved(): void {}

/**
 * A program whose exec hangs until `release`, as on a file system that hangs: this process has a lease on the file,
 * and the kernel asks for it back first, with a signal.
 */
function leasedProgram(name: string, text: string) {
  const F_SETLEASE = 1024;
  const F_GETLEASE = 1025;
  const F_WRLCK = 1;
  const F_UNLCK = 2;
  const fcntl = bind('fcntl', 'int', ['int', 'int', 'long']);
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o755 });
  process.on('SIGIO', unmoved);
  const fd = openSync(file, 'r');
  assert.equal(fcntl(fd, F_SETLEASE, F_WRLCK), 0);
  return {
    file,
    /** Settles when the program is about to be run: from then on the lease is no longer what it was. */
    asked: async () => {
      while (fcntl(fd, F_GETLEASE, 0) === F_WRLCK) await nextTurn();
    },
    /** While it is being asked back, the lease is what it is to become: none. */
    isHeld: () => fcntl(fd, F_GETLEASE, 0) !== -1 && fcntl(fd, F_SETLEASE, F_UNLCK) === 0,
    release: () => closeSync(fd),
  };
}
