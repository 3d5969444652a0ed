/**
 * Reads a configuration as the daemon would, but to the end: every error, and then what is allowed and most
 * likely not meant. The rules look at what was read; a rule that needs all of it is silent while there are errors.
 */
import { ConfigError } from '../config-error.ts';
import { pluginSections } from '../ctl-plugins.ts';
import { findUnknownNames, NAMED_NAMES_LIMIT } from '../known-names.ts';
import { type DaemonConfigInput, type DaemonConfigReading, readDaemonConfig } from '../load.ts';
import { absolutePath } from '../paths.ts';
import type { RawConfig } from '../raw-config.ts';
import type { ReadContext } from '../read-context.ts';
import { NO_MATCH, NOT_READ } from '../read-files.ts';
import { atOnce } from '../steps.ts';
import type { DaemonConfig } from '../types.ts';
import { checkListeners } from './listener-rules.ts';
import { checkLogs } from './log-rules.ts';
import type { CheckMachine } from './machine.ts';
import { type Finding, nearestOption, nearestSection, type Problem, ProblemList } from './problem.ts';
import { checkPrograms } from './program-rules.ts';
import { checkServers } from './server-rules.ts';

export interface CheckInput extends Omit<DaemonConfigInput, 'overrides'> {
  readonly machine: CheckMachine;
}

export interface CheckResult {
  readonly file: string;
  readonly problems: readonly Problem[];
  /** All processes but those of listeners, as `group:name`. */
  readonly programs: readonly string[];
  /** The pools, with what they subscribe to. */
  readonly listeners: readonly { readonly name: string; readonly events: readonly string[] }[];
}

/** What a rule is given. */
export interface RuleInput {
  readonly config: DaemonConfig;
  readonly raw: RawConfig;
  readonly context: ReadContext;
  readonly machine: CheckMachine;
  readonly report: (finding: Finding) => void;
}

/** Never throws for what a file says. */
export function checkConfig({ machine, ...input }: CheckInput): CheckResult {
  const list = new ProblemList(input.path);
  const errors: ConfigError[] = [];
  const reading = readAll(input, errors);
  for (const error of errors) list.addError(error, reading?.context.raw);
  if (reading === undefined)
    return { file: input.path, problems: list.sorted(), programs: [], listeners: [] };
  const { config, context } = reading;
  const { raw } = context;
  const rule: RuleInput = { config, context, raw, machine, report: (finding) => list.add(finding, raw) };
  checkNames(rule);
  checkPlugins(rule);
  checkIncludes(rule);
  checkDaemon(rule);
  checkServers(rule);
  checkPrograms(rule);
  checkLogs(rule);
  checkListeners(rule, { complete: errors.length === 0 });
  const processes = config.groups.filter(({ kind }) => kind !== 'eventlistener');
  return {
    file: input.path,
    problems: list.sorted(),
    programs: processes.flatMap((group) => group.processes.map(({ name }) => `${group.name}:${name}`)),
    listeners: config.groups.flatMap(({ name, pool }) =>
      pool === undefined ? [] : [{ name, events: pool.events }],
    ),
  };
}

function readAll(
  input: Omit<DaemonConfigInput, 'overrides'>,
  errors: ConfigError[],
): DaemonConfigReading | undefined {
  try {
    return readDaemonConfig({ ...input, overrides: {} }, (error) => errors.push(error));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    errors.push(error);
    return undefined;
  }
}

/** The daemon starts with them, and says so; a file for both daemons may have them on purpose. */
function checkNames({ context, report }: RuleInput): void {
  const { named, left } = atOnce(findUnknownNames(context));
  for (const { place } of named) {
    const { section, option } = place;
    const suggestion = option === undefined ? nearestSection(section) : nearestOption(section, option);
    report({
      code: option === undefined ? 'unknown-section' : 'unknown-option',
      message: option === undefined ? 'this section means nothing' : 'this option means nothing here',
      section,
      ...(option === undefined ? {} : { option }),
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
  const last = named.at(-1);
  if (left > 0 && last !== undefined) {
    const message = `${left} more sections and options mean nothing`;
    report({ code: 'unknown-section', message, section: last.place.section });
  }
}

function checkPlugins({ raw, report }: RuleInput): void {
  for (const section of pluginSections(raw).slice(0, NAMED_NAMES_LIMIT)) {
    const message = 'this plugin cannot be loaded: Herald loads no Python code';
    report({ code: 'not-loadable', message, section });
  }
}

function checkIncludes({ config, report }: RuleInput): void {
  const tell = (code: string, message: string) =>
    report({ code, message, section: 'include', option: 'files' });
  for (const { message } of config.notices) {
    if (message.startsWith(NO_MATCH))
      tell('include-without-match', `no file matches ${message.slice(NO_MATCH.length)}`);
    else if (message.startsWith(NOT_READ)) tell('include-unreadable', message.slice(NOT_READ.length));
  }
}

/** What was written for the second expansion that Supervisor 4.2 makes of this one option. */
const TWICE_ESCAPED = /%%%%|%%\(\w*\)?/;

function checkDaemon({ config, context, raw, report }: RuleInput): void {
  const { supervisord } = config;
  const { world } = context;
  const section = 'supervisord';
  if (world.uid === 0 && supervisord.user === undefined) {
    const message =
      'started as root, the daemon and its programs stay root; user=root says that this is meant';
    report({ code: 'root-without-user', message, section });
  }
  if (
    supervisord.user !== undefined &&
    world.uid !== 0 &&
    world.lookupUser(supervisord.user)?.uid !== world.uid
  ) {
    const message = 'only root can switch to another user';
    report({ code: 'user-without-root', message, section, option: 'user' });
  }
  if (/[\s:]/.test(supervisord.identifier)) {
    const message = 'a blank or a colon breaks the header of every event';
    report({ code: 'identifier', message, section, option: 'identifier' });
  }
  const [escaped] = TWICE_ESCAPED.exec(raw.option(section, 'environment')?.value ?? '') ?? [];
  if (escaped !== undefined) {
    const message = 'names expand once here, and twice in Supervisor 4.2, which makes something else of this';
    report({ code: 'expanded-once', message, section, option: 'environment', value: escaped });
  }
  if (absolutePath(supervisord.logfile, world) === absolutePath(supervisord.pidfile, world)) {
    const message = 'log and process id share one file';
    report({ code: 'same-file', message, severity: 'error', section, option: 'pidfile' });
  }
}
