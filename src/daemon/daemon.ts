/**
 * The composition root: reads the configuration, builds the host, wires the rooms together, and sees the daemon
 * through its lives, one per in-process restart.
 *
 * A life begins in Supervisor's order: user, limits (first life only), log, sockets, background (first life only),
 * pidfile, programs. What is made in it belongs to it and ends with it; signals that come between two lives wait
 * for the next one. A life that cannot begin gives way to one with the configuration before.
 */
import { basename, resolve } from 'node:path';
import type { CommandLineOverrides } from '../config/command-line.ts';
import { ConfigError, textWithPlace } from '../config/config-error.ts';
import { loadDaemonConfig } from '../config/load.ts';
import type { ConfigFiles, World } from '../config/ports.ts';
import type { DaemonConfig, HttpServerConfig } from '../config/types.ts';
import { systemClock } from '../host/clock.ts';
import { errorCode } from '../host/error-code.ts';
import { createFiles } from '../host/files.ts';
import { listeningSockets } from '../host/listening-sockets.ts';
import { createLogFollower } from '../host/log-follower.ts';
import { createMainLog, type DaemonLog } from '../host/main-log.ts';
import { createProcesses } from '../host/processes.ts';
import { AlreadyRunningError, claimPidfile, type Pidfile } from '../host/single-instance.ts';
import { tellStandardError } from '../host/standard-error.ts';
import { createStandardStreams } from '../host/stream-target.ts';
import { createSyslog } from '../host/syslog.ts';
import { systemUsers } from '../host/users.ts';
import { describeExit } from '../process/effects.ts';
import { createRpcDispatcher } from '../rpc/dispatcher.ts';
import { findLogPath } from '../rpc/log-paths.ts';
import { createBulkWork } from '../supervisor/bulk-work.ts';
import type { Cancel, Channel, Host, LogFollower, LogSink, MainLog } from '../supervisor/ports.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { openHttpServer, type RunningServer } from '../web/http-server.ts';
import { removeAutoLogs } from './auto-logs.ts';
import { enterBackground, type OwnProcess, raiseLimits, refuseOtherUser, switchUser } from './own-process.ts';
import { checkResultHandlers, resolveResultHandler } from './result-handlers.ts';
import { handleSignals, logSignal, type SignalActions } from './signals.ts';
import { StartError } from './start-error.ts';

export interface DaemonInput {
  readonly files: ConfigFiles;
  readonly world: World;
  /** The configuration file, as given. */
  readonly path: string;
  readonly overrides: CommandLineOverrides;
  readonly version: string;
  /** undefined: the process belongs to a program around the daemon. */
  readonly own: OwnProcess | undefined;
  /** Told about each life, right before its start: for who wants to hear of the start itself. */
  readonly onPrepared?: (supervisor: Supervisor) => void;
  /** Told about each life, right after its start. */
  readonly onStarted?: (supervisor: Supervisor) => void;
  /** Told once, before anything else. */
  readonly onLog?: (log: MainLog) => void;
}

/** The longest interval there is, nearly 25 days. */
const NEVER_MS = 2 ** 31 - 1;
const DRAIN_GRACE_MS = 2000;

/**
 * Runs until a shutdown is complete and returns the exit status: 0, or that of an essential program that ended.
 * Throws {@link ConfigError} and {@link StartError} for what is wrong at the start; nothing of another daemon has
 * been touched then.
 */
