import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_QUEUED_TEXT } from '../../src/supervisor/pool-actor.ts';
import { asSupervisor, FAIL, framesOf, OK, on, pool, program, type Scene, settle, texts } from './scene.ts';

const answers = (name: string, scene: Scene, ...bodies: readonly string[]): void => {
  for (const body of bodies) scene.child(name).out(`${body}READY\n`);
};

describe('delivery', () => {
  it(
    'goes in turns: READY, an event, RESULT',
    on([pool('L')], (scene) => {
      scene.start().send('1', '2');
      const child = scene.child('L');
      assert.equal(child.take(), '');
      child.out('READY\n');
      assert.equal(
        child.take(),
        'ver:3.0 server:supervisor serial:0 pool:L poolserial:0 eventname:REMOTE_COMMUNICATION len:8\ntype:t\n1',
      );
      child.out(OK);
      assert.equal(child.take(), '');
      child.out('READY\n');
      assert.deepEqual(texts(child), ['2']);
      child.out(`${OK}READY\n`);
      const { acknowledged, queued, inFlight } = scene.pool('L').counters();
      assert.deepEqual([acknowledged, queued, inFlight], [2, 0, 0]);
      assert.equal(scene.pool('L').listeners()[0]?.state, 'READY');
      scene.advance(30_000);
    }),
  );

  it(
    'understands a listener that writes byte by byte, or several frames at once',
    on([pool('L', { prefetch: 3 })], (scene) => {
      scene.start().send('1', '2', '3', '4');
      const child = scene.child('L');
      const speak = (text: string) => {
        for (const char of text) child.out(char);
      };
      speak('READY\n');
      assert.deepEqual(texts(child), ['1', '2', '3']);
      speak(`${OK}READY\n`);
      assert.deepEqual(texts(child), [], 'more than half of the pipeline is still full');
      speak(`${OK}READY\n`);
      assert.deepEqual(texts(child), ['4']);
      child.out(`${OK}READY\n${OK}READY\n`);
      assert.equal(scene.pool('L').counters().acknowledged, 4);
      scene.advance(30_000);
    }),
  );

  it(
    'begins while the listener is STARTING, because READY says more than a second',
    on([pool('L', { process: { startsecs: 1 } })], (scene) => {
      scene.start().send('1');
      scene.ready('L');
      assert.deepEqual(texts(scene.child('L')), ['1']);
      answers('L', scene, OK);
      scene.advance(30_000);
    }),
  );

  it(
    'begins with RUNNING when Supervisor is to be matched, one at a time whatever prefetch says',
    on(
      [pool('L', { process: { startsecs: 1 }, prefetch: 5, extended: true })],
      (scene) => {
        scene.start().send('é', '2');
        scene.ready('L');
        assert.equal(scene.child('L').received, '');
        scene.advance(1000);
        // Eight characters, nine bytes, and not a word about it.
        assert.match(scene.child('L').take(), /^[^\n]* len:8\ntype:t\né$/);
        answers('L', scene, FAIL);
        assert.match(scene.child('L').take(), /é$/);
        answers('L', scene, FAIL);
        assert.match(scene.child('L').take(), /é$/);
        answers('L', scene, OK, OK);
        assert.equal(scene.pool('L').counters().acknowledged, 2);
        scene.advance(30_000);
      },
      { change: asSupervisor },
    ),
  );

  it(
    'prefers the listener that comes first',
    on([pool('L', { processes: ['a', 'b'] })], (scene) => {
      scene.start();
      scene.ready('b', 'a');
      scene.send('1');
      assert.deepEqual(texts(scene.child('a')), ['1']);
      scene.send('2');
      assert.deepEqual(texts(scene.child('b')), ['2']);
      scene.send('3');
      answers('b', scene, OK);
      assert.deepEqual(texts(scene.child('b')), ['3']);
      answers('a', scene, OK);
      answers('b', scene, OK);
      scene.advance(30_000);
    }),
  );

  it(
    'stops for a listener that is being stopped, and starts with its next run',
    on([pool('L', { process: { autostart: false } })], (scene) => {
      const actor = scene.start().process('L');
      actor.start();
      scene.ready('L');
      actor.stop();
      scene.send('1');
      assert.equal(scene.child('L').received, '');
      scene.child('L').die(15);
      actor.start();
      scene.ready('L');
      assert.deepEqual(texts(scene.child('L')), ['1']);
      answers('L', scene, OK);
      scene.advance(30_000);
    }),
  );

  it(
    'adds tokens for listeners that asked for them',
    on(
      [
        program('p', { autostart: false, autorestart: 'never', startsecs: 0 }),
        pool('L', { events: ['PROCESS_STATE_EXITED'], extended: true }),
      ],
      (scene) => {
        scene.start();
        scene.process('p').start();
        scene.child('p').die(9);
        scene.ready('L');
        const [frame] = framesOf(scene.child('L').take());
        assert.equal(frame?.tokens.get('at'), String(scene.host.clock.wall()));
        assert.equal(frame?.tokens.get('redelivered'), '0');
        assert.match(frame?.payload ?? '', /expected:0 pid:101 signal:SIGKILL core:0$/);
        answers('L', scene, FAIL);
        const [again] = framesOf(scene.child('L').take());
        assert.equal(again?.tokens.get('redelivered'), '1');
        assert.equal(again?.tokens.get('poolserial'), frame?.tokens.get('poolserial'));
        answers('L', scene, OK);
        scene.advance(30_000);
      },
    ),
  );

  for (const [lengthUnit, length] of [
    ['characters', 'len:11 bytes:14'],
    ['bytes', 'len:14 bytes:14'],
  ] as const) {
    it(
      `counts in ${lengthUnit}`,
      on([pool('L', { lengthUnit })], (scene) => {
        scene.start().send('añb€');
        scene.ready('L');
        const [header] = scene.child('L').received.split('\n');
        assert.ok(header?.endsWith(` ${length}`), header);
        answers('L', scene, OK);
        scene.advance(30_000);
      }),
    );
  }

  it(
    'takes only events about the programs that were named, and those about none',
    on(
      [
        program('web', { autostart: false, startsecs: 0 }),
        program('db', { autostart: false, startsecs: 0 }),
        pool('L', {
          events: ['PROCESS_STATE_STARTING', 'REMOTE_COMMUNICATION'],
          programs: ['w?b', 'other:*'],
          process: { autostart: false },
        }),
      ],
      (scene) => {
        scene.start();
        scene.process('web').start();
        scene.process('db').start();
        scene.send('x');
        assert.equal(scene.pool('L').counters().accepted, 2);
      },
    ),
  );
});

