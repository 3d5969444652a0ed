/** The whole way from files to the daemon's configuration, in the order in which Supervisor goes it. */
import type { CommandLineOverrides } from './command-line.ts';
import { ConfigError, type ErrorSink, readOr } from './config-error.ts';
import { pluginNotices } from './ctl-plugins.ts';
import { Environment } from './expansion-names.ts';
import { readGroups } from './groups.ts';
import { readHerald } from './herald-keys.ts';
import { readHttpServers } from './http-servers.ts';
import { findUnknownNames } from './known-names.ts';
import { absolutePath, directoryName } from './paths.ts';
import type { ConfigFiles, World } from './ports.ts';
import { Notices, type ReadContext, readerOf } from './read-context.ts';
import { readWithIncludes } from './read-files.ts';
import { rememberMachine } from './remembered-machine.ts';
import { readRpcInterfaces, refuseInterfaceOptions } from './rpc-interfaces.ts';
import { atOnce, type Steps } from './steps.ts';
import { checkUser, readSupervisord } from './supervisord-section.ts';
import type { DaemonConfig, HeraldConfig } from './types.ts';

export interface DaemonConfigInput {
  readonly files: ConfigFiles;
  readonly world: World;
  /** The main file, as given on the command line or found. */
  readonly path: string;
  readonly overrides: CommandLineOverrides;
}

const NO_HERALD_KEYS: HeraldConfig = { compat: 'off' };

/** A configuration, and what it was read from. */
export interface DaemonConfigReading {
  readonly config: DaemonConfig;
  readonly context: ReadContext;
}

/** Throws ConfigError. Nothing of an earlier reading is used. */
export function loadDaemonConfig(input: DaemonConfigInput): DaemonConfig {
  return readDaemonConfig(input).config;
}

/** {@link loadDaemonConfig} in steps. The files are read as their steps come. */
export function* loadDaemonConfigInSteps(input: DaemonConfigInput): Steps<DaemonConfig> {
  const { config } = yield* readInSteps(input);
  return config;
}

/**
 * With a sink all errors go there and what they concern is at its default; only a main file that cannot be read
 * at all is thrown then.
 */
export function readDaemonConfig(input: DaemonConfigInput, errors?: ErrorSink): DaemonConfigReading {
  return atOnce(readInSteps(input, errors));
}

function* readInSteps(
  { path, overrides, ...surroundings }: DaemonConfigInput,
  errors?: ErrorSink,
): Steps<DaemonConfigReading> {
  const { files, world } = rememberMachine(surroundings);
  const here = directoryName(absolutePath(path, world));
  const environment = new Environment(world);
  const notices = new Notices();
  const includeNames = environment.with({ here, host_node_name: world.hostname });
  const raw = yield* readWithIncludes(path, { files, world }, includeNames, notices, errors);
  const context: ReadContext = { files, world, raw, mainFile: path, here, environment, notices, errors };
  const supervisord = readSupervisord(context, overrides);
  const herald = readOr(errors, NO_HERALD_KEYS, () => readHerald(context));
  const rpcInterfaces = readRpcInterfaces(context);
  const groups = yield* readGroups(context, herald.compat, supervisord.environment);
  const servers = readHttpServers(context);
  readOr(errors, undefined, () => checkUser(supervisord.user, overrides, context));
  refuseInterfaceOptions(rpcInterfaces, servers, context);
  readOr(errors, undefined, () => refuseRemoteComm(context));
  yield* reportUnknownNames(context, overrides.strict === true);
  for (const { level, message } of pluginNotices(raw)) notices.add(level, message);
  const read = { file: path, supervisord, herald, servers, rpcInterfaces, groups };
  return { config: { ...read, notices: notices.sorted() }, context };
}

function refuseRemoteComm(context: ReadContext): void {
  const section = context.raw.sections.find(({ name }) => name.startsWith('remotecomm:'));
  if (section === undefined) return;
  throw readerOf(context, section.name).error(
    `[${section.name}] remotecomm sections are not supported by this version of Herald`,
  );
}

function* reportUnknownNames(context: ReadContext, strict: boolean): Steps<void> {
  const { named, left } = yield* findUnknownNames(context);
  for (const { message, place } of named) {
    if (strict) throw new ConfigError(message, place);
    context.notices.add('warn', message);
  }
  if (left > 0) context.notices.add('warn', `${left} more unknown sections and options are ignored`);
}
