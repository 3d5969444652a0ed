/**
 * The configuration room's view of the machine: files, patterns, users. Each call is synchronous, so that a file is
 * read in one piece; a reread takes turns with everybody else between two files.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import process from 'node:process';
import type { ConfigFiles, UserRecord, World } from '../config/ports.ts';
import { errorCode } from './error-code.ts';
import { ownEnvironment } from './own-environment.ts';

/** A configuration is text that someone wrote; a device without an end must not fill the memory. */
const SIZE_LIMIT = 16 * 1024 * 1024;
const CHUNK = 64 * 1024;
/** So long a pipe or a terminal may be silent before its end, where nobody else has to be looked after. */
const SILENCE_MS = 30_000;
const LOOK_MS = 10;
/** Something to wait for, for a time: nobody ever wakes who waits for it. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** For commands, and for the start: there is nothing else to do, so reading waits for a pipe's writer. */
export const nodeConfigFiles: ConfigFiles = {
  read: (path) => readCapped(path, SILENCE_MS),
  exists: (path) => statOf(path) !== undefined,
  isDirectory: (path) => statOf(path)?.isDirectory() ?? false,
  glob,
};

/** For a process that has programs to look after: it reads what is there, and refuses what would have to be waited for. */
export const unwaitingConfigFiles: ConfigFiles = { ...nodeConfigFiles, read: (path) => readCapped(path, 0) };

/** Whether the file can be read only once: a pipe. */
export function isPipe(path: string): boolean {
  return statOf(path)?.isFIFO() ?? false;
}

type Account = Omit<UserRecord, 'home'>;

/**
 * The machine and this process as they are now; users and groups are looked up when asked for. `findAccount` is
 * asked for users that `/etc/passwd` does not have, those of LDAP and the like.
 */
export function nodeWorld(
  findAccount: (user: string | number) => Account | undefined = () => undefined,
): World {
  return {
    env: ownEnvironment(),
    cwd: process.cwd(),
    hostname: hostname(),
    tempDir: tmpdir(),
    uid: process.getuid?.() ?? -1,
    lookupUser: (user) => lookupUser(user, '/etc/passwd') ?? withHome(findAccount(user)),
    lookupGroup: (group) => lookupGroup(group, '/etc/group'),
  };
}

function withHome(account: Account | undefined): UserRecord | undefined {
  return account === undefined ? undefined : { ...account, home: '/' };
}

/** undefined for whatever cannot be looked at: it cannot be used either. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // ENOENT, ENOTDIR, EACCES, a NUL in the name: the caller only asks whether it is there.
    return undefined;
  }
}

/**
 * Pipes are welcome, those of `<(…)` and `/dev/stdin` among them, and named ones whose writer is there: to open one
 * without would wait for it for ever, deaf to signals.
 */
