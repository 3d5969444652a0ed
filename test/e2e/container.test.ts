/** The daemon as the main program of a container: how it ends, with which status, and what it leaves behind. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { ContainerRun, NEEDS_NAMESPACES } from './container-run.ts';
import { ROOT } from './watched-program.ts';

const QUICK = 'startsecs=0\n';
const TO_STDOUT = 'redirect_stderr=true\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n';
const program = (name: string, command: string, more = ''): string =>
  `[program:${name}]\ncommand=${command}\n${TO_STDOUT}${more}`;

/** What an essential program does, how it is essential, and what the container exits with. */
const ENDS: readonly (readonly [string, string, string, number])[] = [
  ['exits with 3', 'sh -c "exit 3"', `${QUICK}essential=exit`, 3],
  ['is killed', 'sh -c "kill -9 $$"', `${QUICK}essential=unexpected`, 137],
  [
    'is given up: the last run counts',
    'sh -c "echo x >>n; exit $(wc -l <n)"',
    // However slow the machine is: both runs are too short.
    'startsecs=60\nstartretries=1\nessential=fatal',
    2,
  ],
  ['is not there', '/nonexistent/program', 'startretries=0\nessential=true', 127],
  ['exits with 0 and is not restarted', 'true', `${QUICK}essential=true`, 0],
];

describe('the container ends with its essential program', () => {
  for (const [what, command, options, status] of ENDS) {
    test(`which ${what}`, async (t) => {
      const run = new ContainerRun(t, program('main', command, `${options}\n`));
      assert.deepEqual(await run.ended, { status, signal: null }, run.output);
      assert.match(run.output, new RegExp(`essential program main has ended.* exit status ${status}\\n`));
    });
  }

  test('also as PID 1', NEEDS_NAMESPACES, async (t) => {
    const run = new ContainerRun(t, program('main', 'sh -c "exit 3"', `${QUICK}essential=exit\n`), {
      isolated: true,
    });
    assert.deepEqual(await run.ended, { status: 3, signal: null }, run.output);
    assert.match(run.output, /supervisord started with pid 1\n/);
  });

  test('unexpected: not after an exit that is expected', async (t) => {
    const main = program('main', 'sh -c "exit 2"', `${QUICK}essential=unexpected\nexitcodes=2\n`);
    const run = new ContainerRun(t, main);
    await run.waitFor(/exited: main \(exit status 2; expected\)/);
    run.signal('SIGTERM');
    assert.equal((await run.ended).status, 0);
    assert.doesNotMatch(run.output, /essential program/);
  });

  test('true: not while autorestart starts it again', async (t) => {
    const run = new ContainerRun(t, program('main', 'sh -c "sleep 1.2; exit 1"', 'essential=true\n'));
    await run.waitFor(/exited: main [\s\S]*spawned: 'main'/);
    run.signal('SIGTERM');
    assert.equal((await run.ended).status, 0);
    assert.doesNotMatch(run.output, /essential program/);
  });
});

test('the other programs are stopped in order first, and a listener hears of everything', async (t) => {
  const polite = (name: string): string =>
    `trap 'echo end of ${name}; exit 0' TERM; echo up ${name}; while :; do sleep 0.05; done`;
  const listener = `printf 'READY\\n'
while read -r header; do
  echo "heard $header" | sed 's/.*eventname:\\([A-Z_]*\\).*/heard \\1/' >&2
  head -c "\${header##*len:}" >/dev/null
  printf 'RESULT 2\\nOKREADY\\n'
done
`;
  const sections =
    program('late', 'sh late.sh', 'priority=900\nstopwaitsecs=60\n') +
    program('early', 'sh early.sh', 'priority=100\nstopwaitsecs=60\n') +
    program('main', 'sh -c "while [ ! -e go ]; do sleep 0.05; done; exit 5"', `${QUICK}essential=exit\n`) +
    '[eventlistener:ear]\ncommand=sh listener.sh\nevents=PROCESS_STATE,SUPERVISOR_STATE_CHANGE\ndrain_timeout=60\n' +
    'stderr_logfile=/dev/stdout\nstderr_logfile_maxbytes=0\n';
  const files = { 'late.sh': polite('late'), 'early.sh': polite('early'), 'listener.sh': listener };
  const run = new ContainerRun(t, sections, { files });
  await Promise.all([run.waitFor(/up late/), run.waitFor(/up early/), run.waitFor(/ear entered RUNNING/)]);
  writeFileSync(join(run.folder, 'go'), '');
  assert.equal((await run.ended).status, 5, run.output);
  const said = run.output.slice(run.output.indexOf('exited: main'));
  const order = [...said.matchAll(/^end of \w+|stopped: \w+/gm)].map(([text]) => text);
  assert.deepEqual(order, ['end of late', 'stopped: late', 'end of early', 'stopped: early', 'stopped: ear']);
  const heard = [...said.matchAll(/^heard (\w+)/gm)].map(([, name]) => name);
  assert.ok(
    heard.includes('PROCESS_STATE_EXITED') && heard.includes('SUPERVISOR_STATE_CHANGE_STOPPING'),
    said,
  );
  assert.equal(heard.filter((name) => name === 'PROCESS_STATE_STOPPED').length, 2, said);
});

