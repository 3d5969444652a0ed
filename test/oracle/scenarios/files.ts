/** What the daemon leaves in folders: names, modes, owners, and nothing at all where nothing should be. */
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, PUPPET, program } from '../sections.ts';

const AUTO = { stdout_logfile: 'AUTO', stderr_logfile: 'AUTO' };
const ROOT = process.getuid?.() === 0;
/** Somebody to give a socket to: only root can give it to somebody else. */
const OWNER = ROOT ? 'nobody:daemon' : `${process.getuid?.()}:${process.getgid?.()}`;

async function says(d: Driver, text: string): Promise<void> {
  await d.emit('x', `${text}\n`);
  await d.waitFile('main.log', `${text}\n`);
}

/** One line in each backup: the log is full with every line. */
function rotates(backups: number): Scenario {
  return {
    name: `files: a program's logs with ${backups} backups`,
    config: program('x', PUPPET, {
      stdout_logfile_maxbytes: 4,
      stdout_logfile_backups: backups,
      stderr_logfile_maxbytes: 4,
      stderr_logfile_backups: backups,
    }),
    script: async (d) => {
      await d.running('x');
      for (let number = 0; number < 5; number++) {
        for (const descriptor of [1, 2]) {
          await d.emit('x', `line ${descriptor}.${number}\n`, descriptor);
          await d.waitFile('main.log', `line ${descriptor}.${number}\n`);
        }
      }
      await d.shutdown();
      for (const suffix of ['', '.1', '.2', '.3', '.4']) {
        await d.noteFile(`x.out${suffix}`);
        await d.noteFile(`x.err${suffix}`);
      }
    },
  };
}

/** A socket that nobody listens on any more. */
async function staleSocket(dir: string): Promise<void> {
  const { rename } = await import('node:fs/promises');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path.join(dir, 'live.sock'), resolve));
  // Closing unlinks the path that it was bound to, so the socket goes on under another.
  await rename(path.join(dir, 'live.sock'), path.join(dir, 'd.sock'));
  await new Promise((resolve) => server.close(resolve));
}

