/** Methods that read, tail and clear logs. */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, program } from '../sections.ts';

/** A program whose stdout log holds exactly these twenty bytes. */
const TWENTY = program('x');

async function writeTwenty(d: Driver): Promise<void> {
  await d.running('x');
  await d.emit('x', '0123456789abcdefghi\n');
  await d.emit('x', 'error text\n', 2);
  await d.waitFile('x.out', 'ghi\n');
  await d.waitFile('x.err', 'text\n');
}

export const rpcLogScenarios: readonly Scenario[] = [
  {
    name: 'reading a log in pieces',
    config: TWENTY,
    script: async (d) => {
      await writeTwenty(d);
      for (const [offset, length] of [
        [0, 0],
        [0, 5],
        [15, 100],
        [100, 5],
        [-5, 0],
        [-100, 0],
        [-1, 1],
        [0, -1],
        [5, 3],
      ]) {
        await d.call('readProcessStdoutLog', 'x', offset ?? 0, length ?? 0);
      }
      await d.call('readProcessLog', 'x', 0, 0);
      await d.call('readProcessStderrLog', 'x', 0, 0);
    },
  },
  {
    name: 'tailing a log',
    config: TWENTY,
    script: async (d) => {
      await writeTwenty(d);
      for (const [offset, length] of [
        [0, 5],
        [0, 20],
        [10, 500],
        [100, 5],
        [19, 1],
        [20, 5],
        [0, 0],
        [-5, 3],
      ]) {
        await d.call('tailProcessStdoutLog', 'x', offset ?? 0, length ?? 0);
      }
      await d.call('tailProcessLog', 'x', 0, 100);
      await d.call('tailProcessStderrLog', 'x', 0, 100);
    },
  },
  {
    name: 'clearing logs',
    config: TWENTY + dormant('idle'),
    script: async (d) => {
      await writeTwenty(d);
      await d.call('clearProcessLogs', 'x');
      await d.noteFile('x.out');
      await d.emit('x', 'after\n');
      await d.waitFile('x.out', 'after\n');
      await d.noteFile('x.out');
      await d.noteFile('x.err');
      await d.callSorted('clearAllProcessLogs');
    },
  },
  {
    name: 'reading logs that are none: NO_FILE names what the configuration does',
    config:
      dormant('blank', '/bin/cat', { stdout_logfile: '', stderr_logfile: '' }) +
      dormant('none', '/bin/cat', { stdout_logfile: 'NONE', stderr_logfile: 'off' }) +
      dormant('missing', '/bin/cat') +
      dormant('syslog', '/bin/cat', { stdout_logfile: 'syslog', redirect_stderr: 'true' }),
    arguments: ['-l', 'syslog'],
    script: async (d) => {
      for (const name of ['blank', 'none', 'missing', 'syslog']) {
        for (const channel of ['Stdout', 'Stderr']) {
          await d.call(`readProcess${channel}Log`, name, -1, 1);
          await d.call(`tailProcess${channel}Log`, name, 0, 5);
        }
        await d.call('clearProcessLogs', name);
      }
      await d.call('readLog', 0, 0);
      await d.call('clearLog');
    },
  },
];
