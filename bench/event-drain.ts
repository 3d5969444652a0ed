import type { Contender } from './contenders.ts';
import { childEnvironment, type Daemon, fixture, withDaemon } from './harness.ts';
import { readActivity } from './proc.ts';
import type { Report } from './reports.ts';
import { encodeRemoteEvents, RpcSocket } from './rpc-socket.ts';

const EVENTS_PER_REQUEST = 250;
const PATIENCE_MS = 300_000;

/** One measurement of draining full queues. Each pool has one listener process and gets every event. */
export interface Drain {
  readonly pools: number;
  /** Events in the queue of each pool when the gate opens. */
  readonly queued: number;
  /** How often the queues are filled and drained. */
  readonly batches: number;
  readonly listener: 'raw_listener.py' | 'childutils_listener.py';
  /** Herald's key of the listener section; supervisord does not know it and passes over it. */
  readonly prefetch: number;
  readonly python: string;
}

/** A sample per batch. */
export interface DrainSamples {
  /** Deliveries, to all pools together, per second. */
  readonly perSecond: number[];
  /** Processor time of the daemon per delivery in microseconds. */
  readonly cpuPerEvent: number[];
}

/**
 * Queues events while the listeners wait at a gate, opens the gate, and takes the time until the last listener has
 * written its last answer; then again. Making the events is no part of the time, so neither the sender nor the XML-RPC
 * server can be the bottleneck.
 */
export function drainQueues(contender: Contender, drain: Drain): Promise<DrainSamples> {
  return withDaemon(
    contender,
    (dir) => poolSections(dir, drain),
    async (daemon) => {
      const perSecond: number[] = [];
      const cpuPerEvent: number[] = [];
      const deliveries = drain.pools * drain.queued;
      await allAtGate(daemon, drain.pools);
      for (let batch = 0; batch < drain.batches; batch += 1) {
        await queueEvents(daemon.socketPath, drain.queued);
        const before = await readActivity(daemon.pid);
        daemon.reports.openGate();
        const finished = await allAtGate(daemon, drain.pools);
        const after = await readActivity(daemon.pid);
        perSecond.push(deliveries / secondsOf(finished));
        cpuPerEvent.push(((after.cpuMs - before.cpuMs) * 1000) / deliveries);
      }
      return { perSecond, cpuPerEvent };
    },
  );
}

async function allAtGate({ reports }: Daemon, pools: number): Promise<Report[]> {
  const arrived: Report[] = [];
  while (arrived.length < pools) arrived.push(await reports.next('at-gate', PATIENCE_MS));
  return arrived;
}

/** Each listener says `BEGAN ENDED` about the batch behind it; the whole took from the first begin to the last end. */
function secondsOf(finished: readonly Report[]): number {
  const spans = finished.map(({ text }) => text.split(' ').map(Number));
  const began = Math.min(...spans.map(([from]) => from ?? Number.NaN));
  const ended = Math.max(...spans.map(([, to]) => to ?? Number.NaN));
  return (ended - began) / 1e9;
}

async function queueEvents(socketPath: string, count: number): Promise<void> {
  const rpc = await RpcSocket.connect(socketPath);
  for (let left = count; left > 0; left -= EVENTS_PER_REQUEST) {
    const size = Math.min(left, EVENTS_PER_REQUEST);
    const data = Array.from({ length: size }, (_, nth) => `event ${left - nth} `.padEnd(64, '.'));
    const answer = Buffer.concat(await rpc.exchange(encodeRemoteEvents('bench', data))).toString();
    if (answer.includes('faultCode')) throw new Error(`an event was refused: ${answer.slice(0, 500)}`);
  }
  rpc.close();
}

function poolSections(dir: string, drain: Drain): string {
  const sections = Array.from(
    { length: drain.pools },
    (_, pool) => `
[eventlistener:pool${pool}]
command=${drain.python} ${fixture(drain.listener)}
events=REMOTE_COMMUNICATION
buffer_size=${drain.queued + 1000}
prefetch=${drain.prefetch}
startsecs=0
environment=${childEnvironment(dir, { BENCH_EVENTS: drain.queued })}
`,
  );
  return sections.join('');
}
