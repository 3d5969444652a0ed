import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { build } from 'esbuild';
import { call, createClient, RPC_METHOD_NAMES } from '../../src/sdk/client.ts';
import { needs, peer } from '../peers.ts';
import { Heraldd } from './heraldd-daemon.ts';
import { startSupervisord } from './supervisord-daemon.ts';

const PROGRAMS = `
[program:x]
command=/bin/cat
startsecs=0
stdout_logfile=FOLDER/x.out
[program:man]
command=/bin/cat
autostart=false
startsecs=0
[program:nofile]
command=/no/such/file
autostart=false
[program:quiet]
command=/bin/cat
autostart=false
stdout_logfile=NONE
`;
const READY = 'success: x entered RUNNING state';

interface Ended {
  readonly status: number | null;
  readonly out: string;
}

async function runProgram(program: string, args: readonly string[], typed = ''): Promise<Ended> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  child.stdin.end(typed);
  const out = await text(child.stdout);
  const [status] = await exited;
  return { status, out };
}

/** heraldctl as one file, as it is installed: it is run often here. */
const folder = await mkdtemp(path.join(os.tmpdir(), 'heraldctl-'));
const bundle = path.join(folder, 'heraldctl.mjs');
await build({
  entryPoints: [path.resolve(import.meta.dirname, '../../src/daemon/heraldctl.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: bundle,
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});
after(() => rm(folder, { recursive: true }));

const heraldctl = (args: readonly string[], typed?: string) =>
  runProgram(process.execPath, [bundle, ...args], typed);
const supervisorctl = (args: readonly string[], typed?: string) =>
  runProgram(peer('supervisorctl') ?? 'supervisorctl', args, typed);

/** Commands whose output is the same each time. What they do, they do twice without a difference. */
const COMMANDS = [
  'status man nope x:nope g:*',
  'pid man nope',
  'start x nofile nope',
  'start nope:*',
  'stop man nope:* nope',
  'signal BOGUS x',
  'signal HUP man',
  'restart x',
  'tail x',
  'tail quiet',
  'tail x sideways',
  'clear x',
  'avail',
  'reread',
  'update',
  'update nope',
  'add x nope',
  'remove x nope',
  'version',
  'open ftp://nowhere',
  'fg man',
  'fg nope',
  'fg x y',
  'pid nope:*',
  'status nope:*',
  'signal sigcont x',
  'signal 99 x',
  'tail -0 x',
  'maintail -x',
  'clear x nope',
  'frobnicate x',
  'help',
  'help nope',
  'quit',
];

test(
  'the same words: the same lines and the same exit status',
  needs('supervisord', 'supervisorctl'),
  async () => {
    await using daemon = await startSupervisord(PROGRAMS, READY);
    await writeFile(path.join(daemon.folder, 'x.out'), 'zażółć 🐢\n');
    for (const command of COMMANDS) {
      const args = ['-c', daemon.config, ...command.split(' ')];
      assert.deepEqual(await heraldctl(args), await supervisorctl(args), command);
    }
  },
);

test(
  'supervisorctl follows a log of heraldd whose name is beyond ASCII',
  needs('supervisorctl'),
  async () => {
    const program = '[program:żółw]\ncommand=/bin/echo zażółć 🐢\nautorestart=false\nstartsecs=0';
    await using daemon = await Heraldd.start(`${program}\nstdout_logfile=FOLDER/z.out`);
    await daemon.logged('exited: żółw');
    const url = `unix://${daemon.folder}/h.sock`;
    const child = spawn(peer('supervisorctl') ?? 'supervisorctl', ['-s', url, 'tail', '-f', 'żółw'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    let out = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      out += chunk;
      if (out.endsWith('🐢\n')) child.kill();
    }
    assert.equal(out, '==> Press Ctrl-C to exit <==\nzażółć 🐢\n');
    await exited;
  },
);

test('a shell on a pipe: the same conversation', needs('supervisord', 'supervisorctl'), async () => {
  await using daemon = await startSupervisord(PROGRAMS, READY);
  const typed = 'start man\nstop man\n\nfrobnicate\nshutdown\nn\nstatus nope\n';
  const conversation = async (run: typeof heraldctl) => {
    const { status, out } = await run(['-c', daemon.config], typed);
    // What runs shows for how long, and what is stopped since when, to the minute.
    const steady = out.replace(/uptime \S+/, 'uptime').replace(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/, 'then');
    return { status, out: steady };
  };
  // Once more for both, since man then has been stopped before.
  await heraldctl(['-c', daemon.config, 'start', 'man']);
  await heraldctl(['-c', daemon.config, 'stop', 'man']);
  assert.deepEqual(await conversation(heraldctl), await conversation(supervisorctl));
});

test('no server: the same line and status', needs('supervisorctl'), async () => {
  for (const url of ['unix:///no/such.sock', 'http://127.0.0.1:1']) {
    for (const command of ['status', 'start x', 'shutdown']) {
      const args = ['-s', url, ...command.split(' ')];
      assert.deepEqual(await heraldctl(args), await supervisorctl(args), `${command} ${url}`);
    }
  }
});

test('the client against supervisord', needs('supervisord'), async () => {
  await using daemon = await startSupervisord(PROGRAMS, READY);
  const { supervisor, system, multicall } = createClient({ url: daemon.url });
  assert.deepEqual(await system.listMethods(), RPC_METHOD_NAMES);
  assert.deepEqual(await supervisor.getState(), { statecode: 1, statename: 'RUNNING' });
  assert.equal((await supervisor.getProcessInfo('x')).statename, 'RUNNING');
  await assert.rejects(supervisor.startProcess('x'), { name: 'ALREADY_STARTED', detail: 'x' });
  const [pid, nope] = await multicall([call('supervisor.getPID'), call('supervisor.stopProcess', 'nope')]);
  assert.equal(pid.value, await supervisor.getPID());
  assert.equal(nope.fault?.name, 'BAD_NAME');
});

test('text with control characters and beyond ASCII goes there and back', needs('supervisord'), async () => {
  await using daemon = await startSupervisord(PROGRAMS, READY);
  const client = createClient({ url: daemon.url, keepAlive: true });
  const line = '\x1b[31mred\x1b[0m <&]]> é 🐢\n';
  await client.supervisor.sendProcessStdin('x', line);
  let seen = '';
  for await (const chunk of client.followProcessLog('x')) {
    seen += Buffer.from(chunk).toString();
    if (seen.endsWith('\n')) break;
  }
  assert.equal(seen, line);
  assert.equal(await client.supervisor.readProcessStdoutLog('x', 0, 0), line);
  client.close();
});
