/** `result_handler=`: the one of supervisor_stdout, and functions of one's own. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../peers.ts';
import { RunningDaemon, startDaemon } from './running-daemon.ts';

/** Sends every payload back, as the listener of the Python package supervisor-stdout does. */
const ECHO = `
import sys
while True:
    print('READY', flush=True)
    header = dict(pair.split(':') for pair in sys.stdin.readline().split())
    data = sys.stdin.read(int(header['len']))
    print('RESULT %d' % len(data.encode()), data, sep='\\n', end='', flush=True)
`;

/** Answers with the data of a remote event. */
const ANSWER = `
import sys
while True:
    print('READY', flush=True)
    header = dict(pair.split(':') for pair in sys.stdin.readline().split())
    data = sys.stdin.read(int(header['len'])).split('\\n', 1)[1]
    print('RESULT %d' % len(data.encode()), data, sep='\\n', end='', flush=True)
`;

const LISTENER = 'command=/usr/bin/env python3 %(here)s/listener.py\n';

test(
  "supervisor_stdout's handler prints the log lines on the daemon's stdout",
  needs('python3'),
  async (t) => {
    const daemon = await startDaemon(
      t,
      `[eventlistener:stdout]\n${LISTENER}buffer_size=100\nevents=PROCESS_LOG\n` +
        'result_handler=supervisor_stdout:event_handler\n' +
        '[program:web]\ncommand=/bin/sh -c "echo hello; echo grüße; echo bad >&2; exec cat"\n' +
        'stdout_events_enabled=true\nstderr_events_enabled=true\nstdout_logfile=NONE\nstderr_logfile=NONE\n',
      { 'listener.py': ECHO },
    );
    await daemon.waitFor(/^web stdout \| hello$/m);
    await daemon.waitFor(/^web stdout \| grüße$/m);
    await daemon.waitFor(/^web stderr \| bad$/m);
    assert.doesNotMatch(daemon.output, /was rejected|UNKNOWN/);
    await daemon.client().supervisor.sendProcessStdin('web', 'later\n');
    await daemon.waitFor(/^web stdout \| later$/m);
  },
);

test('a function of a module decides; what it throws is a rejection', needs('python3'), async (t) => {
  const daemon = await startDaemon(
    t,
    `[eventlistener:judged]\n${LISTENER}events=REMOTE_COMMUNICATION\nmax_deliver=1\n` +
      'result_handler=./judge.mjs:judge\n',
    {
      'listener.py': ANSWER,
      'judge.mjs':
        'export function judge(event, result) {\n' +
        '  const text = new TextDecoder().decode(result);\n' +
        "  if (text === 'later') return Promise.reject(new Error('too late'));\n" +
        "  if (text !== 'fine') throw new Error(event.name + ' is ' + text);\n}\n",
    },
  );
  const { supervisor } = daemon.client();
  await supervisor.sendRemoteCommEvent('t', 'fine');
  await daemon.waitFor(/judged: event was processed/);
  await supervisor.sendRemoteCommEvent('t', 'poor');
  await daemon.waitFor(
    /judged: event caused an error in the result handler: REMOTE_COMMUNICATION is poor\n[\s\S]*judged: event was rejected/,
  );
  await supervisor.sendRemoteCommEvent('t', 'later');
  await daemon.waitFor(/WARN judge of .*\/judge\.mjs failed: too late/);
});

test('a module that cannot be loaded is told at the start, with its file', async () => {
  const broken: readonly (readonly [string, RegExp])[] = [
    ['./none.mjs:judge', /no such file: .*\/none\.mjs/],
    ['./judge.mjs:nobody', /\/judge\.mjs exports no function 'nobody'/],
    ['./broken.mjs:judge', /\/broken\.mjs cannot be loaded: /],
    ['some.package:handler', /supervisor_stdout:event_handler.*\.\/file\.js:name/],
  ];
  const folder = mkdtempSync(join(tmpdir(), 'herald-test-'));
  writeFileSync(join(folder, 'judge.mjs'), 'export const judge = () => {};\n');
  writeFileSync(join(folder, 'broken.mjs'), 'export const judge = ;\n');
  for (const [handler, why] of broken) {
    const section = `[eventlistener:x]\ncommand=/bin/cat\nevents=TICK_5\nresult_handler=${handler}\n`;
    const daemon = new RunningDaemon(folder, section);
    assert.equal(await daemon.ended, 2, handler);
    assert.match(daemon.output, why);
    assert.match(daemon.output, /cannot be resolved within \[eventlistener:x\].*herald\.conf/);
    assert.doesNotMatch(daemon.output, /\n {4}at /);
  }
  rmSync(folder, { recursive: true });
});
