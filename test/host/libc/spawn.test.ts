import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { test } from 'node:test';
import { cStrings } from '../../../src/host/libc/c-strings.ts';
import { closeDescriptor, makePipe, readInto } from '../../../src/host/libc/descriptors.ts';
import { posixSpawn } from '../../../src/host/libc/spawn.ts';
import { reapOne } from '../../../src/host/libc/wait.ts';

/** Runs to the end, reading blockingly: there is nothing else to do here. */
function run(
  file: string,
  args: string[],
  directory?: string,
): { pid: number; text: string; status: number } {
  const stdin = makePipe();
  const output = makePipe();
  const argv = cStrings([file, ...args]);
  const env = cStrings(['PATH=/usr/bin:/bin', 'GREETING=grüezi']);
  assert.ok(argv && env);
  const ends = { stdin: stdin.readEnd, stdout: output.writeEnd, stderr: output.writeEnd };
  const pid = posixSpawn({ file, argv, env, ...ends, directory });
  closeDescriptor(stdin.readEnd);
  closeDescriptor(output.writeEnd);
  let text = '';
  const buffer = Buffer.alloc(65_536);
  for (let count = readInto(output.readEnd, buffer); count > 0; count = readInto(output.readEnd, buffer)) {
    text += buffer.toString('utf8', 0, count);
  }
  closeDescriptor(stdin.writeEnd);
  closeDescriptor(output.readEnd);
  return { pid, text, status: pid > 0 ? waitFor(pid) : 0 };
}

/** The child has closed its output, so its death is at most moments away. */
function waitFor(pid: number): number {
  for (;;) {
    const reaped = reapOne();
    if (reaped?.pid === pid) return reaped.status;
  }
}

test('the attributes arrive: own group, same session, every signal at its default, none blocked', () => {
  const { pid, text } = run('/bin/cat', ['/proc/self/status', '/proc/self/stat']);
  assert.match(text, /^SigBlk:\t0{16}$/m);
  assert.match(text, /^SigIgn:\t0{16}$/m);
  const stat = /^(\d+) \(cat\) \S+ (\d+) (\d+) (\d+)/m.exec(text);
  assert.deepEqual(stat?.slice(1).map(Number), [pid, process.pid, pid, ownSession()]);
});

function ownSession(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
}

test('this process ignores SIGPIPE, so that the default in the child is no accident', () => {
  const ignored = /^SigIgn:\t([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  const SIGPIPE_BIT = 1n << 12n;
  assert.equal(BigInt(`0x${ignored}`) & SIGPIPE_BIT, SIGPIPE_BIT);
});

test('arguments, environment and directory arrive', () => {
  const { text, status } = run('/bin/sh', ['-c', 'echo "$1|$GREETING|$(pwd)"; exit 7', 'sh', 'ä b'], '/usr');
  assert.equal(text, 'ä b|grüezi|/usr\n');
  assert.equal(status, 7 << 8);
});

test('only 0, 1 and 2 are open in the child', () => {
  // -e, because the shell has the folder itself open while it lists it.
  const { text } = run('/bin/sh', ['-c', 'for f in /proc/$$/fd/*; do [ -e "$f" ] && echo "$f"; done']);
  const numbers = text
    .trim()
    .split('\n')
    .map((path) => path.split('/').at(-1));
  // A shell may keep a descriptor of its own from 10 on.
  assert.deepEqual(
    numbers.filter((number) => Number(number) < 10),
    ['0', '1', '2'],
  );
});

test('a third descriptor is 3 in the child', () => {
  const report = makePipe();
  const argv = cStrings(['sh', '-c', 'echo reported >&3']);
  const env = cStrings([]);
  assert.ok(argv && env);
  const ends = { stdin: report.readEnd, stdout: report.writeEnd, stderr: report.writeEnd };
  const pid = posixSpawn({
    file: '/bin/sh',
    argv,
    env,
    ...ends,
    third: report.writeEnd,
    directory: undefined,
  });
  assert.equal(waitFor(pid), 0);
  const buffer = Buffer.alloc(64);
  assert.equal(buffer.toString('latin1', 0, readInto(report.readEnd, buffer)), 'reported\n');
  closeDescriptor(report.readEnd);
  closeDescriptor(report.writeEnd);
});

test('a failure is the negative error number of its step', () => {
  assert.equal(run('/no/such/program', []).pid, -constants.errno.ENOENT);
  assert.equal(run('/etc/passwd', []).pid, -constants.errno.EACCES);
  assert.equal(run('/bin/cat', [], '/no/such/directory').pid, -constants.errno.ENOENT);
  assert.equal(run('/bin/cat', [], '/etc/passwd').pid, -constants.errno.ENOTDIR);
});

test('with no child there is nothing to reap', () => {
  run('/bin/cat', ['/dev/null']);
  assert.equal(reapOne(), undefined);
});
