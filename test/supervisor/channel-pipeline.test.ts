import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnyEventName } from '../../src/catalogue/generated.ts';
import type { ChannelConfig, DaemonConfig, ProcessConfig } from '../../src/config/types.ts';
import { CHANNEL } from '../fixtures/process-config.ts';
import { on, pool, program, type Scene } from './scene.ts';

const BEGIN = '<!--XSUPERVISOR:BEGIN-->';
const END = '<!--XSUPERVISOR:END-->';

function logged(path: string, more: Partial<ChannelConfig> = {}): ChannelConfig {
  return { ...CHANNEL, logfile: { kind: 'file', path }, ...more };
}

/** A running program `p` that logs to /log/p.out and /log/p.err. */
function chatty(
  out: Partial<ChannelConfig>,
  err: Partial<ChannelConfig> = {},
  more: Partial<ProcessConfig> = {},
) {
  return [
    program('p', {
      startsecs: 0,
      stdout: logged('/log/p.out', out),
      stderr: logged('/log/p.err', err),
      ...more,
    }),
  ];
}

function recorded(scene: Scene, ...names: readonly AnyEventName[]) {
  const events = scene.record(...names);
  scene.start();
  return () => events.splice(0).map(({ name, text }) => `${name} ${text}`);
}

const stripping = (config: DaemonConfig): DaemonConfig => ({
  ...config,
  supervisord: { ...config.supervisord, stripAnsi: true },
});

describe('capture mode', () => {
  it(
    'cuts messages out of the log and makes events of them, on either channel',
    on(chatty({ captureMaxbytes: 100 }, { captureMaxbytes: 100 }), (scene) => {
      const take = recorded(scene, 'PROCESS_COMMUNICATION');
      const child = scene.child('p');
      child.out(`before${BEGIN}hello`);
      child.out(`, you${END}after`);
      child.out(`${BEGIN}oops${END}`, 'stderr');
      assert.deepEqual(take(), [
        'PROCESS_COMMUNICATION_STDOUT processname:p groupname:p pid:100\nhello, you',
        'PROCESS_COMMUNICATION_STDERR processname:p groupname:p pid:100\noops',
      ]);
      assert.equal(scene.host.files.content.get('/log/p.out'), 'beforeafter');
    }),
  );

  it(
    'tells the text of messages to PROCESS_LOG, too, in its place',
    on(chatty({ captureMaxbytes: 100, eventsEnabled: true }), (scene) => {
      const take = recorded(scene, 'PROCESS_COMMUNICATION', 'PROCESS_LOG');
      scene.child('p').out(`a${BEGIN}b${END}c`);
      const short = take().map((text) => text.replace(/ processname.*\n/s, ' '));
      assert.deepEqual(short, [
        'PROCESS_LOG_STDOUT a',
        'PROCESS_LOG_STDOUT b',
        'PROCESS_COMMUNICATION_STDOUT b',
        'PROCESS_LOG_STDOUT c',
      ]);
    }),
  );

  it(
    'logs at the end what might have become a token, and says how much of a message was cut off',
    on(chatty({ captureMaxbytes: 4 }), (scene) => {
      const events = scene.record('PROCESS_COMMUNICATION');
      scene.start();
      scene.child('p').out(`${BEGIN}123456${END}<!--XSUPER`);
      assert.equal(scene.host.files.content.get('/log/p.out'), undefined);
      scene.child('p').exit(0);
      assert.equal(scene.host.files.content.get('/log/p.out'), '<!--XSUPER');
      assert.match(events[0]?.text ?? '', /\n3456$/);
      assert.deepEqual(events[0]?.extra, { truncated: 2 });
    }),
  );

  it(
    'describes what is no text',
    on(chatty({ captureMaxbytes: 100 }), (scene) => {
      const take = recorded(scene, 'PROCESS_COMMUNICATION');
      scene.child('p').out(BEGIN);
      scene.child('p').out(new Uint8Array([0xff, 0x41]));
      scene.child('p').out(END);
      assert.match(take()[0] ?? '', /\nUndecodable: b'\\xffA'$/);
    }),
  );

  it(
    'is no matter for the stdout of a listener, but for its stderr',
    on(
      [
        pool('L', {
          events: ['TICK_3600'],
          process: {
            stdout: logged('/log/l.out', { captureMaxbytes: 100, eventsEnabled: true }),
            stderr: logged('/log/l.err', { captureMaxbytes: 100, eventsEnabled: true }),
          },
        }),
      ],
      (scene) => {
        const take = recorded(scene, 'PROCESS_COMMUNICATION', 'PROCESS_LOG');
        scene.ready('L');
        scene.child('L').out(`${BEGIN}x${END}`, 'stderr');
        assert.deepEqual(
          take().map((text) => text.split(' ')[0]),
          ['PROCESS_LOG_STDERR', 'PROCESS_COMMUNICATION_STDERR'],
        );
        assert.equal(scene.host.files.content.get('/log/l.out'), 'READY\n');
      },
      // The pool listens to a tick.
      { liveTimers: 1 },
    ),
  );
});

