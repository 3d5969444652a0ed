/** Options of the daemon that change what it is: its user, its limits, its files, its place. */
import { chmod, mkdir, readlink, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, PUPPET, program } from '../sections.ts';
import { ENV } from './sayings.ts';

/** Who is not the daemon's user can only be had by root. */
const OTHER = process.getuid?.() === 0 ? 'nobody' : String(process.getuid?.() ?? 0);
const BY_NUMBER = process.getuid?.() === 0 ? 65534 : (process.getuid?.() ?? 0);
const open = (dir: string) => chmod(dir, 0o777);
const WHO = reads('id; umask; pwd');

function life(
  name: string,
  more: Partial<Scenario>,
  script: (d: Driver) => Promise<void> = async () => undefined,
): Scenario {
  return {
    name: `daemon options: ${name}`,
    config: '',
    script: async (d) => {
      await script(d);
      d.noteListing();
      await d.shutdown();
      await d.noteLog();
    },
    ...more,
  };
}

/**
 * Says what it has to once it is told to: a program that ends before its startsecs=0 are looked at has no success in
 * the main log of supervisord.
 */
function reads(shell: string): string {
  return `/bin/sh -c "read go; ${shell}"`;
}

async function said(d: Driver): Promise<void> {
  await d.running('x');
  await d.call('sendProcessStdin', 'x', 'go\n');
  await d.state('x', 'EXITED');
  await d.noteFile('x.out');
}

/** Starts that are refused, each with its own lines for [supervisord]. */
function refuses(name: string, lines: readonly string[]): Scenario {
  return {
    name: `daemon options: refused, ${name}`,
    config: '',
    launch: false,
    script: async (d) => {
      const text = await d.read('daemon.conf');
      for (const line of lines) {
        await d.write('other.conf', text.replace('loglevel=debug', line.replaceAll('%{dir}', d.dir)));
        const { ended, stderr } = await d.runs('-n', '-c', d.path('other.conf'));
        // Herald tells the place as well, and what can be done.
        d.note(line, {
          ended,
          stderr:
            stderr
              .split('\n')[0]
              ?.replace(/ \((?:file: |\/)[^)]*\)$|\. (?:Here there are|The current environment) .*/, '') ??
            '',
        });
      }
      d.noteListing();
    },
  };
}

const once = { autorestart: 'false' } as const;

export const daemonOptionScenarios: readonly Scenario[] = [
  life(
    'user= drops privileges',
    { supervisord: `user=${OTHER}`, prepare: open, config: program('x', WHO, once) },
    said,
  ),
  life(
    'user= by number',
    { supervisord: `user=${BY_NUMBER}`, prepare: open, config: program('x', WHO, once) },
    said,
  ),
  life('-u', { arguments: ['-u', OTHER], prepare: open, config: program('x', WHO, once) }, said),
  life('user=root is told to nobody', { supervisord: `user=${process.getuid?.() ?? 0}` }),
  life(
    'minfds= and minprocs= that are more than there is',
    {
      supervisord: 'minfds=4000\nminprocs=300',
      config: program('x', reads('ulimit -n; ulimit -Hn; ulimit -u'), once),
    },
    said,
  ),
  refuses('limits that nobody can have', ['minfds=99999999']),
  refuses('folders that do not exist', [
    'directory=%{dir}/none',
    'pidfile=%{dir}/none/pid',
    'logfile=%{dir}/none/log',
    'childlogdir=%{dir}/none',
  ]),
  refuses('numbers that are none', [
    'minfds=many',
    'minprocs=',
    'umask=9',
    'umask=-1',
    'logfile_backups=x',
    'logfile_maxbytes=5XB',
    'nodaemon=perhaps',
    'nocleanup=2',
    'strip_ansi=maybe',
  ]),
  refuses('users that do not exist', ['user=nobody-of-this-name', 'user=4294967']),
  refuses('levels and environments', [
    'loglevel=',
    'environment=A=',
    'environment==b',
    'environment=A=b=c',
    'environment=A="b',
  ]),
  life('nodaemon=true without -n is what -n is', { supervisord: 'nodaemon=true' }),
  life(
    'a pidfile that is a symbolic link',
    { prepare: (dir) => symlink(path.join(dir, 'real.pid'), path.join(dir, 'daemon.pid')) },
    async (d) => {
      d.note('link', await readlink(d.path('daemon.pid')).catch(() => 'no link'));
      d.note('real', (await d.read('real.pid')) === `${d.daemon.pid}\n`);
    },
  ),
  life(
    'the environment of the daemon is expanded, and expands',
    {
      supervisord: 'environment=OWN1="%(here)s/%(ENV_ORACLE_TEXT)s",OWN2="a;b"',
      config: program('x', ENV.replace('"env', '"read go; env'), {
        ...once,
        environment: 'OWN4="%(ENV_OWN1)s"',
      }),
    },
    said,
  ),
  life(
    'childlogdir= is where AUTO logs are',
    {
      supervisord: 'childlogdir=%{dir}/logs\nidentifier=own',
      prepare: (dir) => mkdir(path.join(dir, 'logs')).then(() => undefined),
      config: dormant('x', PUPPET, { stdout_logfile: 'AUTO', stderr_logfile: 'AUTO' }),
    },
    async (d) => d.noteListing('logs'),
  ),
];
