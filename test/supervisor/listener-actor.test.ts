import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asSupervisor, OK, on, pool, type Scene, settle, texts } from './scene.ts';

const unknownLine = (outlook: string): string =>
  `warn L: has entered the UNKNOWN state and ${outlook}, this usually indicates the process violated the eventlistener protocol`;
const IS_RESTARTED = unknownLine('receives no events until it is restarted');
const IS_LEFT = unknownLine('will no longer receive events');

/** The listener has been restarted: ends the old run, and sees the new one. */
function bounced(scene: Scene): void {
  scene.advance(0);
  scene.child('L').die(15);
}

describe('a violation', () => {
  const cases = [
    {
      state: 'ACKNOWLEDGED',
      before: [],
      junk: 'hello\n',
      said: 'sent hello\\n where READY\\n was expected',
    },
    { state: 'READY', before: ['READY\n'], junk: 'x', said: 'sent x where nothing was expected' },
    {
      state: 'BUSY',
      before: ['READY\n'],
      events: ['1', '2'],
      junk: 'BANANA 2\nOK',
      said: 'sent BANANA 2\\nOK where RESULT <length>\\n<body> was expected',
    },
  ];
  for (const { state, before, events = [], junk, said } of cases) {
    it(
      `while ${state} is told and cured, and costs no event`,
      on([pool('L')], (scene) => {
        const errors = scene.record('HERALD_LISTENER_PROTOCOL_ERROR');
        scene.start();
        for (const text of before) scene.child('L').out(text);
        scene.send(...events);
        scene.host.log.take();
        scene.child('L').out(junk);
        assert.deepEqual(scene.host.log.take(), [
          IS_RESTARTED,
          `warn L: pool L, pid 100, was ${state}: ${said}`,
          'info L: restarting it now',
        ]);
        const [error] = errors;
        assert.equal(
          error?.text.split('\n')[0],
          `processname:L groupname:L pid:100 listener_state:${state} action:restart`,
        );
        assert.equal(scene.pool('L').counters().protocolErrors, 1);
        assert.equal(scene.pool('L').counters().inFlight, 0);
        bounced(scene);
        assert.equal(scene.host.starts('L'), 2);
        scene.ready('L');
        for (const text of events) {
          assert.deepEqual(texts(scene.child('L')), [text]);
          scene.child('L').out(`${OK}READY\n`);
        }
        scene.advance(30_000);
      }),
    );
  }

  it(
    'ends all reading of this run',
    on([pool('L')], (scene) => {
      scene.start().send('1');
      scene.ready('L');
      scene.child('L').out('junk');
      scene.child('L').out(`${OK}READY\nmore`);
      assert.equal(scene.pool('L').counters().acknowledged, 0);
      assert.equal(scene.pool('L').counters().protocolErrors, 1);
      bounced(scene);
      scene.ready('L');
      scene.child('L').out(`${OK}READY\n`);
      scene.advance(30_000);
    }),
  );

  it(
    'gives all that was in flight back, in order, and another listener of the pool gets it',
    on([pool('L', { processes: ['L', 'M'], prefetch: 3 })], (scene) => {
      scene.start();
      scene.ready('L');
      scene.send('1', '2', '3', '4');
      scene.child('L').out(`${OK}READY\nwhat`);
      scene.ready('M');
      assert.deepEqual(texts(scene.child('M')), ['2', '3', '4']);
      scene.child('M').out(`${OK}READY\n`.repeat(3));
      bounced(scene);
      scene.advance(30_000);
    }),
  );

  it(
    'again and again is followed by pauses that double; an answer ends the series',
    on([pool('L')], (scene) => {
      scene.start();
      for (const pause of [0, 1000, 2000, 4000]) {
        scene.child('L').out('junk');
        const starts = scene.host.starts('L');
        if (pause > 0) scene.advance(pause - 1);
        assert.equal(scene.process('L').state, 'RUNNING', `before ${pause}`);
        scene.advance(pause > 0 ? 1 : 0);
        assert.equal(scene.process('L').state, 'STOPPING', `after ${pause}`);
        scene.child('L').die(15);
        assert.equal(scene.host.starts('L'), starts + 1);
      }
      scene.ready('L');
      scene.send('1');
      scene.child('L').out(`${OK}junk`);
      scene.host.clock.advance(0);
      assert.equal(scene.process('L').state, 'STOPPING');
      scene.child('L').die(15);
      scene.advance(30_000);
    }),
  );

  it(
    'leaves the listener as it is with protocol_error=ignore',
    on([pool('L', { protocolError: 'ignore', processes: ['L', 'M'] })], (scene) => {
      const errors = scene.record('HERALD_LISTENER_PROTOCOL_ERROR');
      scene.start();
      scene.ready('L');
      scene.send('1');
      scene.child('L').out('junk');
      assert.match(errors[0]?.text ?? '', /action:ignore/);
      scene.advance(60_000);
      const lines = scene.host.log.take();
      assert.ok(lines.includes(IS_LEFT) && !lines.some((line) => line.includes('restart')), lines.join('\n'));
      assert.equal(scene.process('L').state, 'RUNNING');
      scene.ready('M');
      assert.deepEqual(texts(scene.child('M')), ['1']);
      scene.child('M').out(`${OK}READY\n`);
      scene.child('L').exit(1);
      scene.ready('L');
      scene.send('2');
      assert.deepEqual(texts(scene.child('L')), ['2']);
      scene.child('L').out(`${OK}READY\n`);
      scene.advance(30_000);
    }),
  );

  it(
    'is never cured when Supervisor is to be matched, and what Supervisor lets pass is none',
    on(
      [pool('L')],
      (scene) => {
        scene.start().send('1');
        scene.ready('L');
        scene.child('L').out('BANANA 2\nOK');
        assert.equal(scene.pool('L').counters().acknowledged, 1);
        scene.child('L').out('junk!!');
        scene.advance(60_000);
        assert.ok(scene.host.log.take().includes(IS_LEFT));
        assert.equal(scene.process('L').state, 'RUNNING');
        assert.equal(scene.pool('L').listeners()[0]?.state, 'UNKNOWN');
      },
      { change: asSupervisor },
    ),
  );

  it(
    'does not start again a listener that is being stopped for good',
    on([pool('L')], async (scene) => {
      scene.start();
      scene.child('L').out('junk');
      const { done } = scene.process('L').stop();
      scene.advance(0);
      scene.child('L').die(15);
      await done;
      scene.advance(60_000);
      assert.equal(scene.host.starts('L'), 1);
    }),
  );
});

