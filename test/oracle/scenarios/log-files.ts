/** Log files on disk: content, rotation, and what happens around the end of a program. */
import type { Scenario } from '../scenario.ts';
import { PUPPET, program } from '../sections.ts';

const LINE = 'a line of twenty-five bytes';

/** Writes numbered lines, one at a time so that both daemons rotate at the same places. */
function rotates(name: string, options: Readonly<Record<string, string | number>>): Scenario {
  return {
    name: `log files: ${name}`,
    config: program('x', PUPPET, options),
    script: async (d) => {
      await d.running('x');
      for (let number = 10; number < 22; number++) {
        await d.emit('x', `${number} ${LINE}\n`);
        await d.waitFile('main.log', `${number} ${LINE}\n`);
      }
      await d.call('stopProcess', 'x');
      for (const suffix of ['', '.1', '.2', '.3']) await d.noteFile(`x.out${suffix}`);
    },
  };
}

export const logFileScenarios: readonly Scenario[] = [
  {
    name: 'log files: stdout and stderr, byte for byte',
    config: program('x', PUPPET, { autorestart: 'false' }),
    script: async (d) => {
      await d.running('x');
      await d.emit(
        'x',
        Uint8Array.from({ length: 256 }, (_item, index) => index),
      );
      await d.emit('x', 'to err\n', 2);
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
      await d.noteFile('x.err');
    },
  },
  {
    name: 'log files: 300 KB right before the end are kept whole',
    config: program('x', PUPPET, { autorestart: 'false' }),
    script: async (d) => {
      await d.running('x');
      await d.write('big', '0123456789abcdef'.repeat(19_200));
      await d.tell('x', `copy 1 ${d.path('big')}`);
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      d.note('equal', (await d.read('x.out')) === (await d.read('big')));
    },
  },
  {
    name: 'log files: appended to from one run to the next',
    config: program('x'),
    script: async (d) => {
      for (const text of ['first\n', 'second\n']) {
        await d.running('x');
        await d.emit('x', text);
        await d.call('stopProcess', 'x');
        await d.call('startProcess', 'x');
      }
      await d.noteFile('x.out');
    },
  },
  {
    name: 'log files: stdout and stderr to one file by redirect_stderr',
    config: program('x', PUPPET, { redirect_stderr: 'true', autorestart: 'false' }),
    script: async (d) => {
      await d.running('x');
      for (const descriptor of [1, 2, 1, 2]) await d.emit('x', `to ${descriptor}\n`, descriptor);
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
      await d.noteFile('x.err');
    },
  },
  rotates('rotation with 2 backups', { stdout_logfile_maxbytes: 100, stdout_logfile_backups: 2 }),
  rotates('rotation without backups', { stdout_logfile_maxbytes: 100, stdout_logfile_backups: 0 }),
  rotates('no rotation', { stdout_logfile_maxbytes: 0 }),
];
