/** The lines of the main log that people look for: level, text, and their order for each process. */
import { existsSync } from 'node:fs';
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program } from '../sections.ts';

const QUITTER = '/bin/sh -c "exit 4"';

/** Ends the daemon, so that the log is complete, and notes it. */
async function finish(d: Driver, debug?: RegExp): Promise<void> {
  await d.shutdown();
  await d.noteLog(debug && { debug });
}

/** A puppet that is told to do something, then the log. */
function told(
  name: string,
  options: Readonly<Record<string, string | number>>,
  script: (d: Driver) => Promise<void>,
): Scenario {
  return {
    name: `main log: ${name}`,
    config: program('x', PUPPET, { autorestart: 'false', ...options }),
    script: async (d) => {
      await d.running('x');
      await script(d);
      await finish(d);
    },
  };
}

async function ends(d: Driver, command: string): Promise<void> {
  await d.tell('x', command);
  await d.state('x', 'EXITED');
}

/** Does not wait within the call, which would be told in the log as well. */
async function stops(d: Driver, name = 'x'): Promise<void> {
  await d.call('stopProcess', name, false);
  await d.state(name, 'STOPPED');
}

const DEATHS = ['SIGHUP', 'SIGINT', 'SIGKILL', 'SIGUSR1', 'SIGALRM', 'SIGTERM'] as const;

