/** Configurations for both parsers: the recorded vectors, and every option with every kind of strange value. */
import { readFileSync } from 'node:fs';

export interface OracleCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
}

interface Vector extends OracleCase {
  readonly args?: readonly string[];
}

/** The vectors of one file that need no command line of their own. */
export function vectorCases(file: 'errors.json' | 'accepted.json'): readonly OracleCase[] {
  const url = new URL(`../../protocol-spec/vectors/config/${file}`, import.meta.url);
  const cases: readonly Vector[] = JSON.parse(readFileSync(url, 'utf8')).cases;
  return cases.filter(({ args = ['-c', 's.conf'] }) => args.join(' ') === '-c s.conf');
}

const NUMBERS = [
  ...[
    '0',
    '-1',
    '+5',
    '007',
    '1_000',
    ' 12 ',
    '1.0',
    '1e3',
    '0x1f',
    '٣',
    '½',
    '12 34',
    '9'.repeat(30),
    '--1',
  ],
];
const SIZES = [
  '0',
  '1KB',
  '2 MB',
  '3gb',
  '1.5MB',
  'MB',
  '10B',
  '-5kb',
  '1_0KB',
  '1KBB',
  '2mB',
  '9'.repeat(30),
];
const BOOLEANS = ['TRUE', 'On', 'yEs', '1', '0', 'oFF', 'No', 'f', 't', '2', 'none', 'true false', 'ｔrue'];
const EXPANSIONS = [
  ...[
    '%%',
    '%',
    '%(',
    '%()s',
    '%(here)s',
    '%(here)10.3s',
    '%(here)r',
    '%(program_name)s',
    '%(process_num)03d',
  ],
  ...[
    '%(group_name)s',
    '%(numprocs)d',
    '%(ENV_A)s',
    '%(ENV_NOPE)s',
    '%(host_node_name)q',
    '%(A)s',
    '%(here)%',
  ],
  ...[
    '%(process_num)+x',
    '%(process_num)e',
    '%(process_num)c',
    '%(ENV_A)-9sx',
    '%(here)s%(here)',
    '%%(here)s',
  ],
];
const TEXTS = ['', '"', "'", 'a b', 'a:b', 'a/b', 'é', 'x ;y', 'x;y', '#x', '\\', '~', '\u00a0'];
const ENVIRONMENTS = [
  ...[
    'A=1',
    'A=1,',
    'A="1",B=2',
    "A='x,y'",
    'A="%(ENV_A)s"',
    'A=1 B=2',
    'A==1',
    'A="1"x',
    'A="',
    'A=%%',
    'A=/b/c',
  ],
  ...[
    'A="a=b"',
    ',A=1',
    'A=1,,B=2',
    'A-B=1',
    'A=1\n  ,B=2',
    'A="1"\n  B="2"',
    'A=#1',
    'A="x" ; no',
    'A=a.b:c',
  ],
];
const SIGNALS = [
  'TERM',
  'sigterm',
  'SIGHUP',
  '15',
  '0',
  '99',
  '64',
  'RTMIN',
  'SIGCLD',
  'term kill',
  '+9',
  'usr1',
];
const EXIT_CODES = ['0', '0,2', ' 0 , 2 ', '0 2', '255', '256', '-1', ',', '', '1,,2', '0,0', '٣'];
const EVENTS = [
  ...['EVENT', 'event', 'TICK_5,TICK_60', 'TICK', 'PROCESS_STATE , ', 'PROCESS_STATE_EXITED PROCESS_LOG'],
  ...['SUPERVISOR_STATE_CHANGE', 'PROCESS_GROUP_ADDED', 'PROCESS_STATE_CHANGE', 'TICK_5,TICK_5'],
];

