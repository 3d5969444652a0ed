import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCtlCommandLine, parseDaemonCommandLine } from '../../src/config/command-line.ts';
import { ConfigError, renderConfigError } from '../../src/config/config-error.ts';
import { loadCtlConfig } from '../../src/config/ctl-config.ts';
import { diffGroups as diffInSteps } from '../../src/config/group-diff.ts';
import { loadDaemonConfig } from '../../src/config/load.ts';
import { findConfigFile, requireConfigFile } from '../../src/config/search-path.ts';
import { atOnce } from '../../src/config/steps.ts';
import type { GroupConfig } from '../../src/config/types.ts';
import { memoryFiles, memoryWorld } from './memory-machine.ts';

const LISTENER = '[supervisord]\n[eventlistener:l]\ncommand=l\nevents=TICK_5\n';
const RPC = 'supervisor.rpcinterface_factory';

function load(texts: string | Readonly<Record<string, string>>, strict = false) {
  const files = memoryFiles(typeof texts === 'string' ? { 's.conf': texts } : texts);
  return loadDaemonConfig({ files, world: memoryWorld(), path: 's.conf', overrides: { strict } });
}

function diffGroups(active: readonly GroupConfig[], parsed: readonly GroupConfig[]) {
  return atOnce(diffInSteps(active, parsed));
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return renderConfigError(error, 'heraldd');
  }
  assert.fail('accepted');
}

test("Supervisor's text comes first, then the place, then the hint", () => {
  assert.equal(
    refusal(() => load('[supervisord]\nminfds=x\n')),
    "Error: invalid literal for int() with base 10: 'x' (s.conf, line 2, [supervisord], option 'minfds')\n" +
      'For help, use heraldd -h\n',
  );
  assert.equal(
    refusal(() => load('[supervisord]\n[program:a]\ncommand=a\nstartsecs=x\n')),
    "Error: invalid literal for int() with base 10: 'x' in section 'program:a' (file: 's.conf') " +
      "(s.conf, line 4, option 'startsecs')\nFor help, use heraldd -h\n",
  );
});

test("a listener's pool has Herald's defaults, and takes Herald's keys", () => {
  const [plain] = load(LISTENER).groups;
  assert.deepEqual(plain?.pool, {
    ...{ events: ['TICK_5'], bufferSize: 10_000, resultHandler: 'supervisor.dispatchers:default_handler' },
    ...{ prefetch: 1, ackTimeout: 0, protocolError: 'restart', retryDelay: 1, retryDelayMax: 60 },
    ...{ maxDeliver: 0, extended: false, lengthUnit: 'characters', programs: [], drainTimeout: 10 },
  });
  const keys =
    'prefetch=16\nack_timeout=2.5\nprotocol_error=Ignore\nretry_delay=0\nretry_delay_max=5\nmax_deliver=3\n' +
    'durable=false\nextended=yes\nlength_unit=bytes\nprograms=a:*, b:c\ndrain_timeout=0\n';
  assert.deepEqual(load(LISTENER + keys).groups[0]?.pool, {
    ...{ events: ['TICK_5'], bufferSize: 10_000, resultHandler: 'supervisor.dispatchers:default_handler' },
    ...{ prefetch: 16, ackTimeout: 2.5, protocolError: 'ignore', retryDelay: 0, retryDelayMax: 5 },
    ...{ maxDeliver: 3, extended: true, lengthUnit: 'bytes', programs: ['a:*', 'b:c'], drainTimeout: 0 },
  });
  assert.equal(load(`${LISTENER}[herald]\ncompat=supervisor\n`).groups[0]?.pool?.bufferSize, 10);
});

