import { FAULTS } from '../rpc/faults.ts';
import type { Command, Session } from './command.ts';
import { isReachable } from './connection-check.ts';
import { EXIT } from './exit-status.ts';
import { formatStatus } from './format.ts';
import { parseNamespec } from './namespec.ts';
import type { ProcessRow } from './remote.ts';
import { faultCodeOf } from './remote.ts';

/** status and pid: they ask and change nothing. */

/** The rows that the names select, in the order of the names, and a line for each name that selects none. */
export function selectRows(
  rows: readonly ProcessRow[],
  names: readonly string[],
): { readonly selected: readonly ProcessRow[]; readonly problems: readonly string[] } {
  if (names.length === 0 || names.includes('all')) return { selected: rows, problems: [] };
  const selected: ProcessRow[] = [];
  const problems: string[] = [];
  for (const name of names) {
    const { group, process } = parseNamespec(name);
    const found = rows.filter((row) => row.group === group && (process ?? row.name) === row.name);
    selected.push(...found);
    if (found.length > 0) continue;
    problems.push(
      process === undefined ? `${group}: ERROR (no such group)` : `${name}: ERROR (no such process)`,
    );
  }
  return { selected, problems };
}

/** STOPPED, EXITED, FATAL and UNKNOWN by their numbers. Source: Supervisor's manual, process states. */
const STOPPED_STATES: ReadonlySet<number> = new Set([0, 100, 200, 1000]);

export async function printStatus(names: readonly string[], session: Session): Promise<void> {
  if (!(await isReachable(session))) return session.fail(EXIT.STATUS_UNKNOWN);
  const rows = await session.server.supervisor.getAllProcessInfo();
  const { selected, problems } = selectRows(rows, names);
  for (const problem of problems) {
    session.print(problem);
    session.fail(EXIT.STATUS_UNKNOWN);
  }
  for (const line of formatStatus(selected)) session.print(line);
  if (selected.some((row) => STOPPED_STATES.has(row.state))) session.fail(EXIT.STATUS_NOT_RUNNING);
}

async function printPids(names: readonly string[], session: Session): Promise<void> {
  const remote = session.server.supervisor;
  if (names.length === 0) return session.print(String(await remote.getPID()));
  if (names.includes('all')) {
    for (const row of await remote.getAllProcessInfo()) session.print(String(row.pid));
    return;
  }
  for (const name of names) await printPid(name, session);
}

async function printPid(name: string, session: Session): Promise<void> {
  try {
    const { pid } = await session.server.supervisor.getProcessInfo(name);
    session.print(String(pid));
    if (pid === 0) session.fail(EXIT.NOT_RUNNING);
  } catch (error) {
    if (faultCodeOf(error) !== FAULTS.BAD_NAME) throw error;
    session.print(`No such process ${name}`);
    session.fail(EXIT.GENERIC);
  }
}

export const QUERIES: readonly Command[] = [
  {
    name: 'status',
    words: 'processes',
    help: [
      'status <name>\t\tShow the state of a process',
      'status <group>:*\tShow that of every process of a group',
      'status <name> <name>\tShow that of several processes or groups',
      'status\t\t\tShow that of every process',
    ].join('\n'),
    run: printStatus,
  },
  {
    name: 'pid',
    words: 'processes',
    help: [
      'pid\t\t\tShow the process id of the daemon',
      'pid <name>\t\tShow that of a process; 0: it does not run',
      'pid all\t\t\tShow that of every process, one a line',
    ].join('\n'),
    async run(names, session) {
      if (await isReachable(session)) await printPids(names, session);
    },
  },
];