describe('log events', () => {
  it(
    'hold whole characters, however the output was cut',
    on(chatty({ eventsEnabled: true }), (scene) => {
      const take = recorded(scene, 'PROCESS_LOG');
      const bytes = new TextEncoder().encode('a€b');
      for (const byte of bytes) scene.child('p').out(new Uint8Array([byte]));
      assert.deepEqual(
        take().map((text) => text.split('\n')[1]),
        ['a', '€', 'b'],
      );
      assert.equal(scene.host.files.content.get('/log/p.out'), 'a€b');
    }),
  );

  it(
    'tell at the end of half a character',
    on(chatty({ eventsEnabled: true }), (scene) => {
      const take = recorded(scene, 'PROCESS_LOG');
      scene.child('p').out(new Uint8Array([0x61, 0xe2, 0x82]));
      scene.child('p').exit(0);
      assert.deepEqual(
        take().map((text) => text.split('\n')[1]),
        ['a', "Undecodable: b'\\xe2\\x82'"],
      );
    }),
  );

  it(
    'name their channel; a redirected stderr is stdout',
    on(chatty({ eventsEnabled: true }, { eventsEnabled: true }), (scene) => {
      const take = recorded(scene, 'PROCESS_LOG');
      scene.child('p').out('1');
      scene.child('p').out('2', 'stderr');
      assert.deepEqual(take(), [
        'PROCESS_LOG_STDOUT processname:p groupname:p pid:100 channel:stdout\n1',
        'PROCESS_LOG_STDERR processname:p groupname:p pid:100 channel:stderr\n2',
      ]);
    }),
  );

  it(
    'are not made unless they are enabled',
    on(chatty({}), (scene) => {
      const take = recorded(scene, 'PROCESS_LOG');
      scene.child('p').out('1');
      assert.deepEqual(take(), []);
    }),
  );
});

describe('colours', () => {
  it(
    'are stripped from logs and events, sequences that are cut included, but not from the listener protocol',
    on(
      [
        ...chatty({ eventsEnabled: true }),
        pool('L', { process: { stdout: logged('/log/l.out'), startsecs: 0 } }),
      ],
      (scene) => {
        const take = recorded(scene, 'PROCESS_LOG');
        scene.child('p').out('\u001b[3');
        scene.child('p').out('1mred\u001b[0m');
        assert.equal(scene.host.files.content.get('/log/p.out'), 'red');
        assert.match(take()[0] ?? '', /\nred$/);
        scene.child('L').out('\u001b[0mREADY\n');
        assert.equal(scene.host.files.content.get('/log/l.out'), 'READY\n');
        assert.equal(scene.pool('L').counters().protocolErrors, 1);
        scene.advance(0);
        scene.child('L').die(15);
      },
      { change: stripping },
    ),
  );
});

describe('redirect_stderr', () => {
  it(
    'leaves no stderr log and asks for one pipe',
    on(chatty({}, {}, { redirectStderr: true }), (scene) => {
      scene.start();
      assert.equal(scene.child('p').request.redirectStderr, true);
      assert.deepEqual(scene.host.files.open, ['/log/p.out']);
      assert.equal(scene.process('p').logfile('stderr'), undefined);
      scene.child('p').exit(0);
      assert.deepEqual(scene.host.files.open, []);
    }),
  );
});

describe('the debug log', () => {
  it(
    'shows output and messages',
    on(chatty({ captureMaxbytes: 10 }), (scene) => {
      scene.host.log.debug = true;
      scene.start();
      scene.host.log.take();
      scene.child('p').out(`hi${BEGIN}x${END}`);
      assert.deepEqual(scene.host.log.take(), [
        "debug 'p' stdout output:\nhi",
        "debug 'p' stdout emitted a comm event",
      ]);
    }),
  );
});

describe('the output of an event listener', () => {
  it(
    'is asked for promptly, unlike that of a program',
    on([...chatty({}), pool('L')], (scene) => {
      scene.start();
      assert.equal(scene.child('L').request.converses, true);
      assert.equal(scene.child('p').request.converses, false);
    }),
  );
});