test('as PID 1 it leaves no zombie of a thousand orphans', NEEDS_NAMESPACES, async (t) => {
  const script = `i=0
while [ $i -lt 1000 ]; do (true &); i=$((i+1)); done
tries=0
while grep -qs '^State:.Z' /proc/[0-9]*/status && [ $tries -lt 300 ]; do sleep 0.1; tries=$((tries+1)); done
grep -ls '^State:.Z' /proc/[0-9]*/status && exit 1
exit 3
`;
  const run = new ContainerRun(t, program('main', 'sh main.sh', `${QUICK}essential=exit\n`), {
    isolated: true,
    files: { 'main.sh': script },
  });
  assert.equal((await run.ended).status, 3, run.output.slice(-2000));
  assert.ok(run.output.split('reaped unknown pid').length > 1000);
});

/** As `npm start`: a program that runs a shell that runs the application, and both wait for what is below them. */
const RUNNER = `const { spawn } = require('node:child_process');
spawn('sh', ['-c', 'trap : TERM; "$NODE" app.js; true'], { stdio: 'inherit' }).on('exit', () => process.exit(1));
process.on('SIGTERM', () => {});
`;

describe('a tree of processes is stopped as a whole', () => {
  test('with stopasgroup, when the application ends on SIGTERM', async (t) => {
    const files = { 'runner.js': RUNNER, 'app.js': "console.log('app is up'); setInterval(() => {}, 1000);" };
    const run = new ContainerRun(
      t,
      program('main', '%(ENV_NODE)s runner.js', 'stopasgroup=true\nstopwaitsecs=60\n'),
      {
        files,
      },
    );
    await run.waitFor(/app is up/);
    run.signal('SIGTERM');
    assert.equal((await run.ended).status, 0);
    assert.deepEqual(await run.survivors(), []);
    assert.doesNotMatch(run.output, /killing 'main'/);
  });

  test('and killed as one when the application does not care', async (t) => {
    const app = "process.on('SIGTERM', () => {}); console.log('app is up'); setInterval(() => {}, 1000);";
    const run = new ContainerRun(
      t,
      program('main', '%(ENV_NODE)s runner.js', 'stopasgroup=true\nstopwaitsecs=1\n'),
      {
        files: { 'runner.js': RUNNER, 'app.js': app },
      },
    );
    await run.waitFor(/app is up/);
    run.signal('SIGTERM');
    assert.equal((await run.ended).status, 0);
    assert.deepEqual(await run.survivors(), []);
    assert.match(run.output, /killing 'main'/);
  });
});

test('each program gets the signal that it is configured to get', async (t) => {
  const signals = ['TERM', 'HUP', 'INT', 'QUIT', 'USR1', 'USR2'];
  const script = `for s in ${signals.join(' ')}; do trap "echo $1 got $s; exit 0" $s; done; echo "$1 is up"; while :; do sleep 0.05; done`;
  const sections = signals
    .map((name) => program(name, `sh trap.sh ${name}`, `stopsignal=${name}\nstopwaitsecs=60\n`))
    .join('');
  const run = new ContainerRun(t, sections, { files: { 'trap.sh': script } });
  await Promise.all(signals.map((name) => run.waitFor(new RegExp(`^${name} is up`, 'm'))));
  run.signal('SIGTERM');
  assert.equal((await run.ended).status, 0);
  for (const name of signals) assert.match(run.output, new RegExp(`^${name} got ${name}$`, 'm'));
});

