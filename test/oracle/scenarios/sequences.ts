/** What random sequences of operations have found to differ once. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Scenario } from '../scenario.ts';
import { dormant, program } from '../sections.ts';
import { exchange } from '../xml-rpc-client.ts';

/** Paths of nobody, and one that only says OK. */
const PATHS = ['/nope', '/ok.html', '/ok.html/', '/Index.html'];

export const sequenceScenarios: readonly Scenario[] = [
  {
    name: 'sequences: clearing the logs of what never ran makes no files',
    config:
      dormant('x') +
      dormant('y', '/bin/cat', { stdout_logfile: '%{dir}/folder/y.out' }) +
      program('z', '/bin/cat', { stdout_logfile: 'NONE' }),
    prepare: async (dir) => void (await mkdir(path.join(dir, 'folder'))),
    script: async (d) => {
      await d.running('z');
      await d.call('clearProcessLogs', 'x');
      await d.call('readProcessStdoutLog', 'x', 0, 0);
      await d.noteFile('x.out');
      await d.noteFile('x.err');
      await d.remove('folder');
      await d.call('clearProcessLogs', 'y');
      await d.callSorted('clearAllProcessLogs');
    },
  },
  {
    name: 'sequences: POST to paths of nobody',
    config: '',
    script: async (d) => {
      for (const name of PATHS) {
        const { status } = await exchange(d.daemon.socketPath, 'POST', name, 'x');
        d.note(name, status);
      }
    },
  },
];
