import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { SystemCallError } from '../../src/host/libc/errno.ts';
import { switcherFailure, switcherRefusal, switchFailure } from '../../src/host/spawn-failure.ts';
import type { SwitchStep } from '../../src/host/switch-program/image.ts';
import type { SpawnError } from '../../src/supervisor/ports.ts';

const { E2BIG, EACCES, EAGAIN, EBADF, EINVAL, EMFILE, ENOENT, ENOMEM, ENOSYS, EPERM } = constants.errno;

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

test('a program that cannot be made says what stands in the way', () => {
  const of = (call: string, errno: number): readonly unknown[] =>
    texts(switcherRefusal(told, new SystemCallError(call, errno)));
  const cannot = "couldn't setuid to 33: cannot make the program that would do it: memfd_create:";
  const full = ['pipes', 'EMFILE', "too many open files to spawn 'app'"];
  assert.deepEqual(of('memfd_create', EMFILE), full);
  assert.deepEqual(of('pipe2', EMFILE), full);
  assert.deepEqual(of('memfd_create', ENOSYS), ['user', 'ENOSYS', `${cannot} ENOSYS`]);
  assert.deepEqual(of('memfd_create', EACCES), [
    'user',
    'EACCES',
    `${cannot} EACCES (see sysctl vm.memfd_noexec)`,
  ]);
});
