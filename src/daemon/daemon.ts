/**
 * The composition root: reads the configuration, builds the host, wires the rooms together, and sees the daemon
 * through its life, in-process restarts included. It returns the exit status; only the programs exit.
 */
import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandLineOverrides } from '../config/command-line.ts';
import { ConfigError } from '../config/config-error.ts';
import { loadDaemonConfig } from '../config/load.ts';
import type { ConfigFiles, World } from '../config/ports.ts';
import type { DaemonConfig, HttpServerConfig } from '../config/types.ts';
import { systemClock } from '../host/clock.ts';
import { errorCode } from '../host/error-code.ts';
import { createFiles } from '../host/files.ts';
import { createMainLog, type DaemonLog } from '../host/main-log.ts';
import { createProcesses } from '../host/processes.ts';
import { AlreadyRunningError, claimPidfile, type Pidfile } from '../host/single-instance.ts';
import { createStandardStreams } from '../host/stream-target.ts';
import { systemUsers } from '../host/users.ts';
import { describeExit } from '../process/machine.ts';
import { createRpcDispatcher } from '../rpc/dispatcher.ts';
import type { Host } from '../supervisor/ports.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { openHttpServer, type RunningServer } from '../web/http-server.ts';
import { refuseUnsupported } from './refusals.ts';
import { handleSignals, type SignalActions } from './signals.ts';

export interface DaemonInput {
  readonly files: ConfigFiles;
  readonly world: World;
  /** The configuration file. */
  readonly path: string;
  readonly overrides: CommandLineOverrides;
  readonly version: string;
  /** Whether the process's signals are the daemon's; an embedding program keeps its own. */
  readonly ownsSignals: boolean;
  /** Told about each life, right after its start. */
  readonly onStarted?: (supervisor: Supervisor) => void;
}

/** A start that failed for a reason the operator can mend; exit status 2. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * Runs until a shutdown is complete and returns the exit status: 0, or that of an essential program that ended. Throws {@link ConfigError} and {@link StartError} for what is wrong at the
 * start; nothing of another daemon has been touched then.
 */
export async function runDaemon(input: DaemonInput): Promise<number> {
  const files = createFiles(systemClock, createStandardStreams());
  const log = createMainLog(systemClock, files);
  const processes = createProcesses({
    clock: systemClock,
    reapedUnknown: (pid, status) => log.write('info', `reaped unknown pid ${pid} (${describeExit(status)})`),
  });
  const host: Host = { clock: systemClock, processes, files, users: systemUsers };
  try {
    let config = load(input);
    for (;;) {
      const end = await runOnce(config, { ...input, host, log });
      if (end.wanted === 'SHUTDOWN') return end.exitCode;
      config = reloadOrKeep(config, input, log);
    }
  } finally {
    log.close();
    processes.close();
  }
}

interface Life extends DaemonInput {
  readonly host: Host;
  readonly log: DaemonLog;
}

function load(input: DaemonInput): DaemonConfig {
  const config = loadDaemonConfig(input);
  refuseUnsupported(config, input);
  return config;
}

/** A restart with a broken configuration must not end the daemon: the old one stays. */
function reloadOrKeep(config: DaemonConfig, input: DaemonInput, log: DaemonLog): DaemonConfig {
  try {
    return load(input);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.write(
      'critical',
      `restarting with the old configuration, because the new one is wrong: ${error.message}`,
    );
    return config;
  }
}

interface End {
  readonly wanted: 'SHUTDOWN' | 'RESTARTING';
  readonly exitCode: number;
}

/** One life, from the configuration to the end of the last process. */
async function runOnce(config: DaemonConfig, life: Life): Promise<End> {
  const { log, host } = life;
  const pidfile = claim(config, log);
  const servers: RunningServer[] = [];
  let removeHandlers = (): void => undefined;
  try {
    openLog(config, life);
    for (const { level, message } of config.notices) log.write(level, message);
    const supervisor = new Supervisor(config, {
      host,
      log,
      pid: process.pid,
      environment: life.world.env,
      serverUrl: serverUrl(config.servers),
      reload: () => load(life),
      mainLogfile: config.supervisord.logfile,
      clearMainLog: () => {
        log.clear();
        log.write('info', 'reopening log file');
      },
    });
    await openServers(config, life, supervisor, servers);
    if (!config.supervisord.nocleanup) removeAutoLogs(config, log);
    if (life.ownsSignals) removeHandlers = handleSignals(log, signalActions(supervisor, log));
    writePidfile(pidfile, config, log);
    supervisor.start();
    life.onStarted?.(supervisor);
    return { wanted: await supervisor.ended, exitCode: supervisor.exitCode };
  } finally {
    removeHandlers();
    await Promise.all(servers.map((server) => server.close()));
    pidfile?.release();
  }
}