describe('a rejected event', () => {
  it(
    'comes again at once the first time, then after pauses that double',
    on([pool('L', { retryDelay: 1, retryDelayMax: 4 })], (scene) => {
      scene.start().send('x');
      scene.ready('L');
      const child = scene.child('L');
      answers('L', scene, FAIL);
      assert.deepEqual(texts(child), ['x', 'x']);
      for (const pause of [1000, 2000, 4000, 4000]) {
        answers('L', scene, FAIL);
        scene.advance(pause - 1);
        assert.deepEqual(texts(child), [], `before ${pause}`);
        scene.advance(1);
        assert.deepEqual(texts(child), ['x'], `after ${pause}`);
      }
      answers('L', scene, OK);
      const { rejected, redelivered, acknowledged } = scene.pool('L').counters();
      assert.deepEqual([rejected, redelivered, acknowledged], [5, 5, 1]);
      scene.advance(30_000);
    }),
  );

  it(
    'does not hold up the others while it waits',
    on([pool('L')], (scene) => {
      scene.start().send('bad', '2', '3');
      scene.ready('L');
      answers('L', scene, FAIL, FAIL, OK, OK);
      assert.deepEqual(texts(scene.child('L')), ['bad', 'bad', '2', '3']);
      scene.advance(1000);
      assert.deepEqual(texts(scene.child('L')), ['bad']);
      answers('L', scene, OK);
      scene.advance(30_000);
    }),
  );

  it(
    'is given up after max_deliver, aloud',
    on([pool('L', { maxDeliver: 2 })], (scene) => {
      const losses = scene.record('HERALD_POOL_DROPPED');
      scene.start().send('x');
      scene.host.log.take();
      scene.ready('L');
      answers('L', scene, FAIL, FAIL);
      assert.equal(scene.pool('L').counters().deadLettered, 1);
      assert.deepEqual(
        losses.map(({ text }) => text),
        ['pool:L count:1 first:0 last:0 cause:max_deliver'],
      );
      assert.deepEqual(scene.host.log.take(), [
        'warn L: event was rejected',
        'warn L: event was rejected',
        'error pool L gave up on event 0 (REMOTE_COMMUNICATION) after 2 deliveries',
      ]);
      scene.advance(30_000);
    }),
  );

  it(
    'is given up as well when each listener that gets it dies; what waited behind it is not blamed',
    on([pool('L', { maxDeliver: 2, prefetch: 2 })], (scene) => {
      scene.start().send('poison', 'good');
      for (let run = 0; run < 2; run++) {
        scene.ready('L');
        assert.deepEqual(texts(scene.child('L')), ['poison', 'good']);
        scene.child('L').exit(1);
      }
      assert.equal(scene.pool('L').counters().deadLettered, 1);
      assert.equal(scene.pool('L').counters().rejected, 0);
      scene.ready('L');
      assert.deepEqual(texts(scene.child('L')), ['good']);
      answers('L', scene, OK);
      scene.advance(30_000);
    }),
  );

  it(
    'does not end its pool: a listener that took an event has started, so its death is no failed start',
    on([pool('L', { process: { startsecs: 1, startretries: 3 } })], (scene) => {
      const states = scene.record('PROCESS_STATE');
      scene.start().send('poison');
      for (let run = 0; run < 6; run++) {
        scene.ready('L');
        scene.child('L').exit(1);
      }
      assert.ok(
        states.every(({ name }) => name !== 'PROCESS_STATE_BACKOFF' && name !== 'PROCESS_STATE_FATAL'),
      );
      scene.ready('L');
      scene.advance(1000);
      assert.equal(scene.process('L').state, 'RUNNING');
      answers('L', scene, OK);
      scene.advance(30_000);
    }),
  );

  it(
    'comes again in its own pool only',
    on([pool('A'), pool('B')], (scene) => {
      scene.start().send('x');
      scene.ready('A', 'B');
      answers('B', scene, OK);
      answers('A', scene, FAIL, FAIL);
      scene.advance(60_000);
      assert.deepEqual(texts(scene.child('B')), ['x']);
      assert.deepEqual(texts(scene.child('A')), ['x', 'x', 'x']);
      answers('A', scene, OK);
      scene.advance(30_000);
    }),
  );
});

