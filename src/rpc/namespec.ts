/** Names of processes and groups as callers write them: `name`, `group:name`, `group:*` or `group:`. */
import type { Facade, GroupView, ProcessView } from '../supervisor/facade.ts';
import { RpcFault } from './faults.ts';

/** The shortest name of a process: its own where the group has the same. */
export function formatNamespec(group: string, name: string): string {
  return group === name ? name : `${group}:${name}`;
}

/** One process, or a whole group. Throws BAD_NAME with the name as given. */
export function resolveNamespec(facade: Facade, namespec: string): ProcessView | GroupView {
  const colon = namespec.indexOf(':');
  const groupName = colon < 0 ? namespec : namespec.slice(0, colon);
  const name = colon < 0 ? namespec : namespec.slice(colon + 1);
  const group = facade.groups.get(groupName);
  if (group === undefined) throw new RpcFault('BAD_NAME', namespec);
  if (colon >= 0 && (name === '' || name === '*')) return group;
  const process = group.processes.get(name);
  if (process === undefined) throw new RpcFault('BAD_NAME', namespec);
  return process;
}

/** Throws BAD_NAME also for the forms that name a whole group. */
export function resolveProcess(facade: Facade, namespec: string): ProcessView {
  const found = resolveNamespec(facade, namespec);
  if (isGroup(found)) throw new RpcFault('BAD_NAME', namespec);
  return found;
}

export function resolveGroup(facade: Facade, name: string): GroupView {
  const group = facade.groups.get(name);
  if (group === undefined) throw new RpcFault('BAD_NAME', name);
  return group;
}

export function isGroup(found: ProcessView | GroupView): found is GroupView {
  return 'processes' in found;
}

/** The processes of a group, lower priority first; equals keep their order. */
export function byPriority(group: GroupView): readonly ProcessView[] {
  return [...group.processes.values()].sort((a, b) => a.config.priority - b.config.priority);
}

/** All processes: groups by priority, then processes by priority. */
export function allByPriority(facade: Facade): readonly ProcessView[] {
  return [...facade.groups.values()].sort((a, b) => a.priority - b.priority).flatMap(byPriority);
}
