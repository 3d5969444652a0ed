import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import type { Steps } from '../../src/config/steps.ts';
import type { ConfigNotice, DaemonConfig } from '../../src/config/types.ts';
import { createBulkWork } from '../../src/supervisor/bulk-work.ts';
import { Rereading } from '../../src/supervisor/rereading.ts';
import { FakeClock } from './fake-host.ts';
import { daemonConfig, on, program, settle } from './scene.ts';

const SLICE_MS = 10;

/** Readings of two slices each; the nth finds a configuration of its own, or an error. */
class Readings {
  readonly clock = new FakeClock();
  readonly found: (DaemonConfig | ConfigError)[] = [];
  readonly rereading = new Rereading(createBulkWork(this.clock), () => this.#steps());
  begun = 0;

  *#steps(): Steps<DaemonConfig> {
    const found = this.found[this.begun];
    this.begun += 1;
    this.clock.work(SLICE_MS);
    yield;
    if (found === undefined || found instanceof ConfigError) throw found;
    return found;
  }

  /** A turn of the loop, and what its promises lead to. */
  async turn(): Promise<void> {
    this.clock.turn();
    await settle();
  }
}

describe('rereading', () => {
  it('goes on in the next turn of the loop when its slice is over', async () => {
    const readings = new Readings();
    const config = daemonConfig([]);
    readings.found.push(config);
    let read: DaemonConfig | undefined;
    void readings.rereading.read().then((found) => {
      read = found;
    });
    await settle();
    assert.deepEqual([readings.begun, read], [1, undefined]);
    await readings.turn();
    assert.equal(read, config);
    assert.equal(readings.clock.live, 0);
  });

  it('is done one at a time, and who asks meanwhile shares the next', async () => {
    const readings = new Readings();
    const configs = [daemonConfig([]), daemonConfig([]), daemonConfig([])];
    readings.found.push(...configs);
    const first = readings.rereading.read();
    const others = [readings.rereading.read(), readings.rereading.read(), readings.rereading.read()];
    // Asked in the very moment in which the first has ended, before the next has begun.
    const late = first.then(() => readings.rereading.read());
    assert.equal(readings.begun, 1);
    await readings.turn();
    assert.equal(await first, configs[0]);
    assert.equal(readings.begun, 2);
    await readings.turn();
    for (const other of [...others, late]) assert.equal(await other, configs[1]);
    assert.equal(readings.begun, 2);
    const last = readings.rereading.read();
    assert.equal(readings.begun, 3);
    await readings.turn();
    assert.equal(await last, configs[2]);
  });

  it('that fails is told to those who have asked for it, and not to who asked for the next', async () => {
    const readings = new Readings();
    const config = daemonConfig([]);
    readings.found.push(new ConfigError('no section'), config);
    const first = assert.rejects(readings.rereading.read(), /no section/);
    const second = readings.rereading.read();
    await readings.turn();
    await first;
    await readings.turn();
    assert.equal(await second, config);
  });
});

const quick = { startsecs: 0 };

function warning(message: string): ConfigNotice {
  return { level: 'warn', message };
}

