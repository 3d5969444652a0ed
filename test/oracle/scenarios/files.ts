/** What the daemon leaves in folders: names, modes, owners, and nothing at all where nothing should be. */
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { listFolder } from '../listing.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, program } from '../sections.ts';

const AUTO = { stdout_logfile: 'AUTO', stderr_logfile: 'AUTO' };
const ROOT = process.getuid?.() === 0;
/** Somebody to give a socket to: only root can give it to somebody else. */
const OWNER = ROOT ? 'nobody:daemon' : `${process.getuid?.()}:${process.getgid?.()}`;

function isRootNote(line: string): boolean {
  return line.startsWith('CRIT Supervisor is running as root');
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
      d.note('afterwards', listFolder(d.dir));
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
    deviation: {
      name: 'pidfile-comes-first',
      herald: (oracle) => {
        const { daemon = [] } = oracle.notes['main.log'] as { readonly daemon?: readonly string[] };
        const [root, rest] = [daemon.filter(isRootNote), daemon.filter((line) => !isRootNote(line))];
        const log = { daemon: [...root, ...rest.slice(-1), ...rest.slice(0, -1)] };
        return { ...oracle, notes: { ...oracle.notes, 'main.log': log } };
      },
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
        '-ns',
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
];