const BY_OPTION: Readonly<Record<string, readonly string[]>> = {
  ...options(NUMBERS, 'priority', 'startsecs', 'startretries', 'stopwaitsecs', 'stdout_logfile_backups'),
  // No huge numbers here: both parsers would make that many processes.
  ...options(NUMBERS.slice(0, 3), 'numprocs_start'),
  ...options(['0', '-1', '1', '2', '1.5', ''], 'numprocs'),
  ...options(SIZES, 'stdout_logfile_maxbytes', 'stderr_capture_maxbytes'),
  ...options(BOOLEANS, 'autostart', 'autorestart', 'stopasgroup', 'redirect_stderr', 'stdout_events_enabled'),
  ...options([...EXPANSIONS, ...TEXTS], 'command', 'process_name', 'directory', 'serverurl'),
  ...options([...EXPANSIONS, 'AUTO', 'none', 'off', 'x.log', './', '/', '/nonexistent/x'], 'stdout_logfile'),
  ...options(['root', 'nobody', '0', '65534', 'nosuchuser', '', '%(ENV_A)s', ' root ', '-1'], 'user'),
  ...options(['022', '0', '777', '8', '0o22', '-1', ' 077 ', '9'.repeat(25)], 'umask'),
  ...options([...ENVIRONMENTS, ...EXPANSIONS.map((text) => `A=${text}`)], 'environment'),
  stopsignal: SIGNALS,
  exitcodes: EXIT_CODES,
};

function options(values: readonly string[], ...names: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(names.map((name) => [name, values]));
}

/** Every option of a program, and some of the other sections, with every value of its kind. */
export function combinedCases(): readonly OracleCase[] {
  const programs = Object.entries(BY_OPTION).flatMap(([option, values]) =>
    values.map((value) =>
      oneOption('program:x', option, value, option === 'command' ? '' : 'command=/bin/cat\n'),
    ),
  );
  const daemon = Object.entries({
    ...options(NUMBERS, 'minfds', 'logfile_backups'),
    ...options(SIZES, 'logfile_maxbytes'),
    ...options(BOOLEANS, 'nodaemon', 'strip_ansi'),
    ...options(['INFO', 'warn', 'Critical', 'blather', '20', 'debug ', ''], 'loglevel'),
    ...options(ENVIRONMENTS, 'environment'),
    ...options([...EXPANSIONS, ...TEXTS], 'identifier'),
  }).flatMap(([option, values]) => values.map((value) => oneOption('supervisord', option, value, '')));
  const listeners = EVENTS.map((events) =>
    oneOption('eventlistener:x', 'events', events, 'command=/bin/cat\nbuffer_size=7\n'),
  );
  return [...programs, ...daemon, ...listeners, ...includes()];
}

const PATTERNS = [
  ...['inc//a.conf', 'inc//*.conf', './inc/../inc/a.conf', './inc/[ab].conf', 'inc/?.conf inc/a.conf', 'inc'],
  ...['inc/', '*/*.conf', '**/*.conf', 'inc/.*', 'inc/{a,b}.conf', '"inc/a.conf"', 'inc/a.conf,inc/b.conf'],
  ...['inc/b.conf\n  inc/a.conf', '%(here)s/inc/*', '~/inc/*', 'INC/*', 'inc/[.conf', 'nope*'],
];

function includes(): readonly OracleCase[] {
  const files = {
    'inc/a.conf': '[program:a]\ncommand=%(here)s/a\n',
    'inc/b.conf': '[program:a]\npriority=7\n[include]\nfiles=sub/*.conf\n',
    'inc/.hidden.conf': '[program:hidden]\ncommand=/bin/cat\n',
    'inc/sub/c.conf': '[program:c]\ncommand=/bin/cat\n',
  };
  return PATTERNS.map((pattern) => ({
    name: `[include] files=${pattern}`,
    files: { ...files, 's.conf': `[supervisord]\n[include]\nfiles=${pattern}\n` },
  }));
}

function oneOption(section: string, option: string, value: string, more: string): OracleCase {
  const head = section === 'supervisord' ? '' : '[supervisord]\n';
  return {
    name: `[${section}] ${option}=${value}`,
    files: { 's.conf': `${head}[${section}]\n${more}${option}=${value}\n` },
  };
}
