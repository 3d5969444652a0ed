/** The processes of one `[program:x]`, `[eventlistener:x]` or `[fcgi-program:x]`. */
import { parseUser } from './accounts.ts';
import { parseEnvironment } from './environment.ts';
import { readLineFormat } from './herald-keys.ts';
import { type ChannelEvents, readChannel, readChannelEvents } from './log-channels.ts';
import { LayeredNames, type Names, namesOf, VariableNames } from './names.ts';
import type { OptionReader } from './option-reader.ts';
import { compareText, strip } from './python-text.ts';
import type { ReadContext } from './read-context.ts';
import { endsStep, type Steps } from './steps.ts';
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

const STEP_PROCESSES = 8;

const SIGTERM = 15;

const NO_PAIRS: ReadonlyMap<string, string> = new Map();

/**
 * In the order in which they start. `group` is the group they end up in; `inherited` are the pairs of
 * `[supervisord] environment`. A step is some processes. Throws ConfigError, evaluating in Supervisor's order.
 */
export function* readProcesses(
  reader: OptionReader,
  group: string,
  inherited: ReadonlyMap<string, string>,
  context: ReadContext,
): Steps<ProcessConfig[]> {
  const written = reader.section.slice(reader.section.indexOf(':') + 1);
  const program = reader.readOr(written, () => reader.attempt(undefined, () => parseName(written)));
  const own = namesOf({
    here: context.here,
    program_name: program,
    host_node_name: context.world.hostname,
    group_name: group,
  });
  const shared = readShared(reader, new LayeredNames(context.environment.names, own), context);
  checkShared(shared, reader);
  const processes: ProcessConfig[] = [];
  // Supervisor fills one dictionary for all processes of a section: what an earlier one added stays visible.
  const leftover = new Map<string, string>();
  const variables = new LayeredNames(new VariableNames(leftover), context.environment.names);
  const surrounding = new LayeredNames(variables, own);
  for (let index = 0; index < shared.numprocs; index += 1) {
    const numbers = { process_num: shared.numprocsStart + index, numprocs: shared.numprocs };
    const names = new LayeredNames(surrounding, namesOf(numbers));
    const environment = readEnvironment(reader, names);
    const all = new LayeredNames(names, new VariableNames(environment));
    processes.push(readOne(reader, group, shared, all, joined(inherited, environment), context));
    for (const [key, value] of environment) leftover.set(key, value);
    if (endsStep(index, STEP_PROCESSES)) yield;
  }
  return processes.sort((a, b) => compareText(a.name, b.name));
}

/** A later process of the same name takes the place of the earlier one. */
export function withoutDuplicates(processes: readonly ProcessConfig[]): ProcessConfig[] {
  return [...new Map(processes.map((process) => [process.name, process])).values()];
}

type Shared = ReturnType<typeof readShared>;

/** In the order in which Supervisor reads them, so that of two mistakes the same one is reported. */
function readShared(reader: OptionReader, names: Names, { world }: ReadContext) {
  const read: Read = (option, fallback, convert) => reader.value(option, fallback, names, convert);
  const starts = readStarts(read);
  const stops = readStops(read);
  const exitcodes = read<readonly number[]>('exitcodes', [0], parseExitCodes);
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
  const options = { exitcodes, redirectStderr, serverurl, user, umask, ...starts, ...stops };
  return { options, numprocs, numprocsStart, stdout, stderr, nameFormat };
}

type Read = <T>(option: string, fallback: T, convert: (text: string) => T) => T;

function readStarts(read: Read) {
  return {
    priority: read('priority', 999, parseInteger),
    autostart: read('autostart', true, parseBoolean),
    autorestart: read('autorestart', 'unexpected', parseAutoRestart),
    essential: read('essential', 'never', parseEssential),
    startsecs: read('startsecs', 1, parseInteger),
    startretries: read('startretries', 3, parseInteger),
  };
}

function readStops(read: Read) {
  const stopsignal = read('stopsignal', SIGTERM, parseSignal);
  const stopwaitsecs = read('stopwaitsecs', 10, parseInteger);
  const stopasgroup = read('stopasgroup', false, parseBoolean);
  const killasgroup = read('killasgroup', stopasgroup, parseBoolean);
  return { stopsignal, stopwaitsecs, stopasgroup, killasgroup };
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

function readEnvironment(reader: OptionReader, names: Names): ReadonlyMap<string, string> {
  const written = reader.raw('environment');
  if (written === undefined) return NO_PAIRS;
  return reader.readOr(NO_PAIRS, () =>
    reader.attempt('environment', () => parseEnvironment(reader.expand(written.value, names, 'environment'))),
  );
}

/** `own` over `inherited`. */
function joined(inherited: ReadonlyMap<string, string>, own: ReadonlyMap<string, string>) {
  return inherited.size === 0 ? own : new Map([...inherited, ...own]);
}

function readOne(
  reader: OptionReader,
  group: string,
  shared: Shared,
  names: Names,
  environment: ReadonlyMap<string, string>,
  context: ReadContext,
): ProcessConfig {
  const directory = reader.text('directory', names);
  const stdout = readChannel(reader, 'stdout', names, shared.stdout, context);
  const stderr = readStderr(reader, shared.options.redirectStderr, shared.stderr, names, context);
  const command = reader.text('command', names);
  if (command === undefined)
    reader.refuse(`program section ${reader.section} does not specify a command`, 'command');
  const lineFormat = readLineFormat(reader, names);
  // Spread last: V8 is slow at adding properties to a copy.
  return {
    name: reader.readOr(shared.nameFormat, () => reader.expand(shared.nameFormat, names, 'process_name')),
    group,
    command: command ?? '',
    directory,
    environment,
    stdout,
    stderr,
    place: reader.place(),
    ...(lineFormat === undefined ? {} : { lineFormat }),
    ...shared.options,
  };
}

function readStderr(
  reader: OptionReader,
  redirectStderr: boolean,
  events: ChannelEvents,
  names: Names,
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