test("Herald's keys are refused with what they should be", () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['prefetch=0', /^Error: '0' is not a valid prefetch: must be >= 1 in section 'eventlistener:l'/],
    ['prefetch=many', /'many' is not a valid prefetch: must be integer/],
    ['ack_timeout=-1', /'-1' is not a valid ack_timeout: must be number/],
    ['protocol_error=die', /must be one of restart, ignore/],
    ['retry_delay=5\nretry_delay_max=2', /retry_delay_max is less than retry_delay/],
    ['durable=true', /durable=true is not supported by this version/],
    ['extended=perhaps', /'perhaps' is not a valid extended: must be boolean/],
    ['[herald]\ncompat=yes', /'yes' is not a valid compat: must be one of off, supervisor/],
    ['[herald]\njournal=/var/lib/herald', /journal=\/var\/lib\/herald is not supported/],
    ['[remotecomm:deploy]\nmax_bytes=1', /remotecomm sections are not supported/],
  ];
  for (const [keys, text] of rows)
    assert.match(
      refusal(() => load(`${LISTENER}${keys}\n`)),
      text,
    );
});

test('what a later release completes is refused, not ignored', () => {
  const program = '[supervisord]\n[program:p]\ncommand=p\n';
  const rows: readonly (readonly [string, RegExp])[] = [
    [
      `[supervisord]\n[rpcinterface:twiddler]\n${RPC}=supervisor_twiddler.rpcinterface:make\n`,
      /^Error: supervisor_twiddler\.rpcinterface:make cannot be resolved within \[rpcinterface:twiddler\]: /,
    ],
    [
      `${LISTENER}result_handler=my.module:handler`,
      /my\.module:handler cannot be resolved within \[eventlistener:l\]: .*supervisor_stdout:event_handler.*\.\/file\.js:name/,
    ],
    [`${LISTENER}result_handler=./handler.js`, /cannot be resolved within/],
    [`${LISTENER}result_handler=./handler.js:`, /the name of the function is missing/],
    [`${program}log_format=xml`, /'xml' is not a valid log_format: must be one of plain, timestamp, json/],
    [`${program}log_prefix=%(nope)s`, /'nope'/],
    [`${program}numprocs=10001\nprocess_name=%(process_num)d`, /numprocs=10001 is more than 10000/],
  ];
  for (const [text, wanted] of rows)
    assert.match(
      refusal(() => load(`${text}\n`)),
      wanted,
    );
});

test('an fcgi-program has a socket, also as a member of a group', () => {
  const sections =
    '[fcgi-program:f]\ncommand=f\nsocket=TCP\n[fcgi-program:u]\ncommand=u\nnumprocs=2\n' +
    'process_name=u%(process_num)d\nsocket=unix:///run/%(program_name)s.sock\nsocket_mode=0660\nsocket_backlog=7\n';
  const text = `[supervisord]\n[group:g]\nprograms=u\n${sections}`.replace('TCP', 'tcp://LocalHost:9000');
  const [f, g] = load(text).groups;
  assert.deepEqual([f?.name, f?.kind, g?.name, g?.kind], ['f', 'fcgi', 'g', 'program']);
  const address = { kind: 'inet', host: 'localhost', port: 9000 };
  assert.deepEqual(f?.processes[0]?.socket, { url: 'tcp://localhost:9000', address, backlog: undefined });
  const path = '/run/u.sock';
  const unix = { kind: 'unix', path, mode: 0o660, uid: -1, gid: -1 };
  const wanted = { url: `unix://${path}`, address: unix, backlog: 7 };
  assert.deepEqual(
    g?.processes.map(({ name, socket }) => ({ name, socket })),
    [
      { name: 'u0', socket: wanted },
      { name: 'u1', socket: wanted },
    ],
  );
});

test('of a changed socket a reread sees the address, not the mode', () => {
  const group = (socket: string) =>
    load(`[supervisord]\n[fcgi-program:f]\ncommand=f\nsocket=unix:///run/${socket}\n`).groups;
  assert.deepEqual(diffGroups(group('a'), group('b')).changed, ['f']);
  assert.deepEqual(diffGroups(group('a'), group('a\nsocket_mode=0777')).changed, []);
});

