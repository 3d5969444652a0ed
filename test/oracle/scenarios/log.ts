/** PROCESS_LOG events. */
import type { Scenario } from '../scenario.ts';
import { listener, PUPPET, program } from '../sections.ts';
import { withByteLengths } from './byte-lengths.ts';

const BOTH = { stdout_events_enabled: 'true', stderr_events_enabled: 'true', autorestart: 'false' };
const L = listener('L', 'PROCESS_LOG');

/** A program that says something on each channel. */
function says(
  name: string,
  texts: readonly (readonly [number, string | Uint8Array])[],
  options: Readonly<Record<string, string>> = BOTH,
): Scenario {
  return {
    name: `log events: ${name}`,
    config: L + program('x', PUPPET, options),
    script: async (d) => {
      await d.running('x');
      for (const [descriptor, text] of texts) await d.emit('x', text, descriptor);
      // The end of the program is the end of its output: after it nothing is on its way any more.
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
      await d.noteFile('x.err');
    },
  };
}

export const logScenarios: readonly Scenario[] = [
  says('stdout', [
    [1, 'one\n'],
    [1, 'two\nthree\n'],
  ]),
  says('stderr', [
    [2, 'one\n'],
    [2, 'no line end'],
  ]),
  says('both channels', [
    [1, 'out\n'],
    [2, 'err\n'],
  ]),
  says(
    'redirect_stderr',
    [
      [1, 'out\n'],
      [2, 'err\n'],
      [1, 'out\n'],
    ],
    { ...BOTH, redirect_stderr: 'true' },
  ),
  says(
    'without log files',
    [
      [1, 'out\n'],
      [2, 'err\n'],
    ],
    { ...BOTH, stdout_logfile: 'NONE', stderr_logfile: 'NONE' },
  ),
  says(
    'only stderr is enabled',
    [
      [1, 'out\n'],
      [2, 'err\n'],
    ],
    { stderr_events_enabled: 'true', autorestart: 'false' },
  ),
  says(
    'not enabled',
    [
      [1, 'out\n'],
      [2, 'err\n'],
    ],
    { autorestart: 'false' },
  ),
  says('strip_ansi', [[1, '\x1b[31mred\x1b[0m plain\n']]),
  says('control characters', [[1, 'a\0b\tc\x1b[31m\r\n\x7f']]),
  { ...says('strip_ansi=true', [[1, '\x1b[31mred\x1b[0m plain\n']]), supervisord: 'strip_ansi=true' },
  {
    ...says('not UTF-8', [[1, new Uint8Array([0x61, 0xff, 0xfe, 0x27, 0x22, 0x5c, 0x0a, 0x00, 0x7f])]]),
    compare: { chunks: true },
  },
  {
    ...says('not ASCII', [[1, 'zażółć 日本 🐢\n']]),
    compare: { chunks: true },
    deviation: { name: 'byte-length-token', herald: withByteLengths },
  },
  {
    name: 'log events: around and inside a captured message',
    config:
      listener('L', 'PROCESS_LOG,PROCESS_COMMUNICATION') +
      program('x', PUPPET, { ...BOTH, stdout_capture_maxbytes: '1MB' }),
    script: async (d) => {
      const padding = 'padding padding padding padding padding\n';
      await d.running('x');
      await d.emit(
        'x',
        `first ${padding}<!--XSUPERVISOR:BEGIN-->message<!--XSUPERVISOR:END-->second ${padding}`,
      );
      await d.waitEvents('L', 'second');
      await d.noteFile('x.out');
    },
  },
];
