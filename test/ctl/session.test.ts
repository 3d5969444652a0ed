import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { COMMANDS } from '../../src/ctl/commands.ts';
import { formatUsage } from '../../src/ctl/usage.ts';
import { CTRL_C, failing, fault, run, unreachable } from './fake-session.ts';

const ok = async (): Promise<boolean> => true;
const result = (name: string, status: number, description = 'OK') => ({
  name,
  group: name,
  status,
  description,
});
const process = { name: 'x', group: 'x', state: 20, statename: 'RUNNING', description: 'pid 5', pid: 5 };

test('start: one line a name, each as it comes; the last failure is the exit status', async () => {
  const faults: Record<string, () => Promise<unknown>> = {
    gone: fault(10, 'BAD_NAME: gone'),
    there: fault(60, 'ALREADY_STARTED: there'),
    dies: fault(50, 'SPAWN_ERROR: dies'),
    odd: fault(30, 'FAILED: odd is in an unknown process state'),
  };
  const startProcess = (name: string) => (faults[name] ?? ok)();
  const shown = await run('start a gone there', { startProcess });
  assert.equal(shown.out, 'a: started\ngone: ERROR (no such process)\nthere: ERROR (already started)\n');
  assert.equal(shown.status, 1);
  assert.deepEqual(shown.calls.slice(1), ['startProcess(a)', 'startProcess(gone)', 'startProcess(there)']);
  assert.equal((await run('start there', { startProcess })).status, 0);
  assert.equal((await run('start gone dies a', { startProcess })).status, 7);
  const odd = await run('start odd', { startProcess });
  assert.deepEqual([odd.status, odd.out], [1, 'odd: ERROR (FAILED: odd is in an unknown process state)\n']);
});

test('start of groups and of all', async () => {
  const startProcessGroup = async () => [result('m', 80), result('n', 40, 'ABNORMAL_TERMINATION: n')];
  const group = await run('start m:*', { startProcessGroup });
  assert.deepEqual([group.status, group.out], [7, 'm: started\nn: ERROR (abnormal termination)\n']);
  const missing = await run('start m:*', { startProcessGroup: fault(10, 'BAD_NAME: m') });
  assert.deepEqual([missing.status, missing.out], [2, 'm: ERROR (no such group)\n']);
  const all = await run('start x all', { startAllProcesses: async () => [result('x', 80)] });
  assert.deepEqual([all.status, all.out], [0, 'x: started\n']);
});

test('stop: not running is harmless, and FAILED speaks for itself', async () => {
  const idle = await run('stop x', { stopProcess: fault(70, 'NOT_RUNNING: x') });
  assert.deepEqual([idle.status, idle.out], [0, 'x: ERROR (not running)\n']);
  const failed = await run('stop x', { stopProcess: fault(30, 'FAILED: no permission') });
  assert.deepEqual([failed.status, failed.out], [1, 'FAILED: no permission\n']);
  assert.equal((await run('stop g:*', { stopProcessGroup: fault(10, 'BAD_NAME: g') })).status, 1);
});

test('restart stops all that was named, then starts all', async () => {
  const shown = await run('restart a b', { stopProcess: ok, startProcess: ok });
  assert.equal(shown.out, 'a: stopped\nb: stopped\na: started\nb: started\n');
});

test('clear takes no whole group, and says so by its name', async () => {
  const bad = fault(10, 'BAD_NAME: g:*');
  const shown = await run('clear g:* x', {
    clearProcessLogs: (name: string) => (name === 'x' ? ok() : bad()),
  });
  assert.deepEqual([shown.status, shown.out], [1, 'g:*: ERROR (no such process)\nx: cleared\n']);
});

test('signal: not running is a failure here', async () => {
  const shown = await run('signal HUP g:x', { signalProcess: fault(70, 'NOT_RUNNING: g:x') });
  assert.deepEqual([shown.status, shown.out], [7, 'g:x: ERROR (not running)\n']);
  assert.deepEqual(shown.calls.slice(1), ['signalProcess(g:x, HUP)']);
});

test('names that are missing: what is wrong, the help, and the status of supervisorctl', async () => {
  for (const [line, status] of [
    ['start', 2],
    ['stop', 1],
    ['restart', 1],
    ['clear', 1],
  ] as const) {
    const shown = await run(line, {});
    assert.equal(shown.status, status, line);
    assert.equal(shown.out, `Error: ${line} requires a process name\n${COMMANDS.get(line)?.help}\n`);
  }
});

