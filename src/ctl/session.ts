import { Interrupted, type Session, type Terminal } from './command.ts';
import { completeLine } from './completion.ts';
import { execute } from './execute.ts';
import { EXIT } from './exit-status.ts';
import type { Connect } from './remote.ts';

/** `[supervisorctl]` with the command line on top: what heraldctl runs with. */
export interface CtlOptions {
  readonly serverurl: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** What stands before `> ` in the shell. */
  readonly prompt: string;
  readonly interactive: boolean;
  /** The action and its words; empty: the shell. */
  readonly action: readonly string[];
}

/** Runs the action, or the shell when there is none, and resolves with the exit status. Never rejects. */
export async function runCtl(options: CtlOptions, terminal: Terminal, connect: Connect): Promise<number> {
  const shell = options.action.length === 0;
  let session: OwnSession;
  try {
    session = createSession({ ...options, interactive: options.interactive || shell }, terminal, connect);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    terminal.write(`error: ${error.message}\n`);
    return EXIT.GENERIC;
  }
  try {
    if (shell) await runShell(`${options.prompt}> `, session);
    else await execute(options.action.join(' '), session);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    session.print('');
    session.fail(EXIT.INTERRUPTED);
  }
  return shell ? EXIT.OK : session.exitStatus;
}

async function runShell(prompt: string, session: OwnSession): Promise<void> {
  const rows = () => session.server.supervisor.getAllProcessInfo();
  session.terminal.completeWith((line) => completeLine(line, rows));
  await execute('status', session);
  while (!session.ended) {
    const line = await session.terminal.readLine(prompt);
    if (line === undefined) return session.print('');
    await execute(line, session);
  }
}

interface OwnSession extends Session {
  readonly ended: boolean;
}

function createSession(options: CtlOptions, terminal: Terminal, connect: Connect): OwnSession {
  let { serverurl, username, password } = options;
  let server = connect(serverurl, username, password);
  let ended = false;
  return {
    terminal,
    interactive: options.interactive,
    exitStatus: EXIT.OK,
    get server() {
      return server;
    },
    get ended() {
      return ended;
    },
    connect(url) {
      server = connect(url, username, password);
      serverurl = url;
    },
    authenticate(name, word) {
      username = name;
      password = word;
      server = connect(serverurl, username, password);
    },
    print: (line) => terminal.write(`${line}\n`),
    fail(status) {
      this.exitStatus = status;
    },
    quit() {
      ended = true;
    },
  };
}
