/** What the README shows to be copied works as it stands there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { build } from 'esbuild';
import { shell } from '../e2e/shell.ts';
import { WatchedProgram } from '../e2e/watched-program.ts';
import { freePort } from '../fixtures/free-port.ts';
import { peer } from '../peers.ts';
import { codeBlocks, ROOT, readPage } from './pages.ts';

const readme = readPage('README.md');

function blockWith(language: string, part: string): string {
  const found = codeBlocks(readme, language).find((block) => block.includes(part));
  return found ?? assert.fail(`README.md has no ${language} block with ${part}`);
}

/** The folder of somebody who has followed the README, with a port that is free on this machine. */
async function follow(t: TestContext, port: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-readme-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // Node 20 runs no TypeScript, and there is no herald in node_modules here.
  await build({
    stdin: { contents: blockWith('ts', 'DEPLOY_DONE'), loader: 'ts', resolveDir: ROOT },
    outfile: join(folder, 'deploys.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  const config = blockWith('ini', '[eventlistener:deploys]')
    .replaceAll('9001', String(port))
    .replace(
      'node deploys.ts',
      `${process.execPath} ${folder}/deploys.mjs\nstderr_logfile=/dev/stderr\nstderr_logfile_maxbytes=0`,
    )
    .replace(
      '[supervisord]',
      `[supervisord]\nlogfile=${folder}/main.log\npidfile=${folder}/pid\nchildlogdir=${folder}`,
    );
  writeFileSync(join(folder, 'supervisord.conf'), config);
  return folder;
}

test('the listener of the README hears of every event that the README sends', async (t) => {
  const port = await freePort();
  const folder = await follow(t, port);
  const daemon = new WatchedProgram('dist/heraldd.js', ['-c', join(folder, 'supervisord.conf')]);
  t.after(() => daemon.end());
  await daemon.waitFor(/success: deploys entered RUNNING/);
  const lines = blockWith('sh', 'sendRemoteCommEvent').replaceAll('9001', String(port)).trim().split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['curl', 'python3', 'herald'],
  );
  for (const line of lines) {
    if (line.startsWith('python3') && peer('python3') === undefined) continue;
    const from = daemon.output.length;
    const said = await shell(
      line.replace(/^herald /, `${process.execPath} ${join(ROOT, 'dist/herald.js')} `),
    );
    assert.doesNotMatch(said, /fault|error/i, line);
    await daemon.waitFor(/version 1\.2 is live/, from);
  }
});

test('the first listener has no more than 15 lines', () => {
  const lines = blockWith('ts', 'createListener').trimEnd().split('\n');
  assert.ok(lines.length <= 15, `${lines.length}`);
});

test('the crashmail of the README is a command line that crashmail takes', async () => {
  const command = /^command=herald-crashmail (.*)$/m.exec(blockWith('ini', 'crashmail'))?.[1] ?? '';
  const main = join(ROOT, 'dist/listeners/crashmail.js');
  // It gets as far as finding out that no supervisor started it.
  assert.match(await shell(`${process.execPath} ${main} ${command} < /dev/null`), /not an event listener/);
});
