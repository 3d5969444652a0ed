/** What a program gives to the door `herald`, checked for callers without a compiler. All errors are TypeErrors. */

import { isAnyEventName } from '../catalogue/events.ts';
import { ABSTRACT_EVENT_NAMES, EVENT_NAMES } from '../catalogue/generated.ts';
import type { CommandLineOverrides } from '../config/command-line.ts';
import { nearestName } from '../config/nearest-name.ts';
import { LOG_LEVELS } from '../supervisor/ports.ts';

interface Kind {
  /** Completes "must be …". */
  readonly wanted: string;
  readonly fits: (value: unknown) => boolean;
}

const TEXT: Kind = {
  wanted: 'a string that is not empty',
  fits: (value) => typeof value === 'string' && value !== '',
};
const YES_OR_NO: Kind = { wanted: 'true or false', fits: (value) => typeof value === 'boolean' };
const COUNT: Kind = {
  wanted: 'a whole number from 0',
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};
const UMASK: Kind = {
  wanted: 'a whole number from 0 to 0o777',
  fits: (value) => COUNT.fits(value) && (value as number) <= 0o777,
};
const LEVEL: Kind = {
  wanted: `one of ${LOG_LEVELS.join(', ')}`,
  fits: (value) => (LOG_LEVELS as readonly unknown[]).includes(value),
};
const OBJECT: Kind = {
  wanted: 'an object',
  fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
const FUNCTION: Kind = { wanted: 'a function', fits: (value) => typeof value === 'function' };

const OPTIONS: Readonly<Record<string, Kind>> = { configFile: TEXT, overrides: OBJECT, prepare: FUNCTION };

const OVERRIDES: Readonly<Record<Exclude<keyof CommandLineOverrides, 'configuration' | 'nodaemon'>, Kind>> = {
  strict: YES_OR_NO,
  silent: YES_OR_NO,
  user: TEXT,
  umask: UMASK,
  directory: TEXT,
  logfile: TEXT,
  logfileMaxbytes: COUNT,
  logfileBackups: COUNT,
  loglevel: LEVEL,
  pidfile: TEXT,
  identifier: TEXT,
  childlogdir: TEXT,
  nocleanup: YES_OR_NO,
  minfds: COUNT,
  stripAnsi: YES_OR_NO,
  minprocs: COUNT,
};

/** Throws TypeError: which option, what it is, what it may be. */
export function checkOptions(options: unknown): void {
  if (!OBJECT.fits(options)) throw new TypeError('startSupervisor takes an object with configFile');
  const given = options as { readonly configFile?: unknown; readonly overrides?: object };
  if (given.configFile === undefined) throw new TypeError('the option configFile is missing');
  checkEach(given, OPTIONS, 'option');
  if (given.overrides !== undefined) checkEach(given.overrides, OVERRIDES, 'override');
}

/** Throws TypeError: which name, and which may have been meant. */
export function checkEventNames(names: readonly string[]): void {
  for (const name of names) {
    if (isAnyEventName(name)) continue;
    const near = nearestName(String(name), [...EVENT_NAMES, ...ABSTRACT_EVENT_NAMES]);
    throw new TypeError(`there is no event ${String(name)}${meant(near)}`);
  }
}

function checkEach(values: object, kinds: Readonly<Record<string, Kind>>, what: string): void {
  for (const [key, value] of Object.entries(values)) {
    if (!Object.hasOwn(kinds, key)) {
      const near = meant(nearestName(key, Object.keys(kinds)));
      throw new TypeError(`there is no ${what} ${key}${near}; there are ${Object.keys(kinds).join(', ')}`);
    }
    const kind = kinds[key];
    // An override of undefined would hide what the file says.
    const absent = value === undefined && kinds === OPTIONS;
    if (kind === undefined || absent || kind.fits(value)) continue;
    throw new TypeError(`the ${what} ${key} must be ${kind.wanted}, it is ${shown(value)}`);
  }
}

function meant(near: string | undefined): string {
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

const LONGEST_SHOWN = 100;

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, LONGEST_SHOWN)}'`;
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value).slice(0, LONGEST_SHOWN);
}
