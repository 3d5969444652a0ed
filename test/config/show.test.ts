import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { readDaemonConfig } from '../../src/config/load.ts';
import { renderIni, renderJson } from '../../src/config/show/render.ts';
import { showConfig } from '../../src/config/show/show.ts';
import { environmentText, iniText } from '../../src/config/show/value-text.ts';
import type { DaemonConfig, GroupConfig } from '../../src/config/types.ts';
import { memoryFiles, memoryWorld } from './memory-machine.ts';

type Texts = Readonly<Record<string, string>>;

const AWKWARD = { BLANK: ' a ', COMMENT: 'x ;y #z', LINES: 'a\n\n ;b\n  c ', PERCENT: '100%d%%', EMPTY: '' };

function read(texts: Texts, path = 's.conf') {
  return readDaemonConfig({ files: memoryFiles(texts), world: memoryWorld(AWKWARD), path, overrides: {} });
}

function show(texts: Texts, { secrets = true, origin = false } = {}): string {
  return renderIni(showConfig(read(texts), { secrets }), { origin });
}

/** Without what is about files and not about meaning. */
function meaning({ file: _, notices: __, groups, ...rest }: DaemonConfig) {
  return { ...rest, groups: groups.map(withoutPlaces) };
}

function withoutPlaces({ processes, ...group }: GroupConfig) {
  return { ...group, processes: processes.map(({ place: _, ...process }) => process) };
}

/** What is shown loads to the same configuration, from another folder, and is shown the same again. */
function assertRoundTrip(texts: Texts, name = ''): void {
  for (const origin of [false, true]) {
    const shown = show(texts, { origin });
    const again = read({ ...texts, '/tmp/shown.conf': shown }, '/tmp/shown.conf').config;
    assert.deepEqual(meaning(again), meaning(read(texts).config), `${name}\n${shown}`);
  }
}

test('every configuration of the vectors loads again from what is shown of it', () => {
  const url = new URL('../../protocol-spec/vectors/config/accepted.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(url, 'utf8')) as {
    cases: { name: string; files: Texts; args?: readonly string[] }[];
  };
  let count = 0;
  for (const { name, files, args } of cases) {
    if (!('s.conf' in files) || (args !== undefined && args.length > 2)) continue;
    assertRoundTrip(files, name);
    count += 1;
  }
  assert.ok(count >= 30, `${count}`);
});

const PROGRAM = '[program:a]\ncommand=a\n';

