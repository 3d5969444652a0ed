/** Restarts within the process: by SIGHUP and by restart(). */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program } from '../sections.ts';
import type { RecordedEvent } from '../transcript.ts';

async function hangUp(d: Driver, times = 2): Promise<void> {
  d.daemon.signal('SIGHUP');
  await d.startedAgain(times);
}

async function edit(d: Driver, from: string, to: string): Promise<void> {
  const text = await d.read('daemon.conf');
  if (!text.includes(from)) throw new Error(`${from} is not in the configuration`);
  await d.write('daemon.conf', text.replace(from, to));
}

function serialOf(event: RecordedEvent | undefined, key: 'serial' | 'poolserial'): number {
  return Number(new RegExp(` ${key}:([0-9]+) `).exec(event?.header ?? '')?.[1]);
}

/** How AUTO logs of two moments relate. */
function compareNames(
  before: readonly string[],
  after: readonly string[],
): { before: number; after: number; kept: number } {
  return {
    before: before.length,
    after: after.length,
    kept: before.filter((name) => after.includes(name)).length,
  };
}

/** AUTO logs over a restart. */
function renames(name: string, supervisord: string): Scenario {
  return {
    name,
    config: dormant('x', PUPPET, { stdout_logfile: 'AUTO', stderr_logfile: 'AUTO' }),
    supervisord,
    script: async (d) => {
      const before = await d.autoLogs();
      await hangUp(d);
      d.note('AUTO logs', compareNames(before, await d.autoLogs()));
      d.noteListing();
    },
  };
}

export const inProcessRestartScenarios: readonly Scenario[] = [
  {
    name: 'SIGHUP: same process, same pidfile, programs anew',
    config: program('x') + dormant('y'),
    script: async (d) => {
      const { pid } = await d.state('x', 'RUNNING');
      await d.tell('x', 'answer TERM 0');
      await d.ask('startProcess', 'y');
      await d.state('y', 'RUNNING');
      await hangUp(d);
      d.note('same process', (await d.read('daemon.pid')) === `${d.daemon.pid}\n`);
      d.note('another child', (await d.state('x', 'RUNNING')).pid !== pid);
      await d.call('getAllProcessInfo');
      await d.shutdown();
      await d.noteLog();
      d.noteListing();
    },
  },
  {
    name: 'restart() does what SIGHUP does',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      await d.call('restart');
      await d.startedAgain(2);
      await d.running('x');
      await d.shutdown();
      await d.noteLog();
    },
  },
  {
    name: 'SIGHUP: programs that came, went and changed',
    config: program('gone') + program('changed', '/bin/sh -c "exec cat"') + program('same'),
    script: async (d) => {
      await d.running('gone', 'changed', 'same');
      await edit(d, '[program:gone]', '[program:came]');
      await edit(d, 'exec cat', 'echo anew; exec cat');
      await edit(d, 'loglevel=debug', 'loglevel=info\nidentifier=renamed');
      await hangUp(d);
      await d.running('came', 'changed', 'same');
      await d.waitFile('changed.out', 'anew');
      await d.call('getIdentification');
      await d.call('getProcessInfo', 'gone');
      await d.shutdown();
      await d.noteLog();
    },
  },
  {
    name: 'SIGHUP twice',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      await hangUp(d, 2);
      await d.running('x');
      await hangUp(d, 3);
      await d.running('x');
      await d.shutdown();
      await d.noteLog();
    },
  },
  {
    name: 'SIGHUP: the command line still counts',
    config: '',
    supervisord: 'identifier=file',
    arguments: ['-i', 'words'],
    script: async (d) => {
      await d.call('getIdentification');
      await edit(d, 'identifier=file', 'identifier=other');
      await hangUp(d);
      await d.call('getIdentification');
    },
  },
  {
    name: 'SIGHUP: the log goes to where the new configuration wants it',
    config: '',
    script: async (d) => {
      await edit(d, 'main.log', 'other.log');
      d.daemon.signal('SIGHUP');
      await d.waitFile('other.log', 'started with pid');
      await d.started();
      await d.shutdown();
      await d.noteLog();
      await d.noteLog({}, 'other.log');
    },
  },
  {
    name: 'SIGHUP: serial goes on, poolserial begins anew',
    config: listener('L', 'REMOTE_COMMUNICATION'),
    script: async (d) => {
      await d.listening('L');
      await d.fence('L');
      const before = (await d.events('L')).at(-1);
      await hangUp(d);
      await d.listening('L', 2);
      await d.fence('L');
      const after = (await d.events('L')).at(-1);
      d.note('serial', Math.sign(serialOf(after, 'serial') - serialOf(before, 'serial')));
      d.note('poolserial', serialOf(after, 'poolserial'));
    },
    compare: { listeners: [] },
  },
  {
    name: 'SIGHUP: what listeners are told',
    config: listener('L', 'SUPERVISOR_STATE_CHANGE'),
    script: async (d) => {
      await d.listening('L');
      await d.waitEvents('L', 'SUPERVISOR_STATE_CHANGE_RUNNING');
      await hangUp(d);
      await d.listening('L', 2);
      await d.waitEvents('L', 'SUPERVISOR_STATE_CHANGE_RUNNING', 2);
      const names = (await d.events('L')).map((event) => /eventname:(\S+)/.exec(event.header)?.[1] ?? '');
      d.note(
        'names',
        names.filter((name) => name.endsWith('_RUNNING')),
      );
    },
    compare: { listeners: [] },
  },
  renames('SIGHUP: AUTO logs are cleaned away and named anew', ''),
  renames('SIGHUP: with nocleanup=true the old AUTO logs stay', 'nocleanup=true'),
  {
    name: 'SIGHUP: the configuration has become wrong',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      await edit(d, 'startsecs=0', 'startsecs=many');
      d.daemon.signal('SIGHUP');
      if (d.side === 'oracle') d.note('ended', await d.exited());
      else {
        await d.waitFile('main.log', 'not restarting');
        await d.shutdown();
      }
      d.note('x', await d.read('x.out'));
    },
    compare: { listeners: [] },
    deviation: {
      name: 'restart-keeps-old-configuration',
      herald: () => ({
        calls: [{ call: 'shutdown', params: [], result: true }],
        events: {},
        notes: { ended: 'status 0', x: '' },
      }),
    },
  },
  {
    name: 'SIGHUP: a program in BACKOFF becomes FATAL, then starts anew',
    config: program('x', '/bin/sh -c "exit 3"', { startsecs: 9, startretries: 50 }),
    script: async (d) => {
      await d.state('x', 'BACKOFF');
      await edit(d, 'exit 3', 'exec cat');
      await edit(d, 'startsecs=9', 'startsecs=0');
      await hangUp(d);
      await d.running('x');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'a program that exited is not started during the shutdown',
    config:
      program('x', PUPPET, { autorestart: 'true' }) +
      program('slow', PUPPET, { priority: 2000, stopwaitsecs: 600 }),
    script: async (d) => {
      await d.running('x', 'slow');
      await d.tell('slow', 'note TERM');
      await d.call('shutdown');
      await d.waitFile('notes', 'slow TERM');
      await d.tell('x', 'exit 3');
      await d.waitFile('daemon.output', 'exited: x');
      await d.tell('slow', 'exit 0');
      d.note('ended', await d.exited());
      await d.noteLog();
    },
  },
];
