/** `[supervisord]`, overlaid by the command line. */
import { parseUser } from './accounts.ts';
import type { CommandLineOverrides } from './command-line.ts';
import { ConfigError, readOr, ValueError } from './config-error.ts';
import { parseEnvironment } from './environment.ts';
import { parseDirectory, parseFilePath, type Surroundings } from './existing-paths.ts';
import type { Names } from './names.ts';
import type { OptionReader } from './option-reader.ts';
import { normalizePath } from './paths.ts';
import { type ReadContext, readerOf } from './read-context.ts';
import type { SupervisordConfig } from './types.ts';
import { parseBoolean, parseByteSize, parseInteger, parseLogLevel, parseOctal } from './values.ts';

/**
 * Lays the section's `environment` over the names that expand in the sections read after it. Throws
 * {@link ConfigError}.
 */
export function readSupervisord(context: ReadContext, overrides: CommandLineOverrides): SupervisordConfig {
  if (context.raw.section('supervisord') === undefined)
    readOr(context.errors, undefined, () => {
      const place = { file: context.mainFile, line: 1 };
      throw new ConfigError('.ini file does not include supervisord section', place);
    });
  const reader = readerOf(context, 'supervisord');
  const { here, environment, world } = context;
  const fromFile = readOptions(reader, environment.with({ here }), context);
  const names = environment.with({ here, host_node_name: world.hostname });
  const pairs = reader.readOr(new Map<string, string>(), () =>
    reader.attempt('environment', () =>
      parseEnvironment(reader.expand(reader.raw('environment')?.value ?? '', names, 'environment')),
    ),
  );
  environment.overlay(pairs);
  const merged = { ...fromFile, ...given(overrides), environment: pairs };
  return {
    ...merged,
    logfile: merged.logfile === 'syslog' ? merged.logfile : normalizePath(merged.logfile, world),
    pidfile: normalizePath(merged.pidfile, world),
  };
}

/** In the order in which Supervisor reads them, so that of two mistakes the same one is reported. */
function readOptions(
  reader: OptionReader,
  names: Names,
  surroundings: Surroundings,
): Omit<SupervisordConfig, 'environment'> {
  const read = <T>(option: string, fallback: T, convert: (text: string) => T): T =>
    reader.value<T, T>(option, fallback, names, convert);
  const directory = (text: string) => parseDirectory(text, surroundings);
  const file = (text: string) => parseFilePath(text, surroundings);
  return {
    minfds: read('minfds', 1024, parseInteger),
    minprocs: read('minprocs', 200, parseInteger),
    directory: read('directory', undefined, directory),
    user: reader.text('user', names),
    umask: read('umask', 0o022, parseOctal),
    logfile: read('logfile', 'supervisord.log', file),
    logfileMaxbytes: read('logfile_maxbytes', 50 * 1024 * 1024, parseByteSize),
    logfileBackups: read('logfile_backups', 10, parseInteger),
    loglevel: read('loglevel', 'info', parseLogLevel),
    pidfile: read('pidfile', 'supervisord.pid', file),
    identifier: reader.text('identifier', names) ?? 'supervisor',
    nodaemon: read('nodaemon', false, parseBoolean),
    silent: read('silent', false, parseBoolean),
    childlogdir: read('childlogdir', surroundings.world.tempDir, directory),
    nocleanup: read('nocleanup', false, parseBoolean),
    stripAnsi: read('strip_ansi', false, parseBoolean),
  };
}

function given({ configuration: _, strict: __, ...options }: CommandLineOverrides) {
  return options;
}

/** Supervisor looks the user up when everything else has been read. Throws {@link ConfigError}. */
export function checkUser(
  user: string | undefined,
  overrides: CommandLineOverrides,
  context: ReadContext,
): void {
  if (user === undefined) return;
  try {
    parseUser(user, context.world);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw overrides.user === undefined
      ? readerOf(context, 'supervisord').error(cause.message, 'user', cause)
      : new ConfigError(cause.message, {}, { cause });
  }
}