const CONFIGS: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a program', PROGRAM],
  [
    'numprocs',
    '[program:a]\ncommand=a %(process_num)d\nnumprocs=3\nprocess_name=%(program_name)s_%(process_num)02d\n',
  ],
  ['numprocs of one name', '[program:a]\ncommand=a\nprocess_name=b\npriority=4\n'],
  ['a group of two', `${PROGRAM}[program:b]\ncommand=b\npriority=5\n[group:g]\nprograms=b,a\npriority=7\n`],
  ['a group named like its member', `${PROGRAM}[program:b]\ncommand=b\n[group:a]\nprograms=a,b\n`],
  ['one program in two groups', `${PROGRAM}[group:g]\nprograms=a\n[group:h]\nprograms=a\n`],
  [
    'a process named like a program',
    `${PROGRAM}[program:b]\ncommand=b\nprocess_name=a\n[group:g]\nprograms=b\n`,
  ],
  ['an empty group', '[group:g]\nprograms=\npriority=3\n'],
  ['numprocs=0', '[program:a]\ncommand=a\nnumprocs=0\npriority=3\n'],
  ['a name with commas and brackets', '[program:a,b]c]\ncommand=a\n[group:g]\nprograms=\n'],
  [
    'a name with a slash and a blank',
    '[program:a]\ncommand=a\nenvironment=N="x/y z"\nprocess_name=%(ENV_N)s\n',
  ],
  [
    'awkward commands',
    '[program:a]\ncommand=a %(ENV_COMMENT)s %(ENV_LINES)s%%x\n[program:b]\ncommand=%(ENV_BLANK)s\n',
  ],
  [
    'awkward paths',
    '[program:a]\ncommand=a\nstdout_logfile=/tmp/%(ENV_COMMENT)s-100%%%%\ndirectory=%(ENV_BLANK)s\n',
  ],
  [
    'empty values',
    '[program:a]\ncommand=\nstdout_logfile=\nexitcodes=\nserverurl=\ndirectory=\nlog_prefix=\n',
  ],
  [
    'environments',
    '[program:a]\ncommand=a\nenvironment=A="%(ENV_LINES)s",B=\'"q"\',C="",D=\'{"k":"v"}\',E="a,b",F="%(ENV_PERCENT)s"\n' +
      '[program:b]\ncommand=b\nenvironment=A="x\\"y",B="c:\\\\d"\n',
  ],
  ['lines', '[program:a]\ncommand=sh -c "x\n  y\n\n  z"\n'],
  [
    'every option',
    '[program:a]\ncommand=a\npriority=1\nautostart=0\nautorestart=true\nessential=exit\nstartsecs=2\nstartretries=4\n' +
      'exitcodes=0,2\nstopsignal=usr1\nstopwaitsecs=3\nstopasgroup=1\nuser=nobody\numask=077\ndirectory=/x\nserverurl=u\n' +
      'redirect_stderr=1\nstdout_logfile=NONE\nstdout_logfile_maxbytes=1KB\nstdout_logfile_backups=1\n' +
      'stdout_capture_maxbytes=2MB\nstdout_events_enabled=1\nstderr_logfile=/tmp/e\nstderr_logfile_maxbytes=0\n' +
      'log_format=json\nlog_prefix= x\nkillasgroup=true\n[program:b]\ncommand=b\nautorestart=false\nstopsignal=0\nessential=yes\n',
  ],
  [
    'listeners',
    '[eventlistener:l]\ncommand=l\nevents=TICK_5,process_state\n[eventlistener:m]\ncommand=l %(process_num)d\nevents=EVENT\n' +
      'numprocs=2\nnumprocs_start=3\nprocess_name=%(program_name)s_%(process_num)d\npriority=4\nbuffer_size=3\n' +
      'environment=N="%(process_num)d"\nstderr_logfile=%(here)s/%(process_num)d\n[eventlistener:n]\ncommand=l\nevents=TICK\n' +
      'prefetch=4\nack_timeout=1.5\nprotocol_error=ignore\nretry_delay=2\nretry_delay_max=70\nmax_deliver=3\nextended=1\n' +
      'length_unit=bytes\nprograms=a,g:*\ndrain_timeout=0\nautostart=no\n[eventlistener:o]\ncommand=l\nevents=TICK\nnumprocs=0\n',
  ],
  [
    'sockets',
    '[fcgi-program:f]\ncommand=f\nsocket=tcp://H:1\nsocket_backlog=5\nnumprocs=2\nprocess_name=%(process_num)d\npriority=3\n' +
      '[fcgi-program:h]\ncommand=f\nsocket=unix:///tmp/h.sock\nsocket_owner=nobody\nsocket_mode=0770\n' +
      '[fcgi-program:i]\ncommand=f\nuser=nobody\nsocket=unix:///tmp/%(program_name)s\n[group:g]\nprograms=h,i\n',
  ],
  [
    'servers',
    '[inet_http_server]\nport=*:1\nusername=a%%b\npassword=c;d\n[inet_http_server:b]\nport=h:2\n[unix_http_server]\n' +
      'file=%(here)s/s\nchmod=0777\nchown=root:root\n[unix_http_serverX]\nfile=~/x\nchown=nobody\n' +
      '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n',
  ],
  [
    'the daemon',
    'logfile=/tmp/%%\nlogfile_maxbytes=1GB\nlogfile_backups=0\nloglevel=WARN\npidfile=x\numask=0\nnodaemon=1\nsilent=1\n' +
      'minfds=1\nminprocs=2\nnocleanup=1\nchildlogdir=/srv\nuser=nobody\ndirectory=/tmp\nstrip_ansi=1\nidentifier=i\n' +
      `environment=A="1",B="%(ENV_COMMENT)s"\n${PROGRAM}environment=B="2",C="%(ENV_A)s"\n[herald]\ncompat=supervisor\n` +
      '[eventlistener:l]\ncommand=l\nevents=TICK\n',
  ],
];

for (const [name, text] of CONFIGS) {
  test(`shown and read again: ${name}`, () => assertRoundTrip({ 's.conf': `[supervisord]\n${text}` }));
}

