import { FAULTS } from '../rpc/faults.ts';
import type { Command, Session } from './command.ts';
import { isReachable } from './connection-check.ts';
import { EXIT } from './exit-status.ts';
import { quoteFault } from './failure-line.ts';
import { copyStream } from './logs.ts';
import { failureOf, faultCodeOf } from './remote.ts';

/** fg: typed lines go to a program's stdin while both its logs are shown, until Ctrl-C or the end of input. */

/** RUNNING by its number. Source: Supervisor's manual, process states. */
const RUNNING = 20;

const HELP = 'fg <name>\tType into a running process and see what it writes, until Ctrl-C';

async function fg(words: readonly string[], session: Session): Promise<void> {
  if (!(await isReachable(session))) return;
  const [name, ...more] = words;
  if (name === undefined) {
    refuse('no process name supplied', session);
    return session.print(HELP);
  }
  if (more.length > 0) return refuse('too many process names supplied', session);
  if (await isAttachable(name, session)) await attach(name, session);
}

function refuse(problem: string, session: Session): void {
  session.print(`ERROR: ${problem}`);
  session.fail(EXIT.GENERIC);
}

async function isAttachable(name: string, session: Session): Promise<boolean> {
  try {
    const { state } = await session.server.supervisor.getProcessInfo(name);
    if (state === RUNNING) return true;
    refuse('process not running', session);
  } catch (error) {
    const failure = failureOf(error);
    if (failure?.kind !== 'fault') throw error;
    if (failure.code === FAULTS.BAD_NAME) refuse('bad process name supplied', session);
    else session.print(`ERROR: ${quoteFault(failure)}`);
  }
  return false;
}

async function attach(name: string, session: Session): Promise<void> {
  session.print('==> Press Ctrl-C to exit <==');
  await session.terminal.interruptible(async (interrupted) => {
    const ended = new AbortController();
    const signal = AbortSignal.any([interrupted, ended.signal]);
    const { server } = session;
    const streams = (['stdout', 'stderr'] as const).map((channel) =>
      copyStream(
        `${server.url}/logtail/${name}/${channel}`,
        server.followProcessLog(name, channel, signal),
        session,
      ),
    );
    try {
      await typeInto(name, interrupted, session);
    } finally {
      ended.abort();
      await Promise.all(streams);
    }
    session.print('Exiting foreground');
  });
}

/** Sends lines until there are no more, or the process has ended. */
async function typeInto(name: string, interrupted: AbortSignal, session: Session): Promise<void> {
  const remote = session.server.supervisor;
  for (;;) {
    const line = await session.terminal.readLine('', { signal: interrupted });
    if (line === undefined) return;
    try {
      await remote.sendProcessStdin(name, `${line}\n`);
    } catch (error) {
      const failure = failureOf(error);
      if (failure?.kind !== 'fault') throw error;
      session.print(
        faultCodeOf(error) === FAULTS.NOT_RUNNING ? 'Process got killed' : `ERROR: ${quoteFault(failure)}`,
      );
      return;
    }
    const { state } = await remote.getProcessInfo(name);
    if (state !== RUNNING) return session.print('Process got killed');
  }
}

export const FOREGROUND: readonly Command[] = [{ name: 'fg', words: 'processes', help: HELP, run: fg }];
