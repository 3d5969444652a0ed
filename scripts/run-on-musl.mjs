/**
 * Runs heraldd on musl, on a machine that has glibc and no Node for musl:
 *
 *   node scripts/run-on-musl.mjs           a tour through what heraldd asks of the C library
 *   node scripts/run-on-musl.mjs --keep    keeps what it takes, and prints the command line of this heraldd
 *
 * There is no Node for musl in the npm registry, but there is Bun for musl, which loads koffi's binary for musl. Bun
 * wants a libstdc++; Debian's serves, with the few names of glibc that musl lacks (scripts/musl/glibc-names.c). Bun
 * does not read a pipe's descriptor as Node does, so a stand-in does that (scripts/musl/pipe-socket.mjs).
 * Everything else is heraldd as it is: what it calls in musl, how it starts, switches, signals and reaps.
 *
 * Exit status: 0 when all held, 1 when not, 3 when this machine lacks something, and a line that says what.
 */
import { strict as assert } from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const BUN = '@oven/bun-linux-x64-musl@1.4.5';
const LOADER = '/lib/ld-musl-x86_64.so.1';
const PATIENCE_MS = 15_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'herald-musl-'));
const keep = process.argv.includes('--keep');
try {
  if (process.arch !== 'x64') lacking('an x64 machine');
  const bun = setUp();
  await bundle();
  const command = { file: bun, args: [join(folder, 'dist/heraldd.js')] };
  await tour(command);
  if (keep) console.log(`LD_LIBRARY_PATH=${join(folder, 'lib')} ${command.file} ${command.args.join(' ')}`);
} finally {
  if (!keep) rmSync(folder, { recursive: true, force: true });
}

/** Brings Bun and the libraries that it wants. Gives the path of Bun. */
function setUp() {
  const lib = join(folder, 'lib');
  const packed = spawnSync('npm', ['pack', '--silent', BUN, '--pack-destination', folder], {
    encoding: 'utf8',
  });
  if (packed.status !== 0) lacking(`the package ${BUN}`);
  demand(
    spawnSync('tar', ['xzf', basename(packed.stdout.trim().split('\n').at(-1))], { cwd: folder }),
    'tar',
  );
  spawnSync('mkdir', ['-p', lib, join(folder, 'dist')]);
  for (const name of ['libstdc++.so.6', 'libgcc_s.so.1']) {
    const { stdout } = spawnSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' });
    const found = [
      stdout?.trim() ?? '',
      `/usr/lib/x86_64-linux-gnu/${name}`,
      `/lib/x86_64-linux-gnu/${name}`,
    ];
    const file = found.find((path) => path.startsWith('/') && spawnSync('test', ['-f', path]).status === 0);
    if (file === undefined) lacking(name);
    cpSync(file, join(lib, name), { dereference: true });
  }
  // The name under which musl is known on Alpine, and the one that Debian's libstdc++ asks for.
  symlinkSync(LOADER, join(lib, 'libc.musl-x86_64.so.1'));
  const shim = [join(root, 'scripts/musl/glibc-names.c'), '-o', join(lib, 'ld-linux-x86-64.so.2')];
  demand(spawnSync('musl-gcc', ['-shared', '-fPIC', '-O1', ...shim]), 'musl-gcc (Debian: musl-tools)');
  return join(folder, 'package/bin/bun');
}