test('syslog is taken for programs and for the main log, the old spelling with a warning', () => {
  const { supervisord, groups, notices } = load(
    '[supervisord]\nlogfile=syslog\n[program:p]\ncommand=p\nstdout_syslog=true\nstderr_logfile=SysLog\n',
  );
  assert.equal(supervisord.logfile, 'syslog');
  const [process] = groups[0]?.processes ?? [];
  assert.deepEqual(
    [
      process?.stdout.syslog,
      process?.stdout.logfile.kind,
      process?.stderr.syslog,
      process?.stderr.logfile.kind,
    ],
    [true, 'auto', true, 'none'],
  );
  assert.deepEqual(
    notices.map(({ message }) => message),
    [
      'For [program:p], stderr_logfile=syslog but this is deprecated and will be removed.  Use ' +
        'stderr_syslog=true to enable syslog instead.',
    ],
  );
});

test('a warning about a section is given once, not for each of its processes', () => {
  const { notices } = load(
    '[supervisord]\n[program:p]\ncommand=p\nnumprocs=3\nprocess_name=p%(process_num)d\n' +
      'redirect_stderr=true\nstderr_logfile=e\nstdout_logfile=syslog\n',
  );
  assert.deepEqual(
    notices.map(({ level, message }) => `${level} ${message.slice(0, 60)}`),
    [
      'warn For [program:p], stdout_logfile=syslog but this is deprecate',
      'warn For [program:p], redirect_stderr=true but stderr_logfile has',
    ],
  );
});

test('the format of log lines is read with its expansions', () => {
  const text =
    '[supervisord]\n[program:p]\ncommand=p\nnumprocs=2\nprocess_name=p%(process_num)d\nlog_format=Timestamp\n' +
    'log_prefix=%(group_name)s/%(program_name)s#%(process_num)d:\n[program:q]\ncommand=q\nlog_format=plain\n';
  const [p, q] = load(text).groups;
  assert.deepEqual(
    p?.processes.map(({ lineFormat }) => lineFormat),
    [
      { format: 'timestamp', prefix: 'p/p#0:' },
      { format: 'timestamp', prefix: 'p/p#1:' },
    ],
  );
  assert.equal(q?.processes[0]?.lineFormat, undefined);
});

test('a result handler of our own is found beside the file', () => {
  const handlers = ['./h.js:f', '../h.js:f', '/opt/h.js:f', ' supervisor_stdout : event_handler '].map(
    (handler) => load(`${LISTENER}result_handler=${handler}\n`).groups[0]?.pool?.resultHandler,
  );
  assert.deepEqual(handlers, [
    '/srv/herald/h.js:f',
    '/srv/herald/../h.js:f',
    '/opt/h.js:f',
    'supervisor_stdout:event_handler',
  ]);
});

test('names that mean nothing are told with the nearest that does, and refused when strict', () => {
  const text =
    '[supervisord]\nlogfilez=a\n[program:p]\ncommand=p\nstartsec=3\nzzzzzz=1\n[programs:q]\ncommand=q\n' +
    `[supervisorctl]\nx=1\n[ctlplugin:a]\nb=c\n[rpcinterface:s]\n` +
    `${RPC}=supervisor.rpcinterface:make_main_rpcinterface\nretries=1\n`;
  const told = load(text).notices.map(({ level, message }) => `${level} ${message}`);
  assert.deepEqual(told, [
    "warn For [supervisord], unknown option 'logfilez' is ignored (s.conf, line 2), did you mean 'logfile'?",
    "warn For [program:p], unknown option 'startsec' is ignored (s.conf, line 5), did you mean 'startsecs'?",
    "warn For [program:p], unknown option 'zzzzzz' is ignored (s.conf, line 6)",
    'warn Unknown section [programs:q] is ignored (s.conf, line 7), did you mean [program:q]?',
    'warn [ctlplugin:a] is ignored (s.conf, line 11): the plugin a cannot be loaded, Herald loads no Python code',
  ]);
  assert.match(
    refusal(() => load(text, true)),
    /unknown option 'logfilez'/,
  );
});

