/** An active group: its processes and, for an `[eventlistener:x]`, its pool. */
import type { EventBus } from '../bus/event-bus.ts';
import type {
  ChannelConfig,
  GroupConfig,
  PoolConfig,
  ProcessConfig,
  SupervisordConfig,
} from '../config/types.ts';
import type { ResultPolicy } from '../dispatch/result-policy.ts';
import { isStopped } from '../process/states.ts';
import type { GroupView, PoolView, ProcessView, Watcher } from './facade.ts';
import { PoolActor } from './pool-actor.ts';
import type { Channel, Host, MainLog } from './ports.ts';
import { ProcessActor } from './process-actor.ts';
import { SocketLease } from './socket-lease.ts';

/** What Supervisor searches when neither the program nor the daemon has a PATH. */
const DEFAULT_PATH = '/bin:/usr/bin:/usr/local/bin';

export interface GroupDeps {
  readonly host: Host;
  readonly bus: EventBus;
  readonly log: MainLog;
  /** Live: a reread may change the identifier. */
  readonly supervisord: () => SupervisordConfig;
  /** Paths of AUTO files made so far: a group that is removed and added again goes on with its files. */
  readonly autoLogs: WeakMap<ProcessConfig, Map<Channel, string>>;
  /** The daemon's own environment. */
  readonly environment: ReadonlyMap<string, string>;
  /** SUPERVISOR_SERVER_URL for programs that set no `serverurl`. */
  readonly serverUrl: string | undefined;
  readonly compat: 'off' | 'supervisor';
  readonly mayRestart: () => boolean;
  readonly onEssentialEnd: (process: string, code: number) => void;
  /** What the answers of a pool's listeners mean. */
  readonly resultPolicy: (pool: PoolConfig) => ResultPolicy;
  readonly watcher: Watcher;
}

export class Group implements GroupView {
  readonly name: string;
  readonly config: GroupConfig;
  readonly priority: number;
  readonly #actors: ReadonlyMap<string, ProcessActor>;
  readonly #pool: PoolActor | undefined;
  /** By address: the processes of one fcgi-program share one. */
  readonly #sockets = new Map<string, SocketLease>();

  /** Throws an Error with `code` when an AUTO log file or a socket cannot be created. */
  constructor(config: GroupConfig, deps: GroupDeps) {
    this.name = config.name;
    this.config = config;
    this.priority = config.priority;
    this.#pool =
      config.pool === undefined
        ? undefined
        : new PoolActor(config.name, config.pool, {
            bus: deps.bus,
            clock: deps.host.clock,
            log: deps.log,
            identifier: () => deps.supervisord().identifier,
            compat: deps.compat,
            interpret: deps.resultPolicy(config.pool),
            watcher: deps.watcher,
          });
    for (const { socket } of config.processes) {
      if (socket === undefined || this.#sockets.has(socket.url)) continue;
      const lease = new SocketLease(socket, deps.host.sockets, deps.log);
      lease.probe();
      this.#sockets.set(socket.url, lease);
    }
    const actors = config.processes.map((process) => this.#createActor(process, deps));
    // A later process of the same name replaces the earlier one, as in Supervisor.
    this.#actors = new Map(actors.map((actor) => [actor.name, actor]));
    this.#pool?.open([...this.#actors.values()]);
  }

  get processes(): ReadonlyMap<string, ProcessView> {
    return this.#actors;
  }

  get pool(): PoolView | undefined {
    return this.#pool;
  }

  get actors(): Iterable<ProcessActor> {
    return this.#actors.values();
  }

  get poolActor(): PoolActor | undefined {
    return this.#pool;
  }

  get stopped(): boolean {
    return [...this.#actors.values()].every((actor) => isStopped(actor.state));
  }

  /** The order in which everything is stopped: the highest priority number first. */
  get lastFirst(): readonly ProcessActor[] {
    return [...this.#actors.values()].sort((a, b) => b.config.priority - a.config.priority);
  }

  /** The group is removed: restarts that are due are called off, and its pool takes no more events. */
  close(): void {
    for (const actor of this.#actors.values()) actor.shutDown();
    this.#pool?.close();
  }

  #createActor(process: ProcessConfig, deps: GroupDeps): ProcessActor {
    return new ProcessActor(process, {
      host: deps.host,
      bus: deps.bus,
      log: deps.log,
      // Made for each spawn: kept, it would be a copy of the daemon's own for every program.
      get environment() {
        return childEnvironment(process, deps);
      },
      searchPath: process.environment.get('PATH') ?? deps.environment.get('PATH') ?? DEFAULT_PATH,
      logfiles: {
        stdout: logfile(process, 'stdout', deps),
        stderr: process.redirectStderr ? undefined : logfile(process, 'stderr', deps),
      },
      // Live, for a reread changes it for later runs.
      get stripAnsi() {
        return deps.supervisord().stripAnsi;
      },
      compat: deps.compat,
      mayRestart: deps.mayRestart,
      onEssentialEnd: deps.onEssentialEnd,
      watcher: deps.watcher,
      listener: this.#pool?.link(process.name),
      socket: process.socket === undefined ? undefined : this.#sockets.get(process.socket.url),
    });
  }
}

/** The daemon's environment, Supervisor's variables over it, the configured pairs over both. */
function childEnvironment(process: ProcessConfig, deps: GroupDeps): ReadonlyMap<string, string> {
  const environment = new Map(deps.environment);
  environment.set('SUPERVISOR_ENABLED', '1');
  const serverUrl = process.serverurl ?? deps.serverUrl;
  if (serverUrl !== undefined) environment.set('SUPERVISOR_SERVER_URL', serverUrl);
  environment.set('SUPERVISOR_PROCESS_NAME', process.name);
  environment.set('SUPERVISOR_GROUP_NAME', process.group);
  for (const [name, value] of process.environment) environment.set(name, value);
  return environment;
}

/** AUTO files are made here, once for the life of the configuration, before anything starts. */
function logfile(process: ProcessConfig, channel: Channel, deps: GroupDeps): string | undefined {
  const { logfile: target }: ChannelConfig = process[channel];
  switch (target.kind) {
    case 'none':
      return undefined;
    case 'file':
      return target.path;
    case 'auto':
      return autoLogfile(process, channel, deps);
  }
}

function autoLogfile(
  process: ProcessConfig,
  channel: Channel,
  { autoLogs, supervisord, host }: GroupDeps,
): string {
  const made = autoLogs.get(process) ?? new Map<Channel, string>();
  autoLogs.set(process, made);
  const known = made.get(channel);
  if (known !== undefined) return known;
  const { childlogdir, identifier } = supervisord();
  const path = host.files.createAutoLog(childlogdir, `${process.name}-${channel}---${identifier}-`);
  made.set(channel, path);
  return path;
}