describe('an answer that does not come', () => {
  it(
    'is mentioned after half a minute',
    on([pool('L')], (scene) => {
      scene.start().send('1');
      scene.ready('L');
      scene.host.log.take();
      scene.advance(29_999);
      assert.deepEqual(scene.host.log.take(), []);
      scene.advance(1);
      assert.deepEqual(scene.host.log.take(), [
        'warn L: has not answered event 0 (REMOTE_COMMUNICATION) for 30 s',
      ]);
      scene.advance(600_000);
      assert.equal(scene.process('L').state, 'RUNNING');
    }),
  );

  it(
    'is mentioned for each event in front, with more behind it',
    on([pool('L', { prefetch: 2 })], (scene) => {
      scene.start().send('1', '2', '3');
      scene.ready('L');
      scene.host.log.take();
      for (const serial of [0, 1, 2]) {
        scene.advance(30_000);
        assert.deepEqual(scene.host.log.take(), [
          `warn L: has not answered event ${serial} (REMOTE_COMMUNICATION) for 30 s`,
        ]);
        scene.child('L').out(`${OK}READY\n`);
      }
      scene.advance(60_000);
      assert.deepEqual(scene.host.log.take(), []);
    }),
  );

  it(
    'restarts the listener with ack_timeout, in its first run and in every other',
    on([pool('L', { ackTimeout: 5 })], (scene) => {
      scene.start().send('1');
      for (const pause of [0, 1000]) {
        scene.ready('L');
        assert.deepEqual(texts(scene.child('L')), ['1']);
        scene.advance(4999);
        assert.equal(scene.pool('L').counters().inFlight, 1);
        scene.advance(1);
        assert.equal(scene.pool('L').counters().inFlight, 0);
        scene.advance(pause);
        assert.equal(scene.process('L').state, 'STOPPING');
        scene.child('L').die(15);
      }
      assert.ok(
        scene.host.log.lines.includes(
          'warn L: pool L, pid 100, was BUSY: has not answered event 0 (REMOTE_COMMUNICATION) for 5 s',
        ),
      );
      scene.ready('L');
      scene.child('L').out(`${OK}READY\n`);
      scene.advance(5000);
    }),
  );

  it(
    'is noticed, too, in the run after one that died while BUSY',
    on([pool('L', { ackTimeout: 5 })], (scene) => {
      scene.start().send('1');
      scene.ready('L');
      scene.advance(1000);
      scene.child('L').exit(1);
      scene.ready('L');
      scene.advance(4999);
      assert.equal(scene.pool('L').counters().protocolErrors, 0);
      scene.advance(1);
      assert.equal(scene.pool('L').counters().protocolErrors, 1);
      bounced(scene);
    }),
  );

  it(
    'counts from when the event came to the front',
    on([pool('L', { ackTimeout: 5, prefetch: 2 })], (scene) => {
      scene.start().send('1', '2');
      scene.ready('L');
      scene.advance(4000);
      scene.child('L').out(`${OK}READY\n`);
      scene.advance(4000);
      scene.child('L').out(`${OK}READY\n`);
      assert.equal(scene.pool('L').counters().acknowledged, 2);
      scene.advance(30_000);
      assert.equal(scene.host.starts('L'), 1);
    }),
  );

  it(
    'lets another listener have the event at once',
    on([pool('L', { ackTimeout: 5, protocolError: 'ignore', processes: ['L', 'M'] })], (scene) => {
      scene.start();
      scene.ready('L', 'M');
      scene.send('1');
      scene.advance(5000);
      assert.deepEqual(texts(scene.child('M')), ['1']);
      scene.child('M').out(`${OK}READY\n`);
      scene.advance(5000);
    }),
  );
});

