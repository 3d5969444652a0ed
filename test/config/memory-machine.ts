/** A machine in memory for the configuration room: files by path, a few folders, two users. */
import type { ConfigFiles, World } from '../../src/config/ports.ts';

const CWD = '/srv/herald';
const FOLDERS = ['/', '/tmp', '/srv', CWD, '/dev', '/home/nobody'];

const USERS = [
  { name: 'root', uid: 0, gid: 0, home: '/root' },
  { name: 'nobody', uid: 65534, gid: 65534, home: '/home/nobody' },
];

/** The surroundings in which the vectors were recorded. */
export function memoryWorld(env: Readonly<Record<string, string>> = {}): World {
  return {
    env: new Map(Object.entries({ HOME: '/tmp', PATH: '/usr/bin:/bin', A: 'aval', ...env })),
    cwd: CWD,
    hostname: 'node-1',
    tempDir: '/tmp',
    uid: 0,
    lookupUser: (user) => USERS.find(({ name, uid }) => user === name || user === uid),
    lookupGroup: (group) => (group === 'root' || group === 0 ? 0 : undefined),
  };
}

/** Paths are relative to the working directory. */
export function memoryFiles(texts: Readonly<Record<string, string | Uint8Array>>): ConfigFiles {
  const absolute = (path: string) => (path.startsWith('/') ? path : `${CWD}/${path}`);
  const files = new Map(Object.entries(texts).map(([path, text]) => [absolute(path), text]));
  const isFolder = (path: string) =>
    FOLDERS.includes(path.replace(/\/+$/, '') || '/') ||
    [...files.keys()].some((file) => file.startsWith(`${absolute(path)}/`));
  return {
    read(path) {
      const found = files.get(absolute(path));
      if (found === undefined) throw Object.assign(new Error(path), { code: 'EISDIR' });
      return typeof found === 'string' ? new TextEncoder().encode(found) : found;
    },
    exists: (path) => files.has(absolute(path)) || isFolder(path),
    isDirectory: isFolder,
    glob: (pattern) => [...files.keys()].filter((path) => patternOf(pattern).test(path)).sort(),
  };
}

/** Enough of shell patterns for the vectors; the real ones are the host's. */
function patternOf(pattern: string): RegExp {
  const parts = pattern.replace(/[.+^$()|{}\\]/g, '\\$&').replace(/\[!/g, '[^');
  const source = parts.replace(/(^|\/)?\*/g, (_, slash) => `${slash ?? ''}${slash ? '(?!\\.)' : ''}[^/]*`);
  return new RegExp(`^${source.replace(/(?<!\()\?(?!!)/g, '[^/]')}$`);
}
