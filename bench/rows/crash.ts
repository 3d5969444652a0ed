import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment, type Daemon, elapsedMs, fixture, withDaemon } from '../harness.ts';
import type { Row, Setting } from '../row.ts';

const KILLS_OF_ALL_ROUNDS = 30;

/**
 * What happens after kill -9 of a healthy program. The pauses are of random length, because supervisord's answer
 * depends on where in its one-second loop the death falls. RUNNING is read from the daemon's log and not asked for:
 * every question would wake supervisord up and make it faster than it is.
 */
export const crash: Row = {
  name: 'crash',
  summary: 'kill -9 of a program: until a listener knows, and until the program is RUNNING again',
  figures: [
    {
      title: 'child exit to listener, median',
      from: 'toListener',
      take: 'median',
      unit: 'ms',
      target: '< 1/50',
    },
    { title: 'child exit to listener, p99', from: 'toListener', take: 'p99', unit: 'ms' },
    {
      title: 'crash to RUNNING again, median',
      from: 'toRunning',
      take: 'median',
      unit: 'ms',
      target: '< 1/50',
    },
    { title: 'crash to RUNNING again, p99', from: 'toRunning', take: 'p99', unit: 'ms' },
  ],
  steps: [
    (contender, setting) =>
      withDaemon(
        contender,
        (dir) => victimAndListener(dir, setting.python),
        async (daemon) => {
          const toListener: number[] = [];
          const toRunning: number[] = [];
          await daemon.log.running(2);
          for (let left = killsPerRound(setting); left > 0; left -= 1) {
            await delay(1200 + Math.random() * 1000);
            const sample = await killOnce(daemon);
            toListener.push(sample.toListener);
            toRunning.push(sample.toRunning);
          }
          return { toListener, toRunning };
        },
      ),
  ],
};

function killsPerRound(setting: Setting): number {
  return setting.quick ? 3 : Math.ceil(KILLS_OF_ALL_ROUNDS / setting.rounds);
}

/** The log says RUNNING of each program before it is killed, so none is killed on its way up. */
async function killOnce(daemon: Daemon): Promise<{ toListener: number; toRunning: number }> {
  const victim = daemon.log.pidOf('victim');
  const runsAgain = daemon.log.line(/ success: victim entered RUNNING state/);
  const listenerKnows = daemon.reports.next('PROCESS_STATE_EXITED');
  const killedAt = process.hrtime.bigint();
  process.kill(victim, 'SIGKILL');
  const [known, running] = await Promise.all([listenerKnows, runsAgain]);
  return { toListener: elapsedMs(killedAt, known.at), toRunning: elapsedMs(killedAt, running.at) };
}

function victimAndListener(dir: string, python: string): string {
  return `
[program:victim]
command=/bin/sleep 100000
startsecs=0
autorestart=true

[eventlistener:stamp]
command=${python} ${fixture('stamp_listener.py')}
events=PROCESS_STATE_EXITED
startsecs=0
environment=${childEnvironment(dir)}
`;
}