test('the rpc interface of Supervisor is read with its options', () => {
  const text = `[supervisord]\n[rpcinterface:supervisor]\n${RPC} = supervisor.rpcinterface:make_main_rpcinterface\nA=%(ENV_A)s\n`;
  const [found] = load(text).rpcInterfaces;
  assert.equal(found?.name, 'supervisor');
  assert.deepEqual([...(found?.options ?? [])], [['a', 'aval']]);
});

test('a group or process of a taken name is told', () => {
  const config = load(
    '[supervisord]\n[program:x]\ncommand=x\n[program:y]\ncommand=y\n[group:y]\nprograms=x,x\npriority=1\n',
  );
  assert.deepEqual(
    config.groups.map(({ name, processes }) => [name, processes.map((process) => process.name)]),
    [['y', ['x']]],
  );
  assert.equal(config.notices.length, 2);
});

test('a reread finds what changed, by meaning and not by place', () => {
  const base = (extra: string) =>
    load(`[supervisord]\n[program:a]\ncommand=a\n${extra}[program:b]\ncommand=b\n`).groups;
  const listener = (extra: string) => load(LISTENER + extra).groups;
  const none = { added: [], changed: [], removed: [] };
  assert.deepEqual(diffGroups(base(''), base('\n\n;moved\n')), none);
  assert.deepEqual(diffGroups(base(''), base('startsecs=1\n')), none);
  assert.deepEqual(diffGroups(base(''), base('startsecs=2\n')), { ...none, changed: ['a'] });
  assert.deepEqual(diffGroups(base(''), base('stdout_logfile=/tmp/x\n')).changed, ['a']);
  assert.deepEqual(diffGroups(base('stdout_logfile=/tmp/x\n'), base('')), none);
  assert.deepEqual(diffGroups(base('stdout_logfile=NONE\n'), base('stdout_logfile=\n')).changed, ['a']);
  assert.deepEqual(diffGroups(base('stdout_logfile=/tmp/y\n'), base('stdout_logfile=/tmp/x\n')).changed, [
    'a',
  ]);
  assert.deepEqual(diffGroups(base('environment=K=1\n'), base('environment=K=2\n')).changed, ['a']);
  assert.deepEqual(diffGroups(base(''), listener('')), { added: ['l'], changed: [], removed: ['a', 'b'] });
  const two = (events: string) => listener(`events=${events}\n`);
  assert.deepEqual(diffGroups(two('TICK_5,TICK_60'), two('TICK_60,TICK_5')), none);
  assert.deepEqual(diffGroups(listener(''), listener('prefetch=2\n')).changed, ['l']);
  assert.deepEqual(diffGroups(listener(''), listener('buffer_size=2\n')).changed, ['l']);
});

test('help and version end the reading of the daemon command line where they stand', () => {
  const surroundings = { files: memoryFiles({}), world: memoryWorld() };
  assert.deepEqual(parseDaemonCommandLine(['-n', '-h', '-n'], surroundings), { kind: 'help' });
  assert.deepEqual(parseDaemonCommandLine(['--vers'], surroundings), { kind: 'version' });
  assert.throws(() => parseDaemonCommandLine(['-n', '-n', '-h'], surroundings), ConfigError);
  assert.deepEqual(parseDaemonCommandLine(['-nsc', 'a', '--logfile_max=1KB', '--strict'], surroundings), {
    kind: 'run',
    overrides: { nodaemon: true, silent: true, configuration: 'a', logfileMaxbytes: 1024, strict: true },
  });
});

