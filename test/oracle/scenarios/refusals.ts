/** Starts that come to nothing: status and words on stderr; and the options that only print. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, section } from '../sections.ts';
import type { Transcript } from '../transcript.ts';
import type { Value } from '../xml-rpc-client.ts';

/** Command lines that are all refused. */
function refuses(
  name: string,
  lines: readonly (readonly string[])[],
  more: Partial<Scenario> = {},
): Scenario {
  return {
    name: `refused: ${name}`,
    config: '',
    launch: false,
    script: async (d) => {
      for (const words of lines) {
        await d.refuses(words.join(' '), ...words.map((word) => word.replaceAll('%{dir}', d.dir)));
      }
      d.noteListing();
    },
    ...more,
  };
}

/** Where Herald says that an error is; Supervisor's own words may end with a file, too, but never with a line. */
const PLACE = / \(DIR\/(\S+\.conf), line ([0-9]+)[^\n]*\)(?=\nFor help)/;

/** Configurations that are all refused, each in a file of its own; `places` are noted beside the words. */
function refusesFiles(name: string, texts: readonly string[]): Scenario {
  return {
    name: `refused: ${name}`,
    config: '',
    launch: false,
    script: async (d) => {
      for (const [index, text] of texts.entries()) {
        const file = `${index}.conf`;
        await d.write(file, text.replaceAll('%{dir}', d.dir));
        const { ended, stdout, stderr } = await d.runs('-n', '-c', d.path(file));
        const words = stderr.replaceAll(d.dir, 'DIR');
        const [, where = '', line = ''] = PLACE.exec(words) ?? [];
        const placed = where === file && Number(line) >= 1 && Number(line) <= text.split('\n').length;
        d.note(text, { ended, stdout, stderr: words.replace(PLACE, ''), placed });
      }
      d.noteListing();
    },
    deviation: { name: 'errors-tell-the-place', herald: withPlaces },
  };
}

function withPlaces(oracle: Transcript): Transcript {
  const notes = Object.entries(oracle.notes).map(([key, note]): [string, Value] => [
    key,
    typeof note === 'object' && note !== null && 'placed' in note ? { ...note, placed: true } : note,
  ]);
  return { ...oracle, notes: Object.fromEntries(notes) };
}

const MAIN = '[supervisord]\nlogfile=%{dir}/main.log\npidfile=%{dir}/daemon.pid\n';
const programs = (...lines: readonly string[]): string[] =>
  lines.map((line) => `${MAIN}[program:x]\ncommand=/bin/cat\n${line}\n`);
const mains = (...lines: readonly string[]): string[] => lines.map((line) => `${MAIN}${line}\n`);

/** Notes what matters of options that print: how it ended, and which of the two streams was used. */
async function prints(d: Driver, ...words: readonly string[]): Promise<void> {
  const { ended, stdout, stderr } = await d.runs(...words);
  const text = /^[0-9]+\.[0-9]+\.[0-9]+\n$/.test(stdout)
    ? 'a version'
    : `${stdout.length > 500 ? 'long' : 'short'}`;
  d.note(words.join(' '), { ended, stdout: text, stderr });
}

export const refusalScenarios: readonly Scenario[] = [
  refuses('options that do not exist', [['-Z'], ['-nZ'], ['--log']]),
  refuses('options without their argument', [['-c'], ['--identifier']]),
  refuses('options with an argument that they do not take', [['--nodaemon=1']]),
  refuses('options given twice', [
    ['-n', '-n'],
    ['-e', 'info', '--loglevel=debug'],
    ['-c', 'a', '-c', 'b'],
  ]),
  refuses('words that are no options', [['foo'], ['-n', 'foo', 'bar'], ['--', '-n']]),
  refuses('values of options that mean nothing', [
    ['-e', 'warning'],
    ['-m', '9'],
    ['-y', '5tb'],
    ['-c', '%{dir}/daemon.conf', '-u', 'nobody-of-this-name'],
  ]),
  refuses('folders of options that do not exist', [
    ['-q', '%{dir}/none'],
    ['-l', '%{dir}/none/main.log'],
    ['-j', '%{dir}/none/daemon.pid'],
  ]),
  refuses(
    'configuration files that cannot be read',
    [
      ['-c', '%{dir}/none.conf'],
      ['-c', '%{dir}/folder'],
    ],
    {
      prepare: (dir) => mkdir(path.join(dir, 'folder')).then(() => undefined),
    },
  ),
  {
    name: 'refused: nothing, -v and -h print',
    config: '',
    launch: false,
    script: async (d) => {
      await prints(d, '-v');
      await prints(d, '--vers');
      await prints(d, '-h');
      await prints(d, '-v', '-n');
    },
  },
  refusesFiles('files that are no configuration', [
    '',
    'foo=bar\n',
    '[supervisorctl]\nserverurl=http://localhost\n',
    `${MAIN}nonsense\n`,
    `${MAIN}[include]\nfile=x\n`,
    `${MAIN}[program:x]\n=y\n`,
  ]),
  refusesFiles(
    'values of [supervisord]',
    mains('loglevel=loud', 'umask=888', 'childlogdir=%{dir}/none', 'environment=A', 'identifier=%(nope)s'),
  ),
  refusesFiles(
    'numbers, words and lists of programs',
    programs(
      'autostart=maybe',
      'autorestart=never',
      'exitcodes=0,256',
      'stopsignal=BANG',
      'stopasgroup=true\nkillasgroup=false',
    ),
  ),
  refusesFiles(
    'names, expansions and users of programs',
    programs(
      'numprocs=2',
      'process_name=a:b',
      'directory=%(nope)s',
      'user=nobody-of-this-name',
      'environment=A=1,B',
      'stdout_logfile=%{dir}/none/x.log',
      'stdout_logfile=%{dir}/50%%.log',
    ),
  ),
  refusesFiles('sections of programs and groups', [
    `${MAIN}[program:x]\n`,
    `${MAIN}[program:a b]\ncommand=/bin/cat\n`,
    `${MAIN}[group:g]\nprograms=nobody\n`,
    `${MAIN}[program:x]\ncommand=/bin/date +%Y\n`,
  ]),
  refusesFiles('listeners', [
    `${MAIN}[eventlistener:l]\ncommand=/bin/cat\n`,
    `${MAIN}[eventlistener:l]\ncommand=/bin/cat\nevents=NO_SUCH\n`,
    `${MAIN}[eventlistener:l]\ncommand=/bin/cat\nevents=EVENT\nbuffer_size=0\n`,
    `${MAIN}[eventlistener:l]\ncommand=/bin/cat\nevents=EVENT\nredirect_stderr=true\n`,
  ]),
  refusesFiles(
    'servers',
    mains(
      '[unix_http_server]',
      '[unix_http_server]\nfile=%{dir}/x.sock\nchmod=999',
      '[unix_http_server]\nfile=%{dir}/x.sock\nchown=nobody-of-this-name',
      '[unix_http_server]\nfile=%{dir}/x.sock\nusername=me',
      '[inet_http_server]',
      '[inet_http_server]\nport=none',
      '[inet_http_server]\nport=localhost:99999',
    ),
  ),
  {
    ...refusesFiles('a group whose second member does not exist', [
      MAIN +
        dormant('x', '/bin/cat').replaceAll('%{dir}', '/tmp') +
        section('group:g', { programs: 'x,nobody' }),
    ]),
    deviation: {
      name: 'unknown-member-of-its-own-group',
      herald: (oracle) => {
        const text = JSON.stringify(withPlaces(oracle)).replace('[program:x] names', '[group:g] names');
        return JSON.parse(text) as Transcript;
      },
    },
  },
];
