/** Capture mode: messages between tokens in a program's output. */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { listener, PUPPET, program } from '../sections.ts';

const BEGIN = '<!--XSUPERVISOR:BEGIN-->';
const END = '<!--XSUPERVISOR:END-->';
/** More than Supervisor holds back, so that what is before and behind a message gets out by itself. */
const PAD = 'forty characters of padding, with an end\n';

const CAPTURING = listener('L', 'PROCESS_COMMUNICATION,PROCESS_STATE_EXITED') + capturing();

function capturing(options: Readonly<Record<string, string>> = {}): string {
  return program('x', PUPPET, {
    stdout_capture_maxbytes: '1MB',
    stderr_capture_maxbytes: '1MB',
    autorestart: 'false',
    ...options,
  });
}

/** Writes the pieces one by one, then waits until the log has its last words. */
async function emitAll(d: Driver, pieces: readonly string[], descriptor = 1): Promise<void> {
  await d.running('x');
  for (const piece of pieces) await d.emit('x', piece, descriptor);
  await d.emit('x', `last words ${PAD}`, descriptor);
  const log = descriptor === 1 ? 'x.out' : 'x.err';
  await d.waitFile(log, 'last words');
  await d.emit('x', PAD.repeat(2), descriptor);
  await d.waitFile(log, `last words ${PAD}${PAD}`);
  await d.tell('x', 'exit 0');
  await d.state('x', 'EXITED');
  d.note('log', (await d.read(log)).split(`last words ${PAD}${PAD}`)[0] ?? null);
}

function captures(name: string, pieces: readonly string[], descriptor = 1): Scenario {
  return { name: `capture: ${name}`, config: CAPTURING, script: (d) => emitAll(d, pieces, descriptor) };
}

function cutEvery(text: string, size: number): string[] {
  return text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
}

export const captureScenarios: readonly Scenario[] = [
  captures('a whole message', [`${PAD}${BEGIN}a message${END}${PAD}`]),
  captures('an empty message', [`${PAD}${BEGIN}${END}${PAD}`]),
  captures('a message of several lines, with tokens of no consequence', [
    `${BEGIN}one\ntwo <!-- ${BEGIN} three${END}${PAD}`,
  ]),
  captures(
    'several messages in one write',
    [0, 1, 2, 3]
      .map((n) => `${BEGIN}m${n}${END}`)
      .join('')
      .split('\0'),
  ),
  captures('tokens cut into pieces of 7 bytes', cutEvery(`${PAD}${BEGIN}cut message${END}${PAD}`, 7)),
  captures('a message in pieces', [
    `${PAD}${BEGIN}begun, `,
    'continued, and continued again until ',
    `done${END}${PAD}`,
  ]),
  captures('on stderr', [`${PAD}${BEGIN}to err${END}${PAD}`], 2),
  captures('an END without BEGIN is text', [`${PAD}${END}${PAD}`]),
  captures('a plain message', [`${BEGIN}plain${END}${PAD}`]),
  {
    name: 'capture: a message that is not UTF-8',
    config: CAPTURING,
    script: async (d) => {
      await d.running('x');
      await d.emit(
        'x',
        Buffer.concat([Buffer.from(BEGIN), Buffer.from([0x61, 0xff, 0x27, 0x00, 0x0a]), Buffer.from(END)]),
      );
      await d.waitEvents('L', 'PROCESS_COMMUNICATION_STDOUT');
    },
  },
  {
    name: 'capture: an unfinished message is lost',
    config: CAPTURING,
    script: async (d) => {
      await d.running('x');
      await d.emit('x', `${PAD}${BEGIN}never finished ${PAD}`);
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'capture: off, tokens are text',
    config: listener('L', 'PROCESS_COMMUNICATION') + program('x'),
    script: async (d) => {
      await d.running('x');
      await d.emit('x', `${PAD}${BEGIN}not captured${END}${PAD}`);
      await d.waitFile('x.out', 'not captured');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'capture: short output before the end of the program',
    config: CAPTURING,
    script: async (d) => {
      await d.running('x');
      await d.emit('x', 'short\n');
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
    },
    deviation: {
      name: 'capture-keeps-tail',
      herald: (oracle) => ({ ...oracle, notes: { 'x.out': 'short\n' } }),
    },
  },
  {
    name: 'capture: a message within the limit',
    config: listener('L', 'PROCESS_COMMUNICATION') + capturing({ stdout_capture_maxbytes: '16' }),
    script: async (d) => {
      await d.running('x');
      await d.emit('x', `${PAD}${BEGIN}0123456789abcdef${END}${PAD}`);
      await d.waitEvents('L', 'PROCESS_COMMUNICATION_STDOUT');
    },
  },
  {
    name: 'capture: a message over the limit',
    config: listener('L', 'PROCESS_COMMUNICATION') + capturing({ stdout_capture_maxbytes: '10' }),
    script: async (d) => {
      await d.running('x');
      await d.emit('x', `${PAD}${BEGIN}0123456789abcdefghij${END}${PAD}`);
      await d.waitEvents('L', 'PROCESS_COMMUNICATION_STDOUT');
    },
    deviation: {
      name: 'capture-exact-limit',
      herald: (oracle) => ({
        ...oracle,
        events: {
          L: {
            'x:x': ['PROCESS_COMMUNICATION_STDOUT processname:x groupname:x pid:PID(x.1)\nabcdefghij'],
          },
        },
      }),
    },
  },
];