describe('a listener that dies', () => {
  it(
    'while BUSY costs no event: its next run gets it',
    on([pool('L', { prefetch: 2 })], (scene) => {
      scene.start().send('1', '2', '3');
      scene.ready('L');
      scene.child('L').exit(1);
      const { inFlight, queued } = scene.pool('L').counters();
      assert.deepEqual([inFlight, queued], [0, 3]);
      scene.ready('L');
      assert.deepEqual(texts(scene.child('L')), ['1', '2']);
      scene.child('L').out(`${OK}READY\n${OK}READY\n`);
      scene.child('L').out(`${OK}READY\n`);
      const { redelivered, protocolErrors } = scene.pool('L').counters();
      assert.deepEqual([redelivered, protocolErrors], [2, 0]);
      scene.advance(30_000);
    }),
  );

  it(
    'with half an answer leaves none of it to its next run',
    on([pool('L')], (scene) => {
      scene.start().send('1');
      scene.ready('L');
      scene.child('L').out('RESULT 2\nO');
      scene.child('L').exit(1);
      scene.ready('L');
      scene.child('L').out(`${OK}READY\n`);
      const { acknowledged, protocolErrors } = scene.pool('L').counters();
      assert.deepEqual([acknowledged, protocolErrors], [1, 0]);
      scene.advance(30_000);
    }),
  );

  it(
    'right after its answer has answered',
    on([pool('L')], (scene) => {
      scene.start().send('1');
      scene.ready('L');
      scene.child('L').out(OK);
      scene.child('L').exit(0);
      assert.equal(scene.pool('L').counters().acknowledged, 1);
      scene.advance(30_000);
    }),
  );

  it(
    'is not blamed for output of a grandchild',
    on([pool('L')], (scene) => {
      scene.start();
      scene.ready('L');
      const first = scene.child('L');
      first.exitHeld(1);
      first.out('junk of an orphan');
      first.sealAll();
      scene.ready('L');
      assert.equal(scene.pool('L').counters().protocolErrors, 0);
    }),
  );
});

