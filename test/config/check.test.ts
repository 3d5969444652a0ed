import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CheckResult, checkConfig } from '../../src/config/check/check.ts';
import type { CheckMachine } from '../../src/config/check/machine.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadDaemonConfig } from '../../src/config/load.ts';
import { memoryFiles, memoryWorld } from './memory-machine.ts';
import { PIECES } from './pieces.ts';

type Texts = Readonly<Record<string, string | Uint8Array>>;

const HEAD = '[supervisord]\nuser=root\n';

/** Everything can be run and written but what says otherwise in its name. */
const machine: CheckMachine = {
  commandFault: (word) => (word.includes('missing') ? `can't find command '${word}'` : undefined),
  mayWriteInto: (folder) => folder !== '/dev' && folder !== '/nowhere',
  mayWrite: (file) => !file.includes('readonly'),
};

function check(texts: Texts | string, uid = 0): CheckResult {
  const files = memoryFiles(typeof texts === 'string' ? { 's.conf': texts } : texts);
  return checkConfig({ files, world: { ...memoryWorld(), uid }, path: 's.conf', machine });
}

function codes(text: string, uid?: number): string[] {
  return check(HEAD + text, uid).problems.map(({ code, line }) => `${code}@${line - 2}`);
}

test('every error is told, each at its own place, and not only the first', () => {
  const text =
    'nonsense\nminfds=x\nloglevel=infoo\n[program:a]\nstartsecs=1s\nautostart=maybe\nstopsignal=TERMM\n' +
    '[program:b c]\ncommand=x\n[eventlistener:l]\ncommand=l\nevents=PROCESS_STATEE,TICK_5,NO\nprefetch=0\n' +
    'protocol_error=restrat\n[group:g]\nprograms=aa,a\n[inet_http_server]\nport=70000\n[unix_http_server]\n' +
    'file=/tmp/s\nusername=x\n[rpcinterface:z]\nsupervisor.rpcinterface_factory=a:b\n';
  const told = check(HEAD + text).problems.filter(({ severity }) => severity === 'error');
  assert.deepEqual(
    told.map(({ line, option }) => `${line - 2} ${option ?? ''}`),
    [
      ...['1 ', '2 minfds', '3 loglevel', '4 command', '5 startsecs', '6 autostart', '7 stopsignal', '8 '],
      ...['12 events', '12 events', '13 prefetch', '14 protocol_error', '16 programs', '18 port'],
      ...['21 username', '23 supervisor.rpcinterface_factory'],
    ],
  );
  const suggestions = told.flatMap(({ suggestion }) => suggestion ?? []);
  assert.deepEqual(suggestions, ['info', 'TERM', 'PROCESS_STATE', 'restart', 'a']);
});

test('a problem has all of its facts', () => {
  const [problem] = check(`${HEAD}[program:a]\ncommand=a\nautorestart = sometimes\n`).problems;
  assert.deepEqual(problem, {
    ...{
      file: 's.conf',
      line: 5,
      column: 15,
      section: 'program:a',
      option: 'autorestart',
      value: 'sometimes',
    },
    ...{ severity: 'error', code: 'invalid-value', message: "invalid 'autorestart' value 'sometimes'" },
    allowed: 'true, false, unexpected, yes, no, on, off, 1, 0',
  });
});

test('problems of included files are told with their file, and one broken file does not hide another', () => {
  const { problems } = check({
    's.conf': `${HEAD}[include]\nfiles=*.ini none/*.ini\n`,
    'a.ini': '[program:a]\ncommand=a\nstartsecs=x\n',
    'b.ini': Uint8Array.of(0xff),
    'c.ini': 'homeless\n',
  });
  assert.deepEqual(
    problems.map(({ file, line, code }) => `${file.split('/').at(-1)}:${line} ${code}`),
    ['s.conf:4 include-without-match', 'a.ini:3 invalid-value', 'b.ini:1 syntax', 'c.ini:1 syntax'],
  );
});

