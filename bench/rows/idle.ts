import { setTimeout as delay } from 'node:timers/promises';
import { sleepers, withDaemon } from '../harness.ts';
import { readActivity } from '../proc.ts';
import type { Row } from '../row.ts';

/** V8 tidies its heap once, some eight seconds after a process has gone quiet; after that nothing is left to do. */
const SETTLE_MS = 15_000;
const WATCH_MS = 5000;

/** What a daemon does when there is nothing to do: one program that sleeps, nobody asks, nobody wants ticks. */
export const idle: Row = {
  name: 'idle',
  summary: `wake-ups and CPU of an idle daemon over ${WATCH_MS / 1000} s, one program, no TICK subscriber`,
  figures: [
    {
      title: `idle wake-ups in ${WATCH_MS / 1000} s`,
      from: 'wakeUps',
      take: 'median',
      unit: 'count',
      target: 'Herald 0',
    },
    { title: `idle CPU in ${WATCH_MS / 1000} s`, from: 'cpu', take: 'median', unit: 'ms' },
  ],
  steps: [
    (contender) =>
      withDaemon(
        contender,
        () => sleepers(1),
        async (daemon) => {
          await daemon.log.running(1);
          await delay(SETTLE_MS);
          const before = await readActivity(daemon.pid);
          await delay(WATCH_MS);
          const after = await readActivity(daemon.pid);
          return {
            wakeUps: [after.voluntarySwitches - before.voluntarySwitches],
            cpu: [after.cpuMs - before.cpuMs],
          };
        },
      ),
  ],
};