describe('a supervisor that rereads in slices', () => {
  it(
    'looks after its programs meanwhile, and knows of nothing new until the end',
    on([program('a', { ...quick, autorestart: 'always' })], async (scene) => {
      scene.start();
      scene.reloaded = daemonConfig([program('b', quick)]);
      scene.slicesOfReread = 3;
      let answer: unknown;
      void scene.supervisor.reloadConfig().then((diff) => {
        answer = diff;
      });
      scene.child('a').exit(0);
      assert.equal(scene.host.starts('a'), 2);
      assert.equal(scene.supervisor.addGroup('b'), 'bad-name');
      scene.host.clock.turn();
      await settle();
      assert.equal(answer, undefined);
      assert.equal(scene.supervisor.addGroup('b'), 'bad-name');
      scene.host.clock.turn();
      await settle();
      assert.deepEqual(answer, { added: ['b'], changed: [], removed: ['a'] });
      assert.equal(scene.supervisor.addGroup('b'), 'added');
    }),
  );

  it(
    'keeps the order of readings whatever is asked meanwhile',
    on([], async (scene) => {
      scene.start();
      scene.slicesOfReread = 2;
      scene.reloaded = daemonConfig([program('old', quick)]);
      const first = scene.supervisor.reloadConfig();
      const second = scene.supervisor.reloadConfig();
      scene.host.clock.turn();
      await settle();
      assert.deepEqual(await first, { added: ['old'], changed: [], removed: [] });
      assert.equal(scene.rereads, 2);
      scene.reloaded = daemonConfig([program('new', quick)]);
      scene.host.clock.turn();
      await settle();
      assert.deepEqual(await second, { added: ['new'], changed: [], removed: [] });
      assert.deepEqual(
        scene.supervisor.configured.map(({ name }) => name),
        ['new'],
      );
    }),
  );

  it(
    'warns of what was not there to be warned of before',
    on([], async (scene) => {
      scene.start();
      const notices = (...messages: readonly string[]): DaemonConfig => ({
        ...daemonConfig([]),
        notices: [{ level: 'info', message: 'read' }, ...messages.map((message) => warning(message))],
      });
      scene.host.log.take();
      scene.reloaded = notices('autostrat means nothing');
      await Promise.all([scene.supervisor.reloadConfig(), scene.supervisor.reloadConfig()]);
      assert.deepEqual(scene.host.log.take(), ['warn autostrat means nothing']);
      scene.reloaded = notices('autostrat means nothing', 'a.conf cannot be read');
      await scene.supervisor.reloadConfig();
      assert.deepEqual(scene.host.log.take(), ['warn a.conf cannot be read']);
    }),
  );

  it(
    'stops nothing for a restart before all has been read',
    on([program('a', quick)], async (scene) => {
      scene.start();
      scene.slicesOfReread = 2;
      const restarted = scene.supervisor.restart();
      assert.equal(scene.supervisor.state, 'RUNNING');
      assert.deepEqual(scene.host.processes.signals, []);
      scene.host.clock.turn();
      await restarted;
      assert.equal(scene.supervisor.state, 'RESTARTING');
      scene.child('a').die(15);
      assert.equal(await scene.supervisor.ended, 'RESTARTING');
    }),
  );

  it(
    'goes on as it was when there is an error in what a restart reads',
    on([program('a', quick)], async (scene) => {
      scene.start();
      scene.slicesOfReread = 2;
      scene.reloaded = new ConfigError('no section');
      const refused = assert.rejects(scene.supervisor.restart(), /no section/);
      scene.host.clock.turn();
      await refused;
      assert.deepEqual([scene.supervisor.state, scene.host.processes.signals], ['RUNNING', []]);
    }),
  );

  it(
    'does not take an error for a reason against a restart that has begun',
    on([program('a', quick)], async (scene) => {
      scene.start();
      scene.slicesOfReread = 2;
      const first = scene.supervisor.restart();
      const second = scene.supervisor.restart();
      scene.host.clock.turn();
      await first;
      scene.reloaded = new ConfigError('no section');
      scene.host.clock.turn();
      await second;
      scene.child('a').die(15);
      assert.equal(await scene.supervisor.ended, 'RESTARTING');
    }),
  );

  it(
    'ends at once when it is told to, and a restart that was asked for before makes no restart of it',
    on([program('a', quick)], async (scene) => {
      scene.start();
      scene.slicesOfReread = 2;
      const restarted = scene.supervisor.restart();
      const again = scene.supervisor.restart();
      scene.supervisor.shutdown();
      assert.equal(scene.supervisor.state, 'SHUTDOWN');
      scene.child('a').die(15);
      for (let turns = 0; turns < 2; turns += 1) {
        scene.host.clock.turn();
        await settle();
      }
      await Promise.all([restarted, again]);
      assert.equal(await scene.supervisor.ended, 'SHUTDOWN');
    }),
  );
});
