/** Values at the edge of what an option takes, and what becomes of them. */
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program } from '../sections.ts';

const STATES = listener('L', 'PROCESS_STATE', '', { stdout_logfile: 'NONE' });
const QUITTER = '/bin/sh -c "exit 4"';

/** Stops a program that ends with status 3 on a signal. */
function stopSignal(text: string, signal: string): Scenario {
  return {
    name: `numbers: stopsignal=${text}`,
    config: program('x', PUPPET, { stopsignal: text, autorestart: 'false' }),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', `answer ${signal} 3`);
      await d.call('stopProcess', 'x', false);
      await d.state('x', 'STOPPED');
      await d.callConfigInfo();
      await d.shutdown();
      await d.noteLog({ debug: /^killing/ });
    },
  };
}

/** A program that ends with a status of 4 as soon as it has been started. */
function quits(
  name: string,
  options: Readonly<Record<string, string | number>>,
  then: 'FATAL' | 'EXITED',
): Scenario {
  return {
    name: `numbers: ${name}`,
    config: STATES + program('x', QUITTER, { autorestart: 'false', ...options }),
    script: async (d) => {
      await d.state('x', then);
      await d.call('getProcessInfo', 'x');
      await d.callConfigInfo();
    },
  };
}

/** Stops a deaf program that nobody has any patience with. */
function impatient(stopwaitsecs: number): Scenario {
  return {
    name: `numbers: stopwaitsecs=${stopwaitsecs}`,
    config: STATES + program('x', PUPPET, { stopwaitsecs }),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', 'ignore TERM');
      await d.call('stopProcess', 'x');
      await d.call('getProcessInfo', 'x');
    },
  };
}

export const numberScenarios: readonly Scenario[] = [
  stopSignal('SIGUSR2', 'USR2'),
  stopSignal('int', 'INT'),
  stopSignal('1', 'HUP'),
  {
    name: 'numbers: stopsignal=KILL',
    config: STATES + program('x', PUPPET, { stopsignal: 'KILL' }),
    script: async (d) => {
      await d.running('x');
      await d.call('stopProcess', 'x');
      await d.call('getProcessInfo', 'x');
    },
  },
  impatient(0),
  impatient(-3),
  quits('startsecs=-1', { startsecs: -1 }, 'EXITED'),
  quits('startretries=-1', { startsecs: 9, startretries: -1 }, 'FATAL'),
  quits('exitcodes with blanks', { exitcodes: ' 3 , 4 ' }, 'EXITED'),
  quits('exitcodes=255', { exitcodes: '255' }, 'EXITED'),
  quits('exitcodes without any', { exitcodes: '' }, 'EXITED'),
  {
    name: 'numbers: priorities below zero and beyond 999',
    config:
      program('last', '/bin/cat', { priority: 100_000 }) +
      program('first', '/bin/cat', { priority: -5 }) +
      program('middle', '/bin/cat', { priority: 0 }),
    script: async (d) => {
      await d.running('first', 'middle', 'last');
      await d.callConfigInfo();
      await d.shutdown();
      const lines = (await d.read('main.log')).match(/(?<=spawned: ')\w+|(?<=stopped: )\w+/g);
      d.note('spawned, then stopped', lines);
    },
  },
  {
    name: 'numbers: an unexpected end after startsecs, again and again, never becomes FATAL',
    config: STATES + program('x', '/bin/sh -c "sleep 1.3; exit 4"', { startsecs: 1, startretries: 0 }),
    script: async (d) => {
      await d.waitEvents('L', 'processname:x groupname:x from_state:RUNNING', 2);
      await d.waitEvents('L', 'PROCESS_STATE_RUNNING', 3);
      const seen = (await d.events('L')).map((event) => /eventname:(\S+)/.exec(event.header)?.[1] ?? '');
      d.note('kinds', [...new Set(seen)].filter((name) => name !== 'REMOTE_COMMUNICATION').toSorted());
    },
    compare: { listeners: [] },
  },
  {
    name: 'numbers: a program that ends well after startsecs and is started by hand',
    config: dormant('x', PUPPET, { startsecs: 1 }),
    script: async (d) => {
      for (let round = 0; round < 2; round++) {
        await d.call('startProcess', 'x');
        await d.tell('x', 'exit 0');
        await d.state('x', 'EXITED');
        await d.call('getProcessInfo', 'x');
      }
      await d.shutdown();
      await d.noteLog();
    },
  },
];
