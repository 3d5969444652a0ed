import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '../../src/host/clock.ts';
import { Gathering, PAUSE_MS } from '../../src/host/gathering.ts';
import { closeDescriptor, makePipe, setNonBlocking, writeFrom } from '../../src/host/libc/descriptors.ts';
import { OutputPipe } from '../../src/host/pipes.ts';
import { BUSY_BYTES, CROWD } from '../../src/log/busy-pipes.ts';
import type { Clock, SpawnRequest } from '../../src/supervisor/ports.ts';
import { FakeClock } from '../supervisor/fake-host.ts';
import { openProcesses, record, shell } from './recorded-child.ts';

/** An output pipe and its writer's end; `until` settles as soon as so many bytes have come. */
function openPipe(gathering?: Gathering) {
  const { readEnd, writeEnd } = makePipe();
  setNonBlocking(readEnd);
  let waiting: { length: number; done: () => void } | undefined;
  const state = { text: '', seals: 0 };
  const owner = {
    output: (_: unknown, bytes: Uint8Array) => {
      state.text += Buffer.from(bytes).toString('latin1');
      if (waiting !== undefined && state.text.length >= waiting.length) waiting.done();
    },
    sealed: () => {
      state.seals += 1;
    },
  };
  const pipe = new OutputPipe(readEnd, 'stdout', owner, gathering);
  let open = true;
  const close = (): void => {
    if (open) closeDescriptor(writeEnd);
    open = false;
  };
  return {
    pipe,
    state,
    write: (text: string) => assert.equal(writeFrom(writeEnd, Buffer.from(text)), text.length),
    close,
    until: (length: number) =>
      new Promise<void>((done) => {
        waiting = { length, done };
        if (state.text.length >= length) done();
      }),
  };
}

const LOUD = 'x'.repeat(BUSY_BYTES);

/** Pipes that are all paused, and one without pauses; nothing happens to the former until the clock is turned. */
async function pausedPipes() {
  const clock = new FakeClock();
  const gathering = new Gathering(clock);
  const pipes = Array.from({ length: CROWD }, () => openPipe(gathering));
  for (const pipe of pipes) {
    pipe.write(LOUD);
    await pipe.until(LOUD.length);
  }
  // The last one has made it a crowd and waits already.
  for (const pipe of pipes.slice(0, -1)) {
    pipe.write('more\n');
    await pipe.until(LOUD.length + 5);
  }
  const prompt = openPipe();
  const [first] = pipes;
  assert.ok(first !== undefined);
  for (const { state } of pipes) state.text = '';
  return {
    clock,
    first,
    /** The event loop has heard of everything that was written before. */
    heard: async () => {
      prompt.state.text = '';
      prompt.write('.');
      await prompt.until(1);
    },
    end: () => {
      for (const one of [...pipes, prompt]) {
        one.pipe.cut();
        one.close();
      }
      clock.advance(PAUSE_MS);
      assert.equal(clock.live, 0);
    },
  };
}

test('what is written in a pause comes in one go when it is over, and after a silence at once again', async () => {
  const { clock, first, heard, end } = await pausedPipes();
  first.write('one\n');
  first.write('two\n');
  await heard();
  assert.equal(first.state.text, '');
  clock.advance(PAUSE_MS);
  assert.equal(first.state.text, 'one\ntwo\n');
  clock.advance(PAUSE_MS);
  assert.equal(clock.live, 0, 'all were silent');
  first.write('three\n');
  await first.until('one\ntwo\nthree\n'.length);
  end();
});

test('the end of a paused pipe is told after what it held', async () => {
  const { clock, first, end } = await pausedPipes();
  first.write('last words\n');
  first.close();
  clock.advance(PAUSE_MS);
  assert.deepEqual(first.state, { text: 'last words\n', seals: 0 });
  clock.advance(PAUSE_MS);
  assert.deepEqual(first.state, { text: 'last words\n', seals: 1 });
  end();
  assert.equal(first.state.seals, 1);
});

test('a paused pipe can be drained and cut', async () => {
  const { clock, first, end } = await pausedPipes();
  first.write('held\n');
  assert.equal(first.pipe.drain(1_000_000), false);
  assert.equal(first.state.text, 'held\n');
  first.write('late\n');
  first.close();
  assert.equal(first.pipe.drain(1_000_000), true);
  first.pipe.cut();
  clock.advance(2 * PAUSE_MS);
  assert.deepEqual(first.state, { text: 'held\nlate\n', seals: 1 });
  end();
});

/** Its time stands still, so that a crowd once made lasts, and pauses only end when the test says so. */
const pauses: (() => void)[] = [];
const stillClock: Clock = {
  ...systemClock,
  monotonic: () => 0,
  after: (ms, fn) => {
    if (ms !== PAUSE_MS) return systemClock.after(ms, fn);
    pauses.push(fn);
    return () => undefined;
  },
};
const processes = openProcesses(60_000, stillClock);
after(() => processes.close());

/** Says enough to be busy, then answers each line. */
const ECHO = `head -c ${BUSY_BYTES} /dev/zero; while read line; do echo "$line"; [ "$line" = end ] && exit 3; done`;

function start(overrides: Partial<SpawnRequest> = {}) {
  const child = record(processes, shell(ECHO, overrides));
  const say = (text: string): unknown => child.child.write(Buffer.from(text));
  return { ...child, say, busy: child.until('stdout', '\0'.repeat(BUSY_BYTES)) };
}

test('children in a crowd: nothing is lost at an exit in a pause, and who is to be prompt never waits', async () => {
  const children = Array.from({ length: CROWD }, () => start());
  await Promise.all(children.map(({ busy }) => busy));
  const prompt = start({ converses: true });
  await prompt.busy;
  for (const { say } of children) say('one\n');
  // Every answer but that of the pipe that was paused already, as the one that made it a crowd.
  const answered = children.map(({ until }) => until('stdout', 'one\n'));
  await Promise.race(answered);
  assert.ok(pauses.length > 0, 'some are paused');
  for (const word of ['a', 'b', 'c']) {
    prompt.say(`${word}\n`);
    await prompt.until('stdout', `${word}\n`);
  }
  for (const { say } of [...children, prompt]) say('two\nend\n');
  for (const { exited, sealed, text, calls } of [...children, prompt]) {
    assert.deepEqual(await exited, { kind: 'exited', code: 3 });
    assert.match(text('stdout'), /two\nend\n$/);
    assert.equal(calls.lastIndexOf('output stdout') < calls.indexOf('exited'), true);
    await sealed;
  }
  assert.equal(pauses.length, 1, 'the one pause that was begun has not ended');
});
