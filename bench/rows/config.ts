import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { type Contender, PROJECT_ROOT } from '../contenders.ts';
import { type Daemon, daemonSections, elapsedMs, fixture, withDaemon } from '../harness.ts';
import { readCpuSeconds } from '../proc.ts';
import type { Row, Setting } from '../row.ts';
import { RpcSocket } from '../rpc-socket.ts';

const run = promisify(execFile);
const FILES = 50;
const PROGRAMS_PER_FILE = 40;
const PROGRAMS = FILES * PROGRAMS_PER_FILE;
const REPEATS = 5;
const REREADS = 5;
/** Between two looks for the socket: small beside what is measured, and no load on the daemon, which has no socket. */
const LOOK_MS = 2;
const PATIENCE_MS = 30_000;

/** A large configuration: from the process to the first answer, the reading alone, and reading it again. */
export const config: Row = {
  name: 'config',
  summary: `a configuration of ${PROGRAMS} programs in ${FILES} included files, none of them started`,
  figures: [
    {
      title: "first getState answered, from the daemon's start",
      from: 'answer',
      take: 'median',
      unit: 'ms',
      target: '<= 1/2',
    },
    { title: 'processor time until then', from: 'answerCpu', take: 'median', unit: 'ms' },
    {
      title: 'configuration read in a fresh process',
      from: 'load',
      take: 'median',
      unit: 'ms',
      target: '<= 1/2',
    },
    { title: 'processor time of that', from: 'loadCpu', take: 'median', unit: 'ms' },
    { title: 'reloadConfig, nothing changed', from: 'reread', take: 'median', unit: 'ms' },
  ],
  steps: [
    async (contender, setting) => {
      const [answer, answerCpu] = await repeated(setting, () =>
        withDaemon(contender, writeConfiguration, firstAnswer, { awaitSocket: false }),
      );
      return { answer, answerCpu };
    },
    async (contender, setting) => {
      const [load, loadCpu] = await measureLoad(contender, setting);
      return { load, loadCpu };
    },
    (contender) =>
      withDaemon(contender, writeConfiguration, async (daemon) => ({ reread: await measureRereads(daemon) })),
  ],
};

/** Milliseconds by the clock, and of the processor. */
type Times = readonly [number, number];

/** Writes the included files and returns the section that names them. */
function writeConfiguration(dir: string): string {
  const folder = path.join(dir, 'conf.d');
  mkdirSync(folder);
  for (let file = 0; file < FILES; file += 1) {
    const programs = Array.from({ length: PROGRAMS_PER_FILE }, (_, nth) => program(dir, `app${file}_${nth}`));
    writeFileSync(path.join(folder, `${file}.conf`), programs.join('\n'));
  }
  return '[include]\nfiles=conf.d/*.conf\n';
}

/** What people write for a service: a dozen options, some with names to expand. */
function program(dir: string, name: string): string {
  return `[program:${name}]
command=/usr/bin/env node %(here)s/server.js --name %(program_name)s --port 8080
directory=/tmp
environment=APP_NAME="%(program_name)s",APP_ENV="production",WORKERS="4"
autostart=false
autorestart=true
startsecs=5
stopwaitsecs=30
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile=${dir}/%(program_name)s.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=5
`;
}

async function firstAnswer(daemon: Daemon): Promise<Times> {
  const rpc = await connectSoon(daemon);
  await rpc.call('supervisor.getState');
  const answered = process.hrtime.bigint();
  rpc.close();
  return [elapsedMs(daemon.startedAt, answered), (await readCpuSeconds(daemon.pid)) * 1000];
}

async function connectSoon(daemon: Daemon): Promise<RpcSocket> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await RpcSocket.connect(daemon.socketPath);
    } catch (cause) {
      if (Date.now() > deadline)
        throw new Error(`the daemon does not answer; its last lines:\n${daemon.log.recent()}`, { cause });
      await delay(LOOK_MS);
    }
  }
}

/** In a process of its own each time: a daemon reads its configuration once, before anything in it is warm. */
async function measureLoad(contender: Contender, setting: Setting): Promise<[number[], number[]]> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'herald-bench-'));
  try {
    const file = path.join(dir, 'daemon.conf');
    writeFileSync(file, daemonSections(dir) + writeConfiguration(dir));
    const [command, ...args] = await loader(contender, setting, dir);
    return await repeated(setting, async () => {
      const { stdout } = await run(command, [...args, file]);
      const [programs, milliseconds, processor] = stdout.split(' ').map(Number);
      if (programs !== PROGRAMS || milliseconds === undefined || processor === undefined)
        throw new Error(`${contender.name} read ${stdout.trim()}, not ${PROGRAMS} programs`);
      return [milliseconds, processor];
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The command that reads the file behind it as this daemon does, and prints the number of programs and the time. */
async function loader({ name }: Contender, { python }: Setting, dir: string): Promise<[string, ...string[]]> {
  if (name === 'supervisord') return [python, fixture('load_config.py')];
  const outfile = path.join(dir, 'load-config.mjs');
  // Bundled as the daemon is.
  await build({
    ...{ absWorkingDir: PROJECT_ROOT, entryPoints: [fixture('load-config.ts')], outfile, bundle: true },
    ...{ platform: 'node', format: 'esm', target: 'node20', minifySyntax: true, minifyWhitespace: true },
  });
  return [process.execPath, outfile];
}

async function measureRereads(daemon: Daemon): Promise<number[]> {
  const rpc = await RpcSocket.connect(daemon.socketPath);
  const samples: number[] = [];
  for (let nth = 0; nth < REREADS; nth += 1) {
    const began = process.hrtime.bigint();
    await rpc.call('supervisor.reloadConfig');
    samples.push(elapsedMs(began, process.hrtime.bigint()));
  }
  rpc.close();
  return samples;
}

/** Each kind of time in a list of its own. */
async function repeated({ quick }: Setting, measure: () => Promise<Times>): Promise<[number[], number[]]> {
  const clock: number[] = [];
  const processor: number[] = [];
  for (let nth = 0; nth < (quick ? 1 : REPEATS); nth += 1) {
    const [milliseconds, used] = await measure();
    clock.push(milliseconds);
    processor.push(used);
  }
  return [clock, processor];
}
