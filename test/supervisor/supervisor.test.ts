import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GroupConfig } from '../../src/config/types.ts';
import { CHANNEL, processConfig } from '../fixtures/process-config.ts';
import { daemonConfig, on, pool, program, type Scene, settle, texts } from './scene.ts';

const started = (scene: Scene) => scene.host.processes.children.map(({ name }) => name);
/** Names of the processes that have been asked to stop, in order. */
const stopped = (scene: Scene) =>
  scene.host.processes.signals.map((line) => {
    const pid = Number(line.split(' ')[2]);
    return scene.host.processes.children.find((child) => child.pid === pid)?.name;
  });

const quick = { startsecs: 0 };

/** A group of several processes. */
function group(name: string, priority: number, ...processes: readonly [string, number][]): GroupConfig {
  return program(
    name,
    {},
    {
      priority,
      processes: processes.map(([each, own]) => processConfig(each, { ...quick, priority: own }, name)),
    },
  );
}

describe('the start', () => {
  it(
    'goes by the priorities of groups, and inside of them as configured',
    on([group('late', 20, ['l1', 1]), group('early', 10, ['e2', 2], ['e1', 1]), pool('L')], (scene) => {
      scene.start();
      assert.deepEqual(started(scene), ['L', 'e2', 'e1', 'l1']);
    }),
  );

  it(
    'announces groups and itself, and leaves alone what does not start by itself',
    on([program('a', quick), program('b', { autostart: false })], (scene) => {
      const events = scene.record('PROCESS_GROUP', 'SUPERVISOR_STATE_CHANGE');
      scene.start();
      assert.deepEqual(
        events.map(({ name, text }) => `${name} ${text}`),
        [
          'PROCESS_GROUP_ADDED groupname:a\n',
          'PROCESS_GROUP_ADDED groupname:b\n',
          'SUPERVISOR_STATE_CHANGE_RUNNING ',
        ],
      );
      assert.deepEqual(started(scene), ['a']);
    }),
  );

  it(
    'activates only the first of two groups of a name',
    on([program('a', quick), program('a', { ...quick, command: '/bin/other' })], (scene) => {
      scene.start();
      assert.deepEqual(
        scene.host.processes.children.map(({ request }) => request.file),
        ['/bin/a'],
      );
    }),
  );

  it(
    'makes AUTO logs once for the life of a group',
    on(
      [program('a', { ...quick, autorestart: 'always', stdout: { ...CHANNEL, logfile: { kind: 'auto' } } })],
      (scene) => {
        scene.start();
        scene.child('a').out('x');
        scene.child('a').exit(0);
        scene.child('a').out('y');
        assert.deepEqual(scene.host.files.autoLogs, ['/tmp/a-stdout---supervisor-0.log']);
        assert.equal(scene.host.files.content.get('/tmp/a-stdout---supervisor-0.log'), 'xy');
        assert.equal(scene.process('a').logfile('stdout'), '/tmp/a-stdout---supervisor-0.log');
        assert.equal(scene.process('a').logfile('stderr'), undefined);
      },
    ),
  );
});

