/** Options of the command line: each beats the configuration, in its short and in its long form. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Driver } from '../driver.ts';
import { listFolder } from '../listing.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, program } from '../sections.ts';

const AUTO = { stdout_logfile: 'AUTO', stderr_logfile: 'NONE', autorestart: 'false' };

async function shutDown(d: Driver): Promise<void> {
  await d.shutdown();
  d.noteListing();
}

function option(
  name: string,
  words: readonly string[],
  script: (d: Driver) => Promise<void>,
  more: Partial<Scenario> = {},
): Scenario {
  return { name: `options: ${name}`, config: '', arguments: words, script, ...more };
}

const folder = (name: string) => (dir: string) => mkdir(path.join(dir, name)).then(() => undefined);

/** A main log that is full with every line, so that what is left is one line in each backup. */
function rotates(name: string, words: readonly string[], supervisord: string): Scenario {
  return option(
    name,
    words,
    async (d) => {
      await d.shutdown();
      for (const suffix of ['', '.1', '.2', '.3', '.4']) await d.noteLog({}, `main.log${suffix}`);
      d.noteListing();
    },
    { supervisord: `loglevel=info\n${supervisord}` },
  );
}

function strips(name: string, words: readonly string[], text: string): Scenario {
  return option(
    name,
    words,
    async (d) => {
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
    },
    { config: program('x', `/usr/bin/printf '${text}'`, { autorestart: 'false' }) },
  );
}

export const optionScenarios: readonly Scenario[] = [
  option(
    'the long forms, all at once',
    [
      '--logfile=%{dir}/words.log',
      '--pidfile=%{dir}/words.pid',
      '--identifier',
      'words',
      '--childlogdir=%{dir}/logs',
      '--nocleanup',
      '--strip_ansi',
      '--minfds=2500',
      '--minprocs=100',
      '--loglevel=WARN',
      '--silent',
    ],
    async (d) => {
      await d.state('x', 'EXITED');
      await d.call('getIdentification');
      d.noteListing();
      d.noteListing('logs');
      await d.shutdown();
      await d.noteLog({}, 'words.log');
      for (const file of ['x.out', 'daemon.output']) await d.noteFile(file);
      d.note('afterwards', listFolder(d.dir));
    },
    {
      config:
        program('x', String.raw`/bin/sh -c "ulimit -n; printf '\033[1;31mred\033[0m'"`, {
          autorestart: 'false',
        }) + dormant('y', '/bin/cat', AUTO),
      files: { 'logs/old-stdout---words-abcdefgh.log': 'old' },
    },
  ),
  option('-l and --logfile', ['-l', '%{dir}/words.log'], shutDown),
  option('-l is relative to where the daemon starts', ['-l', 'words.log'], shutDown),
  option('-j', ['-j', '%{dir}/words.pid'], async (d) => {
    d.note('its own pid', (await d.read('words.pid')) === `${d.daemon.pid}\n`);
    d.noteListing();
    await shutDown(d);
  }),
  option(
    '-i',
    ['-i', 'words'],
    async (d) => {
      await d.call('getIdentification');
      d.noteListing();
    },
    { config: dormant('x', '/bin/cat', AUTO), supervisord: 'identifier=file' },
  ),
  option(
    '-q',
    ['-q', '%{dir}/logs'],
    async (d) => {
      d.noteListing();
      d.noteListing('logs');
    },
    { config: dormant('x', '/bin/cat', AUTO), prepare: folder('logs') },
  ),
  option('without -k, AUTO logs of earlier lives are removed', [], async (d) => d.noteListing(), {
    config: dormant('x', '/bin/cat', AUTO),
    files: {
      'old-stdout---supervisor-abcdefgh.log': 'old',
      'old-stdout---supervisor-abcdefgh.log.12': 'old',
      'old-stdout---other-abcdefgh.log': 'not ours',
      'stdout-supervisor-abcdefgh.log': 'not ours',
    },
  }),
  option('-k', ['-k'], async (d) => d.noteListing(), {
    files: { 'old-stdout---supervisor-abcdefgh.log': 'old' },
  }),
  strips('-t', ['-t'], String.raw`a\033[31mb\033[0mc`),
  {
    ...strips('-t, with sequences that have other final bytes', ['-t'], String.raw`c\033[5Zd m e\033[1`),
    deviation: {
      name: 'ansi-any-final-byte',
      herald: (oracle) => ({ ...oracle, notes: { 'x.out': 'cd m e' } }),
    },
  },
  option('-s', ['-s'], async (d) => {
    await d.shutdown();
    await d.noteFile('daemon.output');
    await d.noteLog();
  }),
  option(
    '-a',
    ['-a', '3000'],
    async (d) => {
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
    },
    { config: program('x', '/bin/sh -c "ulimit -n"', { autorestart: 'false' }), supervisord: 'minfds=2048' },
  ),
  option('-u, the user that the daemon is already', ['-u', String(process.getuid?.() ?? 0)], async (d) => {
    await d.shutdown();
    await d.noteLog();
  }),
  option(
    '-m and -d mean nothing in the foreground',
    ['-m', '077', '-d', '/usr'],
    async (d) => {
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
      d.noteListing();
    },
    { config: program('x', '/bin/sh -c "pwd; umask"', { autorestart: 'false' }) },
  ),
  option('abbreviations of long options', ['--ident=short', '--silen', '--nocl'], async (d) => {
    await d.call('getIdentification');
    await d.noteFile('daemon.output');
  }),
  option('short options in one word', ['-ske', 'info', '-iwords'], async (d) => {
    await d.call('getIdentification');
    await d.shutdown();
    await d.noteFile('daemon.output');
    await d.noteLog({ debug: /./ });
  }),
  rotates('-y and -z', ['-y', '1', '-z', '2'], 'logfile_maxbytes=50MB\nlogfile_backups=9'),
  rotates('--logfile_maxbytes and --logfile_backups', ['--logfile_maxbytes=1', '--logfile_backups=1'], ''),
  rotates('logfile_maxbytes= with three backups', [], 'logfile_maxbytes=1\nlogfile_backups=3'),
  rotates('logfile_maxbytes= without backups', [], 'logfile_maxbytes=1\nlogfile_backups=0'),
  rotates('logfile_maxbytes=0', [], 'logfile_maxbytes=0\nlogfile_backups=3'),
];