test('heraldctl takes its command line first, then its section, then defaults', () => {
  const text =
    '[supervisorctl]\nserverurl=unix://%(here)s/../s.sock\nprompt=p-%(ENV_A)s\nhistory_file=~/h\n[ctlplugin:z]\n';
  const surroundings = { files: memoryFiles({ 's.conf': text }), world: memoryWorld() };
  const line = parseCtlCommandLine(['-u', 'me', '-p', 'pw', 'status', '-x']);
  assert.ok(line.kind === 'run');
  assert.deepEqual(line.words, ['status', '-x']);
  const { notices, ...config } = loadCtlConfig({
    ...surroundings,
    path: 's.conf',
    overrides: line.overrides,
  });
  assert.deepEqual(config, {
    ...{ serverurl: 'unix:///srv/s.sock', username: 'me', password: 'pw', prompt: 'p-aval' },
    ...{ historyFile: '/tmp/h', interactive: false },
  });
  assert.equal(notices.length, 1);
  const bare = loadCtlConfig({ ...surroundings, path: undefined, overrides: { serverurl: 'http://h:1' } });
  assert.deepEqual([bare.serverurl, bare.prompt], ['http://h:1', 'supervisor']);
  assert.throws(() => parseCtlCommandLine(['-s', 'foo']), {
    message: "invalid value for -s 'foo': value 'foo' is not a URL",
  });
  const other = { files: memoryFiles({ 's.conf': '[supervisord]\n' }), world: memoryWorld() };
  assert.throws(() => loadCtlConfig({ ...other, path: 's.conf', overrides: {} }), {
    message: '.ini file does not include supervisorctl section',
  });
});

test('a configuration is looked for beside the program, here, and in /etc', () => {
  const files = memoryFiles({ '/opt/etc/supervisord.conf': '', 'supervisord.conf': '' });
  assert.equal(findConfigFile(files, '/opt/bin/heraldd'), '/opt/etc/supervisord.conf');
  assert.equal(findConfigFile(files, 'heraldd'), 'supervisord.conf');
  assert.throws(() => requireConfigFile(memoryFiles({}), '/opt/bin/heraldd'), {
    message:
      'No config file found at default paths (/opt/etc/supervisord.conf, /opt/supervisord.conf, supervisord.conf, ' +
      'etc/supervisord.conf, /etc/supervisord.conf, /etc/supervisor/supervisord.conf); use the -c option to ' +
      'specify a config file at a different path',
  });
});

test('a file that is not there or cannot be read is told by its path', () => {
  const input = { world: memoryWorld(), overrides: {} };
  const files = memoryFiles({ 'd/x': '' });
  assert.throws(() => loadDaemonConfig({ ...input, files, path: 'no.conf' }), {
    message: 'could not find config file no.conf',
  });
  assert.throws(() => loadDaemonConfig({ ...input, files, path: 'd' }), {
    message: 'could not read config file d',
  });
});

test('the main RPC interface takes no options once there is a server', () => {
  const section = `[rpcinterface:supervisor]\n${RPC}=supervisor.rpcinterface:make_main_rpcinterface\n`;
  const server = '[unix_http_server]\nfile=/tmp/s\n';
  const message = 'Could not make supervisor rpc interface';
  const place = { message, file: 's.conf', section: 'rpcinterface:supervisor', option: 'foo' };
  assert.throws(() => load(`[supervisord]\n${section}foo=1\n${server}`), { ...place, line: 4 });
  assert.throws(() => load(`[DEFAULT]\nfoo=1\n[supervisord]\n${section}${server}`), { ...place, line: 2 });
  assert.equal(load(`[supervisord]\n${section}foo=1\n`).rpcInterfaces.length, 1);
});

test('plugins are told: they are Python code', () => {
  assert.deepEqual(load('[supervisord]\n[ctlplugin:x]\na=b\n').notices, [
    {
      level: 'warn',
      message:
        '[ctlplugin:x] is ignored (s.conf, line 2): the plugin x cannot be loaded, Herald loads no Python code',
    },
  ]);
});

