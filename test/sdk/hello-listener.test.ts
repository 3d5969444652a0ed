import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { makeEvent, type RunOptions, runListener } from 'herald/testing';
import { needs } from '../peers.ts';

const EXAMPLE = path.resolve(import.meta.dirname, '../../examples/hello-listener');

async function greets(command: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
  await using listener = runListener(command, args, { timeout: 120_000, ...options });
  for (const data of ['world', 'Jürgen 🎉', 'world again']) {
    assert.equal(await listener.send(makeEvent('REMOTE_COMMUNICATION', { type: 'greet', data })), 'OK');
    await listener.said(`hello, ${data}\n`);
  }
  assert.equal(await listener.send(makeEvent('REMOTE_COMMUNICATION', { type: 'other' })), 'OK');
  assert.equal(await listener.send(makeEvent('PROCESS_STATE_FATAL')), 'OK');
  assert.deepEqual(await listener.end(), { status: 0, signal: null });
}

test('the hello-world listener in TypeScript', async () => {
  await greets(process.execPath, ['--import', 'tsx', path.join(EXAMPLE, 'listener.ts')]);
  const lines = (await readFile(path.join(EXAMPLE, 'listener.ts'), 'utf8')).trimEnd().split('\n');
  assert.ok(lines.length < 15, `${lines.length} lines`);
});

test('the same in Python', needs('python3'), async () => {
  await greets('python3', [path.join(EXAMPLE, 'listener.py')]);
});

test('the same in sh, counting bytes', async () => {
  await greets('/bin/sh', [path.join(EXAMPLE, 'listener.sh')], { lengthUnit: 'bytes' });
});