function readCapped(path: string, patience: number): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (stats.isDirectory()) throw coded('EISDIR', `${path} is a directory`);
    // One byte more than the file has: its end then shows without another buffer. Devices do not know their size.
    let bytes = Buffer.allocUnsafe(stats.size > 0 ? Math.min(stats.size, SIZE_LIMIT) + 1 : CHUNK);
    let size = 0;
    for (;;) {
      const count = readSome(fd, bytes, size, patience);
      if (count === 0 && size === 0 && stats.isFIFO())
        throw unreadable('ENXIO', 'a pipe that nobody writes to');
      if (count === 0) return bytes.subarray(0, size);
      size += count;
      if (size > SIZE_LIMIT) throw unreadable('EFBIG', `more than ${SIZE_LIMIT} bytes`);
      if (size === bytes.length) bytes = Buffer.concat([bytes], 2 * size);
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Waits for a writer that takes its time, `patience` milliseconds. It looks again and again: poll(2) would need the C
 * library, which costs heraldctl more than all the rest of its start.
 */
function readSome(fd: number, bytes: Uint8Array, at: number, patience: number): number {
  const until = performance.now() + patience;
  for (;;) {
    try {
      return readSync(fd, bytes, at, bytes.length - at, null);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
    }
    if (patience === 0)
      throw unreadable('EAGAIN', 'a pipe whose text is not there yet, and a running daemon waits for none');
    if (performance.now() > until)
      throw unreadable('ETIMEDOUT', `nothing has come from it for ${patience / 1000} seconds`);
    Atomics.wait(NOBODY, 0, 0, LOOK_MS);
  }
}

/** An error with what the operator is told. */
function unreadable(code: string, reason: string): Error {
  return Object.assign(coded(code, reason), { reason });
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Shell patterns, one path component at a time. Like Python's `glob`, `*` and `?` leave out hidden files. */
function glob(pattern: string): readonly string[] {
  // Without anything to match the name is told as it was written, slashes and all.
  if (!/[*?[]/.test(pattern)) return entryExists(pattern) ? [pattern] : [];
  const [first = '', ...parts] = pattern.split('/');
  let found = [first === '' ? '/' : first];
  if (first !== '') found = matchPart('', first);
  parts.forEach((part, index) => {
    const last = index === parts.length - 1;
    found = found.flatMap((folder) => (part === '' && !last ? [folder] : matchPart(folder, part)));
  });
  return [...new Set(found)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function matchPart(folder: string, part: string): string[] {
  const join = (name: string) =>
    folder === '' || folder.endsWith('/') ? folder + name : `${folder}/${name}`;
  if (!/[*?[]/.test(part)) return entryExists(join(part)) ? [join(part)] : [];
  const matches = compilePattern(part);
  return listFolder(folder === '' ? '.' : folder)
    .filter((name) => (part.startsWith('.') || !name.startsWith('.')) && matches(name))
    .map(join);
}

/** A dangling link exists for a pattern. */
function entryExists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    // Not there or not to be seen: no match.
    return false;
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not a folder or not readable: nothing in it matches.
    return [];
  }
}

/** One component: literal pieces between stars are found from left to right, so the time is bounded. */
function compilePattern(pattern: string): (name: string) => boolean {
  const pieces = splitAtStars(pattern);
  return (name) => {
    const units = [...name];
    const [head = [], ...others] = pieces;
    if (!startsWithTests(units, 0, head)) return false;
    let at = head.length;
    const tail = others.pop();
    if (tail === undefined) return units.length === at;
    for (const piece of others) {
      while (at <= units.length && !startsWithTests(units, at, piece)) at += 1;
      at += piece.length;
    }
    const tailStart = units.length - tail.length;
    return tailStart >= at && startsWithTests(units, tailStart, tail);
  };
}

type CharTest = (char: string) => boolean;

function startsWithTests(units: readonly string[], at: number, tests: readonly CharTest[]): boolean {
  return tests.every((test, index) => {
    const unit = units[at + index];
    return unit !== undefined && test(unit);
  });
}

function splitAtStars(pattern: string): CharTest[][] {
  const pieces: CharTest[][] = [[]];
  const units = [...pattern];
  for (let at = 0; at < units.length; at += 1) {
    const unit = units[at] ?? '';
    if (unit === '*') {
      pieces.push([]);
      continue;
    }
    const set = unit === '[' ? readSet(units, at) : undefined;
    if (set !== undefined) at = set.end;
    pieces.at(-1)?.push(set?.test ?? (unit === '?' ? () => true : (char) => char === unit));
  }
  return pieces;
}

/** `[abc]`, `[a-z]`, `[!abc]`; without a closing bracket the first one is an ordinary character. */
function readSet(units: readonly string[], start: number): { test: CharTest; end: number } | undefined {
  const negated = units[start + 1] === '!';
  const from = start + (negated ? 2 : 1);
  const end = units.indexOf(']', from + 1);
  if (end < 0) return undefined;
  const members = units.slice(from, end);
  const inside = (char: string): boolean => {
    for (let at = 0; at < members.length; at += 1) {
      const low = members[at] ?? '';
      const high = members[at + 1] === '-' ? members[at + 2] : undefined;
      if (high === undefined ? char === low : char >= low && char <= high) return true;
      if (high !== undefined) at += 2;
    }
    return false;
  };
  return { test: (char) => inside(char) !== negated, end };
}

/** Users as `/etc/passwd` has them: by name, or by number. */
export function lookupUser(user: string | number, file: string): UserRecord | undefined {
  for (const [name, , uid, gid, , home] of tableRows(file)) {
    if (name === undefined || uid === undefined || gid === undefined) continue;
    if (typeof user === 'string' ? name === user : Number(uid) === user)
      return { name, uid: Number(uid), gid: Number(gid), home: home ?? '/' };
  }
  return undefined;
}

/** The number of a group as `/etc/group` has it. */
export function lookupGroup(group: string | number, file: string): number | undefined {
  for (const [name, , gid] of tableRows(file)) {
    if (name === undefined || gid === undefined) continue;
    if (typeof group === 'string' ? name === group : Number(gid) === group) return Number(gid);
  }
  return undefined;
}

function tableRows(file: string): string[][] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((row) => row !== '' && !row.startsWith('#'))
      .map((row) => row.split(':'));
  } catch {
    // A container without the file has no users by name.
    return [];
  }
}