describe('a closed pipe', () => {
  it(
    'to its stdin gives the event to another; the listener is restarted if it is no exit',
    on([pool('L', { processes: ['L', 'M'] })], (scene) => {
      scene.start();
      scene.ready('L', 'M');
      scene.child('L').stdinOpen = false;
      scene.send('1');
      assert.deepEqual(texts(scene.child('M')), ['1']);
      assert.equal(scene.pool('L').counters().protocolErrors, 0);
      scene.advance(1000);
      assert.equal(scene.pool('L').counters().protocolErrors, 1);
      assert.ok(
        scene.host.log.lines.includes(
          'warn L: pool L, pid 100, was BUSY: closed its stdin, so no event reaches it',
        ),
      );
      bounced(scene);
      scene.child('M').out(`${OK}READY\n`);
      scene.advance(30_000);
    }),
  );

  it(
    'that an exit explains is no violation',
    on([pool('L')], (scene) => {
      scene.start();
      scene.ready('L');
      scene.child('L').stdinOpen = false;
      scene.send('1');
      scene.child('L').seal('stdout');
      scene.child('L').exit(1);
      scene.ready('L');
      assert.deepEqual(texts(scene.child('L')), ['1']);
      scene.child('L').out(`${OK}READY\n`);
      scene.advance(30_000);
      assert.equal(scene.pool('L').counters().protocolErrors, 0);
    }),
  );

  it(
    'from its stdout is one, a moment later',
    on([pool('L')], (scene) => {
      scene.start();
      scene.ready('L');
      scene.send('1');
      scene.child('L').seal('stdout');
      scene.advance(999);
      assert.equal(scene.pool('L').counters().protocolErrors, 0);
      scene.advance(1);
      assert.equal(scene.pool('L').counters().protocolErrors, 1);
      bounced(scene);
      scene.ready('L');
      assert.deepEqual(texts(scene.child('L')), ['1']);
      scene.child('L').out(`${OK}READY\n`);
      scene.advance(30_000);
    }),
  );

  it(
    'of both kinds is one violation, and cured',
    on([pool('L')], (scene) => {
      scene.start();
      scene.ready('L');
      scene.child('L').seal('stdout');
      scene.advance(500);
      scene.child('L').stdinOpen = false;
      scene.send('1');
      scene.advance(1000);
      assert.equal(scene.pool('L').counters().protocolErrors, 1);
      bounced(scene);
      assert.equal(scene.host.starts('L'), 2);
    }),
  );

  it(
    'of a listener that has been asked to go is none',
    on([pool('L')], async (scene) => {
      scene.start();
      scene.ready('L');
      const { done } = scene.process('L').stop();
      scene.child('L').seal('stdout');
      scene.advance(5000);
      scene.child('L').exit(0);
      await done;
      await settle();
      assert.equal(scene.pool('L').counters().protocolErrors, 0);
    }),
  );
});

describe('the debug log', () => {
  it(
    'tells of states, deliveries and results as Supervisor does',
    on([pool('L')], (scene) => {
      scene.host.log.debug = true;
      scene.start().send('1');
      scene.host.log.take();
      scene.child('L').out('READY\n');
      scene.child('L').out(OK);
      const lines = scene.host.log.take().filter((line) => !line.includes('output'));
      assert.deepEqual(lines, [
        'debug L: ACKNOWLEDGED -> READY',
        'debug event 0 sent to listener L',
        'debug L: BUSY -> ACKNOWLEDGED',
        'debug L: event was processed',
      ]);
      scene.advance(30_000);
    }),
  );
});
