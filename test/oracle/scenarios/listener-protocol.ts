/** The listener protocol at its edges: how answers may be cut, glued and spoilt. */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { listener } from '../sections.ts';
import type { Transcript } from '../transcript.ts';

async function send(d: Driver, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await d.ask('sendRemoteCommEvent', 'n', String(n));
}

/** An answer in an unusual but lawful shape: five events are taken one after the other. */
function lawful(name: string, args: string): Scenario {
  return {
    name: `listener protocol: ${name}`,
    config: listener('L', 'REMOTE_COMMUNICATION', args),
    script: async (d) => {
      await d.running('L');
      await send(d, 5);
    },
  };
}

function remote(lines: readonly string[]) {
  return (oracle: Transcript): Transcript => ({
    ...oracle,
    events: { L: { ...oracle.events.L, REMOTE_COMMUNICATION: lines } },
  });
}

/** Waits for the end of the deaf listener's story: nothing more comes, though it is RUNNING. */
async function deafOrServed(d: Driver): Promise<void> {
  if (d.side === 'oracle') {
    await d.waitFile('main.log', 'UNKNOWN');
    await d.poke();
    await d.poke();
  } else {
    await d.fence('L');
  }
  d.note('state', (await d.info('L')).statename);
}

export const protocolScenarios: readonly Scenario[] = [
  lawful('one byte at a time', 'split 1'),
  lawful('a result and READY in one write', 'glue 1'),
  lawful('a result and READY in one write, one byte at a time', 'glue 1 split 1'),
  {
    name: 'listener protocol: a long result body',
    config: listener('L', 'REMOTE_COMMUNICATION', `fail 1 body ${'long'.repeat(200)}`),
    script: async (d) => {
      await d.running('L');
      await send(d, 1);
      await d.waitEvents('L', 'type:n\n0', 2);
    },
  },
  {
    name: 'listener protocol: junk before the first READY',
    config: listener('L', 'REMOTE_COMMUNICATION', 'hello "HELLO, WORLD\\n"'),
    script: async (d) => {
      await d.state('L', 'RUNNING', 'STARTING');
      await send(d, 1);
      await deafOrServed(d);
    },
    compare: { fence: false },
    deviation: { name: 'junk-restarts', herald: remote(['REMOTE_COMMUNICATION type:n\n0']) },
  },
  {
    name: 'listener protocol: a result without a length',
    config: listener('L', 'REMOTE_COMMUNICATION', 'fail 1 raw "RESULT many\\n"'),
    script: async (d) => {
      await d.running('L');
      await send(d, 1);
      await deafOrServed(d);
    },
    compare: { fence: false },
    deviation: {
      name: 'junk-restarts',
      herald: remote(['REMOTE_COMMUNICATION type:n\n0', 'REMOTE_COMMUNICATION (again) type:n\n0']),
    },
  },
  {
    name: 'listener protocol: BANANA 2',
    config: listener('L', 'REMOTE_COMMUNICATION', 'fail 1 raw "BANANA 2\\nOK"'),
    script: async (d) => {
      await d.running('L');
      await send(d, 1);
      await d.waitEvents('L', 'type:n\n0', d.side === 'oracle' ? 1 : 2);
    },
    deviation: {
      name: 'result-prefix',
      herald: remote(['REMOTE_COMMUNICATION type:n\n0', 'REMOTE_COMMUNICATION (again) type:n\n0']),
    },
  },
  {
    name: 'listener protocol: RESULT 0',
    config: listener('L', 'REMOTE_COMMUNICATION', 'fail 1 raw "RESULT 0\\n" pause go', {
      numprocs: 2,
      process_name: '%(program_name)s_%(process_num)d',
    }),
    script: async (d) => {
      await d.running('L:L_0', 'L:L_1');
      await d.listening('L_0');
      await d.listening('L_1');
      await send(d, 1);
      await d.waitFile('L.paused', 'L_0');
      // The first member has answered and says no more until "go" exists. Only if its answer is complete can
      // the second one be given the event.
      const end = performance.now() + (d.side === 'oracle' ? 1_500 : 60_000);
      await d.until('the second delivery, or the time to be up', async () => {
        await d.poke();
        return (await d.events('L')).length > 1 || performance.now() > end;
      });
      d.note('delivered again without another byte', (await d.events('L')).length > 1);
      await d.write('go', '');
      await d.waitEvents('L', 'type:n\n0', 2);
    },
    compare: { listeners: [] },
    deviation: {
      name: 'empty-result-completes',
      herald: () => ({ calls: [], events: {}, notes: { 'delivered again without another byte': true } }),
    },
  },
];
