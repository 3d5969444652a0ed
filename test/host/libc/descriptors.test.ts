import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { test } from 'node:test';
import {
  closeDescriptor,
  closeOnExecFrom,
  duplicate,
  duplicateOnto,
  makePipe,
  readInto,
  setNonBlocking,
  waitReadable,
  writeFrom,
} from '../../../src/host/libc/descriptors.ts';
import { SystemCallError } from '../../../src/host/libc/errno.ts';

const { EAGAIN, EBADF, EPIPE } = constants.errno;
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;

function flagsOf(fd: number): number {
  const found = /flags:\s*([0-7]+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'));
  return Number.parseInt(found?.[1] ?? '', 8);
}

function isBadDescriptor(error: unknown): boolean {
  return error instanceof SystemCallError && error.code === 'EBADF';
}

test('a pipe is close-on-exec, and only the end that is asked for becomes non-blocking', () => {
  const { readEnd, writeEnd } = makePipe();
  setNonBlocking(readEnd);
  assert.equal(flagsOf(readEnd) & (O_CLOEXEC | O_NONBLOCK), O_CLOEXEC | O_NONBLOCK);
  assert.equal(flagsOf(writeEnd) & (O_CLOEXEC | O_NONBLOCK), O_CLOEXEC);
  closeDescriptor(readEnd);
  closeDescriptor(writeEnd);
});

test('reading tells an empty pipe from its end', () => {
  const { readEnd, writeEnd } = makePipe();
  setNonBlocking(readEnd);
  const buffer = Buffer.alloc(8);
  assert.equal(readInto(readEnd, buffer), -EAGAIN);
  assert.equal(writeFrom(writeEnd, Buffer.from('abc')), 3);
  assert.equal(readInto(readEnd, buffer), 3);
  assert.equal(buffer.toString('latin1', 0, 3), 'abc');
  closeDescriptor(writeEnd);
  assert.equal(readInto(readEnd, buffer), 0);
  closeDescriptor(readEnd);
  assert.equal(readInto(-1, buffer), -EBADF);
});

test('a wait for a pipe ends with its time, with bytes, or with the end of the pipe', () => {
  const { readEnd, writeEnd } = makePipe();
  const before = performance.now();
  assert.equal(waitReadable(readEnd, 20), false);
  assert.ok(performance.now() - before >= 20);
  writeFrom(writeEnd, Buffer.from('x'));
  assert.equal(waitReadable(readEnd, 60_000), true);
  assert.equal(readInto(readEnd, Buffer.alloc(8)), 1);
  assert.equal(waitReadable(readEnd, 0), false);
  closeDescriptor(writeEnd);
  assert.equal(waitReadable(readEnd, 60_000), true);
  closeDescriptor(readEnd);
});

test('writing tells a full pipe from a closed one', () => {
  const { readEnd, writeEnd } = makePipe();
  setNonBlocking(writeEnd);
  const block = Buffer.alloc(1_000_000);
  assert.ok(writeFrom(writeEnd, block) < block.length);
  assert.equal(writeFrom(writeEnd, block), -EAGAIN);
  closeDescriptor(readEnd);
  assert.equal(writeFrom(writeEnd, block), -EPIPE);
  closeDescriptor(writeEnd);
});

test('a descriptor that is not open is told by name', () => {
  const { readEnd, writeEnd } = makePipe();
  closeDescriptor(readEnd);
  closeDescriptor(writeEnd);
  assert.throws(() => closeDescriptor(readEnd), isBadDescriptor);
  assert.throws(() => setNonBlocking(readEnd), isBadDescriptor);
});

test('descriptors of foreign origin are marked close-on-exec', (context) => {
  const fd = openSync('/dev/null', 'r');
  if (!closeOnExecFrom(fd)) context.diagnostic('this kernel has no close_range; nothing to mark');
  assert.equal(flagsOf(fd) & O_CLOEXEC, O_CLOEXEC);
  closeSync(fd);
});

test('a duplicate is the same open file under a number above 2, and can take the place of another', () => {
  const { readEnd, writeEnd } = makePipe();
  const other = makePipe();
  const copy = duplicate(writeEnd);
  assert.ok(copy > 2);
  duplicateOnto(copy, other.writeEnd);
  for (const fd of [copy, other.writeEnd]) assert.equal(writeFrom(fd, Buffer.from('x')), 1);
  assert.equal(readInto(readEnd, Buffer.alloc(8)), 2);
  for (const fd of [readEnd, writeEnd, copy, other.readEnd, other.writeEnd]) closeDescriptor(fd);
  assert.throws(() => duplicate(-1), { code: 'EBADF' });
  assert.throws(() => duplicateOnto(-1, 2), { code: 'EBADF' });
});
