/** REMOTE_COMMUNICATION: what a client sends is what listeners get. */
import type { Scenario } from '../scenario.ts';
import { listener } from '../sections.ts';
import type { Value } from '../xml-rpc-client.ts';
import { withByteLengths } from './byte-lengths.ts';

const L = listener('L', 'REMOTE_COMMUNICATION');

function sends(name: string, ...messages: readonly (readonly [Value, Value])[]): Scenario {
  return {
    name: `remote events: ${name}`,
    config: L,
    script: async (d) => {
      for (const [type, data] of messages) await d.call('sendRemoteCommEvent', type, data);
    },
  };
}

export const remoteScenarios: readonly Scenario[] = [
  sends('ASCII', ['deploy', 'version 5'], ['deploy', 'version 6'], ['other', '<&>"\'']),
  sends('no data', ['ping', ''], ['', 'no type'], ['', '']),
  sends('several lines', ['lines', 'one\ntwo\n\nfour\n'], ['lines', '\n'], ['tabs', '\ta\tb']),
  sends('blanks and colons in the type', ['a b', 'data'], ['a:b', 'data'], [' a ', ' data ']),
  sends(
    'things that look like the protocol',
    ['x', 'READY\n'],
    ['x', 'RESULT 2\nOK'],
    ['x', 'ver:3.0 len:5\nabcde'],
  ),
  {
    ...sends('not ASCII', ['ü', 'żółw 日本 🐢'], ['plain', 'plain again'], ['ü', 'é'.repeat(500)]),
    deviation: { name: 'byte-length-token', herald: withByteLengths },
  },
  {
    name: 'remote events: 200 KB',
    config: L,
    script: async (d) => {
      const data = '0123456789'.repeat(20_000);
      await d.ask('sendRemoteCommEvent', 'big', data);
      await d.ask('sendRemoteCommEvent', 'big', data);
      const events = await d.waitEvents('L', 'type:big\n', 2);
      d.note(
        'whole',
        events.map((event) => event.payload === `type:big\n${data}`),
      );
    },
    compare: { listeners: [] },
  },
  {
    name: 'remote events: a hundred in order',
    config: L,
    script: async (d) => {
      for (let n = 0; n < 100; n++) await d.ask('sendRemoteCommEvent', 'n', String(n));
    },
  },
];