test('a server that is not there is told in one line', async () => {
  const refused = { getVersion: unreachable('ECONNREFUSED') };
  const absent = { getVersion: unreachable('ENOENT') };
  for (const [line, answers, status, text] of [
    ['start x', refused, 4, 'refused connection'],
    ['version', absent, 7, 'no such file'],
    ['status', refused, 4, 'refused connection'],
    ['status', absent, 4, 'no such file'],
  ] as const) {
    const shown = await run(line, answers);
    assert.deepEqual([shown.status, shown.out], [status, `unix:///s.sock ${text}\n`], line);
  }
  const old = await run('pid', { getVersion: async () => '2.0' });
  assert.equal(old.status, 5);
  assert.match(old.out, /^Sorry, this version .* API version 3\.0, but the remote version is 2\.0\.\n$/);
  const bare = await run('pid', { getVersion: fault(1, 'UNKNOWN_METHOD') });
  assert.equal(bare.status, 3);
  assert.match(bare.out, /^Sorry, supervisord responded but did not recognize the supervisor namespace/);
});

test('the unexpected is one line, never a stack trace', async () => {
  const stopping = await run('start x', { getVersion: fault(6, 'SHUTDOWN_STATE') });
  assert.deepEqual([stopping.status, stopping.out], [1, "error: <Fault 6: 'SHUTDOWN_STATE'>\n"]);
  const broken = await run('update', {
    reloadConfig: fault(92, "CANT_REREAD: it's broken"),
  });
  assert.deepEqual([broken.status, broken.out], [1, `error: <Fault 92: "CANT_REREAD: it's broken">\n`]);
  const reset = await run('reread', { reloadConfig: unreachable('ECONNRESET') });
  assert.deepEqual([reset.status, reset.out], [1, 'error: connection of the test\n']);
});

test('status: 3 when something is down, 4 for an unknown name alone', async () => {
  const getAllProcessInfo = async () => [
    process,
    { ...process, name: 'y', group: 'y', state: 200, statename: 'FATAL' },
  ];
  assert.equal((await run('status x', { getAllProcessInfo })).status, 0);
  assert.equal((await run('status nope x', { getAllProcessInfo })).status, 4);
  assert.equal((await run('status nope y', { getAllProcessInfo })).status, 3);
});

test('pid: 0 is printed and told', async () => {
  const getProcessInfo = async (name: string) =>
    name === 'nope' ? fault(10, 'BAD_NAME: nope')() : { ...process, pid: name === 'x' ? 5 : 0 };
  const shown = await run('pid x down nope', { getProcessInfo });
  assert.deepEqual([shown.status, shown.out], [1, '5\n0\nNo such process nope\n']);
  assert.equal((await run('pid down', { getProcessInfo })).status, 7);
  assert.equal((await run('pid', { getPID: async () => 99 })).out, '99\n');
});

test('shutdown: already under way is fine, a server that is gone is not', async () => {
  const twice = await run('shutdown', { shutdown: fault(6, 'SHUTDOWN_STATE') });
  assert.deepEqual([twice.status, twice.out], [0, 'ERROR: already shutting down\n']);
  const gone = await run('shutdown', { shutdown: unreachable('ENOENT') });
  assert.deepEqual([gone.status, gone.out], [1, 'ERROR: unix:///s.sock no such file (already shut down?)\n']);
  assert.deepEqual(gone.calls, ['shutdown()']);
});

test('update: removed, changed, added, in this order', async () => {
  const shown = await run('update', {
    reloadConfig: async () => [[['new'], ['mod'], ['old']]],
    stopProcessGroup: async () => [],
    removeProcessGroup: ok,
    addProcessGroup: ok,
  });
  assert.equal(
    shown.out,
    'old: stopped\nold: removed process group\nmod: stopped\nmod: updated process group\nnew: added process group\n',
  );
  const stuck = await run('update old', {
    reloadConfig: async () => [[['new'], [], ['old']]],
    getAllProcessInfo: async () => [{ ...process, group: 'old' }],
    stopProcessGroup: async () => [result('old', 30, 'FAILED: no')],
  });
  assert.deepEqual([stuck.status, stuck.out], [1, 'old: stopped\nold: has problems; not removing\n']);
});