function signalActions(supervisor: Supervisor, log: DaemonLog): SignalActions {
  return {
    shutdown: () => supervisor.shutdown(),
    restart: () => supervisor.restart(),
    reopenLogs: () => {
      log.reopen();
      log.write('info', 'supervisord logreopen');
      supervisor.reopenLogs();
    },
    shuttingDown: () => supervisor.state === 'SHUTDOWN',
  };
}

/** Throws {@link StartError} when another daemon lives on the pidfile. */
function claim(config: DaemonConfig, log: DaemonLog): Pidfile | undefined {
  try {
    return claimPidfile(config.supervisord.pidfile);
  } catch (error) {
    if (error instanceof AlreadyRunningError) throw new StartError(error.message, { cause: error });
    log.write('critical', `could not write pidfile ${config.supervisord.pidfile}`);
    return undefined;
  }
}

function writePidfile(pidfile: Pidfile | undefined, config: DaemonConfig, log: DaemonLog): void {
  if (pidfile === undefined) return;
  try {
    pidfile.write(process.pid);
    log.write('info', `supervisord started with pid ${process.pid}`);
  } catch {
    // Supervisor runs on without a pidfile; the log says so.
    log.write('critical', `could not write pidfile ${config.supervisord.pidfile}`);
  }
}

/** Throws {@link StartError}. */
function openLog(config: DaemonConfig, { log, host, world }: Life): void {
  const { logfile, logfileMaxbytes, logfileBackups, loglevel, silent } = config.supervisord;
  if (world.uid === 0 && config.supervisord.user === undefined) {
    log.write(
      'critical',
      'Supervisor is running as root.  Privileges were not dropped because no user is specified in the config file.  If you intend to run as root, you can set user=root in the config file to avoid this message.',
    );
  }
  try {
    log.open({
      path: logfile,
      maxBytes: logfileMaxbytes,
      backups: logfileBackups,
      level: loglevel,
      ...(silent
        ? {}
        : {
            copyTo: host.files.openLog('/dev/stdout', { maxBytes: 0, backups: 0, onLoss: () => undefined }),
          }),
    });
  } catch (error) {
    throw new StartError(`The log file ${logfile} cannot be opened: ${errorCode(error)}`, { cause: error });
  }
}

async function openServers(
  config: DaemonConfig,
  { log, host, version, world }: Life,
  supervisor: Supervisor,
  servers: RunningServer[],
): Promise<void> {
  const rpc = createRpcDispatcher(supervisor, {
    log,
    reader: host.files,
    version,
    wall: () => host.clock.wall(),
    resolveUid: (user) => world.lookupUser(user)?.uid,
  });
  for (const server of config.servers) {
    try {
      servers.push(
        await openHttpServer(server, {
          log,
          rpc,
          version,
          stderr: (text) => process.stderr.write(text),
          rpcInterfaces: config.rpcInterfaces.map(({ name }) => name),
        }),
      );
    } catch (error) {
      throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }
}

/** SUPERVISOR_SERVER_URL: the first unix socket, else the first TCP port. */
function serverUrl(servers: readonly HttpServerConfig[]): string | undefined {
  for (const server of servers) if (server.kind === 'unix') return `unix://${server.file}`;
  for (const server of servers) {
    if (server.kind === 'inet')
      return `http://${server.host === '' ? 'localhost' : server.host}:${server.port}`;
  }
  return undefined;
}

/**
 * Removes the AUTO log files of earlier lives. Only after the sockets are ours: a daemon that is started by
 * mistake beside a running one must not delete the logs of that one.
 */
function removeAutoLogs(config: DaemonConfig, log: DaemonLog): void {
  const { childlogdir, identifier } = config.supervisord;
  const ours = new RegExp(`.+?---${escapeRegExp(identifier)}-\\S+\\.log\\.?\\d{0,4}`);
  let names: string[];
  try {
    names = readdirSync(childlogdir);
  } catch {
    log.write('warn', 'Could not clear childlog dir');
    return;
  }
  for (const name of names) {
    if (ours.exec(name)?.index !== 0) continue;
    const path = join(childlogdir, name);
    try {
      unlinkSync(path);
    } catch {
      log.write('warn', `Failed to clean up '${path}'`);
    }
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
