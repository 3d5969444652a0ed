import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type SupervisorOptions, startSupervisor } from '../../src/daemon/embed.ts';
import { WatchedProgram } from '../e2e/watched-program.ts';

/** Runs a scenario of the program to its end. */
async function embed(t: TestContext, scenario: string, sections: string) {
  const folder = mkdtempSync(join(tmpdir(), 'herald-test-'));
  const file = join(folder, 'herald.conf');
  const paths = 'logfile=%(here)s/main.log\npidfile=%(here)s/herald.pid\nchildlogdir=%(here)s\n';
  writeFileSync(file, `[supervisord]\n${paths}${sections}`);
  const program = new WatchedProgram('test/daemon/embedding-program.ts', [file, scenario], {
    NODE_OPTIONS: '--import tsx',
  });
  t.after(async () => {
    await program.end();
    rmSync(folder, { recursive: true, force: true });
  });
  const status = await program.ended;
  return {
    status,
    lines: program.output.trim().split('\n'),
    log: readFileSync(join(folder, 'main.log'), 'utf8'),
  };
}

test('a subscriber that fails is reported, stays, stops nobody, and the process lives', async (t) => {
  const { status, lines, log } = await embed(t, 'failing-subscribers', '');
  assert.deepEqual([status, lines], [0, ['healthy 1', 'healthy 2', 'over']]);
  const reports = log.match(/(?<=ERRO )a subscriber failed on .*/g)?.toSorted();
  assert.deepEqual(reports, [
    'a subscriber failed on REMOTE_COMMUNICATION 0: rejected',
    'a subscriber failed on REMOTE_COMMUNICATION 0: thrown',
    'a subscriber failed on REMOTE_COMMUNICATION 1: rejected',
    'a subscriber failed on REMOTE_COMMUNICATION 1: thrown',
  ]);
});

test('what is subscribed to in prepare sees the start, of every life', async (t) => {
  const program = '[program:p]\ncommand=/no/such/program\nstartretries=0\n';
  const { status, lines } = await embed(t, 'events-of-the-start', program);
  const life = (number: number): string[] => [
    `life ${number}`,
    `${number} PROCESS_GROUP_ADDED`,
    `${number} SUPERVISOR_STATE_CHANGE_RUNNING`,
    `${number} PROCESS_STATE_STARTING`,
    `${number} PROCESS_STATE_BACKOFF`,
    `${number} PROCESS_STATE_FATAL`,
    `${number} SUPERVISOR_STATE_CHANGE_STOPPING`,
  ];
  assert.deepEqual([status, lines], [0, [...life(1), ...life(2), 'over']]);
});

test('when prepare throws nothing is started, and a later start goes well', async (t) => {
  const { status, lines, log } = await embed(t, 'failing-preparation', '[program:p]\ncommand=/bin/cat\n');
  assert.deepEqual(lines, [
    'StartError: The programs cannot be started: not ready',
    'TypeError: there is no event PROCESS_STATE_FATL (did you mean PROCESS_STATE_FATAL?)',
    'over',
  ]);
  assert.equal(status, 0);
  assert.equal(log.match(/spawned: 'p'/g)?.length, 1);
});

test('wrong options are TypeErrors that say which, what it is and what it may be', async () => {
  const configFile = '/no/such/file';
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /^startSupervisor takes an object with configFile$/],
    ['herald.conf', /^startSupervisor takes an object with configFile$/],
    [{}, /^the option configFile is missing$/],
    [{ configFile: 5 }, /^the option configFile must be a string that is not empty, it is 5$/],
    [
      { configFile, override: {} },
      /^there is no option override \(did you mean overrides\?\); there are config/,
    ],
    [{ configFile, overrides: [] }, /^the option overrides must be an object, it is an array$/],
    [{ configFile, prepare: true }, /^the option prepare must be a function, it is true$/],
    [
      { configFile, overrides: { logLevel: 'info' } },
      /^there is no override logLevel \(did you mean loglevel\?\)/,
    ],
    [{ configFile, overrides: { nodaemon: true } }, /^there is no override nodaemon; there are strict, /],
    [{ configFile, overrides: { constructor: 1 } }, /^there is no override constructor/],
    [
      { configFile, overrides: { loglevel: 'zz' } },
      /^the override loglevel must be one of critical, .*, blather, it is 'zz'$/,
    ],
    [
      { configFile, overrides: { umask: '022' } },
      /^the override umask must be a whole number .* 0o777, it is '022'$/,
    ],
    [
      { configFile, overrides: { minfds: -1 } },
      /^the override minfds must be a whole number from 0, it is -1$/,
    ],
    [{ configFile, overrides: { silent: 'no' } }, /^the override silent must be true or false, it is 'no'$/],
    [
      { configFile, overrides: { pidfile: undefined } },
      /^the override pidfile must be a string .* undefined$/,
    ],
  ];
  for (const [options, message] of rows) {
    const start = startSupervisor(options as SupervisorOptions);
    await assert.rejects(start, { name: 'TypeError', message });
  }
});