test('add and remove have their own words', async () => {
  assert.deepEqual(
    await run('add x', { addProcessGroup: fault(90, 'ALREADY_ADDED: x') }).then(({ status, out }) => [
      status,
      out,
    ]),
    [0, 'ERROR: process group already active\n'],
  );
  assert.deepEqual(
    await run('remove x', { removeProcessGroup: fault(91, 'STILL_RUNNING: x') }).then(({ status, out }) => [
      status,
      out,
    ]),
    [1, 'ERROR: process/group still running: x\n'],
  );
});

test('tail -f: a stream that cannot be had is told on standard error, exit 0', async () => {
  const missing = await run(
    'tail -f x',
    {},
    {
      stream: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(failing({ kind: 'http-status', status: 404, reason: 'Not Found' })),
        }),
      }),
    },
  );
  assert.equal(missing.status, 0);
  assert.equal(missing.out, '==> Press Ctrl-C to exit <==\n');
  assert.equal(missing.err, 'unix:///s.sock/logtail/x/stdout Cannot read, status code 404\n');
});

test('tail -f: a name may be percent-encoded', async () => {
  const asked: string[] = [];
  const stream = (path: string): AsyncIterable<Uint8Array> => {
    asked.push(path);
    return Readable.from([]);
  };
  for (const name of ['g%3Ax', 'żółw', 'a%20b', 'sp%ct', '%ff']) await run(`tail -f ${name}`, {}, { stream });
  assert.deepEqual(
    asked,
    ['g:x', 'żółw', 'a b', 'sp%ct', '%ff'].map((name) => `/logtail/${name}/stdout`),
  );
});

test('unknown commands and blank lines', async () => {
  const shown = await run('frobnicate all of it', {});
  assert.deepEqual([shown.status, shown.out], [1, '*** Unknown syntax: frobnicate all of it\n']);
  for (const name of ['constructor', '__proto__', 'toString']) assert.equal((await run(name, {})).status, 1);
  assert.deepEqual(await run(' ', {}), { status: 0, out: '', err: '', calls: [] });
});

test('authentication: one line more without a user, a question with one', async () => {
  const getAllProcessInfo = async () => [process];
  const closed = await run('status', { getAllProcessInfo }, { wants: 'u:p' });
  assert.equal(closed.status, 1);
  assert.match(closed.out, /^Server requires authentication\nerror: .*\n$/);
  const open = await run('', { getAllProcessInfo }, { wants: 'u:p', typed: ['u', 'p', 'quit'] });
  assert.equal(open.status, 0);
  assert.match(
    open.out,
    /^Server requires authentication\nUsername:Password:\nx +RUNNING {3}pid 5\nsupervisor> \n$/,
  );
  const tired = await run('', { getAllProcessInfo }, { wants: 'u:p', typed: [] });
  assert.equal(tired.status, 0);
});

test('the shell: status first, then what is typed, and 0 in the end', async () => {
  const getAllProcessInfo = async () => [process];
  const shown = await run(
    '',
    { getAllProcessInfo, startProcess: fault(10, 'BAD_NAME: x') },
    {
      typed: ['', 'start x', 'exit', 'never'],
    },
  );
  assert.equal(shown.status, 0);
  assert.match(
    shown.out,
    /^x +RUNNING.*\nsupervisor> supervisor> x: ERROR \(no such process\)\nsupervisor> \n$/,
  );
});

test('EOF is a word that leaves, and is told nowhere', async () => {
  const getAllProcessInfo = async () => [process];
  const shown = await run('', { getAllProcessInfo }, { typed: ['eof', 'EOF now', 'never'] });
  assert.match(shown.out, /^x .*\nsupervisor> \*\*\* Unknown syntax: eof\nsupervisor> \n$/);
  assert.deepEqual(await run('EOF', {}), { status: 0, out: '\n', err: '', calls: [] });
  assert.equal((await run('help EOF', {})).out, '*** No help on EOF\n');
  assert.ok(!(await run('help', {})).out.includes('EOF'));
});

