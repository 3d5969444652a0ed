/**
 * Debian's supervisord and Herald read the same files, now: whether they are refused, with which words, and what
 * becomes of those that are not. The recorded vectors say what both should say; here nothing is recorded.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadDaemonConfig } from '../../src/config/load.ts';
import type { ChannelConfig, GroupConfig, ProcessConfig } from '../../src/config/types.ts';
import { nodeConfigFiles, nodeWorld } from '../../src/host/config-files.ts';
import { needs } from '../peers.ts';
import { combinedCases, type OracleCase, vectorCases } from './oracle-cases.ts';
import { DEVIATION_NAMES, deviationOf, type Reading } from './oracle-deviations.ts';

/** Where the Debian package puts Python and its modules; another Python on PATH does not see them. */
const PYTHON = '/usr/bin/python3';
const ENVIRONMENT = { HOME: '/tmp', PATH: '/usr/bin:/bin', A: 'aval' };

const root = realpathSync(mkdtempSync(join(tmpdir(), 'config-oracle-')));
const seen = new Set<string>();
after(() => rmSync(root, { recursive: true }));

test('wrong configurations are refused by both, in the same words', needs('supervisord'), () => {
  const cases = vectorCases('errors.json');
  assert.ok(cases.length >= 150, `only ${cases.length} cases`);
  const refused = compare('errors', cases).filter(({ status }) => status === 2);
  assert.equal(refused.length, cases.length, 'all of them are refused');
});

test('good configurations become the same groups with both', needs('supervisord'), () => {
  const accepted = compare('accepted', vectorCases('accepted.json')).filter(({ status }) => status === 0);
  assert.ok(accepted.length >= 20, `only ${accepted.length} cases`);
});

test('every option with every strange value means the same to both', needs('supervisord'), () => {
  const readings = compare('combined', combinedCases());
  assert.ok(readings.filter(({ status }) => status === 0).length >= 200);
  assert.ok(readings.filter(({ status }) => status === 2).length >= 200);
});

test('no deviation is named that does not occur', needs('supervisord'), () => {
  assert.deepEqual(
    DEVIATION_NAMES.filter((name) => !seen.has(name)),
    [],
  );
});

/** Has both read every case and compares; returns Supervisor's readings. */
function compare(name: string, cases: readonly OracleCase[]): readonly Reading[] {
  const folders = cases.map((one, index) => writeCase(join(root, name, String(index)), one));
  const theirs = supervisorReadings(folders);
  const found = cases.map((one, index) => {
    const folder = folders[index] ?? '';
    const expected = theirs[index];
    assert.ok(expected, one.name);
    return { one, ours: heraldReading(folder), theirs: expected };
  });
  const different = found.flatMap(({ one, ours, theirs }) => {
    const deviation = deviationOf(ours, theirs);
    if (deviation !== undefined) seen.add(deviation);
    return deviation === 'none' ? [] : [{ name: one.name, ours, theirs, deviation }];
  });
  const unnamed = different.filter(({ deviation }) => deviation === undefined);
  assert.deepEqual(unnamed, [], `${unnamed.length} of ${cases.length} differ`);
  return theirs;
}

function writeCase(folder: string, { files }: OracleCase): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function supervisorReadings(folders: readonly string[]): readonly Reading[] {
  const script = fileURLToPath(new URL('oracle.py', import.meta.url));
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-W', 'ignore', script], {
    input: JSON.stringify({ folders, env: ENVIRONMENT }),
    env: { ...ENVIRONMENT, LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  const readings: readonly Reading[] = JSON.parse(stdout);
  return readings.map((reading, index) => withoutFolder(reading, folders[index] ?? ''));
}

function heraldReading(folder: string): Reading {
  const before = process.cwd();
  process.chdir(folder);
  try {
    const world = { ...nodeWorld(), env: new Map(Object.entries(ENVIRONMENT)) };
    const { groups, notices } = loadDaemonConfig({
      files: nodeConfigFiles,
      world,
      path: 's.conf',
      overrides: {},
    });
    const told = (level: string): string[] =>
      notices.filter((notice) => notice.level === level).map(({ message }) => message);
    const read = { groups: groups.map(describeGroup), warnings: told('warn'), infos: told('info') };
    return withoutFolder({ status: 0, message: '', ...read }, folder);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return withoutFolder({ status: 2, message: error.message, groups: [], warnings: [], infos: [] }, folder);
  } finally {
    process.chdir(before);
  }
}

function withoutFolder(reading: Reading, folder: string): Reading {
  return JSON.parse(JSON.stringify(reading).replaceAll(folder, '/srv/herald'));
}

function describeGroup({ name, priority, processes }: GroupConfig): unknown {
  return { name, priority, processes: processes.map(describeProcess) };
}

/** In the order of oracle.py. */
function describeProcess(config: ProcessConfig): unknown {
  return [
    ...[config.name, config.command, config.priority, config.autostart, config.autorestart, config.startsecs],
    ...[config.startretries, config.stopsignal, config.stopwaitsecs, config.stopasgroup, config.killasgroup],
    ...[
      config.exitcodes,
      config.redirectStderr,
      [...config.environment].sort(byName),
      config.serverurl ?? null,
    ],
    ...[config.directory ?? null, config.umask ?? null],
    ...[describeChannel(config.stdout), describeChannel(config.stderr)],
  ];
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

function describeChannel({
  logfile,
  captureMaxbytes,
  eventsEnabled,
  backups,
  maxbytes,
}: ChannelConfig): unknown {
  const target = logfile.kind === 'auto' ? 'AUTO' : logfile.kind === 'none' ? null : logfile.path;
  return [target, captureMaxbytes, eventsEnabled, backups, maxbytes];
}
