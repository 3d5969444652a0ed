/** Programs without which the daemon ends: when they end it, with which exit status, and in which order. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Essential, GroupConfig, ProcessConfig } from '../../src/config/types.ts';
import { missingCommand } from './fake-host.ts';
import { framesOf, OK, on, pool, program, type Scene, settle } from './scene.ts';

function essential(when: Essential, more: Partial<ProcessConfig> = {}): GroupConfig[] {
  return [program('p', { essential: when, startretries: 1, ...more })];
}

/** Runs `p` past its startsecs. */
function running(scene: Scene) {
  scene.start().advance(1000);
  assert.equal(scene.process('p').state, 'RUNNING');
  return scene.child('p');
}

async function expectEnd(scene: Scene, code: number): Promise<void> {
  assert.equal(scene.supervisor.state, 'SHUTDOWN');
  assert.equal(await scene.supervisor.ended, 'SHUTDOWN');
  assert.equal(scene.supervisor.exitCode, code);
  assert.ok(
    scene.host.log
      .take()
      .includes(`warn essential program p has ended, shutting down with exit status ${code}`),
  );
}

/** The supervisor lives on; then it is ended, with status 0. */
async function expectLife(scene: Scene): Promise<void> {
  assert.equal(scene.supervisor.state, 'RUNNING');
  scene.supervisor.shutdown();
  for (const child of scene.host.processes.children) if (child.alive) child.exit(0);
  await scene.supervisor.ended;
  assert.equal(scene.supervisor.exitCode, 0);
}

describe('the exit status is that of the program', () => {
  for (const code of [0, 1, 3, 255]) {
    it(
      `which exits with ${code}`,
      on(essential('exit'), async (scene) => {
        running(scene).exit(code);
        await expectEnd(scene, code);
      }),
    );
  }

  for (const [signal, code] of [
    [9, 137],
    [11, 139],
    [15, 143],
  ] as const) {
    it(
      `which dies by signal ${signal}: ${code}, as a shell says`,
      on(essential('unexpected'), async (scene) => {
        running(scene).die(signal);
        await expectEnd(scene, code);
      }),
    );
  }

  it(
    'which cannot be started: 127, as a shell says',
    on(essential('fatal', { startretries: 0 }), async (scene) => {
      scene.host.files.badCommands.set('/bin/p', missingCommand('/bin/p'));
      scene.start();
      await expectEnd(scene, 127);
    }),
  );

  it(
    'in its last run, when it is given up',
    on(essential('fatal'), async (scene) => {
      scene.start();
      scene.child('p').exit(4);
      assert.equal(scene.supervisor.state, 'RUNNING');
      scene.advance(1000);
      scene.child('p').exit(5);
      await expectEnd(scene, 5);
    }),
  );

  it(
    'and the log says first that it was given up, then what follows from it',
    on(essential('fatal', { startretries: 0 }), async (scene) => {
      scene.start();
      scene.host.log.take();
      scene.child('p').exit(4);
      const said = scene.host.log.take().filter((line) => /gave up|essential/.test(line));
      assert.deepEqual(said, [
        'info gave up: p entered FATAL state, too many start retries too quickly',
        'warn essential program p has ended, shutting down with exit status 4',
      ]);
      await scene.supervisor.ended;
    }),
  );

  it(
    'not in the run before, when the last start fails',
    on(essential('fatal'), async (scene) => {
      scene.start();
      scene.child('p').exit(4);
      scene.host.files.badCommands.set('/bin/p', missingCommand('/bin/p'));
      scene.advance(1000);
      await expectEnd(scene, 127);
    }),
  );

  it(
    'of the program that ended first, not of one that is stopped because of it',
    on([program('p', { essential: 'exit' }), program('q', { essential: 'exit' })], async (scene) => {
      running(scene).exit(3);
      assert.deepEqual(scene.host.processes.signals, [`15 process ${scene.child('q').pid}`]);
      scene.child('q').die(15);
      await expectEnd(scene, 3);
    }),
  );
});

