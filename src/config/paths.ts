/** Path arithmetic by POSIX rules, with Python's corner cases where they show. Nothing touches a disk. */
import type { World } from './ports.ts';

/** Home, relative parts and doubled slashes resolved: what Supervisor calls a normalized path. */
export function normalizePath(path: string, world: World): string {
  return tidy(joinPath(world.cwd, expandHome(path, world)));
}

export function absolutePath(path: string, world: World): string {
  return tidy(joinPath(world.cwd, path));
}

/** `second` when it is absolute. */
export function joinPath(first: string, second: string): string {
  if (second.startsWith('/') || first === '') return second;
  return first.endsWith('/') ? first + second : `${first}/${second}`;
}

/** Everything before the last slash; empty when there is none. */
export function directoryName(path: string): string {
  const head = path.slice(0, path.lastIndexOf('/') + 1);
  const trimmed = trimSlashes(head);
  return trimmed === '' ? head : trimmed;
}

/** `~` and `~user` at the start. An unknown user leaves the text as it is. */
export function expandHome(path: string, world: World): string {
  if (!path.startsWith('~')) return path;
  const slash = path.indexOf('/');
  const end = slash < 0 ? path.length : slash;
  const home = homeOf(path.slice(1, end), world);
  if (home === undefined) return path;
  return trimSlashes(home) + path.slice(end) || '/';
}

function homeOf(user: string, world: World): string | undefined {
  if (user !== '') return world.lookupUser(user)?.home;
  return world.env.get('HOME') ?? world.lookupUser(world.uid)?.home;
}

function trimSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

function tidy(path: string): string {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  }
  // POSIX lets exactly two leading slashes mean something of their own.
  const root = path.startsWith('//') && !path.startsWith('///') ? '//' : '/';
  return root + kept.join('/');
}
