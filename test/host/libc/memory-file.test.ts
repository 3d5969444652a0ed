import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { test } from 'node:test';
import { closeDescriptor, writeFrom } from '../../../src/host/libc/descriptors.ts';
import { makeMemoryProgram } from '../../../src/host/libc/memory-file.ts';

const { EPERM } = constants.errno;

test('a program in memory has its bytes, is close-on-exec, and cannot be changed', () => {
  const bytes = Buffer.from('not much of a program');
  const fd = makeMemoryProgram('herald-test', bytes);
  const path = `/proc/self/fd/${fd}`;
  assert.deepEqual(readFileSync(path), bytes);
  assert.equal(statSync(path).mode & 0o111, 0o111);
  const flags = /flags:\s*([0-7]+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '';
  assert.equal(Number.parseInt(flags, 8) & 0o2000000, 0o2000000);
  assert.equal(writeFrom(fd, Buffer.from('x')), -EPERM);
  closeDescriptor(fd);
});

test('what the kernel refuses is an error with the name of the call', () => {
  const tooLong = 'x'.repeat(250);
  assert.throws(() => makeMemoryProgram(tooLong, Buffer.from('x')), {
    name: 'SystemCallError',
    syscall: 'memfd_create',
    code: 'EINVAL',
  });
});
