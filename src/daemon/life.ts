/**
 * One life of the daemon, from a configuration to the end of the last process.
 *
 * It begins in Supervisor's order: user, limits (first life only), log, sockets, background (first life only),
 * pidfile, programs. What is made in it belongs to it and ends with it.
 */
import process from 'node:process';
import type { DaemonConfig } from '../config/types.ts';
import type { DaemonLog } from '../host/main-log.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { removeAutoLogs } from './auto-logs.ts';
import { reload, restartOrStay } from './daemon-config.ts';
import { mainLogfile, openMainLog, openStdout } from './own-log.ts';
import { claim, writePidfile } from './own-pidfile.ts';
import { enterBackground, raiseLimits, switchUser } from './own-process.ts';
import { resolveResultHandler } from './result-handlers.ts';
import { openServers, serverUrl } from './servers.ts';
import { handleSignals, logSignal, type SignalActions } from './signals.ts';
import { StartError } from './start-error.ts';
import type { Belongings, Surroundings } from './surroundings.ts';

/** How a life has ended, and what the next one has to know. */
export interface End {
  readonly wanted: 'SHUTDOWN' | 'RESTARTING';
  readonly exitCode: number;
  readonly nextSerial: number;
}

/** One life, from the configuration to the end of the last process. Throws {@link StartError}. */
export async function runOnce(config: DaemonConfig, life: Surroundings, isFirst: boolean): Promise<End> {
  const belongings: Belongings = [() => life.log.close(), life.lastWords];
  try {
    const supervisor = await prepare(config, life, isFirst, belongings);
    if (supervisor === undefined) return { wanted: 'SHUTDOWN', exitCode: 0, nextSerial: life.firstSerial };
    const { own, log } = life;
    if (own !== undefined) belongings.push(handleSignals(own.signals, log, signalActions(supervisor, log)));
    life.onStarted?.(supervisor);
    const wanted = await supervisor.ended;
    return { wanted, exitCode: supervisor.exitCode, nextSerial: supervisor.bus.nextSerial };
  } finally {
    for (const giveBack of belongings.reverse()) await giveBack();
  }
}

/** Everything up to the running supervisor; undefined when a signal has asked for the end meanwhile. */
async function prepare(
  config: DaemonConfig,
  life: Surroundings,
  isFirst: boolean,
  belongings: Belongings,
): Promise<Supervisor | undefined> {
  const { log, own, host } = life;
  const background = isFirst ? own?.background : undefined;
  for (const { level, message } of config.notices) log.write(level, message);
  if (own !== undefined) switchUser(config, host.users, log);
  if (own !== undefined && isFirst) raiseLimits(config, own.childDescriptors, log);
  const pidfile = claim(config, log, background !== undefined);
  belongings.push(() => pidfile?.release());
  openMainLog(config, log, host);
  const supervisor = createSupervisor(config, life);
  try {
    await openServers(config, life, supervisor, belongings);
  } catch (error) {
    await dismiss(supervisor);
    throw error;
  }
  const exit = own?.signals.takeExit();
  if (exit !== undefined) {
    logSignal(exit, log);
    await dismiss(supervisor);
    return undefined;
  }
  // No signal can come between here and the start of the programs: it is all one task.
  if (!config.supervisord.nocleanup) removeAutoLogs(config.supervisord, log);
  if (background !== undefined) enterBackground(background, config, log);
  writePidfile(pidfile, config, log);
  try {
    life.onPrepared?.(supervisor);
    supervisor.start();
  } catch (error) {
    await dismiss(supervisor);
    throw new StartError(`The programs cannot be started: ${messageOf(error)}`, { cause: error });
  }
  if (background?.ready() === false) {
    log.write('critical', 'the process that started this daemon was killed while it waited: ending');
    supervisor.shutdown();
  }
  return supervisor;
}

/** A supervisor whose programs were never started. */
async function dismiss(supervisor: Supervisor): Promise<void> {
  supervisor.shutdown();
  await supervisor.ended;
}

function createSupervisor(config: DaemonConfig, life: Surroundings): Supervisor {
  const { host, log, world } = life;
  return new Supervisor(config, {
    host,
    log,
    pid: process.pid,
    firstSerial: life.firstSerial,
    environment: world.env,
    serverUrl: serverUrl(config.servers),
    reload: () => reload(life),
    mainLogfile: mainLogfile(config),
    resultPolicy: ({ resultHandler }) =>
      resolveResultHandler(resultHandler, {
        print: (lines) => openStdout(host).write(lines),
        failedLater: (message) => log.write('warn', message),
      }),
    clearMainLog: () => {
      log.write('info', 'reopening log file');
      log.clear();
    },
  });
}

function signalActions(supervisor: Supervisor, log: DaemonLog): SignalActions {
  return {
    shutdown: () => supervisor.shutdown(),
    restart: () => void restartOrStay(supervisor, log),
    reopenLogs: () => {
      log.write('info', 'supervisord logreopen');
      log.reopen();
      supervisor.reopenLogs();
    },
    shuttingDown: () => supervisor.state === 'SHUTDOWN',
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