test('a file that is to be included and cannot be read is told', () => {
  const files = memoryFiles({
    's.conf': `${HEAD}[include]\nfiles=*.ini sub sub*\n`,
    'a.ini': '',
    'sub/x': '',
  });
  const input = { files: { ...files, glob, read }, world: memoryWorld(), path: 's.conf', machine };
  function glob(pattern: string): readonly string[] {
    return pattern.endsWith('.ini') ? ['/srv/herald/a.ini', '/srv/herald/gone.ini'] : ['/srv/herald/sub'];
  }
  function read(path: string): Uint8Array {
    if (path.endsWith('gone.ini')) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return files.read(path);
  }
  const told = checkConfig(input).problems.filter(({ code }) => code === 'include-unreadable');
  // A folder that only a pattern matches is nothing to tell.
  assert.deepEqual(
    told.map(({ line, message }) => [line, message]),
    [
      [4, '"/srv/herald/gone.ini": it cannot be read'],
      [4, '"/srv/herald/sub": it cannot be read'],
    ],
  );
});

test('a file that is not there, and one that is no text, are problems', () => {
  const files = memoryFiles({});
  const input = { files, world: memoryWorld(), path: 'no.conf', machine };
  assert.deepEqual(
    checkConfig(input).problems.map(({ message, code }) => [message, code]),
    [['could not find config file no.conf', 'file']],
  );
  assert.equal(check({ 's.conf': Uint8Array.of(0x0a, 0xff) }).problems[0]?.line, 2);
});

test('what Supervisor words for machines is said in plain words', () => {
  const messages = (text: string): string[] => check(text).problems.map(({ message }) => message);
  const socket = `${HEAD}[fcgi-program:f]\ncommand=a\nsocket=`;
  assert.deepEqual(messages(`${socket}tcp://x\n`), ["neither tcp://host:port nor unix:///path: 'tcp://x'"]);
  assert.deepEqual(messages(`${socket}unix://run/x\n`), [
    "the path of a unix socket begins with a slash, as in unix:///run/app.sock, not 'run/x'",
  ]);
  assert.equal(
    messages(`\u{feff}${HEAD}`)[0],
    'the file begins with a byte order mark: save it as UTF-8 without one',
  );
});

