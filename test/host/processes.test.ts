import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { INPUT_QUEUE_CAP } from '../../src/host/pipes.ts';
import { lookupUser } from '../../src/host/users.ts';
import { SpawnError, type SpawnRequest, type UserIdentity } from '../../src/supervisor/ports.ts';
import { ownDescriptors } from '../fixtures/own-descriptors.ts';
import { openProcesses, record, request, runFixture, shell } from './recorded-child.ts';

/** What a grandchild says late is waited for longer than it takes on the busiest machine. */
const LINGER_MS = 60_000;

const processes = openProcesses(LINGER_MS);
const folder = mkdtempSync(join(tmpdir(), 'herald-processes-'));
chmodSync(folder, 0o755);
after(() => {
  processes.close();
  rmSync(folder, { recursive: true });
});

function program(name: string, text: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

async function outputOf(asked: SpawnRequest): Promise<string> {
  const child = record(processes, asked);
  await Promise.all([child.exited, child.sealed]);
  assert.equal(child.text('stderr'), '');
  return child.text('stdout');
}

/** The failure as [stage, code, message, childText]; fails when something was started or a descriptor leaked. */
function failureOf(asked: SpawnRequest): readonly unknown[] {
  const before = ownDescriptors();
  try {
    record(processes, asked);
  } catch (error) {
    assert.ok(error instanceof SpawnError);
    assert.deepEqual(ownDescriptors(), before);
    return [error.stage, error.code, error.message, error.childText];
  }
  return assert.fail('was started');
}

function unspawned(stage: string, code: string, message: string): readonly unknown[] {
  return [stage, code, message, `supervisor: ${message}\nsupervisor: child process was not spawned\n`];
}

test('output, exit and ends come in order', async () => {
  const child = record(processes, shell('echo out; echo err >&2; exec >&- 2>&-; read line'));
  await child.sealed;
  assert.equal(child.calls.includes('exited'), false);
  assert.equal(child.child.write(Buffer.from('end\n')), 'accepted');
  assert.deepEqual(await child.exited, { kind: 'exited', code: 0 });
  assert.equal(child.text('stdout'), 'out\n');
  assert.equal(child.text('stderr'), 'err\n');
});

test('what a child wrote before it died comes before its exit', async () => {
  const child = record(processes, shell('head -c 60000 /dev/zero; head -c 60000 /dev/zero >&2'));
  let atExit: number[] = [];
  const { exited, sealed } = child;
  await exited.then(() => {
    atExit = [child.text('stdout').length, child.text('stderr').length];
  });
  await sealed;
  assert.deepEqual(atExit, [60_000, 60_000]);
});

test('nothing is told from inside spawn', async () => {
  let inside = true;
  const done = new Promise<void>((exited) => {
    const outside = (): void => assert.equal(inside, false);
    processes.spawn('quick', shell('echo hello'), {
      output: outside,
      sealed: outside,
      exited: () => {
        outside();
        exited();
      },
    });
    // Long enough for the child to be dead and its output to be there.
    const until = performance.now() + 30;
    while (performance.now() < until);
    inside = false;
  });
  await done;
});

test('the standard streams are pipes that can be opened anew by path', async () => {
  const script = 'echo x > /dev/stdout; echo y > /dev/stderr; ls -l /proc/self/fd';
  const child = record(processes, shell(script, { redirectStderr: true }));
  await Promise.all([child.exited, child.sealed]);
  const text = child.text('stdout');
  assert.match(text, /^x\ny\n/);
  for (const fd of [0, 1, 2]) assert.match(text, new RegExp(` ${fd} -> pipe:`));
});

test("the child's ends block, as programs expect", async () => {
  const text = await outputOf(shell('cat /proc/$$/fdinfo/0 /proc/$$/fdinfo/1 /proc/$$/fdinfo/2'));
  const flags = [...text.matchAll(/flags:\s*([0-7]+)/g)].map((found) => Number.parseInt(found[1] ?? '', 8));
  const O_NONBLOCK = 0o4000;
  assert.deepEqual(
    flags.map((value) => value & O_NONBLOCK),
    [0, 0, 0],
  );
});

test('with redirected stderr there is one channel, in the order of writing', async () => {
  const child = record(processes, shell('echo 1; echo 2 >&2; echo 3', { redirectStderr: true }));
  await Promise.all([child.exited, child.sealed]);
  assert.equal(child.text('stdout'), '1\n2\n3\n');
  assert.deepEqual(
    child.calls.filter((call) => call.startsWith('sealed')),
    ['sealed stdout'],
  );
});

test('environment, directory, umask and argv[0] are what was asked for', async () => {
  const env = new Map([
    ['A', 'a=1'],
    ['PATH', '/usr/bin:/bin'],
  ]);
  const before = process.umask();
  const asked = shell('echo "$A $(pwd) $(umask) $0"', { env, directory: '/usr', umask: 0o27 });
  assert.equal(await outputOf({ ...asked, argv: [...asked.argv, 'zero'] }), 'a=1 /usr 0027 zero\n');
  assert.equal(process.umask(), before);
});

test('a relative program is taken from the directory of the child, and sees its name as it was given', async () => {
  const there = join(folder, 'there');
  mkdirSync(there);
  program('here.sh', '#!/bin/sh\necho "here: $0"\n');
  program('there/here.sh', '#!/bin/sh\necho "there: $0"\n');
  const home = process.cwd();
  process.chdir(folder);
  try {
    for (const file of ['./here.sh', 'here.sh']) {
      assert.equal(await outputOf(request([file])), `here: ${file}\n`);
      assert.equal(await outputOf(request([file], { directory: 'there' })), `there: ${file}\n`);
      assert.equal(await outputOf(request([file], { directory: there })), `there: ${file}\n`);
    }
  } finally {
    process.chdir(home);
  }
});

test('stdin takes more than the pipe holds, in order, and says how much is left', async () => {
  const child = record(processes, shell('read go; head -c 3000000 | md5sum'));
  const big = Buffer.alloc(3_000_000, 'abcdefg');
  for (let from = 0; from < big.length; from += 1_000_000) {
    assert.equal(child.child.write(big.subarray(from, from + 1_000_000)), 'accepted');
  }
  const left = child.child.unwritten;
  assert.ok(left > 2_800_000, `${left} left`);
  processes.signal(child.child.pid, 15, 'group');
  await child.exited;
  assert.equal(child.child.unwritten, 0);

  const reader = record(processes, shell('head -c 3000000 | md5sum'));
  for (let from = 0; from < big.length; from += 10_000) {
    assert.equal(reader.child.write(big.subarray(from, from + 10_000)), 'accepted');
  }
  await reader.exited;
  assert.equal(reader.text('stdout').slice(0, 32), createHash('md5').update(big).digest('hex'));
});

test('stdin of a child that does not read takes so much and no more, until it reads', async () => {
  const child = record(processes, shell('read go; head -c 16777216 | wc -c; exec cat'));
  const whole = Buffer.alloc(INPUT_QUEUE_CAP, 'x');
  child.child.write(Buffer.from('go\n'));
  // More than the cap and still accepted, for nothing waits.
  assert.equal(child.child.write(Buffer.concat([whole, Buffer.from('tail\n')])), 'accepted');
  const left = child.child.unwritten;
  assert.ok(left > 0 && left <= INPUT_QUEUE_CAP, `${left} left`);
  assert.equal(child.child.write(whole), 'full');
  assert.ok(child.child.unwritten <= left, 'nothing of it is kept');
  await child.until('stdout', `${INPUT_QUEUE_CAP}\n`);
  assert.equal(child.child.write(Buffer.from('more\n')), 'accepted');
  await child.until('stdout', 'tail\nmore\n');
  processes.signal(child.child.pid, 15, 'process');
  await child.exited;
});

test('stdin that drains can be filled again', async () => {
  const child = record(processes, shell('head -c 200000 > /dev/null; echo drained; exec cat'));
  assert.equal(child.child.write(Buffer.alloc(200_000, 'x')), 'accepted');
  await child.until('stdout', 'drained\n');
  assert.equal(child.child.write(Buffer.from('more\n')), 'accepted');
  await child.until('stdout', 'more\n');
  assert.equal(child.child.unwritten, 0);
  processes.signal(child.child.pid, 15, 'process');
  await child.exited;
});

test('stdin is closed when the child has closed it, with or without something left to write', async () => {
  const idle = record(processes, shell('exec <&-; echo closed; exec sleep 60'));
  await idle.until('stdout', 'closed');
  assert.equal(idle.child.write(Buffer.from('x')), 'closed');
  assert.equal(idle.child.write(Buffer.from('x')), 'closed');

  const full = record(processes, shell('read go; exec <&-; echo closed; exec sleep 60'));
  assert.equal(full.child.write(Buffer.from(`go\n${'x'.repeat(500_000)}`)), 'accepted');
  assert.ok(full.child.unwritten > 0);
  await full.until('stdout', 'closed');
  for (const child of [idle, full]) processes.signal(child.child.pid, 9, 'group');
  await Promise.all([idle.exited, full.exited]);
  assert.equal(full.child.write(Buffer.from('x')), 'closed');
  assert.equal(full.child.unwritten, 0);
});

test('what a grandchild writes after the exit still arrives, until it ends', async () => {
  const child = record(
    processes,
    shell('mkfifo fifo; (read go < fifo; echo late) & exit 0', { directory: folder }),
  );
  await child.exited;
  assert.deepEqual(child.calls, ['exited']);
  writeFileSync(join(folder, 'fifo'), 'go\n');
  await child.sealed;
  assert.equal(child.text('stdout'), 'late\n');
  assert.deepEqual(child.calls.slice(0, 2), ['exited', 'output stdout']);
});

test('a signal reaches the process alone or its group, and nobody once it is reaped', async () => {
  const script =
    'trap "echo parent" USR1; sh -c "trap \'echo child; exit\' USR1; echo ready; while :; do sleep 1; done" & wait; wait';
  const child = record(processes, shell(script));
  await child.until('stdout', 'ready');
  assert.equal(processes.signal(child.child.pid, 10, 'process'), 'sent');
  await child.until('stdout', 'parent');
  assert.equal(child.text('stdout').includes('child'), false);
  assert.equal(processes.signal(child.child.pid, 9, 'group'), 'sent');
  assert.deepEqual(await child.exited, { kind: 'signaled', signal: 9, core: false });
  assert.equal(processes.signal(child.child.pid, 9, 'process'), 'gone');
  assert.equal(processes.signal(child.child.pid, 9, 'group'), 'gone');
});

test('a signal for a group reaches a child that has gone over to another one, and whom it has left', {
  timeout: LINGER_MS / 2,
}, async () => {
  const file = new URL('./fixtures/leaves-its-group.mjs', import.meta.url).pathname;
  const child = record(processes, request([process.execPath, file]));
  await child.until('stdout', 'moved');
  assert.equal(processes.signal(child.child.pid, 15, 'group'), 'sent');
  assert.deepEqual(await child.exited, { kind: 'signaled', signal: 15, core: false });
  // Who is left has the pipes, too.
  await child.sealed;
});

test('a signal that does not exist is an error with a code', async () => {
  const child = record(processes, shell('exec sleep 60'));
  assert.throws(() => processes.signal(child.child.pid, 99, 'process'), { code: 'EINVAL' });
  processes.signal(child.child.pid, 9, 'process');
  await child.exited;
});

test('a program that cannot be run is a failure of exec', () => {
  const run = (path: string): readonly unknown[] => failureOf(request([path]));
  const missing = join(folder, 'missing');
  assert.deepEqual(run(missing), unspawned('exec', 'ENOENT', `couldn't exec ${missing}: ENOENT`));
  const plain = program('plain', 'not a program', 0o644);
  assert.deepEqual(run(plain), unspawned('exec', 'EACCES', `couldn't exec ${plain}: EACCES`));
  const headless = program('headless', 'echo no first line\n');
  assert.deepEqual(run(headless), unspawned('exec', 'ENOEXEC', `couldn't exec ${headless}: ENOEXEC`));
  const orphaned = program('orphaned', '#!/no/such/interpreter\n');
  assert.deepEqual(run(orphaned), unspawned('exec', 'ENOENT', `couldn't exec ${orphaned}: ENOENT`));
  const long = failureOf(request(['/bin/true', 'x'.repeat(3_000_000)]));
  assert.deepEqual(long, unspawned('exec', 'E2BIG', "couldn't exec /bin/true: E2BIG"));
});

test('a directory that cannot be entered is a failure of its own', () => {
  const enter = (directory: string): readonly unknown[] => failureOf(shell('exit 0', { directory }));
  const missing = join(folder, 'missing');
  assert.deepEqual(enter(missing), unspawned('directory', 'ENOENT', `couldn't chdir to ${missing}: ENOENT`));
  const file = program('file', '', 0o755);
  assert.deepEqual(enter(file), unspawned('directory', 'ENOTDIR', `couldn't chdir to ${file}: ENOTDIR`));
  const both = failureOf(request([missing], { directory: folder }));
  assert.deepEqual(both, unspawned('exec', 'ENOENT', `couldn't exec ${missing}: ENOENT`));
});

test('a NUL byte is refused with a clear text', () => {
  const cases: [SpawnRequest, string][] = [
    [request(['/bin/echo', 'a\0b']), "couldn't exec /bin/echo: an argument contains a NUL byte"],
    [
      shell('', { env: new Map([['A', '\0']]) }),
      "couldn't exec /bin/sh: the environment contains a NUL byte",
    ],
    [shell('', { directory: '/\0' }), "couldn't exec /bin/sh: the directory contains a NUL byte"],
    [shell('', { file: '/bin/sh\0' }), "couldn't exec /bin/sh: the path of the program contains a NUL byte"],
  ];
  for (const [asked, message] of cases) {
    assert.deepEqual(failureOf(asked), unspawned('exec', 'EINVAL', message));
  }
});

test('limits on descriptors and processes are told as such, leak nothing, and pass', async () => {
  const found = (await runFixture(processes, 'limits-exhausted.ts')) as {
    descriptors: unknown[];
    own: unknown;
    switched: unknown;
    after: unknown;
  };
  const full = {
    stage: 'pipes',
    code: 'EMFILE',
    message: "too many open files to spawn 'recorded'",
    leaked: 0,
  };
  assert.ok(found.descriptors.length >= 6);
  for (const failure of found.descriptors) assert.deepEqual(failure, full);
  const crowded = {
    stage: 'process',
    code: 'EAGAIN',
    message: "Too many processes in process table to spawn 'recorded'",
    leaked: 0,
  };
  assert.deepEqual(found.own, crowded);
  assert.deepEqual(found.switched, crowded);
  assert.deepEqual(found.after, { kind: 'exited', code: 3 });
});

test('a child may have fewer descriptors than we have open', async () => {
  assert.deepEqual(await runFixture(processes, 'many-descriptors.ts'), ['64\n', '64\n']);
});

const isRoot = process.getuid?.() === 0;

test('the user that we are needs no privilege', async () => {
  const user = lookupUser(userInfo().uid);
  assert.ok(user);
  assert.equal(await outputOf(shell('id -u', { user })), `${user.uid}\n`);
});

test('a child of another user is that user altogether, and we stay who we are', {
  skip: isRoot ? false : 'NOT TESTED: switching users needs root',
}, async () => {
  const nobody = lookupUser('nobody');
  assert.ok(nobody);
  const user: UserIdentity = { ...nobody, groups: [nobody.gid, 12_345, 54_321] };
  const ours = readFileSync('/proc/thread-self/status', 'latin1');
  const text = await outputOf(request(['/bin/cat', '/proc/self/status'], { user }));
  const line = (name: string, from = text): string =>
    new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(from)?.[1] ?? '';
  assert.equal(line('Uid'), [user.uid, user.uid, user.uid, user.uid].join('\t'));
  assert.equal(line('Gid'), [user.gid, user.gid, user.gid, user.gid].join('\t'));
  assert.deepEqual(new Set(line('Groups').split(' ').map(Number)), new Set(user.groups));
  for (const set of ['CapEff', 'CapPrm', 'CapAmb']) assert.equal(line(set), '0000000000000000', set);
  const now = readFileSync('/proc/thread-self/status', 'latin1');
  for (const name of ['Uid', 'Gid', 'Groups', 'CapEff'])
    assert.equal(line(name, now), line(name, ours), name);
});

test('what the other user may not enter or run fails as it would for them', {
  skip: isRoot ? false : 'NOT TESTED: switching users needs root',
}, () => {
  const user = lookupUser('nobody');
  assert.ok(user);
  const secret = join(folder, 'secret');
  mkdirSync(secret, { mode: 0o700 });
  const entering = failureOf(shell('exit 0', { user, directory: secret }));
  assert.deepEqual(entering, unspawned('directory', 'EACCES', `couldn't chdir to ${secret}: EACCES`));
  const ours = program('ours', '#!/bin/sh\n', 0o700);
  const running = failureOf(request([ours], { user }));
  assert.deepEqual(running, unspawned('exec', 'EACCES', `couldn't exec ${ours}: EACCES`));
});
