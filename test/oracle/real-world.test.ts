/**
 * Configurations as they are found in the wild, each loaded by Debian's supervisord and by heraldd: the daemons
 * must say the same about every process, and the same about the file.
 *
 * Nothing is started (autostart=false), so the programs need not be there.
 */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../fixtures/free-port.ts';
import { needs, peer } from '../peers.ts';
import { RealWorldDaemon } from './real-world-daemon.ts';

const CONFIGS = fileURLToPath(new URL('real-world/', import.meta.url));
const HERALDD = [process.execPath, fileURLToPath(new URL('../../dist/heraldd.js', import.meta.url))];

const names = (await readdir(CONFIGS)).filter((name) => name.endsWith('.conf')).sort();
const root = await realpath(await mkdtemp(join(tmpdir(), 'rw-')));
after(() => rm(root, { recursive: true }));

describe('configurations from the wild', { ...needs('supervisord'), concurrency: 3 }, () => {
  test('there are many', () => assert.ok(names.length >= 25, `${names.length}`));
  for (const file of names) {
    const name = file.replace('.conf', '');
    test(name, { timeout: 300_000 }, async () => {
      const folder = await prepare(name);
      const environment = { HTTP_PORT: String(await freePort()), FCGI_PORT: String(await freePort()) };
      const theirs = await ask([peer('supervisord') ?? ''], folder, environment);
      await rm(join(folder, 'run'), { recursive: true });
      await mkdir(join(folder, 'run'));
      const ours = await ask(HERALDD, folder, environment);
      assert.ok(theirs.processes.length > 0);
      assert.deepEqual(ours.configs, theirs.configs);
      assert.deepEqual(ours.processes, theirs.processes);
      assert.deepEqual(withoutHints(ours.notices), withoutRepetitions(theirs.notices));
      const hints = ours.notices.filter(isHint).map((text) => text.replaceAll(folder, 'FOLDER'));
      assert.deepEqual(hints, HINTS[name] ?? []);
    });
  }
});

/** What Herald says about names that mean nothing; Supervisor is silent about them. */
const HINTS: Readonly<Record<string, readonly string[]>> = {
  'old-habits': [
    hint('log_stdout', 21),
    hint('log_stderr', 22),
    hint('logfile', 23),
    hint('start_retries', 27, 'startretries'),
    hint('stdout_logfile_max_bytes', 32, 'stdout_logfile_maxbytes'),
  ],
};

function hint(option: string, line: number, nearest?: string): string {
  const place = `For [program:legacy], unknown option '${option}' is ignored (FOLDER/supervisord.conf, line ${line})`;
  return `WARN ${place}${nearest === undefined ? '' : `, did you mean '${nearest}'?`}`;
}

async function prepare(name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(join(folder, 'log'), { recursive: true });
  await mkdir(join(folder, 'run'));
  await cp(join(CONFIGS, `${name}.conf`), join(folder, 'supervisord.conf'));
  const more = (await readdir(CONFIGS)).find((entry) => entry === `${name}.d`);
  if (more !== undefined) await cp(join(CONFIGS, more), folder, { recursive: true });
  return folder;
}

interface Answers {
  readonly configs: unknown;
  readonly processes: readonly unknown[];
  readonly notices: readonly string[];
}

async function ask(
  command: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Answers> {
  await using daemon = await RealWorldDaemon.start(command, folder, environment);
  const configs = await daemon.call('supervisor.getAllConfigInfo');
  const processes = await daemon.call('supervisor.getAllProcessInfo');
  return {
    // Supervisor 4.2.5 does not tell how a process is restarted.
    configs: configs.map(({ autorestart: _, ...config }) => normalized(config)),
    processes: processes.map(({ now: _, ...info }) => normalized(info)),
    notices: daemon.notices(),
  };
}

/** The random part of an AUTO log's name differs with each start. */
function normalized(struct: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(JSON.stringify(struct).replace(/(---\w+-)\w{8}\.log/g, '$1RANDOM.log'));
}

function isHint(notice: string): boolean {
  return /unknown (option|section)/.test(notice);
}

function withoutHints(notices: readonly string[]): readonly string[] {
  return notices.filter((notice) => !isHint(notice));
}

/** Supervisor repeats a warning for each process of a section. */
function withoutRepetitions(notices: readonly string[]): readonly string[] {
  return [...new Set(notices)];
}