export const mainLogScenarios: readonly Scenario[] = [
  told('from start to shutdown', {}, async () => undefined),
  told('an expected exit', { exitcodes: '0,3' }, (d) => ends(d, 'exit 3')),
  told('an exit that is not expected', {}, (d) => ends(d, 'exit 3')),
  told('a stop that ends in an expected status is INFO', {}, async (d) => {
    await d.tell('x', 'answer TERM 0');
    await stops(d);
  }),
  told('a stop that ends in another status is a warning', {}, async (d) => {
    await d.tell('x', 'answer TERM 9');
    await stops(d);
  }),
  told('SIGKILL after stopwaitsecs', { stopwaitsecs: 1 }, async (d) => {
    await d.tell('x', 'ignore TERM');
    await stops(d);
  }),
  told('a stop that is waited for', { stopwaitsecs: 600 }, async (d) => {
    await d.tell('x', 'note TERM');
    const stopped = d.call('stopProcess', 'x');
    await d.waitFile('notes', 'x TERM');
    for (let count = 0; count < 3; count++) await d.poke();
    await d.tell('x', 'exit 0');
    await stopped;
  }),
  told('SIGKILL after stopwaitsecs, during the shutdown', { stopwaitsecs: 1 }, (d) =>
    d.tell('x', 'ignore TERM'),
  ),
  told('a restart of a program that exited', { autorestart: 'true' }, async (d) => {
    const { pid } = await d.info('x');
    await d.tell('x', 'exit 2');
    await d.until('another run', async () => ![0, pid].includes((await d.info('x')).pid));
    await d.running('x');
  }),
  {
    name: 'main log: deaths by signals',
    config: DEATHS.map((signal) => program(signal, PUPPET, { autorestart: 'false' })).join(''),
    script: async (d) => {
      await d.running(...DEATHS);
      await d.obeying(...DEATHS);
      for (const signal of DEATHS) await d.kill(signal, signal);
      for (const signal of DEATHS) await d.state(signal, 'EXITED');
      await finish(d);
    },
  },
  {
    name: 'main log: a death by a real-time signal',
    config: program('x', PUPPET, { autorestart: 'false' }),
    script: async (d) => {
      const { pid } = await d.state('x', 'RUNNING');
      await d.obeying('x');
      process.kill(pid, 40);
      await d.state('x', 'EXITED');
      await finish(d);
    },
  },
  {
    name: 'main log: a death with a core dump',
    config: program('x', `/bin/sh -c "ulimit -c unlimited 2>/dev/null; exec ${PUPPET}"`, {
      autorestart: 'false',
      directory: '%{dir}',
    }),
    script: async (d) => {
      await d.running('x');
      // Whatever it obeys shows that the shell has become the puppet, which is what is to dump core.
      await d.tell('x', 'note USR1');
      await d.kill('x', 'SIGQUIT');
      await d.state('x', 'EXITED');
      await finish(d);
    },
  },
  {
    name: 'main log: too quick, BACKOFF and giving up',
    config: program('x', QUITTER, { startsecs: 9, startretries: 1 }),
    script: async (d) => {
      await d.state('x', 'FATAL');
      await finish(d);
    },
  },
  {
    name: 'main log: a status of 0 is not expected before startsecs',
    config: program('x', '/bin/sh -c "exit 0"', { startsecs: 9, startretries: 0 }),
    script: async (d) => {
      await d.state('x', 'FATAL');
      await finish(d);
    },
  },
  {
    name: 'main log: startsecs is told in the line of success',
    config: program('x', PUPPET, { startsecs: 1 }),
    script: async (d) => {
      await d.running('x');
      await finish(d);
    },
  },
  {
    name: 'main log: why programs cannot be spawned',
    config:
      dormant('missing', '%{dir}/missing') +
      dormant('unknown', 'no-such-command-anywhere') +
      dormant('folder', '%{dir}') +
      dormant('plain', '%{dir}/plain') +
      dormant('quote', '/bin/sh -c "exit') +
      dormant('empty', ''),
    files: { plain: 'data' },
    script: async (d) => {
      for (const name of ['missing', 'unknown', 'folder', 'plain', 'quote', 'empty']) {
        await d.call('startProcess', name);
        await d.ask('stopProcess', name);
      }
      await finish(d);
    },
  },
  {
    name: 'main log: a spawn error, retried until FATAL',
    config: program('x', '%{dir}/missing', { startretries: 1 }),
    script: async (d) => {
      await d.state('x', 'FATAL');
      await finish(d);
    },
  },
  {
    name: 'main log: signals at loglevel=debug',
    config:
      program('x', PUPPET, { stopasgroup: 'true' }) +
      program('y') +
      // It never comes to be, so it is in BACKOFF at any time, however often it was tried.
      program('z', '%{dir}/missing', { startretries: 99 }),
    script: async (d) => {
      await d.running('x', 'y');
      await d.state('z', 'BACKOFF');
      for (const name of ['x', 'y', 'z']) await stops(d, name);
      await d.shutdown();
      const { x, y, z } = await d.noteLog({ debug: /kill/ });
      // How often z was tried by then is a matter of chance.
      d.note('main.log', { x: x ?? [], y: y ?? [], z: z?.filter((line) => line.startsWith('DEBG')) ?? [] });
    },
  },
  {
    name: 'main log: signals of clients at loglevel=debug',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      for (const signal of ['HUP', 'SIGUSR1', '18']) {
        if (signal !== '18') await d.tell('x', `ignore ${signal.replace('SIG', '')}`);
        await d.call('signalProcess', 'x', signal);
      }
      await finish(d, /^sending/);
    },
  },
  {
    name: 'main log: output of programs at loglevel=debug',
    config: program('x', PUPPET, { autorestart: 'false' }),
    script: async (d) => {
      await d.running('x');
      await d.emit('x', 'to out\nin two lines\n');
      await d.waitFile('x.out', 'two lines');
      await d.emit('x', Uint8Array.of(0x61, 0xff, 0x27, 0x0a), 2);
      await ends(d, 'exit 0');
      await finish(d, /output:/);
    },
  },
  {
    name: 'main log: waiting for programs to die, by groups',
    config: program('early', PUPPET, { priority: 1 }) + program('late', PUPPET, { priority: 2 }),
    script: async (d) => {
      await d.running('early', 'late');
      for (const name of ['early', 'late']) await d.tell(name, 'answer TERM 0');
      await d.shutdown();
      await d.noteLog({ sequence: true, from: /^waiting for/ });
    },
  },
  {
    name: 'main log: a listener that rejects, and one that does not',
    config: listener('L', 'REMOTE_COMMUNICATION', 'fail 1'),
    script: async (d) => {
      await d.listening('L');
      await d.ask('sendRemoteCommEvent', 'kind', 'data');
      await d.waitEvents('L', 'type:kind', 2);
      await d.fence('L');
      // First, after the rejection, after the acknowledgement, and after the fence: then all results are in.
      await d.listening('L', 4);
      await finish(d, /event was (?:rejected|processed)/);
    },
    compare: { listeners: [] },
  },
  {
    name: 'main log: a program already running is not spawned twice',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      await d.call('startProcess', 'x');
      await d.call('startProcessGroup', 'x');
      await finish(d);
    },
  },
  {
    name: 'main log: orphans that the daemon inherits',
    under: ['%{python} %{fixtures}/subreaper.py'],
    config: program(
      'x',
      '/bin/sh -c "(exec sh %{dir}/orphan 0) & (exec sh %{dir}/orphan 7) & (exec sh %{dir}/orphan KILL) & exec cat"',
    ),
    files: {
      orphan:
        'touch %{dir}/here-$1\nuntil test -e %{dir}/go-$1; do sleep 0.05; done\ncase $1 in KILL) kill -KILL $$;; *) exit $1;; esac\n',
    },
    script: async (d) => {
      await d.running('x');
      for (const how of ['0', '7', 'KILL']) {
        await d.until(`the orphan ${how}`, async () => existsSync(d.path(`here-${how}`)));
      }
      await stops(d);
      for (const [count, how] of ['0', '7', 'KILL'].entries()) {
        await d.write(`go-${how}`, '');
        await d.until(`the orphan ${how} to be reaped`, async () => {
          await d.poke();
          return (await d.read('main.log')).split('reaped unknown pid').length === count + 2;
        });
      }
      await finish(d);
    },
  },
];