describe('the end', () => {
  it(
    'goes down by priority, all of one at once, each group from its highest, listeners last',
    on(
      [
        group('a', 10, ['a1', 1], ['a2', 2]),
        group('b', 20, ['b1', 1]),
        group('c', 20, ['c1', 1]),
        { ...pool('L'), priority: 1000 },
      ],
      async (scene) => {
        const events = scene.record('SUPERVISOR_STATE_CHANGE');
        scene.start();
        scene.ready('L');
        scene.supervisor.shutdown();
        assert.equal(scene.supervisor.state, 'SHUTDOWN');
        assert.deepEqual(events.at(-1)?.name, 'SUPERVISOR_STATE_CHANGE_STOPPING');
        assert.deepEqual(stopped(scene), ['c1', 'b1']);
        scene.child('c1').die(15);
        await settle();
        assert.deepEqual(stopped(scene), ['c1', 'b1']);
        scene.child('b1').die(15);
        await settle();
        assert.deepEqual(stopped(scene), ['c1', 'b1', 'a2', 'a1']);
        scene.child('a1').die(15);
        scene.child('a2').die(15);
        await settle();
        assert.deepEqual(stopped(scene), ['c1', 'b1', 'a2', 'a1', 'L']);
        scene.child('L').die(15);
        assert.equal(await scene.supervisor.ended, 'SHUTDOWN');
      },
    ),
  );

  it(
    'calls off what was to be started again',
    on(
      [
        program('exited', { ...quick, autorestart: 'always' }),
        program('backoff'),
        program('fatal', { startretries: 0 }),
      ],
      async (scene) => {
        scene.start();
        for (let n = 0; n < 11; n++) scene.child('exited').exit(0);
        scene.child('backoff').exit(1);
        scene.child('fatal').exit(1);
        scene.supervisor.shutdown();
        await scene.supervisor.ended;
        const states = ['exited', 'backoff', 'fatal'].map((name) => scene.process(name).state);
        assert.deepEqual(states, ['EXITED', 'FATAL', 'FATAL']);
      },
    ),
  );

  it(
    'starts nothing again that ends by itself meanwhile',
    on(
      [
        program('a', { ...quick, autorestart: 'always', priority: 1 }),
        program('b', { ...quick, priority: 2 }),
      ],
      async (scene) => {
        scene.start();
        scene.supervisor.shutdown();
        scene.child('a').exit(0);
        assert.equal(scene.process('a').state, 'EXITED');
        scene.child('b').exit(0);
        await scene.supervisor.ended;
        assert.equal(scene.host.starts('a'), 1);
      },
    ),
  );

  it(
    'says every few seconds what it waits for',
    on([program('a', quick), program('b', quick)], async (scene) => {
      scene.start();
      scene.host.log.take();
      scene.supervisor.shutdown();
      // Before any time has passed: they may end in no time at all.
      assert.deepEqual(scene.host.log.take(), ['info waiting for a, b to die']);
      scene.advance(3000);
      scene.child('b').die(15);
      scene.advance(3000);
      const notes = scene.host.log.take().filter((line) => line.includes('waiting'));
      assert.deepEqual(notes, ['info waiting for a, b to die', 'info waiting for a to die']);
      scene.child('a').die(15);
      await scene.supervisor.ended;
    }),
  );

  it(
    'for a restart is told apart, unless a shutdown follows',
    on([program('a', quick)], async (scene) => {
      scene.start();
      await scene.supervisor.restart();
      assert.equal(scene.supervisor.state, 'RESTARTING');
      scene.supervisor.shutdown();
      await scene.supervisor.restart();
      scene.child('a').die(15);
      assert.equal(await scene.supervisor.ended, 'SHUTDOWN');
      assert.deepEqual(stopped(scene), ['a']);
    }),
  );

  it(
    'for a restart ends so',
    on([program('a', quick)], async (scene) => {
      scene.start();
      await scene.supervisor.restart();
      scene.child('a').die(15);
      assert.equal(await scene.supervisor.ended, 'RESTARTING');
    }),
  );
});

