/** Ways to stop: signals, patience, process groups, and stops at awkward moments. */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { listener, PUPPET, program } from '../sections.ts';

const STATES = listener('L', 'PROCESS_STATE');

async function stopFamily(d: Driver): Promise<void> {
  await d.running('x');
  await d.tell('x', 'answer TERM 0');
  await d.tell('x', 'family');
  await d.call('stopProcess', 'x');
}

/** Whether a process exists and is no zombie. */
async function lives(d: Driver, pid: number): Promise<boolean> {
  await d.poke();
  try {
    process.kill(pid, 0);
  } catch {
    // No such process.
    return false;
  }
  const { readFile } = await import('node:fs/promises');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

async function sortedNotes(d: Driver): Promise<string[]> {
  return (await d.read('notes')).split('\n').filter(Boolean).toSorted();
}

function stopsWith(signal: string): Scenario {
  return {
    name: `stopsignal=${signal}: the program sees it and its status is kept`,
    config: STATES + program('x', PUPPET, { stopsignal: signal }),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', `answer ${signal} 5`);
      await d.call('stopProcess', 'x');
      await d.call('getProcessInfo', 'x');
      await d.noteFile('notes');
    },
  };
}

function killsDeafFamily(killasgroup: boolean): Scenario {
  return {
    name: `killasgroup=${killasgroup}: who dies of the SIGKILL`,
    config: STATES + program('x', PUPPET, { stopwaitsecs: 1, killasgroup: String(killasgroup) }),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', 'ignore TERM');
      await d.tell('x', 'family');
      await d.call('stopProcess', 'x');
      const child = Number(await d.read('x.child'));
      if (killasgroup) await d.until('the child to end', async () => !(await lives(d, child)));
      d.note('child lives', await lives(d, child));
      d.note('notes', await sortedNotes(d));
    },
  };
}

export const stopScenarios: readonly Scenario[] = [
  stopsWith('TERM'),
  stopsWith('USR1'),
  stopsWith('HUP'),
  {
    name: 'stopwaitsecs=1: a deaf program gets SIGKILL',
    config: STATES + program('x', PUPPET, { stopwaitsecs: 1 }),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', 'ignore TERM');
      // In one request, so that nothing can come between them.
      await d.call('system.multicall', [
        { methodName: 'supervisor.stopProcess', params: ['x', false] },
        { methodName: 'supervisor.getProcessInfo', params: ['x'] },
      ]);
      await d.state('x', 'STOPPED');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'STOPPING: what start, stop and signal answer then',
    config: STATES + program('x', PUPPET, { stopwaitsecs: 600 }),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', 'note TERM');
      await d.call('stopProcess', 'x', false);
      await d.waitFile('notes', 'x TERM');
      await d.call('stopProcess', 'x');
      await d.call('startProcess', 'x', false);
      await d.call('startProcess', 'x', true);
      await d.call('sendProcessStdin', 'x', 'late');
      await d.call('signalProcess', 'x', 'KILL');
      await d.state('x', 'STOPPED');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'stopasgroup=false: only the program gets the signal',
    config: STATES + program('x'),
    script: async (d) => {
      await stopFamily(d);
      d.note('child lives', await lives(d, Number(await d.read('x.child'))));
      d.note('notes', await sortedNotes(d));
    },
  },
  {
    name: 'stopasgroup=true: the whole family gets the signal',
    config: STATES + program('x', PUPPET, { stopasgroup: 'true' }),
    script: async (d) => {
      await stopFamily(d);
      await d.waitFile('notes', 'x-child TERM');
      d.note('notes', await sortedNotes(d));
    },
  },
  {
    name: 'stopasgroup=true: the program ends, its child is deaf',
    config: STATES + program('x', PUPPET, { stopasgroup: 'true', stopwaitsecs: 5 }),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', 'answer TERM 3');
      await d.tell('x', 'deaf family');
      await d.call('stopProcess', 'x');
      await d.call('getProcessInfo', 'x');
      d.note('child lives', await lives(d, Number(await d.read('x.child'))));
    },
    deviation: {
      name: 'stop-ends-the-group',
      herald: (oracle) => ({ ...oracle, notes: { 'child lives': false } }),
    },
  },
  {
    name: 'killasgroup=true alone: the program ends, its child is told then',
    config: STATES + program('x', PUPPET, { killasgroup: 'true', stopwaitsecs: 600 }),
    script: async (d) => {
      await stopFamily(d);
      d.note('child lives', await lives(d, Number(await d.read('x.child'))));
      d.note('notes', await sortedNotes(d));
    },
    deviation: {
      name: 'stop-ends-the-group',
      herald: (oracle) => ({
        ...oracle,
        notes: { 'child lives': false, notes: ['x TERM', 'x-child TERM'] },
      }),
    },
  },
  killsDeafFamily(true),
  killsDeafFamily(false),
  {
    name: 'stopped while STARTING',
    config: STATES + program('x', PUPPET, { startsecs: 600 }),
    script: async (d) => {
      await d.state('x', 'STARTING');
      await d.call('stopProcess', 'x');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'a stop that does not wait',
    config: STATES + program('x'),
    script: async (d) => {
      await d.running('x');
      await d.call('stopProcess', 'x', false);
      await d.state('x', 'STOPPED');
      await d.call('getProcessInfo', 'x');
    },
  },
];
