/** Programs that cannot be started at all, seen by clients and by listeners. */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, listener, program } from '../sections.ts';
import type { Transcript } from '../transcript.ts';
import type { Value } from '../xml-rpc-client.ts';

const STATES = listener('L', 'PROCESS_STATE');

/** A command that is refused before anything is forked. */
function refused(name: string, command: string, prepare: (d: Driver) => Promise<void>): Scenario {
  return {
    name: `spawn error: ${name}`,
    config: STATES + dormant('x', command, { startretries: 1 }),
    script: async (d) => {
      await prepare(d);
      await d.call('startProcess', 'x');
      await d.call('getProcessInfo', 'x');
    },
  };
}

/** The oracle's child exits with 127; Herald's never comes to be: a reason, and no time at which it ended. */
function withReason(reason: string) {
  return (oracle: Transcript): Transcript => ({
    ...oracle,
    calls: oracle.calls.map((entry) => {
      const call = entry as { readonly result: { readonly [key: string]: Value } };
      return { ...call, result: { ...call.result, stop: 0, spawnerr: reason, description: reason } };
    }),
  });
}

export const spawnErrorScenarios: readonly Scenario[] = [
  refused('the command does not exist', '%{dir}/missing', async () => undefined),
  refused('no such command on PATH', 'no-such-command-anywhere', async () => undefined),
  refused('the command is not executable', '%{dir}/plain', (d) => d.write('plain', 'data')),
  refused('the command is a directory', '%{dir}', async () => undefined),
  {
    name: 'spawn error: started by itself, BACKOFF and FATAL',
    config: STATES + program('x', '%{dir}/missing', { startretries: 1 }),
    script: async (d) => {
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'a missing command that appears is started by a retry',
    config: STATES + program('x', '%{dir}/late', { startretries: 9 }),
    script: async (d) => {
      // The pause after the fourth try is long enough for what follows on the busiest machine.
      await d.waitEvents('L', 'from_state:STARTING tries:4');
      await d.call('getProcessInfo', 'x');
      await d.write('late', '#!/bin/sh\nexec /bin/cat\n', 0o755);
      await d.state('x', 'RUNNING');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'spawn error: the log file is a directory',
    config: STATES + program('x', '/bin/cat', { startretries: 0, stdout_logfile: '%{dir}' }),
    script: async (d) => {
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'the directory to run in does not exist',
    config: STATES + program('x', '/bin/cat', { directory: '%{dir}/nowhere', startsecs: 9, startretries: 0 }),
    script: async (d) => {
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
      await d.noteFile('x.err');
    },
    deviation: {
      name: 'chdir-is-a-spawn-error',
      herald: withReason("couldn't chdir to DIR/nowhere: ENOENT"),
    },
  },
  {
    name: 'a script whose interpreter does not exist',
    config: STATES + dormant('x', '%{dir}/script', { startsecs: 9, startretries: 0 }),
    script: async (d) => {
      await d.write('script', '#!/no/such/interpreter\n', 0o755);
      await d.ask('startProcess', 'x', false);
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
      await d.noteFile('x.err');
    },
    deviation: { name: 'exec-is-a-spawn-error', herald: withReason("couldn't exec DIR/script: ENOENT") },
  },
];
