/** The main log of a start: what was read, what is doubtful, which servers there are; levels and the copy on stdout. */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, PUPPET, program } from '../sections.ts';

/** Ends the daemon, so that the log is complete, and notes it. */
async function finish(d: Driver): Promise<void> {
  await d.shutdown();
  await d.noteLog();
}

async function ends(d: Driver, command: string): Promise<void> {
  await d.tell('x', command);
  await d.state('x', 'EXITED');
}

export const mainLogSetupScenarios: readonly Scenario[] = [
  {
    name: 'main log: included files, found and not found',
    config: '[include]\nfiles=parts/*.conf nothing/*.conf %{dir}/folder.* missing.conf\n',
    files: {
      'parts/b.conf': program('b'),
      'parts/a.conf': program('a'),
      'parts/c.txt': 'not read',
      'folder.d/x': 'not read',
    },
    script: async (d) => {
      await d.running('a', 'b');
      await finish(d);
    },
  },
  {
    name: 'main log: several servers, with and without authentication',
    config:
      '[unix_http_server:open]\nfile=%{dir}/open.sock\n' +
      '[unix_http_server:locked]\nfile=%{dir}/locked.sock\nusername=me\npassword=secret\n',
    script: (d) => finish(d),
  },
  {
    name: 'main log: warnings about options of programs',
    config:
      dormant('both', PUPPET, { redirect_stderr: 'true' }) +
      dormant('unlimited', PUPPET, { stdout_logfile: 'AUTO', stdout_logfile_maxbytes: 0 }) +
      dormant('unlimited_err', PUPPET, { stderr_logfile: 'AUTO', stderr_logfile_maxbytes: 0 }) +
      dormant('old', PUPPET, { stdout_logfile: 'syslog' }),
    script: (d) => finish(d),
  },
  ...(['warn', 'critical'] as const).map(
    (level): Scenario => ({
      name: `main log: loglevel=${level}`,
      config: program('x', PUPPET, { autorestart: 'false' }),
      arguments: ['-e', level],
      script: async (d) => {
        await d.running('x');
        await ends(d, 'exit 3');
        await finish(d);
      },
    }),
  ),
  {
    name: 'main log: copied to stdout in the foreground',
    config: program('x'),
    supervisord: 'loglevel=info',
    script: async (d) => {
      await d.running('x');
      await d.shutdown();
      d.note('the same', (await d.read('daemon.output')) === (await d.read('main.log')));
      await d.noteLog({}, 'daemon.output');
    },
  },
  {
    name: 'main log: silent=true keeps stdout empty',
    config: program('x'),
    supervisord: 'silent=true',
    script: async (d) => {
      await d.running('x');
      await finish(d);
      await d.noteFile('daemon.output');
    },
  },
];
