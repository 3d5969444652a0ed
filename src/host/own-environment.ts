/**
 * Our environment, byte for byte. Node reads it as UTF-8 and puts U+FFFD for whatever is none, but the programs we
 * start must get what we were given. So such bytes stand in our strings as Python has them: 0x80 to 0xff as the lone
 * surrogates U+DC80 to U+DCFF, which no text contains, and `cStrings` makes bytes of them again.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

const REPLACEMENT = '\uFFFD';
const SEPARATOR = 0x3d;

export function ownEnvironment(): Map<string, string> {
  const own = new Map<string, string>();
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) own.set(name, value);
  }
  const mangled = [...own].some(([name, value]) => name.includes(REPLACEMENT) || value.includes(REPLACEMENT));
  return mangled ? restored(own, originalEntries()) : own;
}

/** What has been changed since the start stays as it is now. */
function restored(own: ReadonlyMap<string, string>, originals: readonly Buffer[]): Map<string, string> {
  const bytesOf = new Map(originals.map((entry) => [entry.toString(), entry]));
  const result = new Map<string, string>();
  for (const [name, value] of own) {
    const entry = bytesOf.get(`${name}=${value}`);
    const at = entry?.indexOf(SEPARATOR) ?? -1;
    if (entry === undefined || at < 0) result.set(name, value);
    else result.set(decodeEscaping(entry.subarray(0, at)), decodeEscaping(entry.subarray(at + 1)));
  }
  return result;
}

/** `NAME=value` as this process was started with them. */
function originalEntries(): readonly Buffer[] {
  try {
    const bytes = readFileSync('/proc/self/environ');
    const entries: Buffer[] = [];
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(0, start);
      entries.push(bytes.subarray(start, end < 0 ? bytes.length : end));
      start = end < 0 ? bytes.length : end + 1;
    }
    return entries;
  } catch {
    // No /proc to look at: then what Node makes of it has to do.
    return [];
  }
}

export function decodeEscaping(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] ?? 0);
    const piece = bytes.subarray(at, at + length);
    const character = piece.toString();
    // Of a valid sequence comes the very same back.
    const valid = piece.length === length && Buffer.from(character).equals(piece);
    text += valid ? character : String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    at += valid ? length : 1;
  }
  return text;
}

function sequenceLength(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}
