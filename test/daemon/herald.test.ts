/** The commands of `herald` that look after a configuration, run as a user runs them: through the bundle. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'herald-commands-'));
const program = join(folder, 'dist/herald.js');

before(async () => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  await build({
    ...{ absWorkingDir: root, entryPoints: ['src/daemon/herald.ts'], outfile: program, logLevel: 'error' },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', external: ['koffi'] },
    define: { HERALD_VERSION: '"1.2.3"' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
});

after(() => rmSync(folder, { recursive: true }));

function herald(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    cwd: folder,
  });
  for (const text of [stdout, stderr]) assert.doesNotMatch(text, /^\s+at .*:\d+:\d+/m, 'no stack trace');
  return { status, stdout, stderr };
}

function write(name: string, text: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const ME = process.getuid?.() === 0 ? 'user=root\n' : '';

test('check: clean, doubtful and wrong configurations have an exit status each', () => {
  const clean = write('clean.conf', `[supervisord]\n${ME}[program:cat]\ncommand=cat\n`);
  assert.deepEqual(herald('check', clean), {
    ...{ status: 0, stderr: '' },
    stdout: `${clean}: no problems (1 process, 0 listeners)\n`,
  });
  assert.equal(herald('check', '--strict', clean).status, 0);

  const doubtful = write('doubtful.conf', `[supervisord]\n${ME}[program:cat]\ncommand=no-such-command -x\n`);
  const line = ME === '' ? 3 : 4;
  const told = herald('check', doubtful);
  assert.equal(
    told.stdout,
    `${doubtful}:${line}:9: warning: [program:cat] command: can't find command 'no-such-command' ` +
      `(value 'no-such-command -x')\n${doubtful}: 0 errors, 1 warning (1 process, 0 listeners)\n`,
  );
  assert.equal(told.status, 0);
  assert.equal(herald('check', '--strict', doubtful).status, 1);

  const wrong = write(
    'wrong.conf',
    `[supervisord]\n${ME}[program:cat]\ncommand=cat\nautostart=perhaps\nstartsec=1\n`,
  );
  const refused = herald('check', wrong);
  assert.equal(refused.status, 2);
  assert.match(
    refused.stdout,
    /autostart: not a valid boolean value: 'perhaps' \(value 'perhaps', allowed: true, /,
  );
  assert.match(refused.stdout, /startsec: .*did you mean 'startsecs'\?/);
  assert.match(refused.stdout, /: 1 error, 1 warning/);
});

test('check: what cannot be run or written is seen on the real machine', () => {
  mkdirSync(join(folder, 'a-folder'));
  write('not-executable', '#!/bin/sh\n');
  const text =
    `[supervisord]\n${ME}[program:a]\ncommand=./a-folder\n[program:b]\ncommand=./not-executable\n` +
    '[program:c]\ncommand=only-here\nenvironment=PATH="%(here)s/bin"\n[program:d]\ncommand=cat\nstdout_logfile=a-folder\n';
  mkdirSync(join(folder, 'bin'));
  const tool = write('bin/only-here', '#!/bin/sh\n');
  spawnSync('chmod', ['+x', tool]);
  const { problems } = JSON.parse(herald('check', '--json', write('machine.conf', text)).stdout);
  assert.deepEqual(
    problems.map(({ section, code, message }: Record<string, string>) => [section, code, message]),
    [
      ['program:a', 'command', "command at './a-folder' is a directory"],
      ['program:b', 'command', "command at './not-executable' is not executable"],
      ['program:d', 'log-is-folder', `${join(folder, 'a-folder')} is a folder`],
    ],
  );
});

test('check: the file is given, named by -c in both places, or found', () => {
  write('supervisord.conf', `[supervisord]\n${ME}identifier=here\n`);
  const summary = 'supervisord.conf: no problems (0 processes, 0 listeners)\n';
  // The folder above that of the program is looked at first.
  assert.ok(herald('check').stdout.endsWith(summary));
  for (const words of [
    ['check', 'supervisord.conf'],
    ['check', '-c', 'supervisord.conf'],
    ['-c', 'supervisord.conf', 'check'],
  ])
    assert.equal(herald(...words).stdout, summary);
  const missing = herald('check', 'missing.conf');
  assert.equal(missing.status, 2);
  assert.match(missing.stdout, /^missing\.conf:1:1: error: could not find config file missing\.conf\n/);
});

test('check: as JSON it is all there, whatever the file says', () => {
  const file = write('bytes.conf', Uint8Array.of(0x5b, 0xff, 0x00, 0x1b));
  const { status, stdout } = herald('check', '--json', file);
  const result = JSON.parse(stdout);
  assert.equal(status, 2);
  assert.deepEqual(Object.keys(result), ['file', 'problems', 'programs', 'listeners']);
  assert.deepEqual(
    result.problems.map(({ severity, line }: Record<string, unknown>) => [severity, line]),
    [['error', 1]],
  );
  const steering = herald('check', write('escape.conf', '[supervisord]\nloglevel=\u001b[2J\u202e\n'));
  assert.match(steering.stdout, /bad logging level name/);
  for (const char of ['\u001b', '\u202e']) assert.ok(!steering.stdout.includes(char));
});

test('config sample: it is clean, even strictly, and can be shown', () => {
  const sample = herald('config', 'sample');
  assert.equal(sample.status, 0);
  const file = write('sample.conf', sample.stdout);
  assert.deepEqual(
    herald('check', '--strict', file).stdout,
    `${file}: no problems (0 processes, 0 listeners)\n`,
  );
  assert.match(herald('config', 'show', file).stdout, /^serverurl=unix:\/\/\/tmp\/supervisor\.sock$/m);
});

test('config show: what it prints is clean and prints itself again', () => {
  const text =
    `[supervisord]\n${ME}[inet_http_server]\nport=127.0.0.1:1\nusername=me\npassword=hunter2\n[program:p]\ncommand=cat %(process_num)d\n` +
    'numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\nenvironment=MY_TOKEN="hunter2",X="%(here)s"\n';
  const file = write('show.conf', text);
  const secret = herald('config', 'show', '--show-secrets', file).stdout;
  assert.match(secret, /^password=hunter2$/m);
  assert.match(secret, /^command=cat 1$/m);
  const again = write('shown.conf', secret);
  assert.equal(herald('check', '--strict', again).status, 0);
  assert.equal(herald('config', 'show', again, '--show-secrets').stdout, secret);
  assert.doesNotMatch(herald('config', 'show', file).stdout, /hunter2/);
  assert.match(
    herald('config', 'show', '--origin', file).stdout,
    /^port=127\.0\.0\.1:1 ; from .*show\.conf:\d+$/m,
  );
  const json = JSON.parse(herald('config', 'show', '--json', file).stdout);
  assert.equal(json.sections['program:p_0'].environment, `MY_TOKEN="<redacted>",X="${folder}"`);
  const wrong = herald('config', 'show', write('broken.conf', '[supervisord]\nminfds=x\n'));
  assert.equal(wrong.status, 2);
  assert.match(
    wrong.stderr,
    /^Error: invalid literal for int\(\) .*\nFor help, use .*herald\.js config -h\n$/,
  );
});

test('config schema: it is the one of the specification', () => {
  const { status, stdout } = herald('config', 'schema');
  const file = join(root, 'protocol-spec/config/supervisord.schema.json');
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(stdout), JSON.parse(readFileSync(file, 'utf8')));
});

test('help is on standard output, and tells of each command', () => {
  const whole = herald('--help');
  assert.equal(whole.status, 0);
  for (const name of ['send', 'check', 'config', 'help']) {
    assert.match(whole.stdout, new RegExp(`^ {2}${name} `, 'm'));
    const help = herald('help', name);
    assert.deepEqual([help.status, help.stderr], [0, '']);
    assert.ok(help.stdout.startsWith(`Usage: herald ${name}`));
    assert.deepEqual(herald(name, '--help'), help);
    assert.deepEqual(herald(name, '-h'), help);
  }
  assert.deepEqual(herald('help'), whole);
  assert.equal(herald('--version').stdout, '1.2.3\n');
});

test('what is called wrongly is told on standard error, with exit status 2', () => {
  const rows: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /^herald -- /],
    [['nonsense'], /^Error: herald has no command 'nonsense'\n/],
    [['help', 'nonsense'], /^Error: herald has no command 'nonsense'\n/],
    [['check', 'a', 'b'], /^Error: check takes one file\n/],
    [['check', '-c', 'a', 'b'], /^Error: check takes one file\n/],
    [['check', '--bogus'], /^Error: option --bogus not recognized\nFor help, use .*herald\.js check -h\n$/],
    [['check', '-c'], /^Error: option -c requires argument\n/],
    [['check', '--strict', 'a', '--strict'], /^Error: conflicting command line option '--strict'\n/],
    [['config'], /^Error: config needs an action: sample, show or schema\n/],
    [['config', 'nonsense'], /^Error: config has no action 'nonsense'/],
    [['config', 'sample', 'x'], /^Error: config sample takes no words\n/],
    [['config', 'show', 'a', 'b'], /^Error: config show takes one file\n/],
    [['config', 'schema', '--json'], /^Error: option --json not recognized\n/],
  ];
  for (const [words, text] of rows) {
    const { status, stdout, stderr } = herald(...words);
    assert.deepEqual([status, stdout], [2, ''], words.join(' '));
    assert.match(stderr, text);
  }
});

test('check reads pipes, and says of a named one that nobody writes to it', () => {
  const pipe = join(folder, 'pipe.conf');
  spawnSync('mkfifo', [pipe]);
  const without = herald('check', pipe);
  assert.deepEqual([without.status, without.stderr], [2, '']);
  assert.match(
    without.stdout,
    /error: could not read config file .*pipe\.conf: a pipe that nobody writes to\n/,
  );
  const included = write('includes-a-pipe.conf', '[supervisord]\nuser=root\n[include]\nfiles=pipe.conf\n');
  assert.match(
    herald('check', included).stdout,
    /error: could not read .*pipe\.conf: a pipe that nobody writes to\n/,
  );
  const file = write('piped.conf', '[supervisord]\nuser=root\n');
  // The one that reads may well be there before there is anything to read.
  const line = `cat '${file}' | '${process.execPath}' '${program}' check /dev/stdin`;
  const { status, stdout } = spawnSync('sh', ['-c', line], { encoding: 'utf8', cwd: folder });
  assert.deepEqual([status, stdout], [0, '/dev/stdin: no problems (0 processes, 0 listeners)\n']);
});
