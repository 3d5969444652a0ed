import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { errnoName, SystemCallError } from '../../src/host/libc/errno.ts';
import {
  placesRefusal,
  switcherFailure,
  switcherRefusal,
  switchFailure,
} from '../../src/host/spawn-failure.ts';
import type { SwitchStep } from '../../src/host/switch-program/image.ts';
import type { SpawnError } from '../../src/supervisor/ports.ts';

const { E2BIG, EACCES, EAGAIN, EBADF, EINVAL, EMFILE, ENOENT, ENOMEM, ENOSYS, EPERM, EROFS } =
  constants.errno;

const told = {
  name: 'app',
  argv0: '/srv/app',
  directory: '/srv',
  user: { name: 'web', uid: 33, gid: 34, groups: [34] },
};

function texts({ stage, code, message }: SpawnError): readonly unknown[] {
  return [stage, code, message];
}

const CROWDED = "Too many processes in process table to spawn 'app'";

const STEPS: readonly [SwitchStep, number, ...unknown[]][] = [
  ['descriptor', EBADF, 'user', 'EBADF', "couldn't setuid to 33: EBADF"],
  ['groups', EINVAL, 'user', 'EINVAL', "couldn't setuid to 33: Could not set groups of effective user"],
  ['group', EPERM, 'user', 'EPERM', "couldn't setuid to 33: Could not set group id of effective user"],
  ['user', EINVAL, 'user', 'EINVAL', "couldn't setuid to 33: EINVAL"],
  ['directory', EACCES, 'directory', 'EACCES', "couldn't chdir to /srv: EACCES"],
  ['exec', ENOENT, 'exec', 'ENOENT', "couldn't exec /srv/app: ENOENT"],
  ['exec', EAGAIN, 'process', 'EAGAIN', CROWDED],
  ['exec', ENOMEM, 'process', 'ENOMEM', "unknown error during fork for 'app': ENOMEM"],
];

for (const [step, errno, ...expected] of STEPS) {
  test(`a failed step has its words: ${step}, ${String(expected[1])}`, () => {
    assert.deepEqual(texts(switchFailure(told, { step, errno })), expected);
  });
}

test('what is wrong with the arguments or the process table is not the fault of the switch', () => {
  const path = '/proc/self/fd/20';
  const of = (errno: number): readonly unknown[] => texts(switcherFailure(told, path, errno));
  assert.deepEqual(of(E2BIG), ['exec', 'E2BIG', "couldn't exec /srv/app: E2BIG"]);
  assert.deepEqual(of(EAGAIN), ['process', 'EAGAIN', CROWDED]);
  const cannot = `couldn't setuid to 33: cannot run ${path}, which would do it:`;
  assert.deepEqual(of(ENOENT), ['user', 'ENOENT', `${cannot} ENOENT (is /proc mounted?)`]);
  assert.deepEqual(of(EACCES), ['user', 'EACCES', `${cannot} EACCES`]);
});

test('a pipe that cannot be made is told, and what usually is behind it', () => {
  const of = (errno: number): readonly unknown[] =>
    texts(switcherRefusal(told, new SystemCallError('pipe2', errno)));
  assert.deepEqual(of(EMFILE), ['pipes', 'EMFILE', "too many open files to spawn 'app'"]);
  assert.deepEqual(of(ENOMEM), ['user', 'ENOMEM', "couldn't setuid to 33: pipe2: ENOMEM"]);
});

const PLACES: readonly [call: string, errno: number, text: string][] = [
  ['memfd_create', EACCES, 'memfd_create: EACCES (see sysctl vm.memfd_noexec)'],
  ['memfd_create', EPERM, 'memfd_create: EPERM (a seccomp filter?)'],
  ['memfd_create', ENOSYS, 'memfd_create: ENOSYS'],
  ['exec', EACCES, 'exec: EACCES (mounted noexec, or a security module?)'],
  ['exec', EPERM, 'exec: EPERM'],
  ['open', EROFS, 'open: EROFS'],
  ['open of /proc/self/fd', ENOENT, 'open of /proc/self/fd: ENOENT (is /proc mounted?)'],
];

for (const [call, errno, text] of PLACES) {
  test(`a place that refuses the program that switches says why: ${text}`, () => {
    const refusals = [{ place: 'here', error: new SystemCallError(call, errno) }];
    const { stage, code, message, childText } = placesRefusal(told, refusals);
    const expected = `couldn't setuid to 33: cannot run the program that would do it: in here: ${text}`;
    assert.deepEqual([stage, code, message], ['user', errnoName(errno), expected]);
    assert.equal(childText, `supervisor: ${expected}\nsupervisor: child process was not spawned\n`);
  });
}

test('places that refuse for the same reason stand together; the code is that of the first', () => {
  const refusal = (place: string, call: string, errno: number) => ({
    place,
    error: new SystemCallError(call, errno),
  });
  const refusals = [
    refusal('memory', 'memfd_create', ENOSYS),
    refusal('/dev/shm', 'exec', EPERM),
    refusal('/run', 'open', EROFS),
    refusal('/tmp', 'exec', EPERM),
  ];
  assert.deepEqual(texts(placesRefusal(told, refusals)), [
    'user',
    'ENOSYS',
    "couldn't setuid to 33: cannot run the program that would do it: in memory: memfd_create: ENOSYS; " +
      'in /dev/shm, /tmp: exec: EPERM; in /run: open: EROFS',
  ]);
});
