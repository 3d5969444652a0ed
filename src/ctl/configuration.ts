import { FAULTS } from '../rpc/faults.ts';
import type { Command, Session } from './command.ts';
import { wordless } from './daemon-actions.ts';
import { EXIT } from './exit-status.ts';
import { formatChanges, formatConfig } from './format.ts';
import type { Changes } from './remote.ts';
import { failureOf, faultCodeOf } from './remote.ts';

/** reread, update, add, remove and avail: from the configuration file to what is active. */

async function printAvailable(session: Session): Promise<void> {
  try {
    for (const row of await session.server.supervisor.getAllConfigInfo()) session.print(formatConfig(row));
  } catch (error) {
    if (faultCodeOf(error) !== FAULTS.SHUTDOWN_STATE) throw error;
    session.print('ERROR: supervisor shutting down');
    session.fail(EXIT.GENERIC);
  }
}

async function reread(session: Session): Promise<void> {
  try {
    const [changes] = await session.server.supervisor.reloadConfig();
    for (const line of formatChanges(changes)) session.print(line);
  } catch (error) {
    const failure = failureOf(error);
    if (failure?.kind !== 'fault') throw error;
    if (failure.code === FAULTS.SHUTDOWN_STATE) session.print('ERROR: supervisor shutting down');
    else if (failure.code === FAULTS.CANT_REREAD) session.print(`ERROR: ${failure.faultString}`);
    else throw error;
    session.fail(EXIT.GENERIC);
  }
}

async function add(names: readonly string[], session: Session): Promise<void> {
  for (const name of names) {
    try {
      await session.server.supervisor.addProcessGroup(name);
      session.print(`${name}: added process group`);
    } catch (error) {
      switch (faultCodeOf(error)) {
        case FAULTS.ALREADY_ADDED:
          // What was asked for is so: no failure.
          session.print('ERROR: process group already active');
          continue;
        case FAULTS.SHUTDOWN_STATE:
          session.print('ERROR: shutting down');
          break;
        case FAULTS.BAD_NAME:
          session.print(`ERROR: no such process/group: ${name}`);
          break;
        default:
          throw error;
      }
      session.fail(EXIT.GENERIC);
    }
  }
}

async function remove(names: readonly string[], session: Session): Promise<void> {
  for (const name of names) {
    try {
      await session.server.supervisor.removeProcessGroup(name);
      session.print(`${name}: removed process group`);
    } catch (error) {
      const code = faultCodeOf(error);
      if (code === FAULTS.STILL_RUNNING) session.print(`ERROR: process/group still running: ${name}`);
      else if (code === FAULTS.BAD_NAME) session.print(`ERROR: no such process/group: ${name}`);
      else throw error;
      session.fail(EXIT.GENERIC);
    }
  }
}

/** Which groups an update is about: all that differ, or those of them that were named. */
export function selectChanges(changes: Changes, names: readonly string[]): Changes {
  if (names.length === 0 || names.includes('all')) return changes;
  const wanted = new Set(names);
  const [added, changed, removed] = changes.map((groups) => groups.filter((group) => wanted.has(group)));
  return [added ?? [], changed ?? [], removed ?? []];
}

async function update(names: readonly string[], session: Session): Promise<void> {
  const changes = await reloadForUpdate(session);
  if (changes === undefined) return;
  await reportUnknownGroups(names, changes, session);
  const [added, changed, removed] = selectChanges(changes, names);
  for (const group of removed) await removeGroup(group, session);
  for (const group of changed) await replaceGroup(group, session);
  for (const group of added) {
    await session.server.supervisor.addProcessGroup(group);
    session.print(`${group}: added process group`);
  }
}

async function reloadForUpdate(session: Session): Promise<Changes | undefined> {
  try {
    const [changes] = await session.server.supervisor.reloadConfig();
    return changes;
  } catch (error) {
    if (faultCodeOf(error) !== FAULTS.SHUTDOWN_STATE) throw error;
    session.print('ERROR: already shutting down');
    session.fail(EXIT.GENERIC);
    return undefined;
  }
}

async function reportUnknownGroups(
  names: readonly string[],
  [added]: Changes,
  session: Session,
): Promise<void> {
  if (names.length === 0 || names.includes('all')) return;
  const known = new Set(added);
  for (const row of await session.server.supervisor.getAllProcessInfo()) known.add(row.group);
  for (const name of new Set(names)) {
    if (known.has(name)) continue;
    session.print(`ERROR: no such group: ${name}`);
    session.fail(EXIT.GENERIC);
  }
}

async function removeGroup(group: string, session: Session): Promise<void> {
  const remote = session.server.supervisor;
  const results = await remote.stopProcessGroup(group);
  session.print(`${group}: stopped`);
  if (results.some((result) => result.status === FAULTS.FAILED)) {
    session.print(`${group}: has problems; not removing`);
    return session.fail(EXIT.GENERIC);
  }
  await remote.removeProcessGroup(group);
  session.print(`${group}: removed process group`);
}

async function replaceGroup(group: string, session: Session): Promise<void> {
  const remote = session.server.supervisor;
  await remote.stopProcessGroup(group);
  session.print(`${group}: stopped`);
  await remote.removeProcessGroup(group);
  await remote.addProcessGroup(group);
  session.print(`${group}: updated process group`);
}

export const CONFIGURATION: readonly Command[] = [
  wordless(
    'reread',
    'reread\t\tRead the configuration again and show what differs; nothing is started or stopped',
    reread,
  ),
  {
    name: 'update',
    words: 'groups',
    help: [
      'update\t\t\tRead the configuration again; add, remove and restart the groups that differ',
      'update all\t\tThe same',
      'update <group> [...]\tThe same for these groups only',
    ].join('\n'),
    run: update,
  },
  {
    name: 'add',
    words: 'groups',
    help: 'add <group> [...]\tActivate groups of the configuration that was read last',
    run: add,
  },
  {
    name: 'remove',
    words: 'groups',
    help: 'remove <group> [...]\tTake stopped groups out of what is active',
    run: remove,
  },
  wordless('avail', 'avail\t\tShow every configured process, and whether it is active', printAvailable),
];