/** Name, configuration behind HEAD, what is found as code@line (line 1 is the first behind HEAD). */
const RULES: readonly (readonly [string, string, readonly string[]])[] = [
  ['unknown option', '[program:a]\ncommand=a\nstartsec=1\n', ['unknown-option@3']],
  ['unknown section', '[programs:a]\n', ['unknown-section@1']],
  ['missing command', '[program:a]\ncommand=missing\n', ['command@2']],
  ['empty command', '[program:a]\ncommand=\n', ['command@2']],
  ['command with an open quote', '[program:a]\ncommand=a "b\n', ['command@2']],
  ['folder that is not there', '[program:a]\ncommand=a\ndirectory=/nowhere\n', ['directory@3']],
  ['folder that is there', '[program:a]\ncommand=a\ndirectory=/tmp\n', []],
  ['restart loop', '[program:a]\ncommand=a\nautorestart=true\nstartsecs=0\n', ['restart-loop@3']],
  ['restart without a loop', '[program:a]\ncommand=a\nautorestart=true\n', []],
  ['signal 0', '[program:a]\ncommand=a\nstopsignal=0\n', ['stopsignal@3']],
  ['empty group', '[group:g]\nprograms=\n', ['empty-group@2']],
  ['no processes', '[program:a]\ncommand=a\nnumprocs=0\n', ['empty-group@3']],
  ['escaped for two expansions', 'environment=A="100%%%%"\n', ['expanded-once@1']],
  ['a name escaped for two expansions', 'environment=A=1,B="%%(here)s"\n', ['expanded-once@1']],
  ['escaped for one expansion', 'environment=A="100%%, %%d"\n', []],
  ['escaped for one expansion, where that is the rule', '[program:a]\ncommand=a\nenvironment=A="%%%%"\n', []],
  ['open server', '[inet_http_server]\nport=9001\n', ['open-server@2']],
  ['open server on an address', '[inet_http_server]\nport=10.0.0.1:9001\n', ['open-server@2']],
  ['loopback server', '[inet_http_server]\nport=127.0.0.1:9001\n', []],
  ['clear password', '[inet_http_server]\nport=*:9001\nusername=a\npassword=b\n', ['clear-password@4']],
  ['hashed password', '[inet_http_server]\nport=*:9001\nusername=a\npassword={SHA}b\n', []],
  [
    'same port',
    '[inet_http_server]\nport=localhost:1\n[inet_http_server:b]\nport=*:1\nusername=a\npassword={SHA}b\n',
    ['same-address@4'],
  ],
  [
    'same port, the wide one first',
    '[inet_http_server]\nport=1\nusername=a\npassword={SHA}b\n[inet_http_server:b]\nport=localhost:1\n',
    ['same-address@6'],
  ],
  ['other ports', '[inet_http_server]\nport=localhost:1\n[inet_http_server:b]\nport=localhost:11\n', []],
  [
    'same socket',
    '[unix_http_server]\nfile=/tmp/s\n[unix_http_server:b]\nfile=/tmp/./s\n',
    ['same-address@4'],
  ],
  ['open socket', '[unix_http_server]\nfile=/tmp/s\nchmod=0777\n', ['open-socket@3']],
  ['closed socket', '[unix_http_server]\nfile=/tmp/s\nchmod=0770\n', []],
  [
    'open socket with a password',
    '[unix_http_server]\nfile=/tmp/s\nchmod=0777\nusername=a\npassword=b\n',
    [],
  ],
  ['socket in no folder', '[unix_http_server]\nfile=/nowhere/s\n', ['socket-folder@2']],
  [
    'redirected log',
    '[program:a]\ncommand=a\nredirect_stderr=true\nstderr_logfile=/tmp/e\n',
    ['redirected-log@4'],
  ],
  ['redirected AUTO log', '[program:a]\ncommand=a\nredirect_stderr=true\nstderr_logfile=AUTO\n', []],
  [
    'AUTO log without rotation',
    '[program:a]\ncommand=a\nstdout_logfile_maxbytes=0\n',
    ['auto-log-without-rotation@3'],
  ],
  [
    'shared log',
    '[program:a]\ncommand=a\nstdout_logfile=/tmp/x\n[program:b]\ncommand=b\nstdout_logfile=/tmp/x\n',
    ['shared-log@6'],
  ],
  [
    'shared log of one section',
    '[program:a]\ncommand=a\nnumprocs=2\nprocess_name=%(process_num)d\nstdout_logfile=/tmp/x\n',
    ['shared-log@5'],
  ],
  [
    'shared log without rotation',
    '[program:a]\ncommand=a\nstdout_logfile=/tmp/x\nstdout_logfile_maxbytes=0\nstderr_logfile=/tmp/x\n' +
      'stderr_logfile_maxbytes=0\n',
    [],
  ],
  ['rotated stream', '[program:a]\ncommand=a\nstdout_logfile=/dev/stdout\n', ['rotated-stream@3']],
  ['stream', '[program:a]\ncommand=a\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n', []],
  ['unwritable log', '[program:a]\ncommand=a\nstdout_logfile=/tmp/readonly\n', ['unwritable@3']],
  ['unwritable folder', '[program:a]\ncommand=a\nstdout_logfile=/dev/x\n', ['unwritable@3']],
  ['a folder as log', '[program:a]\ncommand=a\nstdout_logfile=/srv/herald\n', ['log-is-folder@3']],
  ['PROCESS_LOG from nobody', '[eventlistener:l]\ncommand=l\nevents=PROCESS_LOG\n', ['no-source@3']],
  [
    'PROCESS_LOG from somebody',
    '[eventlistener:l]\ncommand=l\nevents=PROCESS_LOG\n[program:a]\ncommand=a\nstdout_events_enabled=true\n',
    [],
  ],
  [
    'PROCESS_LOG_STDERR from stdout',
    '[eventlistener:l]\ncommand=l\nevents=PROCESS_LOG_STDERR,TICK\n[program:a]\ncommand=a\nstdout_events_enabled=1\n',
    ['no-source@3'],
  ],
  [
    'PROCESS_COMMUNICATION from nobody',
    '[eventlistener:l]\ncommand=l\nevents=PROCESS_COMMUNICATION\n',
    ['no-source@3'],
  ],
  [
    'PROCESS_COMMUNICATION from somebody',
    '[eventlistener:l]\ncommand=l\nevents=PROCESS_COMMUNICATION\n[program:a]\ncommand=a\nstderr_capture_maxbytes=1KB\n',
    [],
  ],
  ['EVENT', '[eventlistener:l]\ncommand=l\nevents=EVENT\n', []],
  [
    'small buffer',
    '[eventlistener:l]\ncommand=l\nevents=PROCESS_STATE_EXITED\nbuffer_size=2\n[program:a]\ncommand=a\nnumprocs=2\n' +
      'process_name=%(process_num)d\n',
    ['small-buffer@4'],
  ],
  ['small buffer for ticks', '[eventlistener:l]\ncommand=l\nevents=TICK\nbuffer_size=1\n', []],
  [
    'patterns',
    '[eventlistener:l]\ncommand=l\nevents=TICK\nprograms=a,b,g:*,g:m?,?:a,x*\n[program:a]\ncommand=a\n' +
      '[program:mm]\ncommand=m\n[group:g]\nprograms=mm\n',
    ['pattern-without-match@4', 'pattern-without-match@4'],
  ],
  ['short drain', '[eventlistener:l]\ncommand=l\nevents=TICK\nack_timeout=30\n', ['short-drain@1']],
  [
    'same socket of two',
    '[fcgi-program:a]\ncommand=a\nsocket=tcp://h:1\n[fcgi-program:b]\ncommand=b\nsocket=tcp://H:1\n',
    ['same-address@6'],
  ],
  ['plugin', '[supervisorctl]\n[ctlplugin:x]\na=b\n', ['not-loadable@2']],
  [
    'NUL',
    '[program:a\0]\ncommand=a\n[program:b]\ncommand=b\0\nuser\0=x\n',
    ['section@1', 'missing-option@3', 'invalid-value@4', 'missing-option@5'],
  ],
];

