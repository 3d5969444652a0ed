import type { Contender } from './contenders.ts';
import { childEnvironment, fixture, withDaemon } from './harness.ts';
import { encodeRemoteEvents, RpcSocket } from './rpc-socket.ts';

const EVENTS_PER_REQUEST = 250;
const PATIENCE_MS = 300_000;

/** One measurement of draining full queues. Each pool has one listener process and gets every event. */
export interface Drain {
  readonly pools: number;
  readonly events: number;
  readonly listener: 'raw_listener.py' | 'childutils_listener.py';
  /** Herald's key of the listener section; supervisord does not know it and passes over it. */
  readonly prefetch: number;
  readonly python: string;
}

/**
 * Queues the events while the listeners wait at a gate, opens the gate, and gives deliveries per second from then
 * until the last listener has written its last answer. Making the events is no part of the time, so that neither the
 * sender nor the XML-RPC server can be the bottleneck.
 */
export function drainedPerSecond(contender: Contender, drain: Drain): Promise<number> {
  return withDaemon(
    contender,
    (dir) => poolSections(dir, drain),
    async ({ reports, socketPath }) => {
      for (let pool = 0; pool < drain.pools; pool += 1) await reports.next('waiting');
      await queueEvents(socketPath, drain.events);
      const openedAt = process.hrtime.bigint();
      reports.openGate();
      let endedAt = openedAt;
      for (let pool = 0; pool < drain.pools; pool += 1) {
        const { at } = await reports.next('done', PATIENCE_MS);
        if (at > endedAt) endedAt = at;
      }
      return (drain.pools * drain.events) / (Number(endedAt - openedAt) / 1e9);
    },
  );
}

async function queueEvents(socketPath: string, count: number): Promise<void> {
  const rpc = await RpcSocket.connect(socketPath);
  for (let left = count; left > 0; left -= EVENTS_PER_REQUEST) {
    const data = Array.from({ length: Math.min(left, EVENTS_PER_REQUEST) }, (_, nth) =>
      `event ${left - nth} `.padEnd(64, '.'),
    );
    const answer = Buffer.concat(await rpc.exchange(encodeRemoteEvents('bench', data))).toString();
    if (answer.includes('faultCode'))
      throw new Error(`an event was refused: ${answer.replace(/\s+/g, ' ').slice(0, 500)}`);
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
buffer_size=${drain.events + 1000}
prefetch=${drain.prefetch}
startsecs=0
environment=${childEnvironment(dir, { BENCH_EVENTS: drain.events })}
`,
  );
  return sections.join('');
}
