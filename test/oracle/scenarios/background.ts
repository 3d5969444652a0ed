/** The daemon in the background: without -n. */
import { readFileSync, readlinkSync } from 'node:fs';
import { sessionOf } from '../daemon.ts';
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { PUPPET, program } from '../sections.ts';

/** What its process looks like from outside. */
function noteProcess(d: Driver): void {
  const { pid } = d.daemon;
  d.note('working directory', readlinkSync(`/proc/${pid}/cwd`));
  d.note(
    'descriptors',
    [0, 1, 2].map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`)),
  );
  d.note('leads its session', sessionOf(pid) === pid);
  d.note('umask', /^Umask:\s*(\S+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '');
}

function background(
  name: string,
  words: readonly string[],
  script: (d: Driver) => Promise<void>,
  more: Partial<Scenario> = {},
): Scenario {
  return {
    name: `background: ${name}`,
    config: program('x', PUPPET, { umask: '022' }) + program('y', '/bin/sh -c "pwd; umask; exec cat"'),
    launch: false,
    script: async (d) => {
      await d.startInBackground(...words.map((word) => word.replaceAll('%{dir}', d.dir)));
      await d.running('x', 'y');
      await script(d);
    },
    ...more,
  };
}

export const backgroundScenarios: readonly Scenario[] = [
  background('process, files and log', [], async (d) => {
    noteProcess(d);
    d.noteListing();
    await d.waitFile('y.out', '\n');
    await d.noteFile('y.out');
    await d.shutdown();
    await d.noteLog();
    d.noteListing();
  }),
  background(
    'directory= and umask=',
    [],
    async (d) => {
      noteProcess(d);
      d.noteListing();
      await d.waitFile('y.out', '0027\n');
      await d.noteFile('y.out');
      await d.shutdown();
      await d.noteLog();
    },
    { supervisord: 'directory=/usr\numask=027' },
  ),
  background(
    '-d and -m',
    ['-d', '/usr', '-m', '077'],
    async (d) => {
      noteProcess(d);
      await d.shutdown();
      await d.noteLog();
      d.noteListing();
    },
    { supervisord: 'umask=027' },
  ),
  background(
    'a relative log and pidfile belong to where it was started',
    ['-l', 'words.log', '-d', '/'],
    async (d) => {
      noteProcess(d);
      d.noteListing();
    },
  ),
  background('SIGTERM', [], async (d) => {
    await d.tell('x', 'answer TERM 0');
    d.daemon.signal('SIGTERM');
    await d.exited();
    await d.noteLog();
    d.noteListing();
  }),
  background('SIGHUP keeps process and session', [], async (d) => {
    d.daemon.signal('SIGHUP');
    await d.startedAgain(2);
    await d.running('x');
    d.note('same process', (await d.read('daemon.pid')) === `${d.daemon.pid}\n`);
    noteProcess(d);
    await d.shutdown();
    await d.noteLog();
  }),
  background('SIGUSR2', [], async (d) => {
    await d.rename('main.log', 'main.log.old');
    d.daemon.signal('SIGUSR2');
    await d.waitFile('main.log.old', 'logreopen');
    await d.shutdown();
    await d.noteLog();
    await d.noteLog({}, 'main.log.old');
  }),
  {
    name: 'background: refused before it goes there',
    config: '',
    launch: false,
    script: async (d) => {
      await d.refuses('start', '-c', d.path('daemon.conf'), '-l', d.path('none/main.log'));
      d.noteListing();
    },
  },
  {
    name: 'background: a second one is refused',
    config: '',
    script: async (d) => {
      const { ended } = await d.runs('-c', d.path('daemon.conf'));
      d.note('second', ended);
      await d.call('getState');
      await d.shutdown();
      d.noteListing();
    },
  },
];
