import { RemoteProtocolError } from './errors.ts';

/**
 * Reads `key:value key:value`, the line that headers and payloads begin with. A value may hold colons: the
 * first one ends the key. A word without a colon belongs to the value before it, since Supervisor writes
 * identifiers and message types with blanks as they are. Runs of blanks count as one.
 *
 * `duplicates`: `refuse` throws, `keep-first` lets the first value stand.
 * Throws RemoteProtocolError `bad-header` for a first word without a key, and for a refused duplicate.
 */
export function parseTokens(line: string, duplicates: 'refuse' | 'keep-first'): Map<string, string> {
  const tokens = new Map<string, string>();
  let key: string | undefined;
  for (const word of line.split(' ')) {
    if (word === '') continue;
    const colon = word.indexOf(':');
    if (colon > 0) {
      key = word.slice(0, colon);
      // The blanked key keeps what continues a duplicate away from the first value.
      if (tokens.has(key)) key = refuseDuplicate(key, line, duplicates);
      else tokens.set(key, word.slice(colon + 1));
    } else if (key === undefined) {
      throw new RemoteProtocolError('bad-header', 'key:value', line);
    } else if (key !== '') {
      tokens.set(key, `${tokens.get(key)} ${word}`);
    }
  }
  return tokens;
}

function refuseDuplicate(key: string, line: string, duplicates: 'refuse' | 'keep-first'): '' {
  if (duplicates === 'keep-first') return '';
  throw new RemoteProtocolError('bad-header', `one ${key} only`, line);
}

/** The value of a token that must be there. Throws RemoteProtocolError `missing-token`. */
export function requireToken(tokens: ReadonlyMap<string, string>, key: string, line: string): string {
  const value = tokens.get(key);
  if (value === undefined) throw new RemoteProtocolError('missing-token', `${key}:<value>`, line);
  return value;
}

/** Digits only, no sign, small enough to be exact. Throws RemoteProtocolError `bad-token`. */
export function parseInteger(key: string, value: string): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new RemoteProtocolError('bad-token', `${key}:<integer>`, value);
  return number;
}
