import { FAULTS } from '../rpc/faults.ts';
import type { Command, Session } from './command.ts';
import { printMisuse } from './command.ts';
import { isReachable } from './connection-check.ts';
import { EXIT } from './exit-status.ts';
import { formatNamespec, parseNamespec } from './namespec.ts';
import type { Remote, ResultRow } from './remote.ts';
import { failureOf, faultCodeOf } from './remote.ts';

/**
 * start, stop, restart, signal and clear: each names processes, groups or `all`, does one thing to every one of
 * them in the order given, and prints a line for each as soon as it is known.
 */
export interface Action {
  /** What stands behind the name when it went well. */
  readonly done: string;
  /** What stands in brackets for a fault; a fault that is not here is shown by its own text. */
  readonly phrases: ReadonlyMap<number, string>;
  /** A fault that leaves the exit status alone: the wish was fulfilled before it was uttered. */
  readonly harmless: number | undefined;
  /** Print the text of FAILED alone. */
  readonly bareFailure: boolean;
  readonly badGroupStatus: number;
  one(remote: Remote, name: string): Promise<unknown>;
  /** undefined: groups are not understood. */
  readonly group: ((remote: Remote, group: string) => Promise<readonly ResultRow[]>) | undefined;
  all(remote: Remote): Promise<readonly ResultRow[]>;
}

/** Does the action to every name. Rejects with failures that are no fault. */
export async function act(action: Action, names: readonly string[], session: Session): Promise<void> {
  const remote = session.server.supervisor;
  if (names.includes('all')) return printResults(action, await action.all(remote), session);
  for (const name of names) {
    const { group, process } = parseNamespec(name);
    if (process === undefined && action.group) await actOnGroup(action, action.group, group, session);
    else await actOnOne(action, name, process === undefined ? name : formatNamespec(group, process), session);
  }
}

/** The line for one process. */
export function formatResult(action: Action, name: string, status: number, description: string): string {
  if (status === FAULTS.SUCCESS) return `${name}: ${action.done}`;
  if (status === FAULTS.FAILED && action.bareFailure) return description;
  return `${name}: ERROR (${action.phrases.get(status) ?? description})`;
}

/** What the status of one process makes of the exit status; undefined leaves it. */
export function exitStatusFor(action: Action, status: number): number | undefined {
  if (status === FAULTS.SUCCESS || status === action.harmless) return undefined;
  return DEAD.has(status) ? EXIT.NOT_RUNNING : EXIT.GENERIC;
}

const DEAD: ReadonlySet<number> = new Set([
  FAULTS.SPAWN_ERROR,
  FAULTS.ABNORMAL_TERMINATION,
  FAULTS.NOT_RUNNING,
]);

async function actOnOne(action: Action, given: string, shown: string, session: Session): Promise<void> {
  try {
    await action.one(session.server.supervisor, given);
    printResult(action, shown, FAULTS.SUCCESS, 'OK', session);
  } catch (error) {
    const failure = failureOf(error);
    if (failure?.kind !== 'fault') throw error;
    printResult(action, shown, failure.code, failure.faultString, session);
  }
}

async function actOnGroup(
  action: Action,
  perform: NonNullable<Action['group']>,
  group: string,
  session: Session,
): Promise<void> {
  try {
    printResults(action, await perform(session.server.supervisor, group), session);
  } catch (error) {
    if (faultCodeOf(error) !== FAULTS.BAD_NAME) throw error;
    session.print(`${group}: ERROR (no such group)`);
    session.fail(action.badGroupStatus);
  }
}

function printResults(action: Action, rows: readonly ResultRow[], session: Session): void {
  for (const row of rows)
    printResult(action, formatNamespec(row.group, row.name), row.status, row.description, session);
}

function printResult(
  action: Action,
  name: string,
  status: number,
  description: string,
  session: Session,
): void {
  session.print(formatResult(action, name, status, description));
  const exit = exitStatusFor(action, status);
  if (exit !== undefined) session.fail(exit);
}

export const START: Action = {
  done: 'started',
  phrases: new Map<number, string>([
    [FAULTS.BAD_NAME, 'no such process'],
    [FAULTS.NO_FILE, 'no such file'],
    [FAULTS.NOT_EXECUTABLE, 'file is not executable'],
    [FAULTS.ALREADY_STARTED, 'already started'],
    [FAULTS.SPAWN_ERROR, 'spawn error'],
    [FAULTS.ABNORMAL_TERMINATION, 'abnormal termination'],
  ]),
  harmless: FAULTS.ALREADY_STARTED,
  bareFailure: false,
  badGroupStatus: EXIT.INVALID_ARGUMENTS,
  one: (remote, name) => remote.startProcess(name),
  group: (remote, group) => remote.startProcessGroup(group),
  all: (remote) => remote.startAllProcesses(),
};

