/** What follows the end of a program: autorestart, exitcodes, deaths by signal, crash loops. */
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program } from '../sections.ts';

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
    config: dormant('x', '/bin/sh -c "echo run >> %{dir}/runs; exit 0"', { autorestart: 'true' }),
    script: async (d) => {
      await d.ask('startProcess', 'x', false);
      // supervisord gets one restart out of every poke; paced, there are a handful in three seconds.
      const end = performance.now() + (d.side === 'oracle' ? 15_000 : 3_000);
      const runs = await d.until('thirty runs, or the time to be up', async () => {
        await d.poke();
        const seen = (await d.read('runs')).length / 4;
        return (seen >= 30 || performance.now() > end) && seen;
      });
      d.note('restarted', runs >= 30 ? 'at the pace of the pokes' : 'a few times');
    },
    deviation: {
      name: 'crash-loop-is-paced',
      herald: (oracle) => ({ ...oracle, notes: { restarted: 'a few times' } }),
    },
  },
];
