import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GroupConfig, ProcessConfig } from '../../src/config/types.ts';
import { SpawnError } from '../../src/supervisor/ports.ts';
import { CHANNEL } from '../fixtures/process-config.ts';
import { missingCommand } from './fake-host.ts';
import { asSupervisor, on, program, type Scene, settle } from './scene.ts';

/** One program `p` that nobody starts, logged to /log/p.out and /log/p.err. */
function idle(more: Partial<ProcessConfig> = {}): GroupConfig[] {
  const logfile = (path: string) => ({ ...CHANNEL, logfile: { kind: 'file', path } as const });
  return [
    program('p', { autostart: false, stdout: logfile('/log/p.out'), stderr: logfile('/log/p.err'), ...more }),
  ];
}

/** Starts `p` and sees it RUNNING. */
function running(scene: Scene) {
  const actor = scene.start().process('p');
  actor.start();
  scene.advance(1000);
  assert.equal(actor.state, 'RUNNING');
  return actor;
}

const eperm = () => Object.assign(new Error('EPERM: not permitted'), { code: 'EPERM' });

describe('starting a process', () => {
  it(
    'is done when it has stayed up for startsecs',
    on(idle(), async (scene) => {
      const states = scene.record('PROCESS_STATE');
      const actor = scene.start().process('p');
      const { begun, done } = actor.start();
      assert.equal(begun, undefined);
      scene.advance(999);
      assert.equal(actor.state, 'STARTING');
      scene.advance(1);
      assert.equal(await done, undefined);
      assert.equal(actor.pid, 100);
      assert.deepEqual(
        states.map(({ text }) => text),
        [
          'processname:p groupname:p from_state:STOPPED tries:0',
          'processname:p groupname:p from_state:STARTING pid:100',
        ],
      );
      assert.deepEqual(scene.host.log.take(), [
        "info spawned: 'p' with pid 100",
        'info success: p entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)',
      ]);
    }),
  );

  it(
    'is done at once with startsecs=0',
    on(idle({ startsecs: 0 }), async (scene) => {
      const { done } = scene.start().process('p').start();
      assert.equal(await done, undefined);
    }),
  );

  it(
    'is refused when it runs, whatever state that is',
    on(idle(), (scene) => {
      const actor = scene.start().process('p');
      actor.start();
      assert.deepEqual(actor.start().begun, { kind: 'ALREADY_STARTED' });
      scene.child('p').exit(0);
      assert.equal(actor.state, 'BACKOFF');
      assert.deepEqual(actor.start().begun, { kind: 'ALREADY_STARTED' });
      actor.stop();
    }),
  );

  it(
    'looks at the command before the state, and starts nothing when that is no good',
    on(idle(), (scene) => {
      const actor = running(scene);
      scene.host.files.badCommands.set('/bin/p', missingCommand('/bin/p'));
      const expected = { kind: 'NO_FILE', detail: "can't find command '/bin/p'" };
      assert.deepEqual(actor.start().begun, expected);
      assert.equal(actor.state, 'RUNNING');
    }),
  );

  it(
    'refuses a command that cannot be parsed',
    on(idle({ command: '/bin/p "unclosed' }), (scene) => {
      const { begun } = scene.start().process('p').start();
      assert.equal(begun?.kind, 'NOT_EXECUTABLE');
      assert.equal(scene.host.processes.children.length, 0);
    }),
  );

  it(
    'of a stopping process is left alone: begun, but never done well',
    on(idle(), async (scene) => {
      const actor = running(scene);
      scene.host.log.take();
      actor.stop();
      const { begun, done } = actor.start();
      assert.equal(begun, undefined);
      assert.deepEqual(await done, { kind: 'ABNORMAL_TERMINATION' });
      assert.deepEqual(scene.host.log.take(), ["warn process 'p' already running"]);
      scene.child('p').exit(0);
      assert.equal(scene.host.starts('p'), 1);
    }),
  );

  it(
    'that ends too quickly is a spawn error; the next attempts follow after 1, 2, 3 s, then FATAL',
    on(idle(), async (scene) => {
      const actor = scene.start().process('p');
      const { done } = actor.start();
      for (const pause of [1000, 2000, 3000]) {
        scene.child('p').exit(0);
        assert.equal(actor.state, 'BACKOFF');
        scene.advance(pause - 1);
        assert.equal(actor.state, 'BACKOFF');
        scene.advance(1);
        assert.equal(actor.state, 'STARTING');
      }
      scene.child('p').exit(0);
      assert.equal(actor.state, 'FATAL');
      assert.deepEqual(await done, { kind: 'SPAWN_ERROR' });
      assert.equal(actor.snapshot().spawnError, 'Exited too quickly (process log may have details)');
    }),
  );

  it(
    'that is stopped meanwhile ends abnormally',
    on(idle(), async (scene) => {
      const actor = scene.start().process('p');
      const { done } = actor.start();
      actor.stop();
      scene.child('p').die(15);
      assert.deepEqual(await done, { kind: 'ABNORMAL_TERMINATION' });
    }),
  );

  it(
    'gives the child its whole environment, the configured pairs above all',
    on(
      idle({
        command: 'p -x "a b"',
        directory: '/srv',
        umask: 0o27,
        environment: new Map([
          ['LANG', 'de'],
          ['SUPERVISOR_ENABLED', 'no'],
        ]),
      }),
      (scene) => {
        const { request } = running(scene) && scene.child('p');
        assert.deepEqual(Object.fromEntries(request.env), {
          PATH: '/sbin:/bin',
          LANG: 'de',
          SUPERVISOR_ENABLED: 'no',
          SUPERVISOR_SERVER_URL: 'unix:///run/herald.sock',
          SUPERVISOR_PROCESS_NAME: 'p',
          SUPERVISOR_GROUP_NAME: 'p',
        });
        assert.deepEqual(request.argv, ['p', '-x', 'a b']);
        assert.equal(request.file, '/bin/p');
        assert.equal(request.directory, '/srv');
        assert.equal(request.umask, 0o27);
        assert.ok(scene.host.files.resolved.every((each) => each === 'p /sbin:/bin'));
      },
    ),
  );
});

