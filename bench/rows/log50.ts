import path from 'node:path';
import { childEnvironment, type Daemon, fixture, withDaemon } from '../harness.ts';
import { askMeanwhile, awaitEndMarker } from '../log-traffic.ts';
import { readActivity } from '../proc.ts';
import type { Report } from '../reports.ts';
import type { Figure, Row, Step } from '../row.ts';
import { RpcSocket } from '../rpc-socket.ts';

const WRITERS = 50;
const BATCHES = 3;
const PATIENCE_MS = 300_000;

interface Style {
  readonly name: string;
  /** Lines of 80 bytes that go out with one write. */
  readonly linesPerWrite: number;
  /** Of one child in one batch. */
  readonly megabytes: number;
}

/** Programs whose output is buffered, as most are into a pipe, and programs that write out every line. */
const STYLES: readonly Style[] = [
  { name: '4 KB writes', linesPerWrite: 51, megabytes: 8 },
  { name: 'line by line', linesPerWrite: 1, megabytes: 4 },
];

/**
 * Fifty children write at once, each into a rotated file of its own. The first batch of each daemon is not measured:
 * Herald's code is compiled in it, once in its life.
 */
export const log50: Row = {
  name: 'log50',
  summary: `${WRITERS} children write lines of 80 bytes at once; getState meanwhile`,
  figures: STYLES.flatMap(figuresOf),
  steps: STYLES.map(stepOf),
};

function figuresOf({ name }: Style): Figure[] {
  const figure = (title: string, from: string, more: Pick<Figure, 'take' | 'unit' | 'target'>): Figure => ({
    title: `${name}, ${title}`,
    from: `${name}, ${from}`,
    ...more,
  });
  const target = 'no worse';
  return [
    figure('throughput', 'throughput', { take: 'median', unit: 'MB/s', target }),
    figure('daemon CPU per 100 MB', 'cpu', { take: 'median', unit: 'ms', target }),
    figure('getState meanwhile, median', 'latency', { take: 'median', unit: 'ms', target }),
    figure('getState meanwhile, p99', 'latency', { take: 'p99', unit: 'ms', target }),
    figure('from the first child done to the last', 'spread', { take: 'median', unit: 'ms' }),
  ];
}

function stepOf(style: Style): Step {
  return (contender, { quick, python }) => {
    const megabytes = quick ? 1 : style.megabytes;
    return withDaemon(
      contender,
      (dir) => writerSection(dir, python, { ...style, megabytes }),
      async (daemon) => {
        const samples = await measureBatches(daemon, WRITERS * megabytes, quick ? 1 : BATCHES);
        const named = Object.entries(samples).map(([name, values]) => [`${style.name}, ${name}`, values]);
        return Object.fromEntries(named);
      },
    );
  };
}

async function measureBatches(daemon: Daemon, megabytes: number, batches: number) {
  const all = {
    throughput: [] as number[],
    cpu: [] as number[],
    spread: [] as number[],
    latency: [] as number[],
  };
  await allAtGate(daemon);
  await measureBatch(daemon, megabytes);
  for (let left = batches; left > 0; left -= 1) {
    const { throughput, cpu, spread, latency } = await measureBatch(daemon, megabytes);
    all.throughput.push(throughput);
    all.cpu.push(cpu);
    all.spread.push(spread);
    all.latency.push(...latency);
  }
  return all;
}

async function measureBatch(daemon: Daemon, megabytes: number) {
  const rpc = await RpcSocket.connect(daemon.socketPath);
  const before = await readActivity(daemon.pid);
  const done = new AbortController();
  daemon.reports.openGate();
  const asking = askMeanwhile(rpc, done.signal);
  const finished = await allAtGate(daemon);
  done.abort();
  const latency = await asking;
  for (let nth = 0; nth < WRITERS; nth += 1) await awaitEndMarker(logOf(daemon.dir, nth));
  const after = await readActivity(daemon.pid);
  rpc.close();
  const spans = finished.map(({ text }) => text.split(' ').map(Number));
  const began = Math.min(...spans.map(([from]) => from ?? Number.NaN));
  const ends = spans.map(([, to]) => to ?? Number.NaN);
  const ended = Math.max(...ends);
  return {
    throughput: megabytes / ((ended - began) / 1e9),
    cpu: ((after.cpuMs - before.cpuMs) / megabytes) * 100,
    spread: (ended - Math.min(...ends)) / 1e6,
    latency,
  };
}

/** Each writer says `BEGAN ENDED` about the batch behind it. */
async function allAtGate({ reports }: Daemon): Promise<Report[]> {
  const arrived: Report[] = [];
  while (arrived.length < WRITERS) arrived.push(await reports.next('at-gate', PATIENCE_MS));
  return arrived;
}

function logOf(dir: string, nth: number): string {
  return path.join(dir, `writer_${String(nth).padStart(2, '0')}.log`);
}

function writerSection(dir: string, python: string, { megabytes, linesPerWrite }: Style): string {
  return `
[program:writer]
command=${python} ${fixture('line_writer.py')}
process_name=%(program_name)s_%(process_num)02d
numprocs=${WRITERS}
startsecs=0
stdout_logfile=${dir}/%(program_name)s_%(process_num)02d.log
stdout_logfile_maxbytes=50MB
stdout_logfile_backups=1
environment=${childEnvironment(dir, { BENCH_MEGABYTES: megabytes, BENCH_LINES: linesPerWrite })}
`;
}
