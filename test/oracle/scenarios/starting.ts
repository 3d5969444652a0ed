/** From STOPPED to RUNNING, or not quite: startsecs, BACKOFF, FATAL and the numbering of tries. */
import { rm } from 'node:fs/promises';
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program } from '../sections.ts';

const STATES = listener('L', 'PROCESS_STATE');
// Programs that quit get a startsecs that they miss on the busiest machine: it costs no time.
const QUITTER = '/bin/sh -c "exit 4"';
/** A puppet that ends at once unless the file "calm" exists; then it does. */
const CALM_NEXT_TIME = `/bin/sh -c "test -e %{dir}/calm && exec ${PUPPET}; touch %{dir}/calm; exit 2"`;

/** Runs a program that cannot stay up until it is FATAL. */
function givesUpAfter(retries: number): Scenario {
  return {
    name: `startretries=${retries}: BACKOFF and FATAL with their tries`,
    config: STATES + program('x', QUITTER, { startsecs: 9, startretries: retries }),
    script: async (d) => {
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
    },
  };
}

export const startScenarios: readonly Scenario[] = [
  {
    name: 'start and stop, with the structs in between',
    config: STATES + dormant('x'),
    script: async (d) => {
      await d.call('getProcessInfo', 'x');
      await d.call('startProcess', 'x');
      await d.state('x', 'RUNNING');
      await d.call('getProcessInfo', 'x');
      await d.call('stopProcess', 'x');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'start, stop, start again: another pid',
    config: STATES + dormant('x'),
    script: async (d) => {
      for (const method of ['startProcess', 'stopProcess', 'startProcess']) {
        await d.call(method, 'x');
        await d.state('x', method === 'startProcess' ? 'RUNNING' : 'STOPPED');
        await d.call('getProcessInfo', 'x');
      }
    },
  },
  {
    name: 'startsecs=1: STARTING, then RUNNING',
    config: STATES + dormant('x', PUPPET, { startsecs: 1 }),
    script: async (d) => {
      // In one request, so that nothing can come between them.
      await d.call('system.multicall', [
        { methodName: 'supervisor.startProcess', params: ['x', false] },
        { methodName: 'supervisor.getProcessInfo', params: ['x'] },
      ]);
      await d.state('x', 'RUNNING');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'startsecs=1: a start that waits for RUNNING',
    config: STATES + dormant('x', PUPPET, { startsecs: 1 }),
    script: async (d) => {
      await d.call('startProcess', 'x');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'startsecs=0: an early end is RUNNING, then EXITED',
    config: STATES + dormant('x', '/bin/sh -c "exit 0"', { autorestart: 'false' }),
    script: async (d) => {
      await d.call('startProcess', 'x', false);
      await d.state('x', 'EXITED');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'exit status 0 before startsecs is BACKOFF all the same',
    config: STATES + dormant('x', '/bin/sh -c "exit 0"', { startsecs: 9, startretries: 0 }),
    script: async (d) => {
      await d.call('startProcess', 'x');
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
    },
  },
  givesUpAfter(0),
  givesUpAfter(1),
  givesUpAfter(2),
  {
    name: 'FATAL, started again: the tries begin anew',
    config: STATES + dormant('x', QUITTER, { startsecs: 9, startretries: 0 }),
    script: async (d) => {
      for (let round = 0; round < 2; round++) {
        // Not recorded: the program may have failed before the answer is given.
        await d.ask('startProcess', 'x', false);
        await d.state('x', 'FATAL');
      }
    },
  },
  {
    name: 'stopped in BACKOFF and started again: the tries go on',
    config: STATES + dormant('x', QUITTER, { startsecs: 9, startretries: 20 }),
    script: async (d) => {
      for (let round = 0; round < 3; round++) {
        await d.ask('startProcess', 'x', false);
        // From here on the pauses are long enough for one request on the busiest machine.
        await d.waitEvents('L', `from_state:STARTING tries:${4 + round}`);
        await d.call('system.multicall', [
          { methodName: 'supervisor.getProcessInfo', params: ['x'] },
          { methodName: 'supervisor.stopProcess', params: ['x'] },
          { methodName: 'supervisor.getProcessInfo', params: ['x'] },
        ]);
      }
    },
  },
  {
    name: 'reaching RUNNING ends the counting of tries',
    config: STATES + dormant('x', CALM_NEXT_TIME, { startsecs: 5, startretries: 9, autorestart: 'false' }),
    script: async (d) => {
      await d.ask('startProcess', 'x', false);
      await d.state('x', 'RUNNING');
      await d.tell('x', 'exit 2');
      await d.state('x', 'EXITED');
      await rm(d.path('calm'));
      await d.ask('startProcess', 'x', false);
      await d.state('x', 'RUNNING');
    },
  },
];
