import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const module = (name: string): string =>
  JSON.stringify(new URL(`../../src/host/${name}.ts`, import.meta.url).href);

/**
 * Writes `count` lines to stdout through a log sink, then reports on stderr what it found. By the one name of stdout
 * that not even root can remove: it means the same as /dev/stdout.
 */
const program = (count: number, length: number): string => `
  import { systemClock } from ${module('clock')};
  import { createFiles } from ${module('files')};
  import { createStandardStreams } from ${module('stream-target')};
  const streams = createStandardStreams();
  const files = createFiles(systemClock, streams);
  const told = [];
  const sink = files.openLog('/proc/self/fd/1', { maxBytes: 10, backups: 3, onLoss: (message) => told.push(message) });
  const text = 'x'.repeat(${length});
  for (let i = 0; i < ${count}; i++) sink.write(Buffer.from(i + text + '\\n'));
  sink.reopen();
  sink.clear();
  await streams.stdout.drained();
  process.stderr.write(JSON.stringify({ lost: sink.lost, told }));`;

const lines = (count: number, length: number): string =>
  Array.from({ length: count }, (_, i) => `${i}${'x'.repeat(length)}\n`).join('');

function start(t: TestContext, code: string, stdout: 'pipe' | number): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', stdout, 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  const chunks: Buffer[] = [];
  if (stream !== null) for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

test('stdout that is a socket (Node gives its children those): all of it, in order', async (t) => {
  const child = start(t, program(20_000, 90), 'pipe');
  const [out, report] = await Promise.all([collect(child.stdout), collect(child.stderr)]);
  assert.deepEqual(JSON.parse(report), { lost: 0, told: [] });
  assert.ok(out === lines(20_000, 90), `${out.length} bytes`);
});

test('stdout that is a pipe with a slow start: all of it, in order', async (t) => {
  const node = `'${process.execPath}' --import tsx --input-type=module -e "$CODE"`;
  const child = spawn('/bin/sh', ['-c', `${node} | cat`], {
    env: { ...process.env, CODE: program(20_000, 90) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [out, report] = await Promise.all([collect(child.stdout), collect(child.stderr)]);
  assert.deepEqual(JSON.parse(report), { lost: 0, told: [] });
  assert.ok(out === lines(20_000, 90), `${out.length} bytes`);
});

test('stdout that is a file: written through, neither rotated nor removed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-stdout-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const fd = openSync(join(folder, 'out'), 'w');
  const child = start(t, program(50, 5), fd);
  closeSync(fd);
  assert.deepEqual(JSON.parse(await collect(child.stderr)), { lost: 0, told: [] });
  assert.equal(readFileSync(join(folder, 'out'), 'utf8'), lines(50, 5));
});

test('stdout whose reader has gone: nothing thrown, the loss is counted and told once', async (t) => {
  const child = start(t, program(20_000, 90), 'pipe');
  child.stdout?.destroy();
  const [report, [status]] = await Promise.all([collect(child.stderr), once(child, 'exit')]);
  const { lost, told } = JSON.parse(report);
  assert.equal(status, 0);
  assert.equal(lost, lines(20_000, 90).length);
  assert.equal(told.length, 1);
  assert.match(told[0], /'\/proc\/self\/fd\/1' \(EPIPE\)/);
});
