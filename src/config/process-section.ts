/** The processes of one `[program:x]`, `[eventlistener:x]` or `[fcgi-program:x]`. */
import { parseUser } from './accounts.ts';
import { parseEnvironment } from './environment.ts';
import { readLineFormat } from './herald-keys.ts';
import { type ChannelEvents, readChannel, readChannelEvents } from './log-channels.ts';
import type { NameSource, OptionReader } from './option-reader.ts';
import type { Names } from './percent-format.ts';
import { compareText, strip } from './python-text.ts';
import type { ReadContext } from './read-context.ts';
import type { ChannelConfig, ProcessConfig } from './types.ts';
import {
  parseAutoRestart,
  parseBoolean,
  parseEssential,
  parseExitCodes,
  parseInteger,
  parseName,
  parseOctal,
  parseSignal,
} from './values.ts';

/** More processes than this in one section are a typing error, and would take the memory of the machine. */
const NUMPROCS_LIMIT = 10_000;

const SIGTERM = 15;

/**
 * In the order in which they start. `group` is the group they end up in; `inherited` are the pairs of
 * `[supervisord] environment`. Throws ConfigError, evaluating in Supervisor's order.
 */
export function readProcesses(
  reader: OptionReader,
  group: string,
  inherited: ReadonlyMap<string, string>,
  context: ReadContext,
): ProcessConfig[] {
  const written = reader.section.slice(reader.section.indexOf(':') + 1);
  const program = reader.readOr(written, () => reader.attempt(undefined, () => parseName(written)));
  const base = {
    here: context.here,
    program_name: program,
    host_node_name: context.world.hostname,
    group_name: group,
  };
  const shared = readShared(reader, context.environment.with(base), context);
  checkShared(shared, reader);
  const processes: ProcessConfig[] = [];
  const leftover = new Map<string, string>();
  for (let index = 0; index < shared.numprocs; index += 1) {
    const numbers = { process_num: shared.numprocsStart + index, numprocs: shared.numprocs };
    const names = once(() => mergeNames({ ...base, ...numbers }, leftover, context));
    processes.push(readOne(reader, group, shared, names, leftover, inherited, context));
  }
  return processes.sort((a, b) => compareText(a.name, b.name));
}

/** A later process of the same name takes the place of the earlier one. */
export function withoutDuplicates(processes: readonly ProcessConfig[]): ProcessConfig[] {
  return [...new Map(processes.map((process) => [process.name, process])).values()];
}

type Shared = ReturnType<typeof readShared>;

function readShared(reader: OptionReader, names: NameSource, { world }: ReadContext) {
  const read = <T>(option: string, fallback: T, convert: (text: string) => T): T =>
    reader.value<T, T>(option, fallback, names, convert);
  const priority = read('priority', 999, parseInteger);
  const autostart = read('autostart', true, parseBoolean);
  const autorestart = read('autorestart', 'unexpected', parseAutoRestart);
  const essential = read('essential', 'never', parseEssential);
  const startsecs = read('startsecs', 1, parseInteger);
  const startretries = read('startretries', 3, parseInteger);
  const stopsignal = read('stopsignal', SIGTERM, parseSignal);
  const stopwaitsecs = read('stopwaitsecs', 10, parseInteger);
  const stopasgroup = read('stopasgroup', false, parseBoolean);
  const killasgroup = read('killasgroup', stopasgroup, parseBoolean);
  const exitcodes: readonly number[] = read('exitcodes', [0], parseExitCodes);
  const redirectStderr = read('redirect_stderr', false, parseBoolean);
  const numprocs = read('numprocs', 1, parseInteger);
  const numprocsStart = read('numprocs_start', 0, parseInteger);
  const stdout = readChannelEvents(reader, 'stdout', names);
  const stderr = readChannelEvents(reader, 'stderr', names);
  const url = reader.text('serverurl', names);
  const serverurl = url !== undefined && strip(url).toUpperCase() === 'AUTO' ? undefined : url;
  const user = reader.text('user', names);
  if (user !== undefined)
    reader.readOr(undefined, () => reader.attempt('user', () => parseUser(user, world)));
  const umask = reader.value('umask', undefined, names, parseOctal);
  const nameFormat = reader.readOr('%(program_name)s', () =>
    reader.attempt('process_name', () => parseName(reader.raw('process_name')?.value ?? '%(program_name)s')),
  );
  return {
    options: {
      ...{
        priority,
        autostart,
        autorestart,
        essential,
        startsecs,
        startretries,
        stopsignal,
        stopwaitsecs,
        stopasgroup,
      },
      ...{ killasgroup, exitcodes, redirectStderr, serverurl, user, umask },
    },
    ...{ numprocs, numprocsStart, stdout, stderr, nameFormat },
  };
}

