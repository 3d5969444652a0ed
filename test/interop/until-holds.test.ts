import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { untilHolds } from './heraldd-daemon.ts';

test('a change that comes during the first look is not missed', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'until-holds-'));
  const file = path.join(folder, 'log');
  try {
    await writeFile(path.join(folder, 'next'), 'what is waited for');
    // A look at a FIFO lasts until its writer has closed, so the one change falls into it for certain.
    execFileSync('mkfifo', [file]);
    const holds = untilHolds(folder, 'log', (text) => text === 'what is waited for');
    const writer = await open(file, 'w');
    const onlooker = watch(folder);
    try {
      const seen = once(onlooker, 'change');
      await rename(path.join(folder, 'next'), file);
      await seen;
    } finally {
      onlooker.close();
      await writer.close();
    }
    await holds;
  } finally {
    await rm(folder, { recursive: true });
  }
});
