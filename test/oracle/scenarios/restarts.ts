/** What follows the end of a program: autorestart, exitcodes, deaths by signal, crash loops. */
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program } from '../sections.ts';

/** Restarts within ten seconds that Herald does not delay, how many later ones are looked at, and their least pause. */
const IMMEDIATE = 10;
const LATER = 4;
const PACE_MS = 1000;

const STATES = listener('L', 'PROCESS_STATE');

/** A program that ends with a status; then it is EXITED for good, or has been started again. */
function ends(
  name: string,
  command: string,
  then: 'EXITED' | 'RUNNING',
  options: Readonly<Record<string, string>>,
): Scenario {
  return {
    name,
    config: STATES + program('x', PUPPET, options),
    script: async (d) => {
      await d.running('x');
      const { pid } = await d.info('x');
      await d.tell('x', command);
      await d.until(`x to be ${then} after its end`, async () => {
        const info = await d.info('x');
        return info.statename === then && info.pid !== pid;
      });
      await d.call('getProcessInfo', 'x');
    },
  };
}

/** When programs were started, in milliseconds: as the daemon tells it, since they themselves are slow to come up. */
function startTimes(log: string): number[] {
  const lines = [...log.matchAll(/^(\S+) (\S+),([0-9]{3}) INFO spawned: /gm)];
  return lines.map(([, day, time, milliseconds]) => Date.parse(`${day}T${time}.${milliseconds}Z`));
}

export const restartScenarios: readonly Scenario[] = [
  ends('autorestart=false: status 0 is EXITED, expected', 'exit 0', 'EXITED', { autorestart: 'false' }),
  ends('autorestart=false: status 3 is EXITED, not expected', 'exit 3', 'EXITED', { autorestart: 'false' }),
  ends('autorestart=unexpected: status 0 stays EXITED', 'exit 0', 'EXITED', { autorestart: 'unexpected' }),
  ends('autorestart=unexpected: status 3 starts again', 'exit 3', 'RUNNING', { autorestart: 'unexpected' }),
  ends('autorestart=true: status 0 starts again', 'exit 0', 'RUNNING', { autorestart: 'true' }),
  ends('exitcodes=3,4: status 4 is expected', 'exit 4', 'EXITED', { exitcodes: '3,4' }),
  ends('exitcodes=3,4: status 0 is not expected', 'exit 0', 'RUNNING', { exitcodes: '3,4' }),
  {
    name: 'autorestart=false: death by a signal is not expected',
    config: STATES + program('x', PUPPET, { autorestart: 'false' }),
    script: async (d) => {
      await d.running('x');
      await d.kill('x', 'SIGKILL');
      await d.state('x', 'EXITED');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'autorestart=unexpected: death by a signal starts again',
    config: STATES + program('x'),
    script: async (d) => {
      await d.running('x');
      const { pid } = await d.info('x');
      await d.kill('x', 'SIGTERM');
      await d.until('x to run again', async () => ![0, pid].includes((await d.info('x')).pid));
      await d.state('x', 'RUNNING');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'a program that was stopped is not started again',
    config: STATES + program('x', PUPPET, { autorestart: 'true' }),
    script: async (d) => {
      await d.tell('x', 'answer TERM 7');
      await d.running('x');
      await d.call('stopProcess', 'x');
      await d.poke();
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'a tight crash loop',
    config: dormant('x', '/bin/sh -c "exit 0"', { autorestart: 'true' }),
    script: async (d) => {
      await d.ask('startProcess', 'x', false);
      const starts = await d.until('the later runs', async () => {
        await d.poke();
        const times = startTimes(await d.read('main.log'));
        return times.length > IMMEDIATE + LATER && times;
      });
      const pauses = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
      const [early, late] = [pauses.slice(0, IMMEDIATE), pauses.slice(IMMEDIATE, IMMEDIATE + LATER)];
      // The quickest of several shows that nothing holds them up; any one of them may meet a busy machine.
      d.note('the first ones', Math.min(...early) < PACE_MS / 2 ? 'at once' : 'paced');
      d.note('the later ones', Math.min(...late) < PACE_MS / 2 ? 'at once' : 'paced');
    },
    deviation: {
      name: 'crash-loop-is-paced',
      herald: (oracle) => ({ ...oracle, notes: { ...oracle.notes, 'the later ones': 'paced' } }),
    },
  },
];
