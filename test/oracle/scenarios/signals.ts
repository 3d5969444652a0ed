/** Signals to the daemon itself, at quiet and at awkward moments. */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { PUPPET, program } from '../sections.ts';

const STUBBORN = program('x', PUPPET, { stopwaitsecs: 600 });

/** The shutdown has begun and waits for a program that takes its time. */
async function hold(d: Driver, signal: NodeJS.Signals): Promise<void> {
  await d.running('x');
  await d.tell('x', 'note TERM');
  d.daemon.signal(signal);
  await d.waitFile('notes', 'x TERM');
}

async function release(d: Driver): Promise<void> {
  await d.tell('x', 'exit 0');
  d.note('ended', await d.exited());
  await d.noteLog();
}

/** Sends a signal and waits until the main log says so. */
async function heard(d: Driver, signal: NodeJS.Signals, line: string): Promise<void> {
  d.daemon.signal(signal);
  // The main log may be the one that is reopened.
  await d.waitFile('daemon.output', line);
}

function ends(signal: NodeJS.Signals): Scenario {
  return {
    name: `${signal} ends the daemon and its programs`,
    config: program('x') + program('y'),
    script: async (d) => {
      await d.running('x', 'y');
      for (const name of ['x', 'y']) await d.tell(name, 'answer TERM 0');
      d.daemon.signal(signal);
      d.note('ended', await d.exited());
      await d.noteLog();
      d.noteListing();
    },
  };
}

export const signalScenarios: readonly Scenario[] = [
  ends('SIGTERM'),
  ends('SIGINT'),
  ends('SIGQUIT'),
  {
    name: 'a second SIGTERM changes nothing',
    config: STUBBORN,
    script: async (d) => {
      await hold(d, 'SIGTERM');
      await heard(d, 'SIGINT', 'received SIGINT');
      await release(d);
      await d.noteFile('notes');
    },
  },
  {
    name: 'SIGHUP during a shutdown is ignored',
    config: STUBBORN,
    script: async (d) => {
      await hold(d, 'SIGTERM');
      await heard(d, 'SIGHUP', 'ignored SIGHUP');
      await release(d);
    },
  },
  {
    name: 'SIGTERM during a restart makes it a shutdown',
    config: STUBBORN,
    script: async (d) => {
      await hold(d, 'SIGHUP');
      await heard(d, 'SIGTERM', 'received SIGTERM');
      await release(d);
    },
  },
  {
    name: 'SIGUSR2 during a shutdown still reopens logs',
    config: STUBBORN,
    script: async (d) => {
      await hold(d, 'SIGTERM');
      await heard(d, 'SIGUSR2', 'supervisord logreopen');
      await release(d);
    },
  },
  {
    name: 'a storm of SIGCHLD does no harm',
    config: program('x', PUPPET, { autorestart: 'false' }),
    script: async (d) => {
      await d.running('x');
      for (let count = 0; count < 200; count++) d.daemon.signal('SIGCHLD');
      await d.call('getState');
      await d.tell('x', 'exit 5');
      await d.state('x', 'EXITED');
      await d.shutdown();
      await d.noteLog();
    },
  },
  {
    name: 'SIGPIPE, SIGCONT and SIGWINCH mean nothing',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      for (const signal of ['SIGPIPE', 'SIGCONT', 'SIGWINCH'] as const) d.daemon.signal(signal);
      await d.call('getState');
      await d.shutdown();
      await d.noteLog();
    },
  },
  {
    name: 'SIGUSR1',
    config: '',
    script: async (d) => {
      d.daemon.signal('SIGUSR1');
      if (d.side === 'herald') {
        await d.waitFile('main.log', 'SIGUSR1');
        await d.ask('shutdown');
      }
      d.note('ended', await d.exited());
    },
    deviation: {
      name: 'sigusr1-is-survived',
      herald: (oracle) => ({ ...oracle, notes: { ended: 'status 0' } }),
    },
  },
  {
    name: 'SIGALRM ends the daemon at once',
    config: '',
    script: async (d) => {
      d.daemon.signal('SIGALRM');
      d.note('ended', await d.exited());
    },
  },
  {
    name: 'SIGUSR2 after the logs were renamed: new ones are written',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      await d.emit('x', 'before\n');
      await d.waitFile('x.out', 'before\n');
      await d.rename('x.out', 'x.out.old');
      await d.rename('main.log', 'main.log.old');
      await d.emit('x', 'between\n');
      await d.waitFile('x.out.old', 'between\n');
      await heard(d, 'SIGUSR2', 'logreopen');
      await d.emit('x', 'after\n');
      await d.waitFile('x.out', 'after\n');
      await d.shutdown();
      for (const file of ['x.out.old', 'x.out']) await d.noteFile(file);
      await d.noteLog();
      await d.noteLog({}, 'main.log.old');
      d.noteListing();
    },
  },
  {
    name: 'SIGUSR2 after the logs were removed: new ones are written',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      await d.emit('x', 'lost\n');
      await d.waitFile('x.out', 'lost\n');
      await d.remove('x.out', 'x.err', 'main.log');
      await d.emit('x', 'lost as well\n');
      await d.waitFile('daemon.output', 'lost as well\n');
      await heard(d, 'SIGUSR2', 'logreopen');
      await d.emit('x', 'kept\n');
      await d.waitFile('x.out', 'kept\n');
      await d.shutdown();
      await d.noteFile('x.out');
      await d.noteLog();
      d.noteListing();
    },
  },
];