for (const [name, text, wanted] of RULES) {
  test(`rule: ${name}`, () => assert.deepEqual(codes(text), wanted));
}

test('every kind of problem is written down', () => {
  const page = readFileSync(new URL('../../docs/checking.md', import.meta.url), 'utf8');
  const found = RULES.flatMap(([, , wanted]) => wanted).map((item) => item.split('@')[0]);
  const kinds = new Set([
    ...found,
    'root-without-user',
    'user-without-root',
    'identifier',
    'same-file',
    'syntax',
    'file',
  ]);
  for (const kind of kinds) assert.ok(page.includes(`\`${kind}\``), kind);
});

test('rules about the user of the daemon', () => {
  const own = (text: string, uid: number) => check(text, uid).problems.map(({ code }) => code);
  assert.deepEqual(own('[supervisord]\n', 0), ['root-without-user']);
  assert.deepEqual(own('[supervisord]\n', 65534), []);
  assert.deepEqual(own(HEAD, 65534), ['user-without-root']);
  assert.deepEqual(own('[supervisord]\nuser=nobody\n', 65534), []);
  assert.deepEqual(own('[supervisord]\n[program:a]\ncommand=a\nuser=nobody\n', 65534), []);
  assert.deepEqual(own('[supervisord]\n[program:a]\ncommand=a\nuser=root\n', 65534), ['user-without-root']);
  assert.deepEqual(own(`${HEAD}identifier=a b\npidfile=supervisord.log\n`, 0), ['identifier', 'same-file']);
});

test('a rule that looks for what is not there is silent while something was not understood', () => {
  const listener = '[eventlistener:l]\ncommand=l\nevents=PROCESS_LOG\n';
  assert.deepEqual(codes(`${listener}[program:a]\ncommand=a\nstartsecs=x\n`), ['invalid-value@6']);
});

test('an expansion that fails names the nearest, shows no environment, and is not told twice', () => {
  const [problem, ...more] = check(`${HEAD}[program:a]\ncommand=%(program_nam)s %(ENV_A)s\n`).problems;
  assert.deepEqual(more, []);
  assert.equal(problem?.suggestion, 'program_name');
  assert.equal(problem?.message, '%(program_nam)s cannot be expanded: there is no such name');
  assert.match(problem?.allowed ?? '', /^group_name, here, .*, ENV_ and a variable of the environment$/);
  const [port] = check(`${HEAD}[inet_http_server]\nport=%(ENV_PORTT)s\n`).problems;
  assert.equal(port?.message, '%(ENV_PORTT)s cannot be expanded: there is no such name');
  assert.doesNotMatch(JSON.stringify(port), /ENV_HOME|"ENV_A"/);
});

