/** Basic authentication. Comparisons take the same time wherever the difference is. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpCredentials } from '../config/types.ts';

/** `malformed`: the header cannot be read at all. */
export type Verdict = 'allowed' | 'refused' | 'malformed';
export type Authorize = (header: string | undefined) => Verdict;

const SHA_PREFIX = '{SHA}';

/** Without credentials, or with an empty user name, everyone is allowed. */
export function createAuthorization(credentials: HttpCredentials | undefined): Authorize {
  if (credentials === undefined || credentials.username === '') return () => 'allowed';
  const { username, password } = credentials;
  const hashed = password.startsWith(SHA_PREFIX);
  const wantedUser = digest(username);
  const wantedPassword = digest(hashed ? password.slice(SHA_PREFIX.length) : password);
  return (header) => {
    const encoded = /^basic[ \t]+(\S+)[ \t]*$/i.exec(header ?? '')?.[1];
    if (encoded === undefined) return 'refused';
    const decoded = decode(encoded);
    if (decoded === undefined) return 'malformed';
    const colon = decoded.indexOf(':');
    if (colon < 0) return 'refused';
    const given = decoded.slice(colon + 1);
    const sameUser = timingSafeEqual(digest(decoded.slice(0, colon)), wantedUser);
    const samePassword = timingSafeEqual(digest(hashed ? sha1Hex(given) : given), wantedPassword);
    return sameUser && samePassword ? 'allowed' : 'refused';
  };
}

function decode(encoded: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    // Bytes that are no text are nobody's name and password.
    return undefined;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

function sha1Hex(text: string): string {
  return createHash('sha1').update(text, 'utf8').digest('hex');
}