test('Ctrl-C ends the shell at once, at its prompt and at any question, with nothing else said', async () => {
  const getAllProcessInfo = async () => [];
  for (const [typed, shown] of [
    [[CTRL_C, 'never'], 'supervisor> \n'],
    [['shutdown', CTRL_C, 'never'], /^supervisor> Really shut .* y\/N\? \n$/],
    [['reload', CTRL_C, 'never'], /^supervisor> Really restart .* y\/N\? \n$/],
  ] as const) {
    const { status, out, calls } = await run('', { getAllProcessInfo }, { typed });
    assert.match(out, new RegExp(shown));
    assert.deepEqual([status, calls.at(-1)], [0, 'getAllProcessInfo()']);
  }
  for (const typed of [[CTRL_C], ['u', CTRL_C]]) {
    const { status, out } = await run(
      '',
      { getAllProcessInfo },
      { wants: 'u:p', typed: [...typed, 'never'] },
    );
    assert.match(out, /^Server requires authentication\nUsername:(Password:)?\n$/);
    assert.equal(status, 0);
  }
});

test('Ctrl-C at the question of a single action is told by the exit status', async () => {
  const shown = await run('shutdown', {}, { typed: [CTRL_C], options: { interactive: true } });
  assert.deepEqual([shown.status, shown.calls], [130, []]);
});

test('the shell asks before it ends a daemon', async () => {
  const answers = { getAllProcessInfo: async () => [], shutdown: ok, restart: ok };
  const no = await run('', answers, { typed: ['shutdown', 'n', 'reload', ''] });
  assert.ok(!no.calls.includes('shutdown()') && !no.calls.includes('restart()'));
  const yes = await run('', answers, { typed: ['shutdown', 'Yes', 'reload', 'y'] });
  assert.match(yes.out, /process down y\/N\? Shut down\n.*process y\/N\? Restarted supervisord\n/s);
  const asked = await run('shutdown', answers, { typed: ['n'], options: { interactive: true } });
  assert.deepEqual([asked.status, asked.calls], [0, []]);
});

test('fg: lines go in, and a process that ends ends it', async () => {
  let left = 2;
  const getProcessInfo = async () => ({ ...process, state: left-- > 0 ? 20 : 100 });
  const shown = await run(
    'fg x',
    { getProcessInfo, sendProcessStdin: ok },
    { typed: ['one', 'two', 'three'] },
  );
  assert.equal(shown.status, 0);
  assert.equal(shown.out, '==> Press Ctrl-C to exit <==\nProcess got killed\nExiting foreground\n');
  assert.equal(
    shown.calls.filter((call) => call.startsWith('send')).join(),
    'sendProcessStdin(x, one\n),sendProcessStdin(x, two\n)',
  );
});

test('fg refuses what it cannot attach to', async () => {
  assert.match((await run('fg', {})).out, /^ERROR: no process name supplied\nfg <name>/);
  assert.equal((await run('fg a b', {})).out, 'ERROR: too many process names supplied\n');
  const stopped = await run('fg x', { getProcessInfo: async () => ({ ...process, state: 0 }) });
  assert.deepEqual([stopped.status, stopped.out], [1, 'ERROR: process not running\n']);
});

test('open goes to another server and leaves the exit status alone', async () => {
  const getAllProcessInfo = async () => [{ ...process, state: 0, statename: 'STOPPED' }];
  assert.equal((await run('open http://other:9001', { getAllProcessInfo })).status, 0);
  const bad = await run('open ftp://x', {});
  assert.deepEqual([bad.status, bad.out], [1, 'ERROR: url must be http:// or unix://\n']);
});

test('every command has help, and the usage text names every command', async () => {
  const usage = formatUsage('heraldctl');
  const list = (await run('help', {})).out;
  for (const [name, command] of COMMANDS) {
    assert.ok(command.help.startsWith(name), name);
    assert.match(usage, new RegExp(`\\b${name}\\b`));
    assert.equal((await run(`help ${name}`, {})).out, `${command.help}\n`);
    if (name !== 'help') assert.match(list, new RegExp(`\\b${name}\\b`));
  }
  assert.deepEqual(await run('help nope', {}), {
    status: 0,
    out: '*** No help on nope\n',
    err: '',
    calls: [],
  });
  for (const option of [
    'configuration',
    'serverurl',
    'username',
    'password',
    'history_file',
    'interactive',
    'help',
  ])
    assert.match(usage, new RegExp(`--${option}\\b`));
});