describe('a launch that fails', () => {
  const texts = {
    childText: "supervisor: couldn't exec /bin/p: ENOEXEC\nsupervisor: child process was not spawned\n",
    message: "couldn't exec /bin/p: ENOEXEC",
  };

  it(
    'is a failed attempt, told to who asked for it; its text is in the stderr log',
    on(idle({ startretries: 0 }), async (scene) => {
      const actor = scene.start().process('p');
      scene.host.processes.failures.push(new SpawnError('exec', 'ENOEXEC', texts.message, texts.childText));
      const { begun, done } = actor.start();
      assert.deepEqual(begun, { kind: 'SPAWN_ERROR' });
      assert.deepEqual(await done, { kind: 'SPAWN_ERROR' });
      assert.equal(actor.state, 'FATAL');
      assert.equal(actor.snapshot().spawnError, texts.message);
      assert.equal(scene.host.files.content.get('/log/p.err'), texts.childText);
      assert.deepEqual(scene.host.files.open, []);
      assert.deepEqual(scene.host.log.take().slice(0, 1), [`info spawnerr: ${texts.message}`]);
    }),
  );

  it(
    'writes its text to the stdout log when stderr goes there',
    on(idle({ startretries: 0, redirectStderr: true }), (scene) => {
      scene.host.processes.failures.push(new SpawnError('exec', 'ENOEXEC', texts.message, texts.childText));
      scene.start().process('p').start();
      assert.equal(scene.host.files.content.get('/log/p.out'), texts.childText);
      assert.equal(scene.host.files.content.has('/log/p.err'), false);
    }),
  );

  it(
    'because a command vanished between two attempts is one, too',
    on(idle({ startretries: 1 }), (scene) => {
      const actor = scene.start().process('p');
      actor.start();
      scene.child('p').exit(1);
      scene.host.files.badCommands.set('/bin/p', missingCommand('/bin/p'));
      scene.advance(1000);
      assert.equal(actor.state, 'FATAL');
      assert.equal(actor.snapshot().spawnError, "can't find command '/bin/p'");
    }),
  );

  for (const [code, message] of [
    ['EISDIR', "unknown error making dispatchers for 'p': EISDIR"],
    ['EMFILE', "too many open files to spawn 'p'"],
  ] as const) {
    it(
      `because a log cannot be opened (${code}) leaves no log open`,
      on(idle({ startretries: 0 }), (scene) => {
        scene.host.files.closedPaths.set('/log/p.err', code);
        const actor = scene.start().process('p');
        actor.start();
        assert.equal(actor.snapshot().spawnError, message);
        assert.deepEqual(scene.host.files.open, []);
        assert.equal(scene.host.processes.children.length, 0);
      }),
    );
  }

  it(
    'because the user is gone leaves no log open and says so in the stderr log',
    on(idle({ startretries: 0, user: 'nemo' }), (scene) => {
      const actor = scene.start().process('p');
      actor.start();
      assert.equal(actor.snapshot().spawnError, "couldn't setuid to nemo: Can't find username 'nemo'");
      assert.deepEqual(scene.host.files.open, []);
      assert.match(scene.host.files.content.get('/log/p.err') ?? '', /^supervisor: couldn't setuid to nemo/);
    }),
  );

  it(
    'does not mix with what a subscriber asks for while it starts',
    on(idle(), async (scene) => {
      const actor = scene.start().process('p');
      let stopped: Promise<void> | undefined;
      scene.supervisor.bus.subscribe(['PROCESS_STATE_STARTING'], () => {
        stopped = actor.stop().done;
      });
      actor.start();
      assert.equal(actor.state, 'STOPPING');
      assert.deepEqual(scene.host.processes.signals, ['15 process 100']);
      scene.child('p').die(15);
      await stopped;
      assert.equal(actor.state, 'STOPPED');
    }),
  );
});

describe('stopping a process', () => {
  it(
    'is done when it has ended',
    on(idle(), async (scene) => {
      const actor = running(scene);
      let done = false;
      const stop = actor.stop();
      const waiting = stop.done.then(() => {
        done = true;
      });
      assert.equal(stop.begun, undefined);
      assert.equal(actor.writeStdin(new Uint8Array(1)), 'not-running');
      await settle();
      assert.equal(done, false);
      scene.child('p').exit(0);
      await waiting;
      assert.equal(actor.state, 'STOPPED');
      assert.deepEqual(scene.host.processes.signals, ['15 process 100']);
      assert.equal(actor.snapshot().stoppedAt, scene.host.clock.wall());
    }),
  );

  it(
    'kills what does not end within stopwaitsecs, again and again',
    on(idle({ stopasgroup: true, killasgroup: true, stopwaitsecs: 5 }), (scene) => {
      const actor = running(scene);
      actor.stop();
      scene.advance(10_000);
      assert.deepEqual(scene.host.processes.signals, ['15 group 100', '9 group 100', '9 group 100']);
      scene.child('p').die(9);
      assert.equal(actor.state, 'STOPPED');
    }),
  );

  it(
    'of a group is done when nobody is left in it',
    on(idle({ stopasgroup: true, killasgroup: true }), async (scene) => {
      const events = scene.record('PROCESS_STATE_STOPPED');
      const actor = running(scene);
      scene.child('p').hasFamily = true;
      let done = false;
      const waiting = actor.stop().done.then(() => {
        done = true;
      });
      scene.child('p').exit(0);
      scene.advance(3000);
      await settle();
      assert.equal(done, false);
      assert.deepEqual([actor.state, actor.pid, events.length], ['STOPPING', 100, 0]);
      assert.deepEqual(actor.stop().begun, { kind: 'NOT_RUNNING' });
      assert.equal(actor.writeStdin(new Uint8Array(1)), 'not-running');
      assert.equal(actor.signal(10), undefined);
      assert.deepEqual(scene.host.processes.signals, ['15 group 100', '10 group 100']);
      scene.child('p').endGroup();
      await waiting;
      assert.equal(events.length, 1);
      const { state, pid, stoppedAt } = actor.snapshot();
      assert.deepEqual([state, pid, stoppedAt], ['STOPPED', 0, scene.host.clock.wall()]);
    }),
  );

  it(
    'of a group tells who is left in it to stop, and kills them after stopwaitsecs',
    on(idle({ killasgroup: true, stopwaitsecs: 5 }), (scene) => {
      const actor = running(scene);
      scene.child('p').hasFamily = true;
      actor.stop();
      scene.advance(3000);
      const signals = ['15 process 100'];
      assert.deepEqual(scene.host.processes.signals, signals);
      scene.child('p').exit(0);
      scene.host.log.take();
      // Only the program has been told so far; the time counts from then on.
      signals.push('15 group 100');
      scene.advance(1999);
      assert.deepEqual(scene.host.processes.signals, signals);
      scene.advance(1);
      assert.deepEqual(scene.host.processes.signals, [...signals, '9 group 100']);
      scene.child('p').endGroup();
      assert.equal(actor.state, 'STOPPED');
      assert.deepEqual(scene.host.log.take(), [
        'warn p (pid 100) has ended, but not all of its process group',
        "warn killing 'p' (100) with SIGKILL",
        'info stopped: p (exit status 0)',
      ]);
    }),
  );

  it(
    'of a group cares for the process alone with compat=supervisor',
    on(
      idle({ stopasgroup: true, killasgroup: true }),
      (scene) => {
        const actor = running(scene);
        scene.child('p').hasFamily = true;
        actor.stop();
        scene.child('p').exit(0);
        assert.equal(actor.state, 'STOPPED');
      },
      { change: asSupervisor },
    ),
  );

  it(
    'is not what a crash is: who is left in the group is left alone',
    on(idle({ stopasgroup: true, killasgroup: true, autorestart: 'never' }), (scene) => {
      const actor = running(scene);
      scene.child('p').hasFamily = true;
      scene.child('p').exit(1);
      assert.equal(actor.state, 'EXITED');
      assert.deepEqual(scene.host.processes.signals, []);
    }),
  );

  it(
    'and a bounce: the next run begins when the whole group has ended',
    on(idle({ stopasgroup: true, killasgroup: true }), (scene) => {
      const actor = running(scene);
      scene.child('p').hasFamily = true;
      actor.bounce();
      scene.child('p').exit(0);
      assert.equal(scene.host.starts('p'), 1);
      scene.host.processes.children[0]?.endGroup();
      assert.equal(scene.host.starts('p'), 2);
      actor.stop();
      scene.child('p').exit(0);
    }),
  );

  it(
    'is refused when it does not run',
    on(idle(), (scene) => {
      const actor = scene.start().process('p');
      assert.deepEqual(actor.stop().begun, { kind: 'NOT_RUNNING' });
      actor.start();
      actor.stop();
      assert.deepEqual(actor.stop().begun, { kind: 'NOT_RUNNING' });
      scene.child('p').exit(0);
    }),
  );

  it(
    'ends a pause between attempts',
    on(idle(), async (scene) => {
      const actor = scene.start().process('p');
      actor.start();
      scene.child('p').exit(1);
      await actor.stop().done;
      assert.equal(actor.state, 'STOPPED');
    }),
  );

  it(
    'fails when the signal cannot be sent; the later end is seen, and nothing is restarted',
    on(idle({ autorestart: 'always' }), (scene) => {
      const actor = running(scene);
      scene.host.processes.outcome = eperm();
      assert.deepEqual(actor.stop().begun, { kind: 'FAILED', detail: 'EPERM: not permitted' });
      assert.equal(actor.state, 'UNKNOWN');
      assert.equal(actor.start().begun?.kind, 'FAILED');
      scene.child('p').exit(0);
      assert.equal(actor.state, 'EXITED');
      assert.equal(scene.host.starts('p'), 1);
    }),
  );

  it(
    'takes a process that is gone already for stopped as soon as its end is seen',
    on(idle(), (scene) => {
      const actor = running(scene);
      scene.host.processes.outcome = 'gone';
      assert.equal(actor.stop().begun, undefined);
      assert.equal(actor.state, 'STOPPING');
      scene.child('p').exit(0);
      assert.equal(actor.state, 'STOPPED');
    }),
  );
});

describe('a signal', () => {
  it(
    'goes to the process alone',
    on(idle({ stopasgroup: true }), (scene) => {
      const actor = running(scene);
      assert.equal(actor.signal(1), undefined);
      scene.host.processes.outcome = 'gone';
      assert.equal(actor.signal(10), undefined);
      assert.deepEqual(scene.host.processes.signals, ['1 process 100', '10 process 100']);
      assert.equal(actor.state, 'RUNNING');
    }),
  );

  it(
    'is refused when there is no process',
    on(idle(), (scene) => {
      assert.deepEqual(scene.start().process('p').signal(1), { kind: 'NOT_RUNNING' });
      assert.deepEqual(scene.host.processes.signals, []);
    }),
  );

  it(
    'that cannot be sent makes the state UNKNOWN',
    on(idle(), (scene) => {
      const actor = running(scene);
      scene.host.processes.outcome = eperm();
      assert.equal(actor.signal(1)?.kind, 'FAILED');
      assert.equal(actor.state, 'UNKNOWN');
    }),
  );
});

describe('restarts', () => {
  const always = idle({ startsecs: 0, autorestart: 'always' });

  it(
    'are immediate at first, then one a second',
    on(always, (scene) => {
      const actor = scene.start().process('p');
      actor.start();
      for (let n = 0; n < 10; n++) scene.child('p').exit(0);
      assert.equal(scene.host.starts('p'), 11);
      scene.child('p').exit(0);
      assert.equal(actor.state, 'EXITED');
      scene.advance(999);
      assert.equal(scene.host.starts('p'), 11);
      scene.advance(1);
      assert.equal(scene.host.starts('p'), 12);
    }),
  );

  it(
    'that are due can be stopped',
    on(always, async (scene) => {
      const actor = scene.start().process('p');
      actor.start();
      for (let n = 0; n < 11; n++) scene.child('p').exit(0);
      const { begun, done } = actor.stop();
      assert.equal(begun, undefined);
      await done;
      scene.advance(10_000);
      assert.equal(scene.host.starts('p'), 11);
      assert.deepEqual(actor.stop().begun, { kind: 'NOT_RUNNING' });
    }),
  );

  it(
    'that are due give way to a start',
    on(always, (scene) => {
      const actor = scene.start().process('p');
      actor.start();
      for (let n = 0; n < 11; n++) scene.child('p').exit(0);
      assert.equal(actor.start().begun, undefined);
      assert.equal(scene.host.starts('p'), 12);
    }),
  );

  it(
    'happen only after an unexpected exit, if so configured',
    on(idle({ exitcodes: [0, 2] }), (scene) => {
      const actor = running(scene);
      scene.child('p').exit(2);
      assert.equal(actor.state, 'EXITED');
      actor.start();
      scene.advance(1000);
      scene.child('p').die(11);
      assert.equal(actor.state, 'STARTING');
      assert.equal(actor.snapshot().startedAt, scene.host.clock.wall());
      scene.advance(1000);
    }),
  );
});

describe('a bounce', () => {
  it(
    'starts the process again once it has stopped',
    on(idle(), (scene) => {
      const actor = running(scene);
      actor.bounce();
      assert.equal(actor.state, 'STOPPING');
      scene.child('p').die(15);
      assert.equal(actor.state, 'STARTING');
      scene.advance(1000);
      assert.equal(scene.host.starts('p'), 2);
    }),
  );

  it(
    'of what does not run is nothing',
    on(idle(), (scene) => {
      const actor = scene.start().process('p');
      actor.bounce();
      assert.equal(actor.state, 'STOPPED');
    }),
  );

  it(
    'does not start again what somebody stops meanwhile',
    on(idle(), async (scene) => {
      const actor = running(scene);
      actor.bounce();
      const { begun, done } = actor.stop();
      assert.equal(begun, undefined);
      scene.child('p').die(15);
      await done;
      assert.equal(actor.state, 'STOPPED');
    }),
  );
});

describe('log files', () => {
  it(
    'are opened at each start and closed with their channels',
    on(idle(), (scene) => {
      const { files } = scene.host;
      running(scene);
      const child = scene.child('p');
      child.out('out\n');
      child.out('err\n', 'stderr');
      assert.deepEqual(files.open, ['/log/p.out', '/log/p.err']);
      child.exit(1);
      scene.advance(1000);
      assert.equal(files.opened.length, 4);
      assert.equal(files.open.length, 2);
      assert.equal(files.content.get('/log/p.out'), 'out\n');
      assert.equal(files.content.get('/log/p.err'), 'err\n');
    }),
  );

  it(
    'take what a grandchild says after the exit, while the next run has its own',
    on(idle(), (scene) => {
      running(scene);
      const first = scene.child('p');
      first.exitHeld(1);
      scene.advance(1000);
      const second = scene.child('p');
      assert.notEqual(second, first);
      first.out('late ');
      second.out('new ');
      first.sealAll();
      second.out('newer');
      assert.equal(scene.host.files.content.get('/log/p.out'), 'late new newer');
      assert.equal(scene.host.files.open.length, 2);
    }),
  );

  it(
    'are emptied whether it runs or not',
    on(idle(), (scene) => {
      const { files } = scene.host;
      const actor = running(scene);
      scene.child('p').out('text');
      actor.clearLogs();
      assert.equal(files.content.get('/log/p.out'), '');
      assert.equal(files.open.length, 2);
      scene.child('p').out('more');
      scene.child('p').exit(0);
      actor.clearLogs();
      assert.equal(files.content.get('/log/p.out'), '');
      assert.deepEqual(files.open, []);
    }),
  );

  it(
    'of a channel that the program has closed are left alone by a reopen, and can be emptied',
    on(idle(), (scene) => {
      const { files } = scene.host;
      const actor = running(scene);
      scene.child('p').out('oops', 'stderr');
      scene.child('p').seal('stderr');
      actor.reopenLogs();
      actor.clearLogs();
      assert.equal(files.content.get('/log/p.err'), '');
      assert.deepEqual(
        files.opened.map((log) => log.reopened),
        [1, 0, 0],
      );
      assert.deepEqual(files.open, ['/log/p.out']);
    }),
  );

  it(
    'that lose output say so in the main log',
    on(idle(), (scene) => {
      running(scene);
      scene.host.log.take();
      scene.host.files.opened[0]?.options.onLoss('disk full');
      assert.deepEqual(scene.host.log.take(), ["error 'p' stdout: disk full"]);
    }),
  );
});

describe('stdin', () => {
  it(
    'takes what a living child takes',
    on(idle(), (scene) => {
      const actor = running(scene);
      assert.equal(actor.writeStdin(new TextEncoder().encode('hi')), 'accepted');
      assert.equal(scene.child('p').received, 'hi');
      scene.child('p').stdinFull = true;
      assert.equal(actor.writeStdin(new Uint8Array(1)), 'full');
      assert.equal(scene.child('p').received, 'hi');
      scene.child('p').stdinOpen = false;
      assert.equal(actor.writeStdin(new Uint8Array(1)), 'closed');
      scene.child('p').exit(0);
      assert.equal(actor.writeStdin(new Uint8Array(1)), 'not-running');
    }),
  );
});
