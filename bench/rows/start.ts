import { elapsedMs, sleepers, withDaemon } from '../harness.ts';
import type { Row } from '../row.ts';

const PROGRAMS = 200;

/**
 * Start of 200 small programs. Nobody asks the daemon anything meanwhile: its own log lines, read as they arrive on
 * its standard output, say when it spawned the first program and when the last one was RUNNING.
 */
export const start: Row = {
  name: 'start',
  summary: `start of ${PROGRAMS} programs to all RUNNING`,
  figures: [
    {
      title: `${PROGRAMS} RUNNING, from the daemon's start`,
      from: 'fromStart',
      take: 'median',
      unit: 'ms',
      target: '<= 1/2',
    },
    {
      title: `${PROGRAMS} RUNNING, from the first spawn`,
      from: 'fromFirstSpawn',
      take: 'median',
      unit: 'ms',
    },
  ],
  steps: [
    (contender) =>
      withDaemon(
        contender,
        () => sleepers(PROGRAMS),
        async (daemon) => {
          let firstSpawn: bigint | undefined;
          let last = daemon.startedAt;
          daemon.log.watch((line, at) => {
            if (line.includes(' spawned: ')) firstSpawn ??= at;
            last = at;
          });
          await daemon.log.running(PROGRAMS);
          return {
            fromStart: [elapsedMs(daemon.startedAt, last)],
            fromFirstSpawn: [elapsedMs(firstSpawn ?? daemon.startedAt, last)],
          };
        },
        { awaitSocket: false },
      ),
  ],
};
