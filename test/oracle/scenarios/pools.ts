/** Pools: who gets which events, queues, and what happens to events that were not acknowledged. */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET } from '../sections.ts';
import type { Transcript } from '../transcript.ts';

const PAIR = { numprocs: 2, process_name: '%(program_name)s_%(process_num)d' };

async function send(d: Driver, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) await d.ask('sendRemoteCommEvent', 'n', String(n));
}

function remote(...numbers: readonly number[]): string[] {
  return numbers.map((n) => `REMOTE_COMMUNICATION type:n\n${n}`);
}

/** Replaces what a listener got of REMOTE_COMMUNICATION. */
function gotInstead(name: string, lines: readonly string[]) {
  return (oracle: Transcript): Transcript => ({
    ...oracle,
    events: { ...oracle.events, [name]: { ...oracle.events[name], REMOTE_COMMUNICATION: lines } },
  });
}

function subscribes(events: string, compare: Scenario['compare'] = {}): Scenario {
  return {
    name: `events=${events}`,
    config: listener('L', events) + dormant('x', PUPPET, { stdout_events_enabled: 'true' }),
    script: async (d) => {
      await d.running('L');
      await d.ask('startProcess', 'x');
      await d.state('x', 'RUNNING');
      await d.emit('x', 'output\n');
      await d.waitFile('x.out', 'output');
      await d.ask('stopProcess', 'x');
      await d.ask('removeProcessGroup', 'x');
      await d.ask('addProcessGroup', 'x');
      await d.ask('sendRemoteCommEvent', 'a', 'b');
    },
    compare,
  };
}

/** Two of the names cover the same event: supervisord sends it once for each, Herald once. */
function overlaps(events: string, compare: Scenario['compare'] = {}): Scenario {
  return {
    ...subscribes(events, compare),
    deviation: { name: 'overlap-delivers-once', herald: withoutRepetitions },
  };
}

function withoutRepetitions(oracle: Transcript): Transcript {
  const streams = Object.entries(oracle.events).map(([listenerName, byStream]) => [
    listenerName,
    Object.fromEntries(
      Object.entries(byStream).map(([stream, lines]) => [
        stream,
        lines.filter((line) => !line.includes(' (again) ')),
      ]),
    ),
  ]);
  return { ...oracle, events: Object.fromEntries(streams) };
}

