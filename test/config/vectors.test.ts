import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseDaemonCommandLine } from '../../src/config/command-line.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadDaemonConfig } from '../../src/config/load.ts';
import { requireConfigFile } from '../../src/config/search-path.ts';
import type { ChannelConfig, DaemonConfig, ProcessConfig } from '../../src/config/types.ts';
import { memoryFiles, memoryWorld } from './memory-machine.ts';

interface Vector {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

interface ErrorVector extends Vector {
  readonly message: string;
  readonly line: number;
  readonly option?: string;
}

interface AcceptedVector extends Vector {
  readonly groups: readonly unknown[];
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

function vectorsOf<V extends Vector>(file: string): readonly V[] {
  const url = new URL(`../../protocol-spec/vectors/config/${file}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')).cases;
}

function load({ files: texts, args = ['-c', 's.conf'] }: Vector): DaemonConfig {
  const files = memoryFiles(texts);
  const world = memoryWorld();
  const line = parseDaemonCommandLine(args, { files, world });
  assert.equal(line.kind, 'run');
  const overrides = line.kind === 'run' ? line.overrides : {};
  const path = overrides.configuration ?? requireConfigFile(files, 'supervisord');
  return loadDaemonConfig({ files, world, path, overrides });
}

function errorOf(vector: Vector): ConfigError {
  try {
    load(vector);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  assert.fail(`${vector.name} was accepted`);
}

test('refused configurations get the recorded text, line and option', () => {
  const vectors = vectorsOf<ErrorVector>('errors.json');
  assert.ok(vectors.length >= 100);
  for (const vector of vectors) {
    const { message, line, option } = errorOf(vector);
    const { message: text, line: wanted, option: name } = vector;
    assert.deepEqual({ message, line, option }, { message: text, line: wanted, option: name }, vector.name);
  }
});

test('refused command lines get the recorded text', () => {
  for (const vector of vectorsOf<ErrorVector>('command-lines.json')) {
    assert.equal(errorOf(vector).message, vector.message, vector.name);
  }
});

test('accepted configurations become the recorded groups and notices', () => {
  for (const vector of vectorsOf<AcceptedVector>('accepted.json')) {
    const { groups, notices } = load(vector);
    const told = (level: string) =>
      notices
        .filter((notice) => notice.level === level && !/unknown/i.test(notice.message))
        .map(({ message }) => message);
    const shown = groups.map(({ name, priority, processes }) => ({
      name,
      priority,
      processes: processes.map(describe),
    }));
    assert.deepEqual(
      { groups: shown, warnings: told('warn'), infos: told('info') },
      { groups: vector.groups, warnings: vector.warnings, infos: vector.infos },
      vector.name,
    );
  }
});

const DEFAULTS: Readonly<Record<string, unknown>> = {
  ...{ priority: 999, autostart: true, autorestart: 'unexpected', startsecs: 1, startretries: 3 },
  ...{ stopsignal: 15, stopwaitsecs: 10, stopasgroup: false, killasgroup: false, exitcodes: [0] },
  ...{ redirect_stderr: false, environment: {}, serverurl: null, directory: null, umask: null },
  ...channelDefaults('stdout'),
  ...channelDefaults('stderr'),
};

function channelDefaults(channel: string): Record<string, unknown> {
  return {
    [`${channel}_logfile`]: 'AUTO',
    [`${channel}_capture_maxbytes`]: 0,
    [`${channel}_events_enabled`]: false,
    [`${channel}_logfile_backups`]: 10,
    [`${channel}_logfile_maxbytes`]: 50 * 1024 * 1024,
  };
}

/** A process in the option names of the file, without what is at its default. */
function describe(process: ProcessConfig): Record<string, unknown> {
  const all: Record<string, unknown> = {
    ...{ name: process.name, command: process.command, priority: process.priority },
    ...{ autostart: process.autostart, autorestart: process.autorestart, startsecs: process.startsecs },
    ...{ startretries: process.startretries, stopsignal: process.stopsignal },
    ...{ stopwaitsecs: process.stopwaitsecs, stopasgroup: process.stopasgroup },
    ...{ killasgroup: process.killasgroup, exitcodes: process.exitcodes },
    ...{ redirect_stderr: process.redirectStderr, environment: Object.fromEntries(process.environment) },
    ...{ serverurl: process.serverurl ?? null, directory: process.directory ?? null },
    umask: process.umask ?? null,
    ...describeChannel('stdout', process.stdout),
    ...describeChannel('stderr', process.stderr),
  };
  const changed = Object.entries(all).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULTS[key]),
  );
  return Object.fromEntries(changed);
}

function describeChannel(name: string, channel: ChannelConfig): Record<string, unknown> {
  const { logfile, maxbytes, backups, captureMaxbytes, eventsEnabled } = channel;
  return {
    [`${name}_logfile`]: logfile.kind === 'auto' ? 'AUTO' : logfile.kind === 'none' ? null : logfile.path,
    [`${name}_capture_maxbytes`]: captureMaxbytes,
    [`${name}_events_enabled`]: eventsEnabled,
    [`${name}_logfile_backups`]: backups,
    [`${name}_logfile_maxbytes`]: maxbytes,
  };
}
