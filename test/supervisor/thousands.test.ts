/** What concerns every process is done in slices: the event loop gets its turn in between. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GroupConfig } from '../../src/config/types.ts';
import { CHANNEL, processConfig } from '../fixtures/process-config.ts';
import { program, Scene, settle } from './scene.ts';

const COUNT = 50;
const SLOW_MS = 5;
/** As many as fit into a slice of 10 ms. */
const AT_ONCE = 2;

const quick = { startsecs: 0 };
const names = Array.from({ length: COUNT }, (_, nth) => `p${nth}`);
const manyGroups = names.map((name) => program(name, quick));
const oneGroup: GroupConfig = {
  ...program('all'),
  processes: names.map((name) => processConfig(name, quick, 'all')),
};

/** Spawns, signals and log files take 5 ms each. */
class SlowScene extends Scene {
  reopened = 0;

  constructor(groups: readonly GroupConfig[]) {
    super(groups);
    const { clock, processes, files } = this.host;
    let busy = 0;
    const monotonic = clock.monotonic.bind(clock);
    clock.monotonic = () => monotonic() + busy;
    const slow = <A extends unknown[], R>(act: (...args: A) => R): ((...args: A) => R) => {
      return (...args) => {
        busy += SLOW_MS;
        return act(...args);
      };
    };
    processes.spawn = slow(processes.spawn.bind(processes));
    processes.signal = slow(processes.signal.bind(processes));
    const openLog = files.openLog.bind(files);
    files.openLog = (...args) => {
      const log = openLog(...args);
      log.reopen = slow(() => {
        this.reopened += 1;
      });
      return log;
    };
  }

  get started(): number {
    return this.host.processes.children.length;
  }

  get signalled(): number {
    return this.host.processes.signals.length;
  }
}

for (const [shape, groups] of [
  ['many groups', manyGroups],
  ['one group', [oneGroup]],
] as const) {
  describe(`many processes in ${shape}`, () => {
    it('are started in slices', () => {
      const scene = new SlowScene(groups);
      scene.supervisor.start();
      assert.equal(scene.started, AT_ONCE);
      scene.advance(0);
      assert.equal(scene.started, COUNT);
    });

    it('are stopped in slices', async () => {
      const scene = new SlowScene(groups);
      scene.start().advance(0);
      scene.supervisor.shutdown();
      assert.equal(scene.signalled, AT_ONCE);
      scene.advance(0);
      assert.equal(scene.signalled, COUNT);
      for (const name of names) scene.child(name).die(15);
      await scene.supervisor.ended;
    });

    it('are not started any more once the daemon shuts down', async () => {
      const scene = new SlowScene(groups);
      scene.start();
      scene.supervisor.shutdown();
      scene.advance(0);
      assert.equal(scene.started, AT_ONCE);
      for (const { name } of scene.host.processes.children) scene.child(name).die(15);
      await scene.supervisor.ended;
    });
  });
}

it('the log files of many processes are opened again in slices', async () => {
  const stdout = { ...CHANNEL, logfile: { kind: 'file', path: '/log/out' } as const };
  const scene = new SlowScene(names.map((name) => program(name, { ...quick, stdout })));
  scene.start().advance(0);
  scene.supervisor.reopenLogs();
  assert.equal(scene.reopened, AT_ONCE);
  scene.advance(0);
  assert.equal(scene.reopened, COUNT);
  await settle();
});
