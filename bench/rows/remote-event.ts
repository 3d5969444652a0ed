import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment, elapsedMs, fixture, withDaemon } from '../harness.ts';
import type { Row } from '../row.ts';
import { RpcSocket } from '../rpc-socket.ts';

/** From the moment a client writes sendRemoteCommEvent to the moment a waiting listener has read the event. */
export const remoteEvent: Row = {
  name: 'remote-event',
  summary: 'sendRemoteCommEvent over a keep-alive connection to a listener that waits',
  figures: [
    { title: 'remote event to listener, median', from: 'latency', take: 'median', unit: 'ms' },
    { title: 'remote event to listener, p99', from: 'latency', take: 'p99', unit: 'ms' },
  ],
  steps: [
    (contender, setting) =>
      withDaemon(
        contender,
        (dir) => listener(dir, setting.python),
        async (daemon) => {
          const rpc = await RpcSocket.connect(daemon.socketPath);
          const send = async () => {
            const arrival = daemon.reports.next('REMOTE_COMMUNICATION');
            const sentAt = process.hrtime.bigint();
            const [arrived] = await Promise.all([
              arrival,
              rpc.call('supervisor.sendRemoteCommEvent', 'bench', 'data'),
            ]);
            // The listener's OK is still on its way; the next event shall find it READY again.
            await delay(5 + Math.random() * 10);
            return elapsedMs(sentAt, arrived.at);
          };
          const latency: number[] = [];
          for (let warmUp = 0; warmUp < 20; warmUp += 1) await send();
          for (let left = setting.quick ? 50 : 200; left > 0; left -= 1) latency.push(await send());
          rpc.close();
          return { latency };
        },
      ),
  ],
};

function listener(dir: string, python: string): string {
  return `
[eventlistener:stamp]
command=${python} ${fixture('stamp_listener.py')}
events=REMOTE_COMMUNICATION
startsecs=0
environment=${childEnvironment(dir)}
`;
}