const SIGNAL_PHRASES = new Map<number, string>([
  [FAULTS.BAD_NAME, 'no such process'],
  [FAULTS.BAD_SIGNAL, 'bad signal name'],
  [FAULTS.NOT_RUNNING, 'not running'],
]);

export const STOP: Action = {
  done: 'stopped',
  phrases: SIGNAL_PHRASES,
  harmless: FAULTS.NOT_RUNNING,
  bareFailure: true,
  badGroupStatus: EXIT.GENERIC,
  one: (remote, name) => remote.stopProcess(name),
  group: (remote, group) => remote.stopProcessGroup(group),
  all: (remote) => remote.stopAllProcesses(),
};

export const CLEAR: Action = {
  done: 'cleared',
  phrases: new Map<number, string>([
    [FAULTS.BAD_NAME, 'no such process'],
    [FAULTS.FAILED, 'failed'],
  ]),
  harmless: undefined,
  bareFailure: false,
  badGroupStatus: EXIT.GENERIC,
  one: (remote, name) => remote.clearProcessLogs(name),
  group: undefined,
  all: (remote) => remote.clearAllProcessLogs(),
};

/** Signalling with this signal. */
export function signalling(signal: string): Action {
  return {
    done: 'signalled',
    phrases: SIGNAL_PHRASES,
    harmless: undefined,
    bareFailure: true,
    badGroupStatus: EXIT.GENERIC,
    one: (remote, name) => remote.signalProcess(name, signal),
    group: (remote, group) => remote.signalProcessGroup(group, signal),
    all: (remote) => remote.signalAllProcesses(signal),
  };
}

/** A command that takes nothing but names and does these actions to them, one after the other. */
function namesCommand(
  name: string,
  help: string,
  missingStatus: number,
  actions: readonly Action[],
): Command {
  return {
    name,
    words: 'processes',
    help,
    async run(names, session) {
      if (!(await isReachable(session))) return;
      if (names.length === 0)
        return printMisuse(session, { help }, `${name} requires a process name`, missingStatus);
      for (const action of actions) await act(action, names, session);
    },
  };
}

const SIGNAL_HELP = [
  'signal <signal> <name>\t\tSend a signal, by name or number, to a process',
  'signal <signal> <group>:*\tSend it to every process of a group',
  'signal <signal> <name> <name>\tSend it to several processes or groups',
  'signal <signal> all\t\tSend it to every process',
].join('\n');

export const PROCESS_ACTIONS: readonly Command[] = [
  namesCommand(
    'start',
    [
      'start <name>\t\tStart a process and wait until it runs',
      'start <group>:*\t\tStart every process of a group',
      'start <name> <name>\tStart several processes or groups',
      'start all\t\tStart every process',
    ].join('\n'),
    EXIT.INVALID_ARGUMENTS,
    [START],
  ),
  namesCommand(
    'stop',
    [
      'stop <name>\t\tStop a process and wait until it has ended',
      'stop <group>:*\t\tStop every process of a group',
      'stop <name> <name>\tStop several processes or groups',
      'stop all\t\tStop every process',
    ].join('\n'),
    EXIT.GENERIC,
    [STOP],
  ),
  namesCommand(
    'restart',
    [
      'restart <name>\t\tStop a process, then start it',
      'restart <group>:*\tThe same for every process of a group',
      'restart <name> <name>\tThe same for several processes or groups',
      'restart all\t\tThe same for every process',
      'The configuration is not read again: that is what reread and update are for.',
    ].join('\n'),
    EXIT.GENERIC,
    [STOP, START],
  ),
  namesCommand(
    'clear',
    [
      'clear <name>\t\tEmpty the log files of a process',
      'clear <name> <name>\tEmpty those of several processes',
      'clear all\t\tEmpty those of every process',
    ].join('\n'),
    EXIT.GENERIC,
    [CLEAR],
  ),
  {
    name: 'signal',
    words: 'processes',
    help: SIGNAL_HELP,
    async run([signal, ...names], session) {
      if (!(await isReachable(session))) return;
      if (signal === undefined || names.length === 0)
        return printMisuse(
          session,
          { help: SIGNAL_HELP },
          'signal requires a signal name and a process name',
          EXIT.GENERIC,
        );
      await act(signalling(signal), names, session);
    },
  },
];
