/** Logs on disk under unusual hands: full with every line, removed, replaced by folders, cleared, no files at all. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ownDevice } from '../../fixtures/own-device.ts';
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, PUPPET, program } from '../sections.ts';

async function says(d: Driver, text: string): Promise<void> {
  await d.emit('x', `${text}\n`);
  await d.waitFile('main.log', `${text}\n`);
}

/** One line in each backup: the log is full with every line. */
function rotates(backups: number): Scenario {
  return {
    name: `files: a program's logs with ${backups} backups`,
    config: program('x', PUPPET, {
      stdout_logfile_maxbytes: 4,
      stdout_logfile_backups: backups,
      stderr_logfile_maxbytes: 4,
      stderr_logfile_backups: backups,
    }),
    script: async (d) => {
      await d.running('x');
      for (let number = 0; number < 5; number++) {
        for (const descriptor of [1, 2]) {
          await d.emit('x', `line ${descriptor}.${number}\n`, descriptor);
          await d.waitFile('main.log', `line ${descriptor}.${number}\n`);
        }
      }
      await d.shutdown();
      for (const suffix of ['', '.1', '.2', '.3', '.4']) {
        await d.noteFile(`x.out${suffix}`);
        await d.noteFile(`x.err${suffix}`);
      }
    },
  };
}

export const logPathScenarios: readonly Scenario[] = [
  rotates(0),
  rotates(1),
  rotates(3),
  {
    name: 'files: a log removed under a running program is not made anew',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      await says(d, 'first');
      await d.remove('x.out');
      await says(d, 'second');
      d.noteListing();
      await d.call('stopProcess', 'x');
      await d.call('startProcess', 'x');
      await says(d, 'third');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'files: a log whose path becomes a folder before the next start',
    config: program('x', PUPPET, { startretries: 0 }),
    script: async (d) => {
      await d.running('x');
      await d.call('stopProcess', 'x');
      await d.remove('x.out');
      await mkdir(d.path('x.out'));
      await d.call('startProcess', 'x');
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
      await d.remove('x.out');
      await d.call('startProcess', 'x');
      await d.running('x');
    },
  },
  {
    name: 'files: the folder of a log disappears before the next start',
    config: program('x', PUPPET, { startretries: 0, stdout_logfile: '%{dir}/logs/x.out' }),
    prepare: (dir) => mkdir(path.join(dir, 'logs')).then(() => undefined),
    script: async (d) => {
      await d.running('x');
      await d.call('stopProcess', 'x');
      await d.remove('logs');
      await d.call('startProcess', 'x');
      await d.state('x', 'FATAL');
      await d.call('getProcessInfo', 'x');
    },
  },
  {
    name: 'files: clearLog',
    config: '',
    supervisord: 'loglevel=info',
    script: async (d) => {
      await d.call('clearLog');
      await d.noteLog();
      d.noteListing();
    },
  },
  {
    name: 'files: clearLog when the log has been removed',
    config: '',
    supervisord: 'loglevel=info',
    script: async (d) => {
      await d.remove('main.log');
      await d.call('clearLog');
      d.noteListing();
    },
  },
  {
    name: 'files: clearProcessLogs leaves the backups',
    config: program('x', PUPPET, { stdout_logfile_maxbytes: 10, stdout_logfile_backups: 2 }),
    script: async (d) => {
      await d.running('x');
      await says(d, 'one long line');
      await says(d, 'short');
      await d.emit('x', 'to stderr\n', 2);
      await d.waitFile('x.err', 'stderr\n');
      await d.call('clearProcessLogs', 'x');
      for (const file of ['x.out', 'x.out.1', 'x.err']) await d.noteFile(file);
      await says(d, 'anew');
      await d.noteFile('x.out');
      await d.callSorted('clearAllProcessLogs');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'files: clearProcessLogs of a stopped program',
    config: dormant('y', '/bin/cat'),
    files: { 'y.out': 'of an earlier life\n' },
    script: async (d) => {
      await d.call('clearProcessLogs', 'y');
      await d.noteFile('y.out');
    },
    deviation: {
      name: 'clears-logs-of-the-stopped',
      herald: (oracle) => ({ ...oracle, notes: { 'y.out': '' } }),
    },
  },
  {
    name: 'files: logs that are devices',
    config: program('x', PUPPET, {
      stdout_logfile: '%{dir}/device-null',
      stdout_logfile_maxbytes: 0,
      stderr_logfile: '/dev/stdout',
      stderr_logfile_maxbytes: 0,
      autorestart: 'false',
    }),
    supervisord: 'silent=true',
    prepare: async (dir) => void ownDevice(dir, 'null'),
    script: async (d) => {
      await d.running('x');
      await d.emit('x', 'to nowhere\n');
      await d.emit('x', 'to the output of the daemon\n', 2);
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      await d.noteFile('daemon.output');
      await d.call('tailProcessStdoutLog', 'x', 0, 100);
    },
  },
  {
    name: 'files: redirect_stderr with a file for stderr',
    config: program('x', PUPPET, {
      redirect_stderr: 'true',
      autorestart: 'false',
      stderr_logfile: '%{dir}/ignored.err',
    }),
    script: async (d) => {
      await d.running('x');
      await d.emit('x', 'one\n');
      await d.emit('x', 'two\n', 2);
      await d.tell('x', 'exit 0');
      await d.state('x', 'EXITED');
      await d.noteFile('x.out');
      d.noteListing();
      await d.call('getProcessInfo', 'x');
    },
  },
];