describe('SIGTERM ends it cleanly', () => {
  const sections =
    program('main', 'sh -c "while :; do sleep 0.05; done"', 'essential=true\n') +
    program('flaky', 'sh -c "exit 1"', 'startretries=30\n') +
    program(
      'stubborn',
      `sh -c "trap '' TERM; while :; do sleep 0.05; done"`,
      'stopwaitsecs=1\nkillasgroup=true\n',
    );
  const PHASES: Readonly<Record<string, RegExp>> = {
    'before it has said anything': /(?:)/,
    'with its first line': /\n/,
    'when the sockets are open': /started with pid/,
    'while programs are starting': /spawned: 'main'/,
    'while a program waits for its next start': /exited: flaky/,
    'when a program is up': /main entered RUNNING/,
  };
  for (const [phase, pattern] of Object.entries(PHASES)) {
    test(phase, async (t) => {
      const run = new ContainerRun(t, sections);
      await run.waitFor(pattern);
      run.signal('SIGTERM');
      const { status, signal } = await run.ended;
      // Before Node has read its first line nobody can catch the signal; then nothing has been started.
      const untouched = signal === 'SIGTERM' && run.output === '';
      assert.ok(status === 0 || untouched, `${status} ${signal}\n${run.output}`);
      assert.deepEqual(await run.survivors(), []);
      assert.doesNotMatch(run.output, /internal error|essential program/);
    });
  }

  test('twice, and while it stops already', async (t) => {
    // It is stubborn until the other signals have come.
    const stubborn = `sh -c "trap '' TERM; until [ -e done ]; do sleep 0.05; done"`;
    const run = new ContainerRun(t, program('stubborn', stubborn, 'stopwaitsecs=60\n'));
    await run.waitFor(/stubborn entered RUNNING/);
    run.signal('SIGTERM');
    await run.waitFor(/waiting for .*stubborn/);
    run.signal('SIGTERM');
    run.signal('SIGINT');
    await run.waitFor(/received SIGINT/);
    writeFileSync(join(run.folder, 'done'), '');
    assert.deepEqual(await run.ended, { status: 0, signal: null });
    assert.deepEqual(await run.survivors(), []);
  });
});

test(
  'the example runs as PID 1 with a read-only root, and its health can be asked for',
  NEEDS_NAMESPACES,
  async (t) => {
    const web = `trap 'echo web finishes; exit 0' QUIT; echo web is up >/dev/stdout; while :; do sleep 0.05; done`;
    const check = `"$NODE" ${ROOT}/dist/heraldctl.js -c "$FOLDER/herald.conf" status; echo "health $?"; sleep 600`;
    const run = new ContainerRun(t, '', {
      isolated: true,
      config: readFileSync(join(ROOT, 'examples/container/supervisord.conf'), 'utf8'),
      files: { 'web.sh': web, 'cron.sh': `sleep 2; ${check}` },
      environment: { WEB_COMMAND: 'sh web.sh', CRON_COMMAND: 'sh cron.sh' },
      prepare:
        'mount --make-rprivate /; mount -t tmpfs tmpfs /run; mount -o remount,ro,bind /; ! touch /probe 2>/dev/null',
    });
    await run.waitFor(/health \d/);
    assert.match(run.output, /^web +RUNNING[\s\S]*^health 0$/m);
    await run.waitFor(/^web is up$/m);
    run.signal('SIGTERM');
    assert.deepEqual(await run.ended, { status: 0, signal: null }, run.output);
    assert.match(run.output, /^web finishes$/m);
    assert.doesNotMatch(run.output, /EROFS|Illegal seek|ESPIPE/);
  },
);

test('a socket on a read-only file system: the error is that of opening it', NEEDS_NAMESPACES, async (t) => {
  const run = new ContainerRun(t, '', {
    isolated: true,
    config:
      '[supervisord]\nnodaemon=true\nlogfile=/dev/null\n[unix_http_server]\nfile=%(here)s/ro/herald.sock\n',
    prepare: 'mkdir "$FOLDER/ro"; mount -t tmpfs -o ro tmpfs "$FOLDER/ro"',
  });
  assert.equal((await run.ended).status, 2, run.output);
  assert.match(
    run.output,
    /^Error: Cannot open an HTTP server: socket\.error reported errno\.EROFS \(30\)$/m,
  );
});

test('ps and its like know it by its name, not as one node among others', async (t) => {
  const run = new ContainerRun(
    t,
    program('main', `sh -c 'echo "name $(cat /proc/$PPID/comm)"; exec sleep 600'`),
  );
  assert.equal((await run.waitFor(/^name (.*)\n/m))[1], 'heraldd');
  run.signal('SIGTERM');
  assert.equal((await run.ended).status, 0);
});

test('the health of a container without a daemon is bad', () => {
  const { status } = spawnSync(process.execPath, [
    join(ROOT, 'dist/heraldctl.js'),
    '-s',
    'unix:///nonexistent.sock',
    'status',
  ]);
  assert.equal(status, 4);
});