describe('groups', () => {
  it(
    'come and go, and tell so',
    on([program('a', quick)], async (scene) => {
      const events = scene.record('PROCESS_GROUP');
      scene.start();
      scene.reloaded = daemonConfig([program('b', quick), pool('L', { events: ['PROCESS_GROUP'] })]);
      const diff = await scene.supervisor.reloadConfig();
      assert.deepEqual(diff, { added: ['b', 'L'], changed: [], removed: ['a'] });
      assert.equal(scene.supervisor.addGroup('b'), 'added');
      assert.equal(scene.supervisor.addGroup('b'), 'already-added');
      assert.equal(scene.supervisor.addGroup('c'), 'bad-name');
      assert.equal(scene.supervisor.removeGroup('c'), 'bad-name');
      assert.equal(scene.supervisor.removeGroup('a'), 'still-running');
      scene.process('a').stop();
      assert.equal(scene.supervisor.removeGroup('a'), 'still-running');
      scene.child('a').die(15);
      assert.equal(scene.supervisor.removeGroup('a'), 'removed');
      assert.equal(scene.supervisor.addGroup('L'), 'added');
      // A pool hears of its own coming.
      assert.equal(scene.pool('L').counters().accepted, 1);
      assert.deepEqual(
        events.map(({ name, payload }) => `${name} ${payload.groupname}`),
        [
          'PROCESS_GROUP_ADDED a',
          'PROCESS_GROUP_ADDED b',
          'PROCESS_GROUP_REMOVED a',
          'PROCESS_GROUP_ADDED L',
        ],
      );
      assert.deepEqual([...scene.supervisor.groups.keys()], ['b', 'L']);
    }),
  );

  it(
    'that are removed start nothing any more, even if a restart was due',
    on([program('a', { ...quick, autorestart: 'always' })], (scene) => {
      scene.start();
      for (let n = 0; n < 11; n++) scene.child('a').exit(0);
      assert.equal(scene.process('a').state, 'EXITED');
      assert.equal(scene.supervisor.removeGroup('a'), 'removed');
      scene.advance(10_000);
      assert.equal(scene.host.starts('a'), 11);
    }),
  );

  it(
    'with a pool lose what was queued, aloud, and take no events any more',
    on([pool('L', { process: { autostart: false } })], (scene) => {
      const losses = scene.record('HERALD_POOL_DROPPED');
      scene.start().send('1', '2');
      const view = scene.pool('L');
      assert.equal(scene.supervisor.removeGroup('L'), 'removed');
      scene.send('3');
      const { accepted, dropped, queued } = view.counters();
      assert.deepEqual([accepted, dropped, queued], [2, 2, 0]);
      assert.match(losses[0]?.text ?? '', /count:2 first:0 last:1 cause:shutdown/);
      assert.equal(scene.supervisor.bus.wants('REMOTE_COMMUNICATION'), false);
    }),
  );

  it(
    'with a pool number its events anew when they come back',
    on([pool('L')], (scene) => {
      scene.start().send('1');
      scene.process('L').stop();
      scene.child('L').die(15);
      scene.supervisor.removeGroup('L');
      scene.supervisor.addGroup('L');
      scene.send('2');
      scene.ready('L');
      assert.match(scene.child('L').received, / serial:1 pool:L poolserial:0 /);
      scene.child('L').out('RESULT 2\nOK');
      scene.advance(30_000);
    }),
  );
});

describe('a remote event', () => {
  it(
    'tells how many pools took it',
    on([pool('A'), pool('B', { events: ['EVENT'] }), pool('C', { events: ['TICK_3600'] })], async (scene) => {
      scene.start();
      assert.equal(scene.supervisor.sendRemoteCommEvent('t', 'x'), 2);
      scene.ready('A', 'B');
      assert.deepEqual(texts(scene.child('A')), ['x']);
      for (const name of ['A', 'B', 'C']) scene.child(name).exit(0);
      scene.supervisor.shutdown();
      await scene.supervisor.ended;
    }),
  );
});

describe('a subscriber that fails', () => {
  it(
    'is named in the log and hurts nobody',
    on([pool('L')], (scene) => {
      scene.supervisor.bus.subscribe(['REMOTE_COMMUNICATION'], () => {
        throw new Error('broken');
      });
      scene.start().send('1');
      assert.equal(
        scene.host.log.lines.at(-1),
        'error a subscriber failed on REMOTE_COMMUNICATION 0: broken',
      );
      assert.equal(scene.pool('L').counters().accepted, 1);
    }),
  );
});