export async function runDaemon(input: DaemonInput, first = loadConfig(input)): Promise<number> {
  const streams = createStandardStreams();
  const follower = createLogFollower(systemClock);
  const files = createFiles(systemClock, streams, follower.look);
  const log = createMainLog(systemClock, files);
  input.onLog?.(log);
  const bulk = createBulkWork(systemClock);
  const processes = createProcesses({
    clock: systemClock,
    bulk,
    reapedUnknown: (pid, status) => log.write('info', `reaped unknown pid ${pid} (${describeExit(status)})`),
    ...(input.own !== undefined && {
      descriptorLimit: Math.max(input.own.childDescriptors, first.supervisord.minfds),
    }),
  });
  const syslog = createSyslog({
    clock: systemClock,
    tag: basename(process.argv[1] ?? 'heraldd', '.js'),
    onLoss: (message) => log.write('error', message),
  });
  const host: Host = {
    clock: systemClock,
    bulk,
    processes,
    files,
    users: systemUsers,
    sockets: listeningSockets,
    syslog,
  };
  // Without servers and with no program running, nothing else would keep Node's loop alive: signals do not.
  const alive = setInterval(() => undefined, NEVER_MS);
  try {
    return await runLives(first, { ...input, host, log, follower, firstSerial: 0 });
  } finally {
    clearInterval(alive);
    // Before the main log, which is told what the system's log has lost.
    syslog.close();
    log.close();
    await withinGrace(Promise.all([streams.stdout.drained(), streams.stderr.drained()]));
    processes.close();
  }
}

/** Waits for what the reader of our stdout may still take, but not for a reader that has gone to sleep. */
async function withinGrace(drained: Promise<unknown>): Promise<void> {
  let cancel: Cancel = () => undefined;
  const over = new Promise<void>((resolve) => {
    cancel = systemClock.after(DRAIN_GRACE_MS, resolve);
  });
  await Promise.race([drained, over]);
  cancel();
}

interface Surroundings extends DaemonInput {
  readonly host: Host;
  readonly log: DaemonLog;
  readonly follower: LogFollower;
  /** The first serial number of this life's events: they go on over a restart, as Supervisor's do. */
  readonly firstSerial: number;
}

async function runLives(first: DaemonConfig, surroundings: Surroundings): Promise<number> {
  let life = surroundings;
  let config = first;
  let previous: DaemonConfig | undefined;
  for (let isFirst = true; ; isFirst = false) {
    try {
      const end = await runOnce(config, life, isFirst);
      if (end.wanted === 'SHUTDOWN') return end.exitCode;
      life = { ...life, firstSerial: end.nextSerial };
    } catch (error) {
      if (!(error instanceof StartError) || previous === undefined) throw error;
      complain(life.log, `the new configuration cannot be used, going back to the old one: ${error.message}`);
      config = previous;
      previous = undefined;
      continue;
    }
    const next = reloadOrKeep(config, life);
    previous = next === config ? undefined : config;
    config = next;
  }
}

/** Throws {@link ConfigError}. */
export function loadConfig(input: DaemonInput): DaemonConfig {
  const config = loadDaemonConfig(input);
  if (input.own === undefined) refuseOtherUser(config, systemUsers);
  checkResultHandlers(config);
  const { supervisord } = config;
  // The daemon may be elsewhere by the time that it makes log files there.
  const childlogdir = resolve(input.world.cwd, supervisord.childlogdir);
  return { ...config, supervisord: { ...supervisord, childlogdir } };
}

/** The path is the one of the start: the daemon may have changed its directory. Throws {@link ConfigError}. */
function reload(life: Surroundings): DaemonConfig {
  return loadConfig({ ...life, path: resolve(life.world.cwd, life.path) });
}

/** A signal has nobody to answer to: what is wrong goes to the log and to stderr. */
function restartOrStay(supervisor: Supervisor, log: MainLog): void {
  try {
    supervisor.restart();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(log, `not restarting, because the new configuration is wrong: ${textWithPlace(error)}`);
  }
}

/** The file may become wrong while the programs stop: that must not end the daemon either. */
function reloadOrKeep(config: DaemonConfig, life: Surroundings): DaemonConfig {
  try {
    return reload(life);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(
      life.log,
      `restarting with the old configuration, because the new one is wrong: ${textWithPlace(error)}`,
    );
    return config;
  }
}

function complain(log: MainLog, message: string): void {
  log.write('critical', message);
  tellStandardError(`heraldd: ${message}\n`);
}

