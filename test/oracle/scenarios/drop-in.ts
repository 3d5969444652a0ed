/** What an operator meets who has only renamed the daemon in a unit file. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Scenario } from '../scenario.ts';
import { dormant, PUPPET, program, section } from '../sections.ts';
import type { Value } from '../xml-rpc-client.ts';
import { ARGS, says, together } from './sayings.ts';

const ONCE = { autorestart: 'false', startretries: 0 } as const;

/** Programs that tell which of them they are, by their path below the daemon's folder. */
async function namesakes(dir: string, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const file = path.join(dir, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\necho "${name} as $0 in $(pwd)" | sed "s|${dir}|DIR|g"\n`);
    await chmod(file, 0o755);
  }
}

const LOGS = ['AUTO', 'NONE', 'off', '', '%{dir}/x.log', '/dev/null', 'syslog'];

/** What a reread says when the log of an active program was this, and is each of the others. */
function rereads(before: string): Scenario {
  const configured = (logfile: string) => dormant('x', '/bin/cat', { stdout_logfile: logfile });
  return {
    name: `drop-in: a reread when the log was ${before === '' ? 'empty' : before}`,
    config: configured(before),
    script: async (d) => {
      const original = await d.read('daemon.conf');
      for (const after of LOGS) {
        const [line, other] = [before, after].map((name) => `\nstdout_logfile=${name}\n`);
        if (line === undefined || other === undefined) continue;
        await d.write(
          'daemon.conf',
          original.replace(line.replaceAll('%{dir}', d.dir), other.replaceAll('%{dir}', d.dir)),
        );
        d.note(after, (await d.ask('reloadConfig')) as unknown as Value);
      }
    },
  };
}

export const dropInScenarios: readonly Scenario[] = [
  ...LOGS.map(rereads),
  {
    name: 'drop-in: a relative command is checked in our folder and run from directory=',
    config:
      dormant('both', './run', { ...ONCE, directory: '%{dir}/there' }) +
      dormant('relative', './run', { ...ONCE, directory: 'there' }) +
      dormant('here', './run', ONCE) +
      dormant('below', 'sub/run', { ...ONCE, directory: '%{dir}/there' }) +
      dormant('searched', 'run', { ...ONCE, directory: '%{dir}/there', environment: 'PATH="sub:/bin"' }) +
      dormant('bare', 'run', { ...ONCE, directory: '%{dir}/there', environment: 'PATH=":/bin:/usr/bin"' }) +
      dormant('only-there', './only', { ...ONCE, directory: '%{dir}/there' }),
    prepare: (dir) => namesakes(dir, 'run', 'sub/run', 'there/run', 'there/sub/run', 'there/only'),
    script: async (d) => {
      for (const name of ['both', 'relative', 'here', 'below', 'searched', 'bare']) {
        await d.ask('startProcess', name);
        await d.state(name, 'EXITED');
        await d.noteFile(`${name}.out`);
      }
      await d.call('startProcess', 'only-there');
    },
  },
  {
    name: 'drop-in: a group that is removed and added again goes on with its AUTO logs',
    config: dormant('x', PUPPET, { stdout_logfile: 'AUTO', stderr_logfile: 'AUTO' }),
    script: async (d) => {
      for (const round of ['first', 'second']) {
        await d.call('startProcess', 'x');
        await d.emit('x', `${round}\n`);
        await d.waitFile('main.log', `${round}\n`);
        await d.call('stopProcess', 'x');
        await d.call('removeProcessGroup', 'x');
        await d.call('addProcessGroup', 'x');
      }
      await d.call('readProcessStdoutLog', 'x', 0, 0);
      d.noteListing();
    },
  },
  {
    name: 'drop-in: log names that mean no log, as getAllConfigInfo tells them',
    config:
      dormant('a', '/bin/cat', { stdout_logfile: '', stderr_logfile: '' }) +
      dormant('b', '/bin/cat', { stdout_logfile: 'NONE', stderr_logfile: 'Off' }) +
      dormant('c', '/bin/cat', { stdout_logfile: 'syslog', redirect_stderr: 'true' }),
    script: (d) => d.callConfigInfo(),
  },
  {
    name: 'drop-in: a server whose folder is missing, told in the same words',
    config: '',
    launch: false,
    script: async (d) => {
      await d.write('s.conf', `[supervisord]\n\n[unix_http_server]\nfile=${d.path('none/d.sock')}\n`);
      await d.refuses(
        'refused',
        '-n',
        '-s',
        '-c',
        d.path('s.conf'),
        '-l',
        d.path('s.log'),
        '-j',
        d.path('s.pid'),
      );
    },
  },
  {
    name: 'drop-in: a server whose path is too long leaves nothing behind',
    config: '',
    launch: false,
    script: async (d) => {
      const file = d.path('x'.repeat(120));
      await d.write('s.conf', section('supervisord', {}) + section('unix_http_server', { file }));
      const { ended, stderr } = await d.runs(
        ...['-n', '-c', d.path('s.conf'), '-l', d.path('s.log'), '-j', d.path('s.pid')],
      );
      const reason = /^Error: .*path too long/m.exec(stderr)?.[0] ?? stderr;
      d.note('refused', { ended, reason });
      d.noteListing();
    },
  },
  {
    name: 'drop-in: AUTO logs of this identifier are tidied away, others stay',
    config: program('x', '/bin/cat', { stdout_logfile: 'AUTO', stderr_logfile: 'AUTO' }),
    prepare: async (dir) => {
      const names = [
        ...[
          'y-stdout---supervisor-abc.log',
          'y-stdout---supervisor-abc.log.1',
          'y---supervisor-abc.log.12345',
        ],
        ...['y-stdout---super-abc.log', '---supervisor-abc.log', 'z---supervisor-abc.log.bak'],
        ...['z---supervisor-abc.txt', 'z---supervisor-a b.log', 'z---supervisor-abc.logx', 'plain.log'],
      ];
      for (const name of names) await writeFile(path.join(dir, name), '');
    },
    script: async (d) => {
      await d.running('x');
      d.noteListing();
    },
  },
  {
    name: 'drop-in: bytes of the environment that are not UTF-8 reach the programs',
    files: { 'under.sh': 'BIN=$(printf "a\\377\\376b\\303")\nexport BIN\nexec "$@"\n' },
    under: ['/bin/sh', '%{dir}/under.sh'],
    config: program(
      'x',
      `/bin/sh -c 'for v in "$BIN" "$OWN" "$0"; do echo "$v" | od -An -tx1; done' %(ENV_BIN)s`,
      {
        environment: 'OWN="<%(ENV_BIN)s>"',
        autorestart: 'false',
      },
    ),
    script: async (d) => {
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'drop-in: the whole environment of a program, in its order',
    supervisord: 'environment=Z="9",ORACLE_TEXT="over"',
    config: program('x', '/usr/bin/env', { environment: 'B="2",A="1",HOME="/x"', autorestart: 'false' }),
    script: async (d) => {
      await d.state('x', 'EXITED');
      d.note('environment', (await d.read('x.out')).replaceAll(d.dir, 'DIR'));
    },
  },
  together(
    'how a command is split',
    [
      ...[
        'a b',
        '"a b" c',
        "'a b' c",
        'a\\ b',
        '"a\\"b"',
        '"a\\b" "\\$x" "\\`"',
        "'a\\b'",
        '""',
        "''",
        'a""b',
      ],
      ...[
        '"a"b"c"',
        'a\\\\b',
        '$HOME ~ * {a,b}',
        'a#b "#"',
        'a;b',
        'é "ü ß"',
        'a\tb',
        'a|b && c > d',
        '"a',
        "it's",
      ],
      ...[
        'a\\',
        '-c "x\n  y"',
        'a\n  b\n\n  "c\n  d"',
        '\\n "\\n"',
        '%%(here)s 100%%',
        "a'b'\\''c'",
        '\\\n  x',
        '"\\\'"',
      ],
    ].map((words) => says(words, `${ARGS} ${words}`, { startretries: 0 })),
  ),
];
