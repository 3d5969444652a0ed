/** Every section and option that means something, and a look for those that do not. */
import { HERALD_KEYS, LISTENER_KEYS, PROGRAM_KEYS } from './herald-keys.ts';
import { nearestName } from './nearest-name.ts';
import { type ReadContext, readerOf } from './read-context.ts';
import { endsStep, type Steps } from './steps.ts';
import type { Place } from './types.ts';

/** Something written that means nothing: a typing error, most likely. */
export interface UnknownName {
  readonly message: string;
  readonly place: Place;
}

const CREDENTIALS = ['username', 'password'];
const CHANNEL = [
  'logfile',
  'logfile_maxbytes',
  'logfile_backups',
  'capture_maxbytes',
  'events_enabled',
  'syslog',
];

const PROGRAM: ReadonlySet<string> = new Set([
  ...['command', 'process_name', 'numprocs', 'numprocs_start', 'priority', 'autostart', 'autorestart'],
  'essential',
  ...['startsecs', 'startretries', 'exitcodes', 'stopsignal', 'stopwaitsecs', 'stopasgroup', 'killasgroup'],
  ...['user', 'umask', 'directory', 'environment', 'serverurl', 'redirect_stderr'],
  ...PROGRAM_KEYS.keys(),
  ...CHANNEL.flatMap((option) => [`stdout_${option}`, `stderr_${option}`]),
]);

const SUPERVISORD: ReadonlySet<string> = new Set([
  ...['logfile', 'logfile_maxbytes', 'logfile_backups', 'loglevel', 'pidfile', 'umask', 'nodaemon', 'silent'],
  ...['minfds', 'minprocs', 'nocleanup', 'childlogdir', 'user', 'directory', 'strip_ansi', 'environment'],
  'identifier',
]);

/** A section's options, or `any` when they are someone else's business. */
type Options = ReadonlySet<string> | 'any';

const WHOLE_NAMES: ReadonlyMap<string, Options> = new Map<string, Options>([
  ['supervisord', SUPERVISORD],
  ['supervisorctl', 'any'],
  ['include', new Set(['files'])],
  ['herald', new Set(HERALD_KEYS.keys())],
]);

const PREFIXES: ReadonlyMap<string, Options> = new Map<string, Options>([
  ['program:', PROGRAM],
  ['group:', new Set(['programs', 'priority'])],
  [
    'eventlistener:',
    new Set([...PROGRAM, 'events', 'buffer_size', 'result_handler', ...LISTENER_KEYS.keys()]),
  ],
  ['fcgi-program:', new Set([...PROGRAM, 'socket', 'socket_owner', 'socket_mode', 'socket_backlog'])],
  ['unix_http_server', new Set(['file', 'chmod', 'chown', ...CREDENTIALS])],
  ['inet_http_server', new Set(['port', ...CREDENTIALS])],
  ['rpcinterface:', 'any'],
  ['ctlplugin:', 'any'],
  ['remotecomm:', 'any'],
]);

/** Names and prefixes of sections, with their options: for the test that compares them with the facts. */
export const KNOWN_SECTIONS: ReadonlyMap<string, Options> = new Map([...WHOLE_NAMES, ...PREFIXES]);

/** So many are told by name; a file with more of them is some other file, and they are counted. */
export const NAMED_NAMES_LIMIT = 1000;

const STEP_SECTIONS = 20;

export interface UnknownNames {
  /** In the order of the file, {@link NAMED_NAMES_LIMIT} at most. */
  readonly named: readonly UnknownName[];
  /** How many there are besides. */
  readonly left: number;
}

/** Supervisor ignores all of these without a word. */
export function* findUnknownNames(context: ReadContext): Steps<UnknownNames> {
  const named: UnknownName[] = [];
  let left = 0;
  const add = (describeIt: () => UnknownName): void => {
    if (named.length < NAMED_NAMES_LIMIT) named.push(describeIt());
    else left += 1;
  };
  for (const [nth, { name, options: written }] of context.raw.sections.entries()) {
    if (endsStep(nth, STEP_SECTIONS)) yield;
    const options = optionsOf(name);
    if (options === undefined) add(() => unknownSection(name, context));
    if (options === undefined || options === 'any') continue;
    for (const option of written.keys()) {
      if (options.has(option) || isLent(name, option, context)) continue;
      add(() => unknownOption(name, option, options, context));
    }
  }
  return { named, left };
}

/** What the `here` pass copied from `[DEFAULT]` was not written for this section. */
function isLent(section: string, option: string, { raw }: ReadContext): boolean {
  const lent = raw.defaults.get(option);
  return lent !== undefined && lent.line === raw.option(section, option)?.line;
}

function optionsOf(section: string): Options | undefined {
  const whole = WHOLE_NAMES.get(section);
  if (whole !== undefined) return whole;
  for (const [prefix, options] of PREFIXES) {
    if (section.startsWith(prefix)) return options;
  }
  return undefined;
}

function unknownSection(section: string, context: ReadContext): UnknownName {
  const colon = section.indexOf(':');
  const head = colon < 0 ? section : section.slice(0, colon + 1);
  const near = nearestName(head.trimEnd().toLowerCase(), [...WHOLE_NAMES.keys(), ...PREFIXES.keys()]);
  const hint = near === undefined ? undefined : near + (near.endsWith(':') ? section.slice(head.length) : '');
  return describe(`Unknown section [${section}]`, hint && `[${hint}]`, readerOf(context, section).place());
}

function unknownOption(
  section: string,
  option: string,
  known: ReadonlySet<string>,
  context: ReadContext,
): UnknownName {
  const near = nearestName(option, [...known]);
  const place = readerOf(context, section).place(option);
  return describe(`For [${section}], unknown option '${option}'`, near && `'${near}'`, place);
}

function describe(what: string, near: string | undefined, place: Place): UnknownName {
  const hint = near === undefined ? '' : `, did you mean ${near}?`;
  return { message: `${what} is ignored (${place.file}, line ${place.line})${hint}`, place };
}
