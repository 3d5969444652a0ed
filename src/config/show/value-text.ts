/** Values as text that reads back as the same value. */

import { ValueError } from '../config-error.ts';
import { parseEnvironment } from '../environment.ts';
import { isSpace } from '../python-text.ts';
import { SIGNAL_NAMES } from '../signal-numbers.ts';

/** So that nothing expands; log files expand twice. */
export function escapePercent(text: string, times = 1): string {
  let escaped = text;
  for (let round = 0; round < times; round += 1) escaped = escaped.replaceAll('%', '%%');
  return escaped;
}

/**
 * Text as it may stand behind `option=`. Blanks at the ends of a line and what looks like a comment are kept from
 * being read as such by an expansion to nothing, of a name that is known there.
 */
export function iniText(text: string, name: string): string {
  const nothing = `%(${name}).0s`;
  const lines = text.split('\n').map((line) => guard(line, nothing));
  const last = lines.length - 1;
  if (last > 0 && lines[last] === '') lines[last] = nothing;
  return lines.join('\n  ');
}

function guard(line: string, nothing: string): string {
  let out = '';
  let previous = 0x20;
  for (const char of line) {
    if ((char === ';' || char === '#') && isSpace(previous)) out += nothing;
    out += char;
    previous = char.charCodeAt(0);
  }
  if (line === '') return line;
  if (isSpace(line.charCodeAt(0))) out = nothing + out;
  return isSpace(previous) ? out + nothing : out;
}

/** `KEY="value"` pairs; undefined when no text reads back as these. */
export function environmentText(pairs: ReadonlyMap<string, string>): string | undefined {
  const plain = join(pairs, quotePlain);
  const posix = join(pairs, quotePosix);
  // 4.2.5 cannot read a backslash outside of quotes; the newer rules then hold for all of the text.
  const [first] = pairs.keys();
  const forced = `${first}=x\\ y,${posix}`;
  return [plain, posix, forced].find((text) => readsAs(text, pairs));
}

function join(pairs: ReadonlyMap<string, string>, quote: (value: string) => string): string {
  return [...pairs].map(([key, value]) => `${key}=${quote(value)}`).join(',');
}

function quotePlain(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

function quotePosix(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function readsAs(text: string, pairs: ReadonlyMap<string, string>): boolean {
  try {
    const read = parseEnvironment(text);
    return read.size === pairs.size && [...pairs].every(([key, value]) => read.get(key) === value);
  } catch (error) {
    if (error instanceof ValueError) return false;
    throw error;
  }
}

/**
 * A process name as `process_name=`, whose text may have no blank, slash or colon, though its expansion may.
 * undefined for a name with a colon.
 */
export function processNameText(name: string): string | undefined {
  if (name.includes(':')) return undefined;
  // `here` is an absolute path: its first character is a slash, and padded to one character nothing is a blank.
  return escapePercent(name).replaceAll('/', '%(here).1s').replaceAll(' ', '%(here)1.0s');
}

export function octalText(mode: number): string {
  return `0${mode.toString(8)}`;
}

export function signalText(number: number): string {
  for (const [name, value] of SIGNAL_NAMES) {
    if (value === number && !name.startsWith('SIG_')) return name.slice('SIG'.length);
  }
  return String(number);
}

/** `uid:gid`; undefined when the owner stays as it is. */
export function ownerText({ uid, gid }: { readonly uid: number; readonly gid: number }): string | undefined {
  if (uid === -1) return undefined;
  return gid === -1 ? String(uid) : `${uid}:${gid}`;
}
