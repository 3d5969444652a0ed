/** What reaches a child of words, names and numbers: environment=, expansions, commands, PATH. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Scenario } from '../scenario.ts';
import { dormant, PUPPET, program, section } from '../sections.ts';
import { ARGS, ENV, own, pairs, prints, says, together } from './sayings.ts';

/** What may stand in the way of an executable further down the PATH. */
const SHADOWS: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  'the program': (file) => script(0o755)(file),
  'a directory': (file) => mkdir(file),
  'a file that nobody may execute': (file) => script(0o644)(file),
  nothing: async () => undefined,
};

const script =
  (mode: number) =>
  async (file: string): Promise<void> => {
    await writeFile(file, '#!/bin/sh\necho the first\n');
    await chmod(file, mode);
  };

export const environmentScenarios: readonly Scenario[] = [
  together('the pairs of a program', [
    pairs(
      'quotes and separators',
      `OWN1="a b",OWN2='c,d',OWN3="e=f",OWN4=g/h.i+j-k(l):m,OWN5="",OWN6=n;OWN7=o,`,
    ),
    pairs('one pair per line', `OWN1=a,\n  OWN2="b\n  c",\n  OWN3='d'`),
    pairs('percent signs and a later pair of the same name', 'OWN1="100%%",OWN1="200%%"'),
    pairs('quotes within quotes', `OWN1="it's",OWN2='say "so"',OWN3="back\\slash"`),
    pairs(
      'expansions',
      'OWN1="%(program_name)s %(group_name)s %(process_num)d %(numprocs)d",OWN2="%(ENV_ORACLE_TEXT)s",OWN3="%(here)s"',
    ),
    pairs('not ASCII', 'OWN1="zażółć 日本"'),
    pairs('a program overrides what the daemon tells it', 'SUPERVISOR_PROCESS_NAME=me,SUPERVISOR_ENABLED=no'),
  ]),
  together('commands, and what a child starts with', [
    says('serverurl= is told as it is', ENV, { serverurl: 'http://elsewhere:1234' }),
    says(
      'expansions in a command',
      `${ARGS} %(program_name)s %(group_name)s_%(process_num)03d %(numprocs)s "%(here)s" 100%%`,
    ),
    says('quotes in a command', `${ARGS} 'a b' "c d" e\\ f "g\\"h" '' i'j'"k" #l m#n`),
    says('a command over several lines', `${ARGS} one\n  two\n  three`),
    says('a comment ends the value', `${ARGS} one ; two\n# three\n  four # five\n  six;seven`),
    says('umask= of a program', '/bin/sh -c "umask; touch %{dir}/made; stat -c %%a %{dir}/made"', {
      umask: '0137',
    }),
    says('no other descriptors', "/bin/sh -c 'ls /proc/self/fd | wc -l'"),
    says(
      'a process group of its own in the session of the daemon',
      '%{python} -c "import os; print(os.getpgrp() == os.getpid(), os.getsid(0) == os.getppid(), os.getppid() == int(open(\'%{dir}/daemon.pid\').read()))"',
    ),
    says('no signal is blocked', '/bin/sh -c "exec grep -E SigBlk /proc/self/status"'),
    says(
      'HOME, USER and SHELL are those of the daemon',
      '/bin/sh -c "env | grep -aE \'^(HOME|USER|LOGNAME|SHELL)=\' | sort; id -un"',
      {
        user: process.getuid?.() === 0 ? 'nobody' : (process.getuid?.() ?? 0),
        directory: '/',
      },
    ),
    says('groups of the user', '/bin/sh -c "id"', {
      user: process.getuid?.() === 0 ? 'daemon' : (process.getuid?.() ?? 0),
      directory: '/',
    }),
  ]),
  own('a program overrides the daemon', 'OWN1=program', {
    supervisord: 'environment=OWN1=daemon,OWN2=daemon',
  }),
  prints(
    'the daemon overrides what it tells its programs',
    ENV,
    {},
    {
      supervisord: 'environment=SUPERVISOR_GROUP_NAME=all,ORACLE_TEXT="from inside"',
    },
  ),
  prints(
    'the first unix server is the one that is told',
    ENV,
    {},
    {
      config: `[unix_http_server:a]\nfile=%{dir}/other.sock\n\n${program('x0', ENV, { autorestart: 'false' })}`,
    },
  ),
  prints(
    'variables of the daemon are names for later options',
    '/bin/echo "%(ENV_OWN1)s %(ENV_OWN2)s"',
    { environment: 'OWN2=two' },
    {
      supervisord: 'environment=OWN1=one',
    },
  ),
  prints(
    'no directory= of [supervisord], and no umask=, in the foreground',
    '/bin/sh -c "pwd; umask"',
    {},
    {
      supervisord: 'directory=/usr\numask=077',
    },
  ),
  prints('minfds= is the limit of open files', '/bin/sh -c "ulimit -n"', {}, { supervisord: 'minfds=2048' }),
  prints(
    'a directory that is relative to that of the daemon',
    'bin/tool',
    { directory: '%{dir}' },
    {
      files: { 'bin/tool': '#!/bin/sh\npwd\n' },
      prepare: (dir) => chmod(path.join(dir, 'bin/tool'), 0o755),
    },
  ),
  together(
    'PATH: what stands before the program',
    Object.keys(SHADOWS).map((name, index) =>
      says(name, 'tool', { environment: `PATH="%{dir}/first${index}:%{dir}/second:/bin:/usr/bin"` }),
    ),
    {
      prepare: async (dir) => {
        await mkdir(path.join(dir, 'second'));
        await writeFile(path.join(dir, 'second/tool'), '#!/bin/sh\necho the second\n', { mode: 0o755 });
        for (const [index, make] of Object.values(SHADOWS).entries()) {
          await mkdir(path.join(dir, `first${index}`));
          await make(path.join(dir, `first${index}/tool`));
        }
      },
    },
  ),
  {
    name: 'environment: PATH of the daemon',
    config: program('x', 'tool', { autorestart: 'false' }),
    supervisord: 'environment=PATH="%{dir}/bin"',
    prepare: async (dir) => {
      await mkdir(path.join(dir, 'bin'));
      await script(0o755)(path.join(dir, 'bin/tool'));
    },
    script: async (d) => {
      await d.state('x', 'EXITED', 'FATAL');
      d.note('said', await d.read('x.out'));
    },
  },
  {
    name: 'environment: numprocs, numprocs_start and process_name',
    config: program(
      'x',
      '/bin/sh -c "echo %(process_num)d of %(numprocs)d in %(group_name)s as $SUPERVISOR_PROCESS_NAME"',
      {
        numprocs: 3,
        numprocs_start: 9,
        process_name: '%(program_name)s_%(process_num)02d',
        autorestart: 'false',
        stdout_logfile: '%{dir}/%(program_name)s%(process_num)d.out',
      },
    ),
    script: async (d) => {
      for (const number of ['09', '10', '11']) await d.state(`x:x_${number}`, 'EXITED');
      for (const number of [9, 10, 11]) await d.noteFile(`x${number}.out`);
      await d.call('getAllProcessInfo');
    },
  },
  {
    name: 'environment: a log file whose name holds a percent sign',
    config: program('x', '/bin/echo said', { autorestart: 'false', stdout_logfile: '%{dir}/50%%%%.out' }),
    script: async (d) => {
      await d.state('x', 'EXITED');
      d.noteListing();
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'environment: names that a child knows itself by in a group',
    config: dormant('x', ENV, { autorestart: 'false' }) + section('group:g', { programs: 'x' }),
    script: async (d) => {
      await d.ask('startProcess', 'g:x');
      await d.state('g:x', 'EXITED');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'environment: stdin never ends',
    config: program('x', `/bin/sh -c 'cat; echo ended'`) + program('y', PUPPET),
    script: async (d) => {
      await d.running('x', 'y');
      await d.call('sendProcessStdin', 'x', 'first\n');
      await d.waitFile('x.out', 'first\n');
      await d.call('sendProcessStdin', 'x', 'second\n');
      await d.waitFile('x.out', 'second\n');
      await d.call('stopProcess', 'y');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'environment: the dialect of the file',
    config:
      '[program:a]\nautorestart: false\nstartsecs=0\n[program:b]\nautorestart=FALSE\nSTARTSECS : 0\n' +
      `[program:a]\nCommand : ${ARGS} a:b c=d\nstdout_logfile=%{dir}/a.out\n  \n` +
      `[program:b] ignored\ncommand=${ARGS} lost\nstdout_logfile=%{dir}/b.out\n; comment\n` +
      `[program:b]\ncommand = ${ARGS} kept\n\n[nobody:knows]\nthis=that\n`,
    script: async (d) => {
      for (const name of ['a', 'b']) {
        await d.state(name, 'EXITED');
        await d.noteFile(`${name}.out`);
      }
    },
  },
];
