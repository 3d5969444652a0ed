import { open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment, type Daemon, elapsedMs, fixture, withDaemon } from '../harness.ts';
import { readCpuSeconds } from '../proc.ts';
import type { Row } from '../row.ts';
import { encodeCall, RpcSocket } from '../rpc-socket.ts';

const MEGABYTES = 256;
const QUICK_MEGABYTES = 64;
const END_MARKER = 'END-OF-OUTPUT\n';
const PATIENCE_MS = 30_000;

/**
 * One child writes as fast as its pipe takes it into a rotated log file. The time is the writer's own, from its first
 * write to its last, which the pipe's 64 KB hold back from the daemon's by nothing that matters.
 */
export const log: Row = {
  name: 'log',
  summary: `one child writes ${MEGABYTES} MB to a log file with rotation; getState meanwhile`,
  figures: [
    { title: 'log throughput', from: 'throughput', take: 'median', unit: 'MB/s', target: 'no worse' },
    { title: 'daemon CPU per 100 MB of log', from: 'cpu', take: 'median', unit: 's', target: 'no worse' },
    { title: 'getState meanwhile, median', from: 'latency', take: 'median', unit: 'ms', target: 'no worse' },
    { title: 'getState meanwhile, p99', from: 'latency', take: 'p99', unit: 'ms', target: 'no worse' },
  ],
  steps: [
    (contender, { quick, python }) => {
      const megabytes = quick ? QUICK_MEGABYTES : MEGABYTES;
      return withDaemon(
        contender,
        (dir) => writerSection(dir, python, megabytes),
        (daemon) => measureWriter(daemon, megabytes),
      );
    },
  ],
};

async function measureWriter(daemon: Daemon, megabytes: number) {
  const rpc = await RpcSocket.connect(daemon.socketPath);
  const cpuBefore = await readCpuSeconds(daemon.pid);
  const beginning = daemon.reports.next('began');
  await rpc.call('supervisor.startProcess', 'writer', 'x');
  const began = await beginning;
  const done = new AbortController();
  const asking = askMeanwhile(rpc, done.signal);
  const ended = await daemon.reports.next('ended');
  done.abort();
  const latency = await asking;
  await awaitEndMarker(path.join(daemon.dir, 'writer.log'));
  const cpu = (await readCpuSeconds(daemon.pid)) - cpuBefore;
  rpc.close();
  return {
    throughput: [megabytes / (elapsedMs(began.at, ended.at) / 1000)],
    cpu: [(cpu / megabytes) * 100],
    latency,
  };
}

async function askMeanwhile(rpc: RpcSocket, done: AbortSignal): Promise<number[]> {
  const request = encodeCall('supervisor.getState');
  const latency: number[] = [];
  while (!done.aborted) {
    const asked = performance.now();
    await rpc.exchange(request);
    latency.push(performance.now() - asked);
    await delay(5);
  }
  return latency;
}

/** The last line the child wrote has to be in the file (or the one just rotated away): output is not lost. */
async function awaitEndMarker(file: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await endsWithMarker(file)) && !(await endsWithMarker(`${file}.1`))) {
    if (Date.now() > deadline) throw new Error('the end of the output is not in the log: output was lost');
    await delay(20);
  }
}

async function endsWithMarker(file: string): Promise<boolean> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - END_MARKER.length);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(END_MARKER.length),
      0,
      END_MARKER.length,
      from,
    );
    return buffer.toString('latin1', 0, bytesRead) === END_MARKER;
  } finally {
    await handle.close();
  }
}

function writerSection(dir: string, python: string, megabytes: number): string {
  return `
[program:writer]
command=${python} ${fixture('log_writer.py')}
autostart=false
autorestart=false
startsecs=0
stdout_logfile=${dir}/writer.log
stdout_logfile_maxbytes=50MB
stdout_logfile_backups=1
environment=${childEnvironment(dir, { BENCH_MEGABYTES: megabytes })}
`;
}