export const fileScenarios: readonly Scenario[] = [
  {
    name: 'files: while it runs, and afterwards',
    config:
      dormant('a', '/bin/cat', AUTO) +
      program('x') +
      dormant('none', '/bin/cat', { stdout_logfile: 'NONE', stderr_logfile: '' }),
    script: async (d) => {
      await d.running('x');
      d.note('pidfile', (await d.read('daemon.pid')) === `${d.daemon.pid}\n`);
      d.noteListing();
      await d.shutdown();
      d.note('afterwards', await import('../listing.ts').then(({ listFolder }) => listFolder(d.dir)));
    },
  },
  ...(['0770', '0666', '700'] as const).map(
    (mode): Scenario => ({
      name: `files: a socket with chmod=${mode}`,
      config: '',
      server: `chmod=${mode}`,
      script: async (d) => d.noteListing(),
    }),
  ),
  {
    name: 'files: a socket with an owner',
    config: '',
    server: `chmod=0770\nchown=${OWNER}`,
    script: async (d) => d.noteListing(),
  },
  {
    name: 'files: a socket that nobody listens on is replaced',
    config: '',
    prepare: staleSocket,
    script: async (d) => {
      d.noteListing();
      await d.shutdown();
      await d.noteLog();
    },
  },
  {
    name: 'files: a pidfile of an earlier life is overwritten',
    config: '',
    files: { 'daemon.pid': '4194303\n' },
    script: async (d) => {
      d.note('pidfile', (await d.read('daemon.pid')) === `${d.daemon.pid}\n`);
      await d.shutdown();
      d.noteListing();
    },
  },
  {
    name: 'files: a pidfile that cannot be written',
    config: '',
    supervisord: 'pidfile=%{dir}/folder',
    prepare: (dir) => mkdir(path.join(dir, 'folder')).then(() => undefined),
    script: async (d) => {
      await d.shutdown();
      await d.noteLog();
      d.noteListing();
    },
  },
  {
    name: 'files: a pidfile that was removed meanwhile',
    config: '',
    script: async (d) => {
      await d.remove('daemon.pid');
      await d.shutdown();
      d.noteListing();
      await d.noteLog();
    },
  },
  {
    name: 'files: a main log that cannot be opened',
    config: '',
    supervisord: 'logfile=%{dir}/folder',
    launch: false,
    prepare: (dir) => mkdir(path.join(dir, 'folder')).then(() => undefined),
    script: async (d) => {
      const { ended } = await d.runs('-n', '-c', d.path('daemon.conf'));
      d.note('ended well', ended === 'status 0');
      d.noteListing();
    },
  },
  {
    name: 'files: a second daemon beside the first',
    config: dormant('x', '/bin/cat'),
    script: async (d) => {
      const { ended, stderr } = await d.runs('-n', '-c', d.path('daemon.conf'));
      d.note('second', {
        ended,
        explained: stderr.startsWith('Error: ') && stderr.includes('\nFor help, use PROGRAM -h\n'),
      });
      await d.call('getState');
      d.note('pidfile', (await d.read('daemon.pid')) === `${d.daemon.pid}\n`);
      await d.shutdown();
      d.noteListing();
    },
  },
  {
    name: 'files: a second daemon with a pidfile of its own',
    config: '',
    script: async (d) => {
      await d.refuses(
        'second',
        '-n',
        '-c',
        d.path('daemon.conf'),
        '-j',
        d.path('second.pid'),
        '-l',
        d.path('second.log'),
      );
      await d.call('getState');
      await d.remove('second.log');
      d.noteListing();
    },
  },
  rotates(0),
  rotates(1),
  rotates(3),
  {
    name: 'files: a log removed under a running program is not made anew',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      await says(d, 'first');
      await d.remove('x.out');
      await says(d, 'second');
      d.noteListing();
      await d.call('stopProcess', 'x');
      await d.call('startProcess', 'x');
      await says(d, 'third');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'files: a log whose path becomes a folder before the next start',
    config: program('x', PUPPET, { startretries: 0 }),
    script: async (d) => {
      await d.running('x');
      await d.call('stopProcess', 'x');
      await d.remove('x.out');
      await mkdir(d.path('x.out'));
      await d.call('startProcess', 'x');
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
      await d.remove('x.out');
      await d.call('startProcess', 'x');
      await d.running('x');
    },
  },
  {
    name: 'files: the folder of a log disappears before the next start',
    config: program('x', PUPPET, { startretries: 0, stdout_logfile: '%{dir}/logs/x.out' }),
    prepare: (dir) => mkdir(path.join(dir, 'logs')).then(() => undefined),
    script: async (d) => {
      await d.running('x');
      await d.call('stopProcess', 'x');
      await d.remove('logs');
      await d.call('startProcess', 'x');
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'files: clearLog',
    config: '',
    supervisord: 'loglevel=info',
    script: async (d) => {
      await d.call('clearLog');
      await d.noteLog();
      await d.call('readLog', 0, 0).then(() => d.calls.pop());
      d.noteListing();
    },
  },
  {
    name: 'files: clearLog when the log has been removed',
    config: '',
    supervisord: 'loglevel=info',
    script: async (d) => {
      await d.remove('main.log');
      await d.call('clearLog');
      d.noteListing();
    },
  },
  {
    name: 'files: clearProcessLogs leaves the backups, and the logs of what is stopped',
    config:
      program('x', PUPPET, { stdout_logfile_maxbytes: 10, stdout_logfile_backups: 2 }) +
      dormant('y', '/bin/cat'),
    files: { 'y.out': 'of an earlier life\n' },
    script: async (d) => {
      await d.running('x');
      await says(d, 'one long line');
      await says(d, 'short');
      await d.emit('x', 'to stderr\n', 2);
      await d.waitFile('x.err', 'stderr\n');
      await d.call('clearProcessLogs', 'x');
      await d.call('clearProcessLogs', 'y');
      for (const file of ['x.out', 'x.out.1', 'x.err', 'y.out']) await d.noteFile(file);
      await says(d, 'anew');
      await d.noteFile('x.out');
      await d.callSorted('clearAllProcessLogs');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'files: logs that are devices',
    config: program('x', PUPPET, {
      stdout_logfile: '/dev/null',
      stdout_logfile_maxbytes: 0,
      stderr_logfile: '/dev/stdout',
      stderr_logfile_maxbytes: 0,
      autorestart: 'false',
    }),
    supervisord: 'silent=true',
    script: async (d) => {
      await d.running('x');
      await d.emit('x', 'to nowhere\n');
      await d.emit('x', 'to the output of the daemon\n', 2);
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      await d.noteFile('daemon.output');
      await d.call('tailProcessStdoutLog', 'x', 0, 100);
    },
  },
  {
    name: 'files: redirect_stderr with a file for stderr',
    config: program('x', PUPPET, {
      redirect_stderr: 'true',
      autorestart: 'false',
      stderr_logfile: '%{dir}/ignored.err',
    }),
    script: async (d) => {
      await d.running('x');
      await d.emit('x', 'one\n');
      await d.emit('x', 'two\n', 2);
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
      d.noteListing();
      await d.call('getProcessInfo', 'x');
    },
  },
];