describe('a queue that is full', () => {
  it(
    'loses its oldest event, and says so in the log, the books and an event',
    on([pool('L', { bufferSize: 2 })], (scene) => {
      const losses = scene.record('HERALD_POOL_DROPPED');
      scene.start();
      scene.host.log.take();
      scene.send('1', '2', '3');
      assert.deepEqual(scene.host.log.take(), ['error pool L event buffer overflowed, discarding event 0']);
      assert.deepEqual(
        losses.map(({ text }) => text),
        ['pool:L count:1 first:0 last:0 cause:overflow'],
      );
      assert.equal(scene.pool('L').counters().dropped, 1);
      scene.ready('L');
      answers('L', scene, OK, OK);
      assert.deepEqual(texts(scene.child('L')), ['2', '3']);
      scene.advance(30_000);
    }),
  );

  it(
    'is so as well when its events are too much text, however few they are',
    on([pool('L', { bufferSize: 100 })], (scene) => {
      scene.start();
      const large = 'x'.repeat(MAX_QUEUED_TEXT / 4);
      scene.send(large, large, large);
      assert.equal(scene.pool('L').counters().dropped, 0);
      scene.send(large, large);
      assert.equal(scene.pool('L').counters().queued, 3);
      assert.equal(scene.pool('L').counters().dropped, 2);
      scene.ready('L');
      answers('L', scene, OK, OK, OK);
      scene.advance(30_000);
    }),
  );

  it(
    'fills no log: ten lines, then one per ten seconds with the serials and who is to blame',
    on([pool('L', { bufferSize: 1 })], (scene) => {
      scene.start();
      scene.ready('L');
      scene.host.log.take();
      for (let n = 0; n < 1000; n++) scene.send('x');
      // One is with the listener, one waits.
      assert.equal(scene.pool('L').counters().dropped, 998);
      assert.equal(scene.host.log.take().length, 10);
      scene.advance(10_000);
      assert.deepEqual(scene.host.log.take(), [
        'error pool L event buffer overflowed, discarded 988 more events between 11 and 998 (L is BUSY)',
      ]);
      scene.send('y');
      assert.equal(scene.host.log.take().length, 1);
      answers('L', scene, OK, OK);
      scene.advance(30_000);
    }),
  );

  it(
    'drops none of those that come back to it',
    on([pool('L', { bufferSize: 2, prefetch: 2 })], (scene) => {
      scene.start();
      scene.ready('L');
      scene.send('1', '2', '3', '4');
      scene.child('L').exit(1);
      assert.equal(scene.pool('L').counters().dropped, 0);
      scene.ready('L');
      answers('L', scene, OK, OK, OK, OK);
      assert.deepEqual(texts(scene.child('L')), ['1', '2', '3', '4']);
      scene.advance(30_000);
    }),
  );

  it(
    'of two pools that hear of losses causes no flood of news, and costs no event',
    on(
      [
        pool('A', { events: ['REMOTE_COMMUNICATION', 'HERALD_EVENT'], bufferSize: 3 }),
        pool('B', { events: ['REMOTE_COMMUNICATION', 'HERALD_EVENT'], bufferSize: 5 }),
      ],
      (scene) => {
        scene.start().send('1', '2', '3', '4', '5', '6');
        const [a, b] = [scene.pool('A').counters(), scene.pool('B').counters()];
        // A lost 1, 2 and 3. B heard of the first when it was not yet full, and gave the rest of the news up.
        assert.equal(a.accepted, 6 + (b.dropped - (b.accepted - 6 - 1)));
        scene.ready('A', 'B');
        for (let n = 0; n < 6; n++) {
          for (const name of ['A', 'B']) if (scene.child(name).take() !== '') answers(name, scene, OK);
        }
        assert.equal(scene.pool('A').counters().queued, 0);
        assert.equal(scene.pool('B').counters().queued, 0);
        scene.advance(30_000);
      },
    ),
  );

  it(
    'does not tell the pool itself',
    on([pool('L', { events: ['REMOTE_COMMUNICATION', 'HERALD_EVENT'], bufferSize: 1 })], (scene) => {
      scene.start().send('1', '2', '3');
      const { accepted, dropped } = scene.pool('L').counters();
      assert.deepEqual([accepted, dropped], [3, 2]);
      scene.advance(10_000);
    }),
  );
});

