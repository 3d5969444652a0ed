import { FAULTS } from '../rpc/faults.ts';
import type { Command, Session } from './command.ts';
import { printMisuse } from './command.ts';
import { isReachable } from './connection-check.ts';
import { EXIT } from './exit-status.ts';
import { printStatus } from './queries.ts';
import { connectionCodeOf, faultCodeOf } from './remote.ts';

/** shutdown, reload, version and open: about the daemon as a whole. */

/** A command that refuses words before anything else happens. */
export function wordless(name: string, help: string, run: (session: Session) => Promise<void>): Command {
  return {
    name,
    words: 'none',
    help,
    async run(words, session) {
      if (words.length === 0) return run(session);
      printMisuse(session, { help }, `${name} accepts no arguments`, EXIT.GENERIC);
    },
  };
}

/** Asks in the shell; elsewhere the command itself is the answer. */
async function isConfirmed(question: string, session: Session): Promise<boolean> {
  if (!session.interactive) return true;
  const answer = await session.terminal.readLine(question);
  if (answer !== undefined) return answer.toLowerCase().startsWith('y');
  session.print('');
  session.fail(EXIT.GENERIC);
  return false;
}

async function shutDown(session: Session): Promise<void> {
  if (!(await isConfirmed('Really shut the remote supervisord process down y/N? ', session))) return;
  try {
    await session.server.supervisor.shutdown();
    session.print('Shut down');
  } catch (error) {
    // A daemon that is on its way down already is as good as told.
    if (faultCodeOf(error) === FAULTS.SHUTDOWN_STATE) return session.print('ERROR: already shutting down');
    const gone = ABSENT.get(connectionCodeOf(error) ?? '');
    if (gone === undefined) throw error;
    session.print(`ERROR: ${session.server.url} ${gone} (already shut down?)`);
    session.fail(EXIT.GENERIC);
  }
}

const ABSENT: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'refused connection'],
  ['ENOENT', 'no such file'],
]);

async function restartDaemon(session: Session): Promise<void> {
  if (!(await isConfirmed('Really restart the remote supervisord process y/N? ', session))) return;
  try {
    await session.server.supervisor.restart();
    session.print('Restarted supervisord');
  } catch (error) {
    if (faultCodeOf(error) !== FAULTS.SHUTDOWN_STATE) throw error;
    session.print('ERROR: already shutting down');
    session.fail(EXIT.GENERIC);
  }
}

async function printVersion(session: Session): Promise<void> {
  if (await isReachable(session)) session.print(await session.server.supervisor.getSupervisorVersion());
}

async function open(words: readonly string[], session: Session): Promise<void> {
  const url = words.join(' ');
  try {
    if (!/^(?:https?|unix):/.test(url)) throw new TypeError('neither http nor unix');
    session.connect(url);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    session.print('ERROR: url must be http:// or unix://');
    return session.fail(EXIT.GENERIC);
  }
  // The state of the other server's programs is shown for information only.
  const before = session.exitStatus;
  await printStatus([], session);
  session.exitStatus = before;
}

export const DAEMON_ACTIONS: readonly Command[] = [
  wordless('shutdown', 'shutdown\tStop every process, then the daemon', shutDown),
  wordless(
    'reload',
    'reload\t\tRestart the daemon: every process is stopped and started anew',
    restartDaemon,
  ),
  wordless('version', 'version\t\tShow the version of the daemon', printVersion),
  {
    name: 'open',
    words: 'free',
    help: 'open <url>\tConnect to another daemon: http://host:port or unix:///path/of/its.sock',
    run: open,
  },
];
