import path from 'node:path';
import { childEnvironment, type Daemon, elapsedMs, fixture, withDaemon } from '../harness.ts';
import { askMeanwhile, awaitEndMarker } from '../log-traffic.ts';
import { readCpuSeconds } from '../proc.ts';
import type { Row } from '../row.ts';
import { RpcSocket } from '../rpc-socket.ts';

const MEGABYTES = 256;
const QUICK_MEGABYTES = 64;

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