async function bundle() {
  const standIn = JSON.stringify(join(root, 'scripts/musl/pipe-socket.mjs'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  await build({
    absWorkingDir: root,
    entryPoints: ['src/daemon/heraldd.ts'],
    outfile: join(folder, 'dist/heraldd.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi'],
    define: { HERALD_VERSION: JSON.stringify(version) },
    banner: {
      js: "import { createRequire as __require } from 'node:module'; const require = __require(import.meta.url);",
    },
    plugins: [
      {
        name: 'pipes',
        setup: (setup) =>
          setup.onLoad({ filter: /src\/host\/(pipes|background)\.ts$/ }, ({ path }) => ({
            loader: 'ts',
            resolveDir: dirname(path),
            contents: readFileSync(path, 'utf8').replace("from 'node:net'", `from ${standIn}`),
          })),
      },
    ],
  });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

async function tour({ file, args }) {
  const config = join(folder, 'supervisord.conf');
  const root = process.getuid() === 0;
  writeFileSync(config, configuration(root));
  const env = { ...process.env, LD_LIBRARY_PATH: join(folder, 'lib') };
  const daemon = spawn(file, [...args, '-n', '-c', config], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(daemon, 'exit');
  const overdue = setTimeout(() => daemon.kill('SIGKILL'), 4 * PATIENCE_MS);
  try {
    await seen('supervisord.log', /gave up: absent/);
    const maps = readFileSync(`/proc/${daemon.pid}/maps`, 'utf8');
    assert.match(maps, /ld-musl/, 'the process runs on musl');
    assert.match(maps, /musl_x64\/koffi\.node/, "koffi's binary for musl is loaded");
    assert.doesNotMatch(maps, /libc\.so\.6/, 'and nothing of glibc');
    said('musl, with koffi for musl');
    await children(root);
    await control(daemon.pid);
    daemon.kill('SIGTERM');
    const [status] = await ended;
    assert.equal(status, 0, 'heraldd ends with 0');
    await seen('supervisord.log', /stopped: stubborn \(terminated by SIGKILL\)/);
    said('SIGTERM: programs are stopped, the last one by SIGKILL; exit status 0');
  } catch (error) {
    console.error(`${error.message}\n--- supervisord.log\n${read('supervisord.log')}`);
    process.exitCode = 1;
  } finally {
    clearTimeout(overdue);
    if (daemon.exitCode === null) daemon.kill('SIGKILL');
  }
}

function configuration(root) {
  return `[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
loglevel=debug
childlogdir=%(here)s
minfds=1024
user=${root ? 'root' : ''}
[unix_http_server]
file=%(here)s/control
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:facts]
command=/bin/sh -c 'umask; pwd; id -u; id -G; cut -d" " -f1,5 /proc/self/stat; exec sleep 1000'
${root ? 'user=nobody' : ''}
umask=027
directory=/tmp
stdout_logfile=%(here)s/facts.log
[program:echo]
command=/bin/cat
stdout_logfile=%(here)s/echo.log
[program:absent]
command=%(here)s/no-such-program
startretries=0
[program:dies]
command=/bin/sh -c 'echo through > /dev/stdout; exit 3'
stdout_logfile=%(here)s/dies.log
startsecs=0
autorestart=false
[program:stubborn]
command=/bin/sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done'
stdout_logfile=%(here)s/stubborn.log
stopwaitsecs=1
killasgroup=true
[eventlistener:ears]
command=/bin/sh -c 'echo READY; while read header; do echo "$header" >> ears.txt; len=\${header##*len:}; head -c "\${len%%%% *}" > /dev/null; printf "RESULT 2\\nOKREADY\\n"; done'
directory=%(here)s
events=PROCESS_STATE_EXITED
`;
}

async function children(root) {
  const facts = await seen('facts.log', /^\d+ \d+$/m);
  const [umask, directory, uid, groups, stat] = facts.split('\n');
  assert.equal(umask, '0027');
  assert.equal(directory, '/tmp');
  if (root) assert.deepEqual([uid, groups], ['65534', '65534']);
  assert.match(stat, /^\d+ \d+$/);
  await seen('dies.log', /through/);
  said('a child has its umask, directory, user and groups, and can open /dev/stdout');
  await seen('supervisord.log', /exited: dies \(exit status 3; not expected\)/);
  await seen('ears.txt', /eventname:PROCESS_STATE_EXITED/);
  said('an exit is known with its status, and a listener is told');
}

async function control(pid) {
  const { createClient } = await import(pathToFileURL(join(root, 'dist/client.js')).href);
  const { supervisor } = createClient({ url: `unix://${join(folder, 'control')}` });
  assert.equal(await supervisor.getPID(), pid);
  await seen('supervisord.log', /success: echo/);
  const info = await supervisor.getProcessInfo('echo');
  const [, group] = /^\d+ \(.*\) \S \d+ (\d+)/.exec(readFileSync(`/proc/${info.pid}/stat`, 'utf8')) ?? [];
  assert.equal(Number(group), info.pid, 'a child leads its process group');
  await supervisor.sendProcessStdin('echo', 'there and back\n');
  await seen('echo.log', /there and back\n/);
  await supervisor.stopProcess('echo');
  assert.equal((await supervisor.getProcessInfo('echo')).statename, 'STOPPED');
  await supervisor.startProcess('echo');
  assert.equal((await supervisor.getProcessInfo('echo')).statename, 'RUNNING');
  const absent = await supervisor.getProcessInfo('absent');
  assert.equal(absent.statename, 'FATAL');
  await seen('stubborn.log', /ready/);
  said('XML-RPC over a unix socket: stdin, stop, start, a program that is not there');
}

function read(name) {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    // Not there yet.
    return '';
  }
}

/** The text of a file in the folder once it matches. */
function seen(name, pattern) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const text = read(name);
      if (!pattern.test(text)) return;
      stop();
      resolve(text);
    };
    const watcher = watch(folder, look);
    const overdue = setTimeout(() => {
      stop();
      reject(new Error(`${name} does not come to match ${pattern}; it holds ${JSON.stringify(read(name))}`));
    }, PATIENCE_MS);
    const stop = () => {
      clearTimeout(overdue);
      watcher.close();
    };
    look();
  });
}

function said(what) {
  console.log(`ok: ${what}`);
}

function demand({ status, stderr, error }, what) {
  if (error !== undefined) lacking(what);
  if (status !== 0) throw new Error(`${what} failed: ${stderr}`);
}

function lacking(what) {
  console.log(`NOT RUN ON MUSL: this machine lacks ${what}`);
  rmSync(folder, { recursive: true, force: true });
  process.exit(3);
}
