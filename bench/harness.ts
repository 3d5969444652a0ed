import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Contender, PROJECT_ROOT } from './contenders.ts';
import { LogWatch } from './log-watch.ts';
import { readChildren } from './proc.ts';
import { Reports } from './reports.ts';
import { RpcSocket } from './rpc-socket.ts';

const START_PATIENCE_MS = 30_000;
const STOP_PATIENCE_MS = 30_000;

/** A daemon in the foreground, with its temp folder and the side channel of its children. */
export interface Daemon {
  readonly pid: number;
  readonly dir: string;
  readonly socketPath: string;
  readonly reports: Reports;
  /** When the daemon's process was made; CLOCK_MONOTONIC, nanoseconds. */
  readonly startedAt: bigint;
  readonly log: LogWatch;
  /** Settles when the daemon's process has ended. */
  readonly ended: Promise<void>;
}

export interface StartOptions {
  /**
   * Whether to wait for an answer on the socket first. supervisord's loop wakes up for the question, which changes
   * when it starts its programs, so a row that measures the start does without.
   */
  readonly awaitSocket?: boolean;
  /** More variables for the daemon; its programs inherit them. */
  readonly environment?: (dir: string) => NodeJS.ProcessEnv;
}

/**
 * Starts `contender -n -c FILE` with the given sections (the daemon's own are added), runs `use`, and ends the daemon
 * and its children by pid whatever happens.
 */
export async function withDaemon<T>(
  contender: Contender,
  sections: (dir: string) => string,
  use: (daemon: Daemon) => Promise<T>,
  options: StartOptions = {},
): Promise<T> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'herald-bench-'));
  const reports = new Reports();
  try {
    await reports.listen(reportPath(dir));
    const file = path.join(dir, 'daemon.conf');
    await writeFile(file, daemonSections(dir) + sections(dir));
    const { child, daemon } = launch(contender, file, reports, options.environment?.(dir));
    try {
      if (options.awaitSocket !== false) await awaitAnswer(daemon, child);
      return await use(daemon);
    } finally {
      await end(child);
    }
  } finally {
    reports.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** The value of `environment=` that tells a child where to report, with more pairs after it. */
export function childEnvironment(dir: string, more: Readonly<Record<string, string | number>> = {}): string {
  const pairs = Object.entries({ BENCH_REPORT: reportPath(dir), ...more });
  return pairs.map(([key, value]) => `${key}="${value}"`).join(',');
}

export function fixture(name: string): string {
  return path.join(PROJECT_ROOT, 'bench', 'fixtures', name);
}

/** Milliseconds between two readings of the monotonic clock. */
export function elapsedMs(from: bigint, to: bigint): number {
  return Number(to - from) / 1e6;
}

/** Sections for `count` programs that only sleep. Logs are off: with files for all, 1,024 descriptors are too few. */
export function sleepers(count: number): string {
  return `
[program:sleeper]
command=/bin/sleep 100000
process_name=%(program_name)s_%(process_num)03d
numprocs=${count}
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
`;
}

const alive = new Set<ChildProcess>();

/** Ends every daemon that still runs, for the moment the person at the keyboard interrupts the measurement. */
export async function endAll(): Promise<void> {
  await Promise.all([...alive].map(end));
}

function launch(contender: Contender, file: string, reports: Reports, more: NodeJS.ProcessEnv = {}) {
  const dir = path.dirname(file);
  const [program, ...args] = contender.command;
  const env = { PATH: process.env.PATH, HOME: os.homedir(), LANG: 'C.UTF-8', TMPDIR: os.tmpdir(), ...more };
  const log = new LogWatch();
  const startedAt = process.hrtime.bigint();
  const child = spawn(program, [...args, '-n', '-c', file], {
    cwd: PROJECT_ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  for (const stream of [child.stdout, child.stderr]) splitLines(stream, log);
  child.on('error', (why) => reports.fail(why));
  child.on('exit', (code, signal) => {
    alive.delete(child);
    reports.fail(new Error(`${contender.name} ended (${signal ?? code}); its last lines:\n${log.recent()}`));
  });
  const ended = once(child, 'exit').then(() => undefined);
  ended.catch(() => undefined);
  const socketPath = rpcPath(dir);
  const daemon: Daemon = { pid: child.pid ?? 0, dir, socketPath, reports, startedAt, log, ended };
  return { child, daemon };
}

function splitLines(stream: NodeJS.ReadableStream, log: LogWatch): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const at = process.hrtime.bigint();
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log.feed(line, at);
  });
}

async function awaitAnswer(daemon: Daemon, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_PATIENCE_MS;
  for (;;) {
    try {
      const rpc = await RpcSocket.connect(daemon.socketPath);
      await rpc.call('supervisor.getState');
      rpc.close();
      return;
    } catch (cause) {
      if (hasEnded(child) || Date.now() > deadline) {
        throw new Error(`the daemon does not answer; its last lines:\n${daemon.log.recent()}`, { cause });
      }
      await delay(25);
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const children = await readChildren(child.pid);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const stubborn = setTimeout(() => {
    child.kill('SIGKILL');
    for (const pid of children) killQuietly(pid);
  }, STOP_PATIENCE_MS);
  if (!hasEnded(child)) await ended;
  clearTimeout(stubborn);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already, which is what we want.
  }
}

function rpcPath(dir: string): string {
  return path.join(dir, 'rpc.sock');
}

function reportPath(dir: string): string {
  return path.join(dir, 'report.sock');
}

/** A log, a unix socket and the RPC interface; nothing is started. */
export function daemonSections(dir: string): string {
  return `[supervisord]
logfile=${dir}/daemon.log
pidfile=${dir}/daemon.pid
childlogdir=${dir}
loglevel=info

[unix_http_server]
file=${rpcPath(dir)}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
`;
}