test('included files and [DEFAULT] are gone, their values are there with where they came from', () => {
  const texts = {
    's.conf': '[DEFAULT]\nstartsecs=7\n[include]\nfiles=x/*.ini\n[supervisord]\n',
    'x/a.ini': '[program:a]\ncommand=%(here)s/a\n\nstopsignal=HUP\nenvironment=A="%(ENV_LINES)s"\n',
  };
  assertRoundTrip(texts);
  const lines = show(texts, { origin: true }).split('\n');
  const wanted = [
    'command=/srv/herald/x/a ; from /srv/herald/x/a.ini:2',
    'stopsignal=HUP ; from /srv/herald/x/a.ini:4',
    'startsecs=7 ; from s.conf:2',
    'startretries=3 ; default',
    '; from /srv/herald/x/a.ini:5',
    '[program:a]',
  ];
  for (const line of wanted) assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`);
  assert.ok(!lines.includes('[include]') && !lines.includes('[DEFAULT]'));
});

test('secrets are not shown, unless they are asked for', () => {
  const texts = {
    's.conf':
      '[supervisord]\nenvironment=API_KEY="s3cret",PLAIN="seen",DB="pg://me:s3cret@h/x"\n[inet_http_server]\nport=1\n' +
      'username=seen\npassword=s3cret\n[supervisorctl]\npassword=s3cret\n' +
      '[program:a]\ncommand=a --url http://me:s3cret@h --amqp=amqp://me:p@s3cret@h\nenvironment=my_password="s3cret",AuthToken="s3cret"\n' +
      '[eventlistener:l]\ncommand=l\nevents=TICK\nnumprocs=2\nprocess_name=%(process_num)d\n' +
      'environment=SECRET="s3cret%(process_num)d"\n',
  };
  const hidden = show(texts, { secrets: false, origin: true });
  assert.doesNotMatch(hidden, /s3cret/);
  assert.match(hidden, /seen/);
  assert.match(hidden, /pg:\/\/me:<redacted>@h\/x/);
  const json = renderJson('s.conf', showConfig(read(texts), { secrets: false }), { origin: true });
  assert.doesNotMatch(json, /s3cret/);
  assert.match(show(texts), /s3cret/);
  read({ '/tmp/shown.conf': hidden }, '/tmp/shown.conf');
});

test('names that are usual for secrets are known, and what only sounds like them is shown', () => {
  const secret = [
    'PGPASS',
    'SMTP_PASS',
    'MYSQL_PWD',
    'SENTRY_DSN',
    'AUTH',
    'npm_config__auth',
    'PASSWD',
    'Api_Key',
  ];
  const plain = ['PWD', 'OLDPWD', 'AUTHOR', 'AUTH_URL', 'LANG'];
  const pairs = [...secret, ...plain].map((name) => `${name}="v-${name}"`);
  const texts = { 's.conf': `[supervisord]\nenvironment=${pairs.join(',')}\n` };
  const hidden = show(texts, { secrets: false });
  for (const name of secret) assert.ok(!hidden.includes(`v-${name}"`), name);
  for (const name of plain) assert.ok(hidden.includes(`v-${name}"`), name);
});

test('as JSON there are sections, options and values as they are, and places when asked for', () => {
  const reading = read({ 's.conf': '[supervisord]\n[program:a]\ncommand=100%%\n' });
  const sections = showConfig(reading, { secrets: false });
  const plain = JSON.parse(renderJson('s.conf', sections, { origin: false }));
  assert.equal(plain.file, 's.conf');
  assert.equal(plain.sections['program:a'].command, '100%');
  assert.equal(plain.origins, undefined);
  const { origins } = JSON.parse(renderJson('s.conf', sections, { origin: true }));
  assert.deepEqual(origins['program:a'].command, { file: 's.conf', line: 3 });
  assert.equal(origins['program:a'].startsecs, null);
});

const PIECES = ['a', ' ', '\n', ';', '#', '%', '"', "'", '\\', ',', '=', '[', ']', '\t', 'é'];
const VALUE = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(''));

test('any text comes through a value unchanged', () => {
  fc.assert(
    fc.property(VALUE, (value) => {
      const text = iniText(value.replaceAll('%', '%%'), 'here');
      const { config } = read({ 's.conf': `[supervisord]\n[program:a]\ncommand=${text}\n` });
      assert.equal(config.groups[0]?.processes[0]?.command, value, text);
    }),
    { numRuns: 1000 },
  );
});

test('any pairs come through an environment unchanged', () => {
  const pairs = fc.dictionary(fc.constantFrom('A', 'B', 'C_1', 'x.y'), VALUE, { minKeys: 1 });
  fc.assert(
    fc.property(pairs, (record) => {
      const map = new Map(Object.entries(record));
      const text = environmentText(map) ?? assert.fail(JSON.stringify(record));
      const line = iniText(text.replaceAll('%', '%%'), 'here');
      const { config } = read({ 's.conf': `[supervisord]\nenvironment=${line}\n` });
      assert.deepEqual(config.supervisord.environment, map);
    }),
    { numRuns: 1000 },
  );
});