export const poolScenarios: readonly Scenario[] = [
  subscribes('PROCESS_STATE_RUNNING,PROCESS_STATE_STOPPED'),
  subscribes('PROCESS_STATE'),
  subscribes('PROCESS_GROUP,PROCESS_LOG'),
  subscribes('PROCESS_LOG_STDERR'),
  overlaps('EVENT,REMOTE_COMMUNICATION', { ignore: ['TICK_5', 'TICK_60', 'TICK_3600'] }),
  overlaps('PROCESS_STATE,PROCESS_STATE_RUNNING'),
  {
    name: 'two pools get the same events',
    config:
      listener('L', 'PROCESS_STATE', '', { priority: 10 }) +
      listener('M', 'PROCESS_STATE', '', { priority: 20 }) +
      dormant('x'),
    script: async (d) => {
      await d.running('L', 'M');
      await d.call('startProcess', 'x');
      await d.state('x', 'RUNNING');
      await d.call('stopProcess', 'x');
    },
  },
  {
    name: 'numprocs=2: while the first is busy, the second goes on',
    config: listener('L', 'REMOTE_COMMUNICATION', 'hold go', PAIR),
    script: async (d) => {
      await d.running('L:L_0', 'L:L_1');
      await d.listening('L_0');
      await d.listening('L_1');
      await send(d, 0, 1);
      await d.waitEvents('L', 'type:n\n0');
      await send(d, 1, 2);
      await d.waitEvents('L', 'type:n\n1');
      await send(d, 2, 4);
      await d.write('go', '');
      const events = await d.waitEvents('L', 'type:n\n', 4);
      // Who gets the third and the fourth is a matter of who answers first.
      d.note(
        'first two',
        events.slice(0, 2).map((event) => `${event.by} ${event.payload}`),
      );
      d.note('all', events.map((event) => event.payload).toSorted());
    },
    compare: { listeners: [] },
  },
  {
    name: 'numprocs=2: an idle pool gives everything to its first member',
    config: listener('L', 'REMOTE_COMMUNICATION', '', PAIR),
    script: async (d) => {
      await d.running('L:L_0', 'L:L_1');
      await d.listening('L_0');
      await d.listening('L_1');
      for (let n = 0; n < 4; n++) {
        await send(d, n, n + 1);
        await d.waitEvents('L', `type:n\n${n}`);
        await d.listening('L_0', n + 2);
      }
    },
    compare: { listeners: ['L'], fence: false },
  },
  {
    name: 'FAIL once, then OK: the event comes again',
    config: listener('L', 'REMOTE_COMMUNICATION', 'fail 1'),
    script: async (d) => {
      await d.running('L');
      await send(d, 0, 1);
      await d.waitEvents('L', 'type:n\n0', 2);
      await send(d, 1, 3);
    },
  },
  {
    name: 'another body than OK counts as FAIL',
    config: listener('L', 'REMOTE_COMMUNICATION', 'fail 1 body OKAY'),
    script: async (d) => {
      await d.running('L');
      await send(d, 0, 1);
      await d.waitEvents('L', 'type:n\n0', 2);
    },
  },
  {
    name: 'a listener that dies BUSY: the event comes again',
    config: listener('L', 'REMOTE_COMMUNICATION', 'die 1'),
    script: async (d) => {
      await d.running('L');
      await send(d, 0, 3);
      await d.waitEvents('L', 'type:n\n', 4);
    },
  },
  {
    name: 'events wait for a listener that starts late',
    config: listener('L', 'PROCESS_STATE,SUPERVISOR_STATE_CHANGE', 'gate go') + dormant('x'),
    script: async (d) => {
      await d.running('L');
      await d.ask('startProcess', 'x');
      await d.state('x', 'RUNNING');
      await d.ask('stopProcess', 'x');
      await d.write('go', '');
    },
  },
  {
    name: 'buffer_size=3: the oldest are dropped',
    config: listener('L', 'REMOTE_COMMUNICATION', 'gate go', { buffer_size: 3 }),
    script: async (d) => {
      await d.running('L');
      await send(d, 0, 7);
      await d.write('go', '');
      await d.waitEvents('L', 'type:n\n6');
    },
  },
  {
    name: 'the default buffer_size',
    config: listener('L', 'REMOTE_COMMUNICATION', 'gate go').replace(/^buffer_size=.*\n/m, ''),
    script: async (d) => {
      await d.running('L');
      await send(d, 0, 15);
      await d.write('go', '');
      await d.waitEvents('L', 'type:n\n14');
    },
    deviation: {
      name: 'buffer-size',
      herald: gotInstead('L', remote(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)),
    },
  },
  {
    name: 'a rejected event holds up the others',
    config: listener('L', 'REMOTE_COMMUNICATION', 'gate go fail 2 glue 1', { buffer_size: 500 }),
    script: async (d) => {
      await d.running('L');
      await send(d, 0, 4);
      await d.write('go', '');
      const events = await d.waitEvents('L', 'type:n\n', 6);
      const numbers = events.map((event) => event.payload.replace('type:n\n', ''));
      d.note('first three', numbers.slice(0, 3));
      d.note(
        'the others',
        numbers.filter((number) => number !== '0'),
      );
      d.note('times of 0', numbers.filter((number) => number === '0').length);
    },
    // How many of the others are taken within the second that 0 waits is a matter of speed. That at least one of
    // them is, is not: with the last rejection the listener says READY in the same write.
    compare: { listeners: [] },
    // supervisord: 0 again and again until it is taken. Herald: again once, then 0 waits while the others go on.
    deviation: {
      name: 'retry-delay',
      herald: (oracle) => ({ ...oracle, notes: { ...oracle.notes, 'first three': ['0', '0', '1'] } }),
    },
  },
  {
    name: 'a rejected event does not reach other pools twice',
    config: listener('L', 'REMOTE_COMMUNICATION', 'fail 1') + listener('M', 'REMOTE_COMMUNICATION'),
    script: async (d) => {
      await d.running('L', 'M');
      await d.listening('L');
      await d.listening('M');
      await send(d, 0, 1);
      await d.waitEvents('L', 'type:n\n0', 2);
      await d.waitEvents('M', 'type:n\n0', d.side === 'oracle' ? 2 : 1);
    },
    deviation: { name: 'rejection-stays-in-pool', herald: gotInstead('M', remote(0)) },
  },
  {
    name: 'a listener is sent events before it is RUNNING',
    config: listener('L', 'REMOTE_COMMUNICATION', '', { startsecs: 3 }),
    launch: false,
    script: async (d) => {
      // Who waits for the end of startsecs gets there; who does not has all the time that a slow machine takes.
      const config = await d.read('daemon.conf');
      if (d.side === 'herald') await d.write('daemon.conf', config.replace('startsecs=3', 'startsecs=600'));
      d.daemon.launch();
      await d.started();
      await d.state('L', 'STARTING');
      await send(d, 0, 1);
      await d.waitEvents('L', 'type:n\n0');
      d.note('delivered while', (await d.info('L')).statename);
    },
    deviation: {
      name: 'delivery-on-ready',
      herald: (oracle) => ({ ...oracle, notes: { 'delivered while': 'STARTING' } }),
    },
  },
];
