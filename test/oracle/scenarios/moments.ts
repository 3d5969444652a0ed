/** Stops, signals and requests that come at awkward moments. */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program, section } from '../sections.ts';

const STATES = listener('L', 'PROCESS_STATE');
const QUITTER = '/bin/sh -c "exit 4"';
const SLOW = { startsecs: 600 };

/** The daemon is told to end while a program is in some state. */
function endsWhile(
  name: string,
  config: string,
  before: (d: Driver) => Promise<void>,
  meanwhile: (d: Driver) => Promise<void> = async () => undefined,
): Scenario {
  return {
    name: `moments: SIGTERM while ${name}`,
    config,
    script: async (d) => {
      await before(d);
      d.daemon.signal('SIGTERM');
      await meanwhile(d);
      d.note('ended', await d.exited());
      await d.noteLog();
    },
  };
}

export const momentScenarios: readonly Scenario[] = [
  endsWhile('a program is STARTING', program('x', PUPPET, SLOW), async (d) => {
    await d.state('x', 'STARTING');
    await d.tell('x', 'answer TERM 0');
  }),
  endsWhile(
    'a program is in BACKOFF',
    program('x', QUITTER, { startsecs: 9, startretries: 50 }),
    async (d) => {
      // The pause after the fourth try is long enough for a signal on the busiest machine.
      await d.waitRuns('x', 4);
    },
  ),
  endsWhile(
    'programs are FATAL, EXITED and STOPPED',
    program('fatal', '%{dir}/missing', { startretries: 0 }) + program('over') + dormant('asleep'),
    async (d) => {
      await d.state('fatal', 'FATAL');
      await d.running('over');
      await d.tell('over', 'exit 0');
      await d.state('over', 'EXITED');
    },
  ),
  endsWhile(
    'a program is STOPPING',
    program('x', PUPPET, { stopwaitsecs: 600 }),
    async (d) => {
      await d.running('x');
      await d.tell('x', 'note TERM');
      await d.call('stopProcess', 'x', false);
      await d.waitFile('notes', 'x TERM');
    },
    async (d) => {
      await d.waitFile('main.log', 'waiting for x to die');
      await d.tell('x', 'exit 0');
    },
  ),
  {
    name: 'moments: SIGHUP while a program is STARTING',
    config: program('x', PUPPET, SLOW),
    script: async (d) => {
      const { pid } = await d.state('x', 'STARTING');
      await d.tell('x', 'answer TERM 0');
      d.daemon.signal('SIGHUP');
      await d.startedAgain(2);
      d.note('another child', (await d.state('x', 'STARTING')).pid !== pid);
      await d.tell('x', 'answer TERM 0');
      await d.shutdown();
      await d.noteLog();
    },
  },
  {
    name: 'moments: SIGUSR2 while a program is STARTING',
    config: program('x', PUPPET, SLOW),
    script: async (d) => {
      await d.state('x', 'STARTING');
      await d.emit('x', 'one\n');
      await d.waitFile('x.out', 'one\n');
      await d.rename('x.out', 'x.old');
      d.daemon.signal('SIGUSR2');
      await d.waitFile('main.log', 'logreopen');
      await d.emit('x', 'two\n');
      await d.waitFile('x.out', 'two\n');
      await d.noteFile('x.old');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'moments: a storm of SIGUSR2 loses no output',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      for (let round = 0; round < 20; round++) {
        for (let count = 0; count < 20; count++) d.daemon.signal('SIGUSR2');
        await d.emit('x', `line ${round}\n`);
      }
      await d.waitFile('x.out', 'line 19\n');
      await d.noteFile('x.out');
      await d.shutdown();
      d.noteListing();
    },
  },
  {
    name: 'moments: SIGTERM and SIGHUP at once end the daemon',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', 'answer TERM 0');
      d.daemon.signal('SIGTERM');
      d.daemon.signal('SIGHUP');
      d.note('ended', await d.exited());
    },
  },
  {
    name: 'moments: SIGHUP twice is one restart',
    config: program('x', PUPPET, { stopwaitsecs: 600 }),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', 'note TERM');
      d.daemon.signal('SIGHUP');
      await d.waitFile('notes', 'x TERM');
      d.daemon.signal('SIGHUP');
      await d.until('the second to be heard', async () => {
        await d.poke();
        return (await d.read('daemon.output')).split('received SIGHUP').length === 3;
      });
      await d.tell('x', 'exit 0');
      await d.startedAgain(2);
      await d.running('x');
      await d.tell('x', 'answer TERM 0');
      await d.shutdown();
      await d.noteLog();
    },
  },
  {
    name: 'moments: a program that is suspended is stopped by SIGKILL',
    config: STATES + program('x', PUPPET, { stopwaitsecs: 1 }),
    script: async (d) => {
      await d.running('x');
      await d.kill('x', 'SIGSTOP');
      await d.call('getProcessInfo', 'x');
      await d.call('stopProcess', 'x');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'moments: a program dies of its own while it is STOPPING',
    config: program('x', PUPPET, { stopwaitsecs: 600 }),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', 'note TERM');
      await d.call('stopProcess', 'x', false);
      await d.waitFile('notes', 'x TERM');
      await d.kill('x', 'SIGUSR1');
      await d.state('x', 'STOPPED');
      await d.call('getProcessInfo', 'x');
      await d.shutdown();
      await d.noteLog();
    },
  },
  {
    name: 'moments: signals in every state',
    config:
      program('run') +
      program('starting', PUPPET, SLOW) +
      program('stopping', PUPPET, { stopwaitsecs: 600 }) +
      program('back', QUITTER, { startsecs: 9, startretries: 90 }) +
      program('fatal', '%{dir}/missing', { startretries: 0 }) +
      program('over', '/bin/sh -c "exit 0"') +
      dormant('asleep'),
    script: async (d) => {
      await d.running('run', 'stopping');
      await d.state('starting', 'STARTING');
      await d.state('fatal', 'FATAL');
      await d.state('over', 'EXITED');
      for (const name of ['run', 'starting', 'stopping']) await d.tell(name, 'note HUP');
      await d.tell('stopping', 'note TERM');
      await d.call('stopProcess', 'stopping', false);
      await d.waitFile('notes', 'stopping TERM');
      await d.state('back', 'BACKOFF');
      for (const name of ['run', 'starting', 'stopping', 'fatal', 'over', 'asleep'])
        await d.call('signalProcess', name, 'HUP');
      for (const name of ['run', 'starting', 'stopping']) await d.waitFile('notes', `${name} HUP`);
      d.note('notes', (await d.read('notes')).split('\n').toSorted());
    },
  },
  {
    name: 'moments: a group call meets members in many states',
    config:
      program('run') +
      program('asleep', PUPPET, { autostart: 'false' }) +
      program('fatal', '%{dir}/missing', { startretries: 0 }) +
      program('over', PUPPET, { autorestart: 'false' }) +
      section('group:g', { programs: 'run,asleep,fatal,over' }),
    script: async (d) => {
      await d.running('g:run');
      await d.state('g:fatal', 'FATAL');
      await d.tell('g:over', 'exit 0');
      await d.state('g:over', 'EXITED');
      await d.callSorted('signalProcessGroup', 'g', 'CONT');
      await d.callSorted('stopProcessGroup', 'g');
      await d.callSorted('startProcessGroup', 'g');
      await d.state('g:fatal', 'FATAL');
      await d.callSorted('startProcessGroup', 'g', false);
      await d.callSorted('stopProcessGroup', 'g', false);
    },
  },
  {
    name: 'moments: a start that waits, and the program is stopped meanwhile',
    config: STATES + dormant('x', PUPPET, SLOW),
    script: async (d) => {
      const start = d.call('startProcess', 'x');
      await d.state('x', 'STARTING');
      await d.tell('x', 'answer TERM 0');
      await d.ask('stopProcess', 'x');
      await start;
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'moments: a start that waits, and the program gives up meanwhile',
    config: STATES + dormant('x', '/bin/sh -c "sleep 0.2; exit 7"', { startsecs: 9, startretries: 0 }),
    script: async (d) => {
      await d.call('startProcess', 'x');
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'moments: a start that waits, and the daemon ends meanwhile',
    config: dormant('x', PUPPET, SLOW),
    script: async (d) => {
      // What it is answered, if it is, depends on how far its connection gets before the end.
      const start = d.ask('startProcess', 'x').catch(() => undefined);
      await d.state('x', 'STARTING');
      await d.tell('x', 'answer TERM 0');
      await d.call('shutdown');
      d.note('ended', await d.exited());
      await start;
    },
  },
  {
    name: 'moments: a program whose child holds its output open',
    config: STATES + program('x', PUPPET, { autorestart: 'false' }),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', 'family');
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      await d.call('getProcessInfo', 'x');
      await d.call('startProcess', 'x');
      await d.call('stopProcess', 'x');
    },
  },
  {
    name: 'moments: a program that closes its output runs on',
    config: STATES + program('x', PUPPET, { autorestart: 'false' }),
    script: async (d) => {
      await d.running('x');
      await d.emit('x', 'last words\n');
      await d.tell('x', 'close 1');
      await d.tell('x', 'close 2');
      await d.waitFile('x.out', 'words');
      await d.call('getProcessInfo', 'x');
      d.daemon.signal('SIGUSR2');
      await d.waitFile('main.log', 'logreopen');
      await d.call('clearProcessLogs', 'x');
      await d.tell('x', 'exit 3');
      await d.state('x', 'EXITED');
      await d.call('getProcessInfo', 'x');
      await d.noteFile('x.out');
    },
  },
];