describe('a drain', () => {
  it(
    'gives listeners what is queued before they are stopped',
    on([program('p'), pool('L', { events: ['PROCESS_STATE'] })], async (scene) => {
      scene.start().advance(1000);
      scene.ready('L');
      const seen: string[] = [];
      const listen = (): void => {
        for (const frame of framesOf(scene.child('L').take())) {
          seen.push(`${frame.tokens.get('eventname')} ${/processname:(\S+)/.exec(frame.payload)?.[1]}`);
          answers('L', scene, OK);
          listen();
        }
      };
      listen();
      scene.supervisor.shutdown();
      assert.deepEqual(scene.host.processes.signals, ['15 process 101']);
      scene.child('p').die(15);
      await settle();
      listen();
      await settle();
      assert.deepEqual(scene.host.processes.signals, ['15 process 101', '15 process 100']);
      scene.child('L').die(15);
      assert.equal(await scene.supervisor.ended, 'SHUTDOWN');
      assert.deepEqual(seen.slice(-2), ['PROCESS_STATE_STOPPING p', 'PROCESS_STATE_STOPPED p']);
    }),
  );

  it(
    'hands out at once what was waiting for its next attempt',
    on([pool('L')], async (scene) => {
      scene.start().send('x');
      scene.ready('L');
      answers('L', scene, FAIL, FAIL);
      assert.deepEqual(texts(scene.child('L')), ['x', 'x']);
      scene.supervisor.shutdown();
      await settle();
      assert.deepEqual(texts(scene.child('L')), ['x']);
      answers('L', scene, OK);
      await settle();
      scene.child('L').die(15);
      await scene.supervisor.ended;
      assert.equal(scene.pool('L').counters().acknowledged, 1);
    }),
  );

  it(
    'waits for a listener that hangs no longer than drain_timeout, and tells what was lost',
    on([pool('L', { drainTimeout: 3 })], async (scene) => {
      const losses = scene.record('HERALD_POOL_DROPPED');
      scene.start().send('1', '2', '3');
      scene.ready('L');
      scene.supervisor.shutdown();
      await settle();
      scene.advance(2999);
      await settle();
      assert.deepEqual(scene.host.processes.signals, []);
      scene.advance(1);
      await settle();
      assert.deepEqual(scene.host.processes.signals, ['15 process 100']);
      scene.child('L').die(15);
      await scene.supervisor.ended;
      assert.ok(scene.host.log.lines.includes('info pool L ends with 3 events not delivered'));
      assert.deepEqual(
        losses.map(({ text }) => text),
        ['pool:L count:3 first:0 last:2 cause:shutdown'],
      );
    }),
  );

  it(
    'waits for nobody when nobody can answer',
    on([pool('L', { process: { autostart: false } }), pool('M')], async (scene) => {
      scene.start().send('1');
      scene.ready('M');
      scene.supervisor.shutdown();
      await settle();
      scene.child('M').exit(0);
      await scene.supervisor.ended;
    }),
  );

  it(
    'ends when the last listener breaks the protocol',
    on([pool('L')], async (scene) => {
      scene.start().send('1', '2');
      scene.ready('L');
      scene.supervisor.shutdown();
      await settle();
      scene.child('L').out('oops');
      await settle();
      scene.child('L').die(15);
      await scene.supervisor.ended;
      assert.equal(scene.host.starts('L'), 1);
    }),
  );

  it(
    'is left out when Supervisor is to be matched',
    on(
      [pool('L')],
      async (scene) => {
        scene.start().send('1');
        scene.ready('L');
        scene.supervisor.shutdown();
        await settle();
        assert.deepEqual(scene.host.processes.signals, ['15 process 100']);
        scene.child('L').die(15);
        await scene.supervisor.ended;
      },
      { change: asSupervisor },
    ),
  );
});