describe('essential=true', () => {
  it(
    'ends the daemon when nothing will start the program again',
    on(essential('down', { autorestart: 'unexpected' }), async (scene) => {
      running(scene).exit(0);
      await expectEnd(scene, 0);
    }),
  );

  it(
    'respects autorestart: what is restarted is not down',
    on(essential('down', { autorestart: 'unexpected' }), async (scene) => {
      running(scene).exit(3);
      scene.advance(0);
      assert.equal(scene.host.starts('p'), 2);
      await expectLife(scene);
    }),
  );

  it(
    'with autorestart=true ends it only on FATAL',
    on(essential('down', { autorestart: 'always', startretries: 0 }), async (scene) => {
      running(scene).exit(0);
      scene.advance(0);
      assert.equal(scene.supervisor.state, 'RUNNING');
      scene.child('p').exit(6);
      await expectEnd(scene, 6);
    }),
  );

  it(
    'with autorestart=false ends it with any exit',
    on(essential('down', { autorestart: 'never' }), async (scene) => {
      running(scene).exit(2);
      await expectEnd(scene, 2);
    }),
  );
});

describe('the other values', () => {
  it(
    'fatal: exits are nothing to it, restarted or not',
    on(essential('fatal', { autorestart: 'never' }), async (scene) => {
      running(scene).exit(3);
      await expectLife(scene);
    }),
  );

  it(
    'unexpected: goes on after an expected exit',
    on(essential('unexpected', { exitcodes: [0, 2] }), async (scene) => {
      running(scene).exit(2);
      await expectLife(scene);
    }),
  );

  for (const when of ['unexpected', 'exit'] as const) {
    it(
      `${when}: is not restarted first, whatever autorestart says`,
      on(essential(when, { autorestart: 'always' }), async (scene) => {
        running(scene).exit(3);
        assert.equal(scene.host.starts('p'), 1);
        await expectEnd(scene, 3);
      }),
    );
  }

  it(
    'unexpected: an expected exit is restarted when autorestart says so',
    on(essential('unexpected', { autorestart: 'always' }), async (scene) => {
      running(scene).exit(0);
      scene.advance(0);
      assert.equal(scene.host.starts('p'), 2);
      await expectLife(scene);
    }),
  );

  it(
    'never: nothing that a program does ends the daemon',
    on([program('p', { startretries: 0, autorestart: 'never' })], async (scene) => {
      scene.start();
      scene.child('p').exit(3);
      assert.equal(scene.process('p').state, 'FATAL');
      await expectLife(scene);
    }),
  );
});

describe('an end that somebody asked for', () => {
  it(
    'by a stop request: the daemon goes on',
    on(essential('fatal'), async (scene) => {
      const child = running(scene);
      scene.process('p').stop();
      child.die(15);
      assert.equal(scene.process('p').state, 'STOPPED');
      await expectLife(scene);
    }),
  );

  it(
    'by the shutdown of the daemon: the status stays 0',
    on(essential('exit'), async (scene) => {
      const child = running(scene);
      scene.supervisor.shutdown();
      child.die(15);
      await scene.supervisor.ended;
      assert.equal(scene.supervisor.exitCode, 0);
    }),
  );
});

describe('what else runs', () => {
  const groups = [
    program('p', { essential: 'exit', priority: 500 }),
    program('first', { priority: 900 }),
    program('second', { priority: 100 }),
    pool('ear', { events: ['PROCESS_STATE', 'SUPERVISOR_STATE_CHANGE'] }),
  ];

  it(
    'is stopped in order, and the listener hears of everything before it is stopped, too',
    on(groups, async (scene) => {
      const child = running(scene);
      const ear = scene.child('ear');
      const heard: string[] = [];
      const hear = (): void => {
        for (let text = ear.take(); text !== ''; text = ear.take()) {
          heard.push(
            ...framesOf(text).map(
              ({ tokens, payload }) => `${tokens.get('eventname')} ${payload.split(' ')[0]}`,
            ),
          );
          ear.out(`${OK}READY\n`);
        }
      };
      scene.ready('ear');
      hear();
      heard.length = 0;
      const kill = (name: string) => `15 process ${scene.child(name).pid}`;

      child.exit(3);
      assert.deepEqual(scene.host.processes.signals, [kill('first')]);
      scene.child('first').die(15);
      await settle();
      assert.deepEqual(scene.host.processes.signals, [kill('first'), kill('second')]);
      scene.child('second').die(15);
      await settle();
      hear();
      await settle();
      assert.deepEqual(scene.host.processes.signals, [kill('first'), kill('second'), kill('ear')]);
      ear.die(15);
      await expectEnd(scene, 3);
      assert.deepEqual(heard, [
        'PROCESS_STATE_EXITED processname:p',
        'SUPERVISOR_STATE_CHANGE_STOPPING ',
        'PROCESS_STATE_STOPPING processname:first',
        'PROCESS_STATE_STOPPED processname:first',
        'PROCESS_STATE_STOPPING processname:second',
        'PROCESS_STATE_STOPPED processname:second',
      ]);
    }),
  );
});