test('a NUL is refused wherever it stands, and told with its place', () => {
  const [name, value] = ['NUL character in the name of', 'NUL character in a value'];
  const places = [
    ['[a\0b]\nx=1\n', { message: `${name} a section`, line: 2, section: 'a\\x00b' }],
    ['[x]\na\0b=1\n', { message: `${name} an option`, line: 3, section: 'x', option: 'a\\x00b' }],
    ['[x]\na=1\n  2\0\n', { message: value, line: 3, section: 'x', option: 'a' }],
    ['[DEFAULT]\na=\0\n', { message: value, line: 3, section: 'DEFAULT', option: 'a' }],
  ] as const;
  for (const [text, wanted] of places) {
    assert.throws(() => load(`[supervisord]\n${text}`), { name: 'ConfigError', file: 's.conf', ...wanted });
    const included = { 's.conf': '[supervisord]\n[include]\nfiles=i\n', i: `\n${text}` };
    assert.throws(() => load(included), { name: 'ConfigError', file: '/srv/herald/i', ...wanted });
  }
  assert.throws(
    () => load('[supervisord]\n[program:a]\ncommand=a %(process_num)c\n'),
    /NUL/,
    'a format makes one',
  );
  assert.equal(load('[supervisord]\n; a \0\nminfds=1 ; \0\n').supervisord.minfds, 1);
});

test('a group has at most 10,000 names, and one that is named twice is read once', () => {
  const group = (programs: string) =>
    load(`[supervisord]\n[program:a]\ncommand=a\n[group:g]\nprograms=${programs}\n`);
  const { groups, notices } = group('a,'.repeat(9_999).concat('a'));
  assert.deepEqual(
    groups.map(({ processes }) => processes.length),
    [1],
  );
  assert.equal(notices.length, 1);
  assert.throws(() => group('a,'.repeat(5_000_000).concat('a')), {
    message: '5000001 programs in one group are more than 10000',
    ...{ line: 5, option: 'programs', value: 'a,...' },
  });
});

test('a thousand names that mean nothing are told, the rest is counted', () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `x${index}=1\n`).join('');
  const { notices } = load(`[supervisord]\n${lines}[other]\n`);
  assert.equal(notices.length, 1001);
  assert.equal(notices.at(-1)?.message, '49001 more unknown sections and options are ignored');
});

test('names expand from the nearest layer: of the process, of those before it, of the daemon', () => {
  const [group] = load(
    '[supervisord]\nenvironment=A="s"\n[program:e]\nnumprocs=2\nprocess_name=e%(process_num)d\n' +
      'environment=A="%(process_num)d",N%(process_num)d="%(ENV_A)s"\ncommand=%(ENV_A)s %(ENV_N0)s\n',
  ).groups;
  assert.deepEqual(
    group?.processes.map(({ command, environment }) => [command, Object.fromEntries(environment)]),
    [
      ['0 s', { A: '0', N0: 's' }],
      ['1 s', { A: '1', N1: 's' }],
    ],
  );
});

test('%s without a name is all names, in the order of 4.2.5', () => {
  const [group] = load('[supervisord]\n[program:e]\ncommand=%s\nenvironment=B=1\n').groups;
  assert.equal(
    group?.processes[0]?.command,
    "{'ENV_HOME': '/tmp', 'ENV_PATH': '/usr/bin:/bin', 'ENV_A': 'aval', 'here': '/srv/herald', 'program_name': 'e', " +
      "'host_node_name': 'node-1', 'group_name': 'e', 'process_num': 0, 'numprocs': 1, 'ENV_B': '1'}",
  );
});

test('a folder and a user that a thousand programs name are looked up once', () => {
  const programs = Array.from(
    { length: 1000 },
    (_, nth) => `[program:p${nth}]\ncommand=p\nuser=nobody\nstdout_logfile=/tmp/p${nth}.log\n`,
  );
  const looks: string[] = [];
  const files = memoryFiles({ 's.conf': `[supervisord]\n${programs.join('')}` });
  const world = memoryWorld();
  loadDaemonConfig({
    files: {
      ...files,
      isDirectory(path) {
        looks.push(path);
        return files.isDirectory(path);
      },
    },
    world: {
      ...world,
      lookupUser(user) {
        looks.push(String(user));
        return world.lookupUser(user);
      },
    },
    path: 's.conf',
    overrides: {},
  });
  assert.deepEqual(looks.sort(), ['/tmp', 'nobody']);
});
