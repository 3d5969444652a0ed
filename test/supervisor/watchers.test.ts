import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Supervisor } from '../../src/supervisor/supervisor.ts';
import { OK, on, pool, program, settle } from './scene.ts';

/** What a watcher was told since the last look, each thing once. */
function watching(supervisor: Supervisor) {
  const told = new Set<string>();
  const stop = supervisor.watch({
    processChanged: ({ group, name, state }) => told.add(`${group}:${name} ${state}`),
    poolChanged: ({ name }) => told.add(`pool ${name}`),
    daemonChanged: () => told.add(`daemon ${supervisor.state}, ${supervisor.groups.size} groups`),
  });
  const take = () => {
    const all = [...told];
    told.clear();
    return all;
  };
  return { take, stop };
}

describe('watchers', () => {
  it(
    'hear of processes, pools and groups, and take no serial',
    on([program('a', { startsecs: 0, autostart: false }), pool('L')], async (scene) => {
      const { take, stop } = watching(scene.supervisor);
      scene.start();
      scene.ready('L');
      assert.deepEqual(take(), [
        'daemon RUNNING, 1 groups',
        'daemon RUNNING, 2 groups',
        'pool L',
        'L:L STARTING',
        'L:L RUNNING',
      ]);
      scene.send('x');
      assert.deepEqual(take(), ['pool L']);
      assert.equal(scene.pool('L').counters().inFlight, 1);
      scene.child('L').out(OK);
      assert.deepEqual(take(), ['pool L']);
      const { nextSerial } = scene.supervisor.bus;
      scene.process('a').start();
      assert.deepEqual(take(), ['a:a STARTING', 'a:a RUNNING']);
      scene.child('a').exit(0);
      assert.equal(take().at(0), 'a:a EXITED');
      assert.equal(scene.supervisor.bus.nextSerial, nextSerial);
      scene.supervisor.shutdown();
      assert.ok(take().includes('daemon SHUTDOWN, 2 groups'));
      stop();
      await settle();
      scene.child('L').exit(0);
      await scene.supervisor.ended;
      assert.deepEqual(take(), []);
    }),
  );

  it(
    'are told in spite of one that throws, which is reported',
    on([program('a', { startsecs: 0, autostart: false })], (scene) => {
      scene.supervisor.watch({
        processChanged() {
          throw new TypeError('no time');
        },
        poolChanged() {},
        daemonChanged() {},
      });
      const { take } = watching(scene.supervisor);
      scene.start();
      take();
      scene.process('a').start();
      assert.deepEqual(take(), ['a:a STARTING', 'a:a RUNNING']);
      assert.ok(scene.host.log.lines.some((line) => line.includes('a watcher failed: no time')));
      scene.process('a').stop();
      scene.child('a').exit(0);
    }),
  );
});
