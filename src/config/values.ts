/**
 * The scalar types of option values: text in, value out. Each function throws {@link ValueError} with
 * Supervisor's text. Numbers beyond what JavaScript counts exactly are clamped: they all mean "very many".
 */

import { ValueError } from './config-error.ts';
import { repr, strip } from './python-text.ts';
import { SIGNAL_NAMES, SIGNAL_NUMBERS } from './signal-numbers.ts';
import type { AutoRestart, Essential, LogLevelName } from './types.ts';

/** Python's `int()`: blanks around, a sign, underscores between digits. */
export function parseInteger(text: string): number {
  return readInteger(text, 10, /^[+-]?\d+(_\d+)*$/);
}

/** `022` and `0o22`. Negative masks wrap as the system call would have them. */
export function parseOctal(text: string): number {
  try {
    const value = readInteger(
      text.replace(/^(\s*[+-]?)0[oO]_?(?=[0-7])/, '$1'),
      8,
      /^[+-]?[0-7]+(_[0-7]+)*$/,
    );
    return value < 0 ? value & 0o777 : value;
  } catch (cause) {
    throw new ValueError(`${text} can not be converted to an octal type`, { cause });
  }
}

function readInteger(text: string, base: 8 | 10, syntax: RegExp): number {
  const stripped = strip(text);
  if (!syntax.test(stripped)) {
    const shown = [...repr(text).slice(0, 400)].slice(0, 200).join('');
    throw new ValueError(`invalid literal for int() with base ${base}: ${shown}`);
  }
  const digits = stripped.replaceAll('_', '');
  const value = base === 10 ? Number(digits) : Number.parseInt(digits, 8);
  return clamp(value);
}

function clamp(value: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value)) + 0;
}

const TRUE_WORDS: readonly string[] = ['yes', 'true', 'on', '1'];
const FALSE_WORDS: readonly string[] = ['no', 'false', 'off', '0'];

export function parseBoolean(text: string): boolean {
  const word = text.toLowerCase();
  if (TRUE_WORDS.includes(word)) return true;
  if (FALSE_WORDS.includes(word)) return false;
  throw new ValueError(`not a valid boolean value: ${repr(text)}`);
}

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['kb', 1024],
  ['mb', 1024 ** 2],
  ['gb', 1024 ** 3],
]);

/** Bytes: an integer, or one with `KB`, `MB` or `GB` behind it. */
export function parseByteSize(text: string): number {
  const lower = text.toLowerCase();
  const unit = SIZE_UNITS.get(lower.slice(-2));
  return unit === undefined ? parseInteger(lower) : clamp(parseInteger(lower.slice(0, -2)) * unit);
}

/** A number, or a name with or without `SIG`. */
export function parseSignal(text: string): number {
  const number = tryParseInteger(text) ?? signalByName(text);
  if (!SIGNAL_NUMBERS.has(number)) throw new ValueError(`value ${repr(text)} is not a valid signal number`);
  return number;
}

function signalByName(text: string): number {
  const name = strip(text).toUpperCase();
  const number = SIGNAL_NAMES.get(name.startsWith('SIG') ? name : `SIG${name}`);
  if (number === undefined) throw new ValueError(`value ${repr(text)} is not a valid signal name`);
  return number;
}

/** undefined when it is no integer. */
export function tryParseInteger(text: string): number | undefined {
  try {
    return parseInteger(text);
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

/** Numbers from 0 to 255, separated by commas; the empty text is the empty list. */
export function parseExitCodes(text: string): number[] {
  const codes = text === '' ? [] : text.split(',').map(tryParseInteger);
  return codes.map((code) => {
    if (code === undefined || code < 0 || code > 255)
      throw new ValueError(`not a valid list of exit codes: ${repr(text)}`);
    return code;
  });
}

export function parseAutoRestart(text: string): AutoRestart {
  const word = text.toLowerCase();
  if (TRUE_WORDS.includes(word)) return 'always';
  if (FALSE_WORDS.includes(word)) return 'never';
  if (word === 'unexpected') return 'unexpected';
  throw new ValueError(`invalid 'autorestart' value ${repr(word)}`);
}

export function parseEssential(text: string): Essential {
  const word = text.toLowerCase();
  if (TRUE_WORDS.includes(word)) return 'down';
  if (FALSE_WORDS.includes(word)) return 'never';
  if (word === 'fatal' || word === 'unexpected' || word === 'exit') return word;
  throw new ValueError(
    `invalid 'essential' value ${repr(word)}: it must be true, false, fatal, unexpected or exit`,
  );
}

const LEVELS: readonly LogLevelName[] = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'blather'];

export function parseLogLevel(text: string): LogLevelName {
  const word = text.toLowerCase();
  const level = LEVELS.find((name) => name === word);
  if (level === undefined) throw new ValueError(`bad logging level name ${repr(text)}`);
  return level;
}

/** A name of a process or group: it must survive in event headers and web addresses. */
export function parseName(text: string): string {
  const name = strip(text);
  const bad = [' ', ':', '/'].find((char) => name.includes(char));
  if (bad !== undefined)
    throw new ValueError(`Invalid name: ${repr(text)} because of character: ${repr(bad)}`);
  return name;
}

/** Items between commas, stripped; `a,` has an empty second item. */
export function parseList(text: string): string[] {
  return text === '' ? [] : text.split(',').map(strip);
}

/** `port` or `host:port`; an empty host means all IPv4 interfaces. */
export function parseInetAddress(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  if (colon < 0) {
    try {
      return { host: '', port: parsePort(text) };
    } catch (cause) {
      // The blank at the end is Supervisor's.
      throw new ValueError(`not a valid port number: ${repr(text)} `, { cause });
    }
  }
  const digits = text.slice(colon + 1);
  if (digits === '') throw new ValueError("no port number specified in ''");
  const host = text.slice(0, colon).toLowerCase();
  return { host: host === '*' ? '' : host, port: parsePort(digits) };
}

export function parsePort(text: string): number {
  const port = parseInteger(text);
  if (port < 1) throw new ValueError(`${port} is below lower bound (1)`);
  if (port > 65535) throw new ValueError(`${port} is above upper bound (65535)`);
  return port;
}

/** A scheme with something behind it. */
export function parseUrl(text: string): string {
  const rest = /^[A-Za-z][A-Za-z0-9+.-]*:([^?#]*)/.exec(text)?.[1] ?? '';
  if (rest === '' || rest === '//') throw new ValueError(`value ${repr(text)} is not a URL`);
  return text;
}
