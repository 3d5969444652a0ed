import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { closeDescriptor, makePipe } from '../../src/host/libc/descriptors.ts';
import { SystemCallError } from '../../src/host/libc/errno.ts';
import { type PlacedStart, type ProgramPlace, ProgramPlaces } from '../../src/host/program-places.ts';
import { ownDescriptors } from '../fixtures/own-descriptors.ts';

const { EACCES, EAGAIN, EMFILE, ENOENT, EPERM, EROFS } = constants.errno;
const PID = 4711;

/** Places by these names, what they make and what running it answers; `tried`: all that was asked of them, in order. */
function room(...names: readonly string[]) {
  const making = new Map<string, number>();
  const running = new Map<string, number>();
  const tried: string[] = [];
  let last = '';
  const place = (name: string): ProgramPlace => ({
    name,
    make: () => {
      tried.push(`make ${name}`);
      const errno = making.get(name);
      if (errno !== undefined) throw new SystemCallError('open', errno);
      last = name;
      // The end of a pipe is a descriptor that the look at leaks sees.
      const { readEnd, writeEnd } = makePipe();
      closeDescriptor(writeEnd);
      return readEnd;
    },
  });
  const places = new ProgramPlaces(names.map(place));
  return {
    making,
    running,
    /** What became of it, and what was tried for it. */
    start: (): { found: PlacedStart; tried: readonly string[] } => {
      tried.length = 0;
      const found = places.start(new Uint8Array(), (path) => {
        assert.match(path, /^\/proc\/self\/fd\/\d+$/);
        tried.push(`run ${last}`);
        return running.get(last) ?? PID;
      });
      return { found, tried: [...tried] };
    },
  };
}

const started: PlacedStart = { kind: 'started', pid: PID };

test('the first place that takes the program and lets it run is the one', () => {
  const before = ownDescriptors();
  const made = room('a', 'b', 'c', 'd');
  made.making.set('a', EROFS);
  made.running.set('b', -EACCES);
  assert.deepEqual(made.start(), { found: started, tried: ['make a', 'make b', 'run b', 'make c', 'run c'] });
  assert.deepEqual(ownDescriptors(), before);
});

test('it comes first from then on, and when it refuses, all others are tried again', () => {
  const made = room('a', 'b', 'c');
  made.making.set('a', EACCES);
  made.start();
  assert.deepEqual(made.start(), { found: started, tried: ['make b', 'run b'] });
  made.making.delete('a');
  assert.deepEqual(made.start().tried, ['make b', 'run b']);
  made.running.set('b', -EPERM);
  made.making.set('a', EACCES);
  const everywhere = ['make b', 'run b', 'make a', 'make b', 'run b', 'make c', 'run c'];
  assert.deepEqual(made.start(), { found: started, tried: everywhere });
  assert.deepEqual(made.start().tried, ['make c', 'run c']);
});

test('when every place refuses, each says why; and a place that is mended serves the next time', () => {
  const before = ownDescriptors();
  const made = room('a', 'b');
  made.making.set('a', EROFS);
  made.running.set('b', -EACCES);
  const { found } = made.start();
  assert.equal(found.kind, 'refused');
  assert.deepEqual(
    found.kind === 'refused' && found.refusals.map(({ place, error }) => `${place} ${error.message}`),
    ['a open: EROFS', 'b exec: EACCES'],
  );
  assert.deepEqual(ownDescriptors(), before);
  made.running.delete('b');
  assert.deepEqual(made.start().found, started);
});

test('what would go wrong anywhere is tried nowhere else, and says nothing about the place', () => {
  const made = room('a', 'b');
  for (const errno of [EAGAIN, ENOENT]) {
    made.running.set('a', -errno);
    const { found, tried } = made.start();
    assert.deepEqual([found.kind === 'unstarted' && found.errno, tried], [errno, ['make a', 'run a']]);
  }
  made.running.set('a', -EACCES);
  made.running.set('b', -EAGAIN);
  made.start();
  assert.deepEqual(made.start().tried, ['make a', 'run a', 'make b', 'run b']);
});

test('without descriptors there is nothing to be had from any place', () => {
  const made = room('a', 'b');
  made.making.set('a', EMFILE);
  assert.throws(() => made.start(), { name: 'SystemCallError', code: 'EMFILE' });
});