/** What a life has taken, to be given back at its end, the last first. */
type Belongings = (() => Promise<void> | void)[];

interface End {
  readonly wanted: 'SHUTDOWN' | 'RESTARTING';
  readonly exitCode: number;
  readonly nextSerial: number;
}

/** One life, from the configuration to the end of the last process. Throws {@link StartError}. */
async function runOnce(config: DaemonConfig, life: Surroundings, isFirst: boolean): Promise<End> {
  const belongings: Belongings = [() => life.log.close()];
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
  openLog(config, life);
  const supervisor = createSupervisor(config, life);
  await openServers(config, life, supervisor, belongings);
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
    restart: () => restartOrStay(supervisor, log),
    reopenLogs: () => {
      log.write('info', 'supervisord logreopen');
      log.reopen();
      supervisor.reopenLogs();
    },
    shuttingDown: () => supervisor.state === 'SHUTDOWN',
  };
}

/** Throws {@link StartError} when another daemon lives on the pidfile. */
function claim({ supervisord }: DaemonConfig, log: MainLog, inBackground: boolean): Pidfile | undefined {
  const { pidfile, umask } = supervisord;
  const previous = inBackground ? process.umask(umask) : undefined;
  try {
    return claimPidfile(pidfile);
  } catch (error) {
    if (error instanceof AlreadyRunningError) throw new StartError(error.message, { cause: error });
    log.write('critical', `could not write pidfile ${pidfile}`);
    return undefined;
  } finally {
    if (previous !== undefined) process.umask(previous);
  }
}

function writePidfile(pidfile: Pidfile | undefined, config: DaemonConfig, log: MainLog): void {
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
function openLog(config: DaemonConfig, { log, host }: Surroundings): void {
  const { supervisord } = config;
  const { logfile, logfileMaxbytes, logfileBackups, loglevel, silent, nodaemon } = supervisord;
  const path = mainLogfile(config);
  try {
    log.open({
      path,
      ...(path === undefined && { syslog: host.syslog }),
      maxBytes: logfileMaxbytes,
      backups: logfileBackups,
      level: loglevel,
      ...(nodaemon && !silent && { copyTo: openStdout(host) }),
    });
  } catch (error) {
    throw new StartError(`The log file ${logfile} cannot be opened: ${errorCode(error)}`, { cause: error });
  }
}

/** undefined: it goes to syslog. */
function mainLogfile({ supervisord: { logfile } }: DaemonConfig): string | undefined {
  return logfile === 'syslog' ? undefined : logfile;
}

/** The daemon's own stdout, which never waits for its reader. */
function openStdout({ files }: Host): LogSink {
  return files.openLog('/dev/stdout', { maxBytes: 0, backups: 0, onLoss: () => undefined });
}

/** Throws {@link StartError}. */
async function openServers(
  config: DaemonConfig,
  { log, host, version, world, follower }: Surroundings,
  supervisor: Supervisor,
  belongings: Belongings,
): Promise<void> {
  const rpc = createRpcDispatcher(supervisor, {
    log,
    reader: host.files,
    version,
    wall: () => host.clock.wall(),
    bulk: host.bulk,
    resolveUid: (user) => world.lookupUser(user)?.uid,
  });
  const logs = {
    processLog: (namespec: string, channel: Channel) => findLogPath(supervisor, namespec, channel),
    mainLog: () => supervisor.mainLogfile,
    follower,
  };
  const rpcInterfaces = config.rpcInterfaces.map(({ name }) => name);
  const servers: RunningServer[] = [];
  // Side by side: each may have replies to finish.
  belongings.push(async () => void (await Promise.all(servers.map((server) => server.close()))));
  for (const server of config.servers) {
    try {
      servers.push(
        await openHttpServer(server, {
          log,
          rpc,
          facade: supervisor,
          logs,
          version,
          stderr: tellStandardError,
          rpcInterfaces,
        }),
      );
    } catch (error) {
      await dismiss(supervisor);
      throw new StartError(messageOf(error), { cause: error });
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