function checkShared({ numprocs, nameFormat, options }: Shared, reader: OptionReader): void {
  if (numprocs > 1 && !nameFormat.includes('%(process_num)')) {
    reader.refuse(
      '%(process_num) must be present within process_name when numprocs > 1',
      reader.raw('process_name') === undefined ? 'numprocs' : 'process_name',
    );
  }
  if (options.stopasgroup && !options.killasgroup)
    reader.refuse('Cannot set stopasgroup=true and killasgroup=false', 'killasgroup');
  if (numprocs > NUMPROCS_LIMIT)
    throw reader.error(`numprocs=${numprocs} is more than ${NUMPROCS_LIMIT}`, 'numprocs');
}

function readOne(
  reader: OptionReader,
  group: string,
  shared: Shared,
  names: NameSource,
  leftover: Map<string, string>,
  inherited: ReadonlyMap<string, string>,
  context: ReadContext,
): ProcessConfig {
  const environment = reader.readOr(new Map<string, string>(), () =>
    reader.attempt('environment', () =>
      parseEnvironment(reader.expand(reader.raw('environment')?.value ?? '', names, 'environment')),
    ),
  );
  for (const [key, value] of environment) leftover.set(`ENV_${key}`, value);
  const all = once(
    () => new Map([...names(), ...[...environment].map(([k, v]) => [`ENV_${k}`, v] as const)]),
  );
  const directory = reader.text('directory', all);
  const stdout = readChannel(reader, 'stdout', all, shared.stdout, context);
  const stderr = readStderr(reader, shared.options.redirectStderr, shared.stderr, all, context);
  const command = reader.text('command', all);
  if (command === undefined)
    reader.refuse(`program section ${reader.section} does not specify a command`, 'command');
  const lineFormat = readLineFormat(reader, all);
  return {
    ...shared.options,
    name: reader.readOr(shared.nameFormat, () => reader.expand(shared.nameFormat, all, 'process_name')),
    group,
    command: command ?? '',
    directory,
    environment: new Map([...inherited, ...environment]),
    stdout,
    stderr,
    ...(lineFormat === undefined ? {} : { lineFormat }),
    place: reader.place(),
  };
}

function readStderr(
  reader: OptionReader,
  redirectStderr: boolean,
  events: ChannelEvents,
  names: NameSource,
  context: ReadContext,
): ChannelConfig {
  const config = readChannel(reader, 'stderr', names, events, context);
  if (!redirectStderr) return config;
  if (config.logfile.kind === 'file') {
    context.notices.add(
      'warn',
      `For [${reader.section}], redirect_stderr=true but stderr_logfile has also been set to a filename, the ` +
        'filename has been ignored',
    );
  }
  return { ...config, logfile: { kind: 'none' } };
}

/** Supervisor fills one dictionary for all processes of a section: what an earlier one added stays visible. */
function mergeNames(
  own: Readonly<Record<string, string | number>>,
  leftover: ReadonlyMap<string, string>,
  { environment }: ReadContext,
): Names {
  return new Map<string, string | number>([...leftover, ...environment.names, ...Object.entries(own)]);
}

function once(make: () => Names): NameSource {
  let made: Names | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
