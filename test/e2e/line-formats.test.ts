/** `log_format` and `log_prefix` with real programs, files and rotation. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startDaemon } from './running-daemon.ts';

test('files rotate between lines, and no line is lost or changed', async (t) => {
  const daemon = await startDaemon(
    t,
    '[program:count]\ncommand=seq -f "zähler %%.0f" 0 29999\n' +
      'startsecs=0\nautorestart=false\nlog_format=timestamp\nlog_prefix=%(program_name)s[%(process_num)d]\n' +
      'stdout_logfile=%(here)s/count.out\nstdout_logfile_maxbytes=20KB\nstdout_logfile_backups=99\n',
  );
  await daemon.waitFor(/exited: count/);
  await daemon.client().supervisor.getState();
  const number = (name: string): number => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0);
  const names = daemon.files(/^count\.out/).toSorted((a, b) => number(b) - number(a));
  assert.ok(names.length >= 3, `${names.length} files`);
  const lines: string[] = [];
  for (const name of names) {
    const text = daemon.read(name);
    assert.ok(text === '' || text.endsWith('\n'), name);
    lines.push(...text.split('\n').slice(0, -1));
  }
  assert.deepEqual(
    lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} /, '')),
    Array.from({ length: 30_000 }, (_, index) => `count[0] zähler ${index}`),
  );
});

test('json lines of both channels tell where they come from', async (t) => {
  const daemon = await startDaemon(
    t,
    '[group:g]\nprograms=say\n[program:say]\ncommand=/bin/sh -c "echo out; echo err >&2; printf half"\n' +
      'startsecs=0\nautorestart=false\nlog_format=json\n' +
      'stdout_logfile=%(here)s/say.out\nstderr_logfile=%(here)s/say.err\n',
  );
  const pid = Number((await daemon.waitFor(/spawned: 'say' with pid (\d+)\n/))[1]);
  await daemon.waitFor(/exited: say/);
  // The end of a line without one comes right behind the exit.
  await daemon.client().supervisor.getState();
  const read = (name: string) =>
    daemon
      .read(name)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ time, ...rest }) => {
        assert.match(time, /^\d{4}-.*T.*\.\d{3}Z$/);
        return rest;
      });
  const origin = { process: 'say', group: 'g', pid };
  assert.deepEqual(read('say.out'), [
    { ...origin, channel: 'stdout', message: 'out' },
    { ...origin, channel: 'stdout', message: 'half' },
  ]);
  assert.deepEqual(read('say.err'), [{ ...origin, channel: 'stderr', message: 'err' }]);
});

test('256 MB without a line end take no memory', async (t) => {
  const size = 256 * 1024 * 1024;
  const daemon = await startDaemon(
    t,
    `[program:flood]\ncommand=/bin/sh -c "head -c ${size} /dev/zero | tr '\\\\0' x"\n` +
      'startsecs=0\nautorestart=false\nautostart=false\nlog_prefix=>\n' +
      'stdout_logfile=%(here)s/flood.out\nstdout_logfile_maxbytes=1MB\nstdout_logfile_backups=1\n' +
      // The output would go to the main log as well at the level of the other tests.
      '[supervisord]\nloglevel=info\n',
  );
  const peak = (): number =>
    Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]) * 1024;
  const before = peak();
  await daemon.client().supervisor.startProcess('flood');
  await daemon.waitFor(/exited: flood/);
  const grown = peak() - before;
  assert.ok(grown < size / 2, `${Math.round(grown / 1024 / 1024)} MB more`);
  const sizes = ['flood.out', 'flood.out.1'].map((name) => daemon.read(name).length);
  assert.ok(Math.max(...sizes) < 2 * 1024 * 1024, String(sizes));
});
