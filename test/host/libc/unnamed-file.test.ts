import assert from 'node:assert/strict';
import { fstatSync, readFileSync, readlinkSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { closeDescriptor, writeFrom } from '../../../src/host/libc/descriptors.ts';
import { bind, lastErrno } from '../../../src/host/libc/library.ts';
import { makeUnnamedProgram } from '../../../src/host/libc/unnamed-file.ts';
import { ownDescriptors } from '../../fixtures/own-descriptors.ts';

const { EBADF, ENOENT } = constants.errno;

/** Overlays of older kernels have no unnamed files; tmpfs always has. */
const folder = ['/dev/shm', tmpdir(), '/run'].find(takesUnnamedFiles);

function takesUnnamedFiles(candidate: string): boolean {
  try {
    closeDescriptor(makeUnnamedProgram(candidate, new Uint8Array()));
    return true;
  } catch {
    // Whatever the reason, the test needs another one.
    return false;
  }
}

const skip = folder === undefined ? 'NOT TESTED: no folder takes unnamed files' : false;

test('a program without a name has its bytes, is close-on-exec, and has no writer', { skip }, (t) => {
  const before = ownDescriptors();
  const umask = process.umask(0o777);
  t.after(() => process.umask(umask));
  // More than a page, so that more than one is written.
  const bytes = Buffer.alloc(100_000, 'not much of a program');
  const fd = makeUnnamedProgram(folder ?? '', bytes);
  const path = `/proc/self/fd/${fd}`;
  assert.deepEqual(readFileSync(path), bytes);
  const { mode, nlink } = fstatSync(fd);
  assert.deepEqual([mode & 0o7777, nlink], [0o500, 0]);
  const flags = /flags:\s*([0-7]+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '';
  assert.equal(Number.parseInt(flags, 8) & 0o2000000, 0o2000000);
  assert.equal(writeFrom(fd, Buffer.from('x')), -EBADF);
  assert.deepEqual(
    ownDescriptors().filter((one) => !before.includes(one)),
    [`${fd} ${readlinkSync(path)}`],
    'the only descriptor of it, and one that the tests for leaks see',
  );
  closeDescriptor(fd);
  assert.deepEqual(ownDescriptors(), before);
});

test('nobody can give it a name, root neither', { skip }, () => {
  const [AT_FDCWD, AT_SYMLINK_FOLLOW] = [-100, 0x400];
  const linkat = bind('linkat', 'int', ['int', 'str', 'int', 'str', 'int']);
  const fd = makeUnnamedProgram(folder ?? '', Buffer.from('x'));
  const name = join(folder ?? '', `herald-test-${process.pid}`);
  assert.equal(linkat(AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, name, AT_SYMLINK_FOLLOW), -1);
  assert.equal(lastErrno(), ENOENT);
  closeDescriptor(fd);
});

test('what the kernel refuses is an error with the name of the call', () => {
  const before = ownDescriptors();
  const refused = (code: string) => ({ name: 'SystemCallError', syscall: 'open', code });
  const bytes = Buffer.from('x');
  assert.throws(() => makeUnnamedProgram(join(tmpdir(), 'no', 'such'), bytes), refused('ENOENT'));
  assert.throws(() => makeUnnamedProgram(process.execPath, bytes), refused('ENOTDIR'));
  assert.deepEqual(ownDescriptors(), before);
});