test('no password is repeated', () => {
  const text =
    '[inet_http_server]\nport=1\nusername=a\npassword=hunter2\n[unix_http_server]\nfile=/tmp/s\npassword=hunter2\n' +
    '[inet_http_server:b]\nport=9\npassword=hunter2\n';
  const { problems } = check(HEAD + text);
  assert.ok(problems.length >= 3);
  assert.doesNotMatch(JSON.stringify(problems), /hunter2/);
});

test('a thousand processes tell the mistake of their section once', () => {
  const text = `${HEAD}[program:a]\ncommand=a\nnumprocs=1000\nprocess_name=%(process_num)d\nstdout_logfile=/no/%(process_num)d/x\n`;
  const { problems, programs } = check(text);
  assert.equal(problems.length, 1);
  assert.equal(programs.length, 1000);
});

test('a clean configuration is clean, and what is in it is counted', () => {
  const text = `${HEAD}[program:a]\ncommand=a\nnumprocs=2\nprocess_name=%(process_num)d\n[eventlistener:l]\ncommand=l\nevents=TICK_5\n`;
  assert.deepEqual(check(text), {
    ...{ file: 's.conf', problems: [], programs: ['a:0', 'a:1'] },
    listeners: [{ name: 'l', events: ['TICK_5'] }],
  });
});

interface Vector {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly line: number;
  readonly option?: string;
}

function vectors(file: string): Vector[] {
  const url = new URL(`../../protocol-spec/vectors/config/${file}`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Vector[] };
  return cases.filter(
    ({ args, files }) => 's.conf' in files && (args?.join(' ') ?? '-c s.conf') === '-c s.conf',
  );
}

test('what Supervisor refuses is an error at the same place', () => {
  const refused = vectors('errors.json');
  assert.ok(refused.length >= 90);
  for (const { name, files, line, option } of refused) {
    const errors = check(files).problems.filter(({ severity }) => severity === 'error');
    assert.ok(
      errors.some((problem) => problem.line === line && problem.option === option),
      `${name}: ${JSON.stringify(errors)}`,
    );
  }
});

test('what Supervisor accepts has no error but addresses and files taken twice', () => {
  const ours = ['same-address', 'same-file', 'log-is-folder'];
  for (const { name, files } of vectors('accepted.json')) {
    const errors = check(files).problems.filter(({ severity }) => severity === 'error');
    assert.deepEqual(
      errors.filter(({ code }) => !ours.includes(code)),
      [],
      name,
    );
  }
});

test('names that mean nothing are warnings, with the nearest name that means something', () => {
  const { problems } = check({
    's.conf': '[supervisord]\n[program:a]\ncommand=/bin/cat\nstartsec=1\n[programm:b]\n',
  });
  const found = problems.filter(({ code }) => code.startsWith('unknown-'));
  assert.deepEqual(
    found.map(({ code, severity, suggestion }) => [code, severity, suggestion]),
    [
      ['unknown-option', 'warning', 'startsecs'],
      ['unknown-section', 'warning', 'program:b'],
    ],
  );
});

const FRAGMENTS = [
  ...PIECES,
  ...[
    'events=TICK_5,PROCESS_LOG\n',
    'socket=tcp://h:1\n',
    'password=x\n',
    'prefetch=0\n',
    'compat=\n',
    'user=me\n',
  ],
  'stdout_logfile=/no/x\n',
];

/** The daemon's verdict and the check's agree: what it refuses is among the errors. */
function compare(text: string | Uint8Array): void {
  const { problems } = check({ 's.conf': text });
  for (const { line, column } of problems) assert.ok(line >= 1 && column >= 1);
  const files = memoryFiles({ 's.conf': text });
  try {
    loadDaemonConfig({ files, world: memoryWorld(), path: 's.conf', overrides: {} });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(
      problems.some(({ severity, line }) => severity === 'error' && line === error.line),
      error.message,
    );
    return;
  }
  assert.ok(problems.every(({ severity, code }) => severity === 'warning' || /^(same|log-is)-/.test(code)));
}

test('any text of known pieces: the check finds what the daemon refuses', () => {
  const text = fc
    .array(fc.constantFrom(...FRAGMENTS), { maxLength: 40 })
    .map((pieces) => `[supervisord]\n${pieces.join('')}`);
  fc.assert(fc.property(text, compare), { numRuns: 600 });
});

test('any bytes give problems', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), compare), { numRuns: 300 });
});
