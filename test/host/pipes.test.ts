import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeDescriptor, makePipe, setNonBlocking, writeFrom } from '../../src/host/libc/descriptors.ts';
import { EAGAIN } from '../../src/host/libc/errno.ts';
import { OutputPipe } from '../../src/host/pipes.ts';

/** Of lines that fill a page of the pipe not quite. */
const PAGE = Buffer.alloc(4080, 'x');

/** Bytes that go into the pipe before it is full. */
function fill(fd: number): number {
  for (let total = 0; ; ) {
    const count = writeFrom(fd, PAGE);
    if (count === -EAGAIN) return total;
    assert.ok(count > 0);
    total += count;
  }
}

/** An output pipe whose writer does not wait; `taken` settles once so many bytes have come out. */
function openPipe() {
  const { readEnd, writeEnd } = makePipe();
  setNonBlocking(readEnd);
  setNonBlocking(writeEnd);
  let total = 0;
  let expected: { bytes: number; resolve: () => void } | undefined;
  const pipe = new OutputPipe(readEnd, 'stdout', {
    output: (_, bytes) => {
      total += bytes.length;
      if (expected !== undefined && total >= expected.bytes) expected.resolve();
    },
    sealed: () => undefined,
  });
  return {
    writeEnd,
    taken: (bytes: number) =>
      new Promise<void>((resolve) => {
        expected = { bytes, resolve };
        if (total >= bytes) resolve();
      }),
    close: () => {
      pipe.cut();
      closeDescriptor(writeEnd);
    },
  };
}

test('a pipe that is found full holds twice as much from then on, and no more than that', async () => {
  const { writeEnd, taken, close } = openPipe();
  let total = fill(writeEnd);
  assert.equal(total, 16 * PAGE.length);
  for (let round = 0; round < 3; round++) {
    await taken(total);
    const count = fill(writeEnd);
    assert.equal(count, 32 * PAGE.length);
    total += count;
  }
  close();
});

test('a pipe that is never full stays as it is', async () => {
  const { writeEnd, taken, close } = openPipe();
  let total = 0;
  for (let round = 0; round < 40; round++) {
    total += writeFrom(writeEnd, PAGE);
    await taken(total);
  }
  assert.equal(fill(writeEnd), 16 * PAGE.length);
  close();
});

test('of many full pipes only some are widened, and another one when one of them is closed', async () => {
  const pipes = Array.from({ length: 9 }, openPipe);
  const refill = async (index: number, filled: number): Promise<number> => {
    await pipes[index]?.taken(filled);
    return fill(pipes[index]?.writeEnd ?? -1);
  };
  const sizes: number[] = [];
  for (const index of pipes.keys()) sizes.push(await refill(index, fill(pipes[index]?.writeEnd ?? -1)));
  assert.deepEqual(sizes, [...Array(8).fill(32 * PAGE.length), 16 * PAGE.length]);
  pipes[0]?.close();
  const total = 2 * 16 * PAGE.length;
  // Found full once more, now that there is room.
  await pipes[8]?.taken(total);
  const again = fill(pipes[8]?.writeEnd ?? -1);
  assert.equal(await refill(8, total + again), 32 * PAGE.length);
  for (const pipe of pipes.slice(1)) pipe.close();
});
