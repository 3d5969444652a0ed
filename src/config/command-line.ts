/** The command lines of heraldd and heraldctl: supervisord's and supervisorctl's options, and `--strict`. */
import { ConfigError } from './config-error.ts';
import { parseDirectory, parseFilePath, type Surroundings } from './existing-paths.ts';
import {
  convertArgument,
  type GivenOption,
  getopt,
  type OptionSpec,
  type OptionTable,
  refuseRepetition,
} from './getopt.ts';
import { repr } from './python-text.ts';
import type { LogLevelName } from './types.ts';
import { parseByteSize, parseInteger, parseLogLevel, parseOctal, parseUrl } from './values.ts';

/** What the command line says; it wins over the file. Absent: not given. */
export interface CommandLineOverrides {
  /** `-c`, as given. */
  readonly configuration?: string;
  /** Herald's own: names that mean nothing are errors. */
  readonly strict?: boolean;
  readonly nodaemon?: boolean;
  readonly silent?: boolean;
  readonly user?: string;
  readonly umask?: number;
  readonly directory?: string;
  readonly logfile?: string;
  readonly logfileMaxbytes?: number;
  readonly logfileBackups?: number;
  readonly loglevel?: LogLevelName;
  readonly pidfile?: string;
  readonly identifier?: string;
  readonly childlogdir?: string;
  readonly nocleanup?: boolean;
  readonly minfds?: number;
  readonly stripAnsi?: boolean;
  readonly minprocs?: number;
}

/** `help` and `version`: print it on stdout and exit with 0. */
export type DaemonCommandLine =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'run'; readonly overrides: CommandLineOverrides };

const flag = (short: string, long?: string): OptionSpec => ({ short: [...short], long, argument: false });
const taking = (short: string, long: string): OptionSpec => ({ short: [...short], long, argument: true });

const DAEMON_OPTIONS = {
  help: flag('h?', 'help'),
  configuration: taking('c', 'configuration'),
  version: flag('v', 'version'),
  nodaemon: flag('n', 'nodaemon'),
  user: taking('u', 'user'),
  umask: taking('m', 'umask'),
  directory: taking('d', 'directory'),
  logfile: taking('l', 'logfile'),
  logfileMaxbytes: taking('y', 'logfile_maxbytes'),
  logfileBackups: taking('z', 'logfile_backups'),
  loglevel: taking('e', 'loglevel'),
  pidfile: taking('j', 'pidfile'),
  identifier: taking('i', 'identifier'),
  childlogdir: taking('q', 'childlogdir'),
  minfds: taking('a', 'minfds'),
  minprocs: taking('', 'minprocs'),
  nocleanup: flag('k', 'nocleanup'),
  stripAnsi: flag('t', 'strip_ansi'),
  profileOptions: taking('', 'profile_options'),
  silent: flag('s', 'silent'),
  strict: flag('', 'strict'),
} satisfies OptionTable<string>;

/** `words` are the arguments without the program's name. Throws {@link ConfigError}. */
export function parseDaemonCommandLine(
  words: readonly string[],
  surroundings: Surroundings,
): DaemonCommandLine {
  const { options, rest } = getopt(words, DAEMON_OPTIONS);
  if (rest.length > 0)
    throw new ConfigError(
      `positional arguments are not supported: [${rest.map((word) => repr(word)).join(', ')}]`,
    );
  const special = options.find(({ key }) => key === 'help' || key === 'version');
  const before = special === undefined ? options : options.slice(0, options.indexOf(special));
  let overrides: CommandLineOverrides = {};
  for (const [index, option] of before.entries()) {
    const value = readDaemonOption(option, surroundings);
    refuseRepetition(before.slice(0, index + 1));
    overrides = { ...overrides, ...value };
  }
  if (special === undefined) return { kind: 'run', overrides };
  return { kind: special.key === 'help' ? 'help' : 'version' };
}

function readDaemonOption(
  option: GivenOption<keyof typeof DAEMON_OPTIONS>,
  surroundings: Surroundings,
): CommandLineOverrides {
  const { key, argument } = option;
  switch (key) {
    case 'nodaemon':
    case 'silent':
    case 'nocleanup':
    case 'stripAnsi':
    case 'strict':
      return { [key]: true };
    case 'configuration':
    case 'user':
    case 'identifier':
      return { [key]: argument };
    case 'logfileBackups':
    case 'minfds':
    case 'minprocs':
      return { [key]: convertArgument(option, parseInteger) };
    case 'directory':
    case 'childlogdir':
      return { [key]: convertArgument(option, (text) => parseDirectory(text, surroundings)) };
    case 'logfile':
    case 'pidfile':
      return { [key]: convertArgument(option, (text) => parseFilePath(text, surroundings)) };
    case 'umask':
      return { umask: convertArgument(option, parseOctal) };
    case 'logfileMaxbytes':
      return { logfileMaxbytes: convertArgument(option, parseByteSize) };
    case 'loglevel':
      return { loglevel: convertArgument(option, parseLogLevel) };
    case 'profileOptions':
      // Whoever profiles wants the numbers: a daemon that runs without them would be no answer.
      throw new ConfigError(
        `${option.flag} is of Python's profiler; to profile heraldd: node --cpu-prof "$(command -v heraldd)" --nodaemon`,
      );
    case 'help':
    case 'version':
      return {};
  }
}

/** What the command line of heraldctl says. Absent: not given. */
export interface CtlOverrides {
  readonly configuration?: string;
  readonly interactive?: boolean;
  readonly serverurl?: string;
  readonly username?: string;
  readonly password?: string;
  readonly historyFile?: string;
}

/** `words`: the action and its arguments; without any, heraldctl is interactive. */
export type CtlCommandLine =
  | { readonly kind: 'help' }
  | { readonly kind: 'run'; readonly overrides: CtlOverrides; readonly words: readonly string[] };

const CTL_OPTIONS = {
  help: flag('h?', 'help'),
  configuration: taking('c', 'configuration'),
  interactive: flag('i', 'interactive'),
  serverurl: taking('s', 'serverurl'),
  username: taking('u', 'username'),
  password: taking('p', 'password'),
  historyFile: taking('r', 'history_file'),
} satisfies OptionTable<string>;

/** Throws {@link ConfigError}. */
export function parseCtlCommandLine(words: readonly string[]): CtlCommandLine {
  const { options, rest } = getopt(words, CTL_OPTIONS);
  let overrides: CtlOverrides = {};
  for (const [index, option] of options.entries()) {
    const { key, argument } = option;
    if (key === 'help') return { kind: 'help' };
    const value =
      key === 'interactive' ? true : key === 'serverurl' ? convertArgument(option, parseUrl) : argument;
    refuseRepetition(options.slice(0, index + 1));
    overrides = { ...overrides, [key]: value };
  }
  return { kind: 'run', overrides, words: rest };
}
