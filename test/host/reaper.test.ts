import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../src/host/clock.ts';
import { createProcesses } from '../../src/host/processes.ts';
import { decodeStatus, startReaper } from '../../src/host/reaper.ts';
import type { BulkWork } from '../../src/supervisor/ports.ts';
import { openProcesses, record, runFixture, shell } from './recorded-child.ts';

/** As good as any: nobody has it. */
const OTHER_PID = 2 ** 30;

test('the three ways to end', () => {
  assert.deepEqual(decodeStatus(0), { kind: 'exited', code: 0 });
  assert.deepEqual(decodeStatus(0xff00), { kind: 'exited', code: 255 });
  assert.deepEqual(decodeStatus(9), { kind: 'signaled', signal: 9, core: false });
  assert.deepEqual(decodeStatus(11 | 0x80), { kind: 'signaled', signal: 11, core: true });
});

test('exit codes and signals reach their child, however many end at once', async () => {
  const processes = openProcesses();
  const codes = Array.from({ length: 20 }, (_, index) => index);
  const children = codes.map((code) => record(processes, shell(`exit ${code}`)));
  const killed = record(processes, shell('kill -KILL $$'));
  assert.deepEqual(
    await Promise.all(children.map(({ exited }) => exited)),
    codes.map((code) => ({ kind: 'exited', code })),
  );
  assert.deepEqual(await killed.exited, { kind: 'signaled', signal: 9, core: false });
  processes.close();
});

test('deaths are reaped and told one by one, as the slices of bulk work have room', async () => {
  // Work that is done by hand, an item at a time.
  const rounds: Iterator<unknown>[] = [];
  const acts: ((item: never) => void)[] = [];
  const bulk: BulkWork = {
    each: (items, act) => {
      rounds.push(items[Symbol.iterator]());
      acts.push(act);
      return Promise.resolve();
    },
  };
  const processes = createProcesses({ clock: systemClock, bulk, reapedUnknown: () => undefined });
  const ended: string[] = [];
  const children = ['a', 'b', 'c'].map((name) =>
    processes.spawn(name, shell('exit 0'), {
      output: () => undefined,
      sealed: () => undefined,
      exited: () => void ended.push(name),
    }),
  );
  await nextTurn();
  for (const { pid } of children) await untilZombie(pid);
  assert.equal(rounds.length, 1, 'one round is under way, however many signals came');
  assert.deepEqual(ended, []);
  const [round] = rounds;
  const [act] = acts;
  for (const told of [1, 2, 3]) {
    act?.(round?.next().value as never);
    assert.equal(ended.length, told);
  }
  assert.equal(round?.next().done, true);
  processes.close();
});

test('there is one round in a turn of the loop, and another one for who has died after it', async () => {
  let rounds = 0;
  const bulk: BulkWork = {
    each: (items) => {
      rounds += 1;
      for (const _ of items) assert.fail('there are no children');
      return Promise.resolve();
    },
  };
  const processes = createProcesses({ clock: systemClock, bulk, reapedUnknown: () => undefined });
  await nextTurn();
  await nextTurn();
  const before = rounds;
  for (let signals = 0; signals < 3; signals += 1) process.emit('SIGCHLD', 'SIGCHLD');
  assert.equal(rounds, before + 1);
  await nextTurn();
  assert.equal(rounds, before + 2);
  await nextTurn();
  assert.equal(rounds, before + 2);
  processes.close();
});

test('once closed it does not keep the loop alive, whoever lives on and whenever a round ends', async () => {
  const rounds: Iterator<unknown>[] = [];
  const bulk: BulkWork = {
    each: (items) => {
      rounds.push(items[Symbol.iterator]());
      return Promise.resolve();
    },
  };
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const reaper = startReaper(bulk, () => undefined);
  await nextTurn();
  const before = timers();
  reaper.adopt(OTHER_PID, () => assert.fail('it lives'));
  assert.equal(timers(), before + 1);
  reaper.close();
  assert.equal(timers(), before);
  assert.equal(rounds[0]?.next().done, true);
  const idle = startReaper(bulk, () => undefined);
  idle.close();
  for (const closed of [reaper, idle])
    closed.adopt(OTHER_PID, () => assert.fail('nobody is reaped any more'));
  assert.equal(timers(), before);
});

/** Until it has died and waits to be reaped. */
async function untilZombie(pid: number): Promise<void> {
  while (!readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')) await nextTurn();
}

test('a child that is started from inside an exit is told of too', async () => {
  const processes = openProcesses();
  const status = await new Promise((done) => {
    const quiet = { output: () => undefined, sealed: () => undefined };
    processes.spawn('first', shell('exit 1'), {
      ...quiet,
      exited: () => void processes.spawn('second', shell('exit 2'), { ...quiet, exited: done }),
    });
  });
  assert.deepEqual(status, { kind: 'exited', code: 2 });
  processes.close();
});

test('a subreaper reaps the orphans of its children', async () => {
  const processes = openProcesses();
  const { orphan, reaped } = (await runFixture(processes, 'orphan-adopted.ts')) as {
    orphan: number;
    reaped: unknown;
  };
  assert.deepEqual(reaped, { pid: orphan, status: { kind: 'exited', code: 5 } });
  processes.close();
});

test('a child that died before the reaper was there is reaped in its first round', async () => {
  const processes = openProcesses();
  const { zombie, reaped } = (await runFixture(processes, 'died-before.ts')) as {
    zombie: number;
    reaped: unknown;
  };
  assert.deepEqual(reaped, { pid: zombie, status: { kind: 'exited', code: 6 } });
  processes.close();
});
