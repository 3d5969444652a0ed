/** One listener, written with the SDK, under Debian's supervisord and under heraldd. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';
import { build } from 'esbuild';
import { createClient } from '../../src/sdk/client.ts';
import { needs } from '../peers.ts';
import { Heraldd, untilHolds } from './heraldd-daemon.ts';
import { startSupervisord } from './supervisord-daemon.ts';

const folder = await mkdtemp(path.join(os.tmpdir(), 'listener-sdk-'));
after(() => rm(folder, { recursive: true }));
const bundle = path.join(folder, 'listener.mjs');
await build({
  entryPoints: [path.resolve(import.meta.dirname, '../sdk/fixtures/recording-listener.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: bundle,
});

const TEXTS = ['Grüße aus 東京 🎉', 'plain', '\u{1f469}\u200d\u{1f680} é', 'a\nb\n', ''];

function sections(more = ''): string {
  return `
[eventlistener:recorder]
command=${process.execPath} ${bundle}
events=REMOTE_COMMUNICATION,PROCESS_LOG_STDOUT,PROCESS_STATE_EXITED
startsecs=0
stderr_logfile=FOLDER/recorder.err
${more}
[program:speaker]
command=/bin/sh -c 'printf "Ünïcode von 子: 🎉 ß"; exec sleep 0.2'
stdout_events_enabled=true
autostart=false
autorestart=false
startsecs=0
exitcodes=3
`;
}

interface Recorded {
  readonly who: string;
  readonly what: string;
}

async function recorded(home: string): Promise<Recorded[]> {
  const text = await readFile(path.join(home, 'recorder.err'), 'utf8');
  return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Recorded] : []));
}

async function exercise(home: string, url: string): Promise<readonly Recorded[]> {
  const { supervisor } = createClient({ url });
  for (const text of TEXTS) await supervisor.sendRemoteCommEvent('tëxt', text);
  await supervisor.sendRemoteCommEvent('retry', 'ä');
  await untilHolds(home, 'recorder.err', (text) => text.includes('"retry"'));
  await supervisor.startProcess('speaker', false);
  await untilHolds(home, 'recorder.err', (text) => /"speaker","what":"0 /.test(text));
  return recorded(home);
}

function expected(exit: string): readonly Recorded[] {
  return [
    ...TEXTS.map((what) => ({ who: 'tëxt', what })),
    { who: 'retry', what: 'ä' },
    { who: 'speaker', what: 'Ünïcode von 子: 🎉 ß' },
    { who: 'speaker', what: `0 ${exit}` },
  ];
}

test('under supervisord', { ...needs('supervisord'), timeout: 180_000 }, async () => {
  await using daemon = await startSupervisord(sections(), 'recorder entered RUNNING state');
  const seen = await exercise(daemon.folder, daemon.url);
  assert.deepEqual(seen, expected('undefined'));
  const stderr = await readFile(path.join(daemon.folder, 'recorder.err'), 'utf8');
  assert.match(stderr, /^a stray line on stdout, ünd mörè$/m);
  assert.match(stderr, /^REMOTE_COMMUNICATION serial \d+ failed: first time$/m);
});

for (const [keys, exit] of [
  ['', 'undefined'],
  ['length_unit=bytes', 'undefined'],
  ['extended=true', '0'],
  ['prefetch=16', 'undefined'],
] as const) {
  test(`under heraldd${keys && ` with ${keys}`}`, { timeout: 180_000 }, async () => {
    await using daemon = await Heraldd.start(sections(keys));
    await daemon.logged('recorder entered RUNNING state');
    const seen = await exercise(daemon.folder, `unix://${daemon.folder}/h.sock`);
    assert.deepEqual(seen, expected(exit));
  });
}
