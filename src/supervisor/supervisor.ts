/**
 * The supervisor: the active groups, the daemon's own state, and the order in which things begin and end.
 *
 * It starts in ascending priority, without waiting. It stops in descending priority, one priority after the
 * other and everything of a priority at once; listeners come last whatever their priority says, after their
 * pools have been drained, so that they hear of everything that was stopped.
 */
import { AsyncSubject, firstValueFrom } from 'rxjs';
import { EventBus } from '../bus/event-bus.ts';
import { diffGroups } from '../config/group-diff.ts';
import type { Steps } from '../config/steps.ts';
import type { DaemonConfig, GroupConfig, PoolConfig } from '../config/types.ts';
import { acceptOk, type ResultPolicy } from '../dispatch/result-policy.ts';
import { isStopped } from '../process/states.ts';
import { takeSteps } from './bulk-work.ts';
import { ActivationError, type ConfigDiff, type DaemonState, type Facade, type Watcher } from './facade.ts';
import { Group, type GroupDeps } from './group.ts';
import type { BulkWork, Cancel, Host, MainLog } from './ports.ts';
import { Rereading } from './rereading.ts';
import { Ticks } from './ticks.ts';
import { Watchers } from './watchers.ts';

export interface SupervisorDeps {
  readonly host: Host;
  readonly log: MainLog;
  readonly pid: number;
  readonly environment: ReadonlyMap<string, string>;
  readonly serverUrl: string | undefined;
  /** Parses the configuration file again. The steps throw ConfigError. */
  readonly reload: () => Steps<DaemonConfig>;
  /** The main log as a file: its path and how to empty it; undefined when it is none. */
  readonly mainLogfile: string | undefined;
  readonly clearMainLog: () => void;
  /** What the answers of a pool's listeners mean. Default: `OK` alone is good. */
  readonly resultPolicy?: (pool: PoolConfig) => ResultPolicy;
  /** `bus.nextSerial` of the life before this one: serials go on over a restart. Default 0. */
  readonly firstSerial?: number;
}

const WAITING_NOTE_MS = 3000;

export class Supervisor implements Facade {
  readonly bus: EventBus;
  readonly pid: number;
  readonly #deps: SupervisorDeps;
  readonly #groups = new Map<string, Group>();
  readonly #ticks: Ticks;
  readonly #watchers: Watchers;
  readonly #rereading: Rereading;
  readonly #autoLogs: GroupDeps['autoLogs'] = new WeakMap();
  #config: DaemonConfig;
  readonly #ended$ = new AsyncSubject<'SHUTDOWN' | 'RESTARTING'>();
  #state: DaemonState = 'RUNNING';
  #ending = false;
  #exitCode = 0;

  constructor(config: DaemonConfig, deps: SupervisorDeps) {
    this.#config = config;
    this.#deps = deps;
    this.pid = deps.pid;
    this.bus = new EventBus({
      now: () => deps.host.clock.wall(),
      firstSerial: deps.firstSerial ?? 0,
      onSubscriberError: (error, event) => {
        const what = error instanceof Error ? error.message : String(error);
        const on = event === undefined ? '' : ` on ${event.name} ${event.serial}`;
        deps.log.write('error', `a subscriber failed${on}: ${what}`);
      },
    });
    this.#ticks = new Ticks(this.bus, deps.host.clock);
    this.#rereading = new Rereading(deps.host.bulk, deps.reload);
    this.#watchers = new Watchers((error) => {
      deps.log.write('error', `a watcher failed: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  get identifier(): string {
    return this.#config.supervisord.identifier;
  }

  get state(): DaemonState {
    return this.#state;
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.#groups;
  }

  get configured(): readonly GroupConfig[] {
    return this.#config.groups;
  }

  get mainLogfile(): string | undefined {
    return this.#deps.mainLogfile;
  }

  /** Settles when everything has been stopped after `shutdown` or `restart`. */
  get ended(): Promise<'SHUTDOWN' | 'RESTARTING'> {
    return firstValueFrom(this.#ended$);
  }

  /** What the daemon should exit with: not 0 when an essential program has ended with something else. */
  get exitCode(): number {
    return this.#exitCode;
  }

  /** Begins: the groups become active and autostart programs are started. Throws {@link ActivationError}. */
  start(): void {
    for (const group of this.#config.groups) {
      // Two groups of one name: only the first is activated, as in Supervisor.
      if (!this.#groups.has(group.name)) this.#activate(group);
    }
    this.bus.publish('SUPERVISOR_STATE_CHANGE_RUNNING', {});
    this.#autostart([...this.#byPriority()]);
  }

  shutdown(): void {
    this.#state = 'SHUTDOWN';
    this.#watchers.daemonChanged();
    this.#beginEnd();
  }

  async restart(): Promise<void> {
    // Read before anything is stopped: a typing error must not cost an outage.
    if (this.#state === 'RUNNING') {
      await this.#rereading.read().catch((error: unknown) => {
        // Once somebody else has asked for the end, the file is no reason against it.
        if (!this.#ending) throw error;
      });
    }
    if (this.#state === 'RUNNING') {
      this.#state = 'RESTARTING';
      this.#watchers.daemonChanged();
    }
    this.#beginEnd();
  }

  async reloadConfig(): Promise<ConfigDiff> {
    const parsed = await this.#rereading.read();
    this.#warnOfNews(parsed);
    this.#config = parsed;
    // What is active at this moment, whoever adds or removes a group while it is compared.
    const active = [...this.#groups.values()].map((group) => group.config);
    return takeSteps(this.#deps.host.bulk, diffGroups(active, parsed.groups));
  }

  /** Warnings that the configuration before did not give: whoever has just changed a file can still look at it. */
  #warnOfNews({ notices }: DaemonConfig): void {
    const told = new Set(this.#config.notices.map(({ message }) => message));
    for (const { level, message } of notices)
      if (level !== 'info' && !told.has(message)) this.#deps.log.write(level, message);
  }

  addGroup(name: string): 'added' | 'already-added' | 'bad-name' {
    const config = this.#config.groups.find((group) => group.name === name);
    if (config === undefined) return 'bad-name';
    if (this.#groups.has(name)) return 'already-added';
    this.#autostart([this.#activate(config)]);
    return 'added';
  }

  removeGroup(name: string): 'removed' | 'still-running' | 'bad-name' {
    const group = this.#groups.get(name);
    if (group === undefined) return 'bad-name';
    if (!group.stopped) return 'still-running';
    group.close();
    this.#groups.delete(name);
    this.bus.publish('PROCESS_GROUP_REMOVED', { groupname: name });
    this.#watchers.daemonChanged();
    return 'removed';
  }

  clearMainLog(): void {
    this.#deps.clearMainLog();
  }

  reopenLogs(): void {
    const actors = [...this.#groups.values()].flatMap((group) => [...group.actors]);
    void this.#deps.host.bulk.each(actors, (actor) => actor.reopenLogs());
  }

  sendRemoteCommEvent(type: string, data: string): number {
    const pools = this.#pools().filter((pool) => pool.takes('REMOTE_COMMUNICATION')).length;
    this.bus.publish('REMOTE_COMMUNICATION', { type, data });
    return pools;
  }

  watch(watcher: Watcher): () => void {
    return this.#watchers.add(watcher);
  }

  #activate(config: GroupConfig): Group {
    const { host, log, environment, serverUrl } = this.#deps;
    const deps: GroupDeps = {
      host,
      log,
      environment,
      serverUrl,
      bus: this.bus,
      supervisord: () => this.#config.supervisord,
      autoLogs: this.#autoLogs,
      compat: this.#config.herald.compat,
      mayRestart: () => this.#state === 'RUNNING',
      resultPolicy: this.#deps.resultPolicy ?? (() => acceptOk),
      onEssentialEnd: (process, code) => this.#essentialEnded(process, code),
      watcher: this.#watchers,
    };
    const group = createGroup(config, deps);
    this.#groups.set(config.name, group);
    this.bus.publish('PROCESS_GROUP_ADDED', { groupname: config.name });
    this.#watchers.daemonChanged();
    return group;
  }

  #essentialEnded(process: string, code: number): void {
    this.#deps.log.write(
      'warn',
      `essential program ${process} has ended, shutting down with exit status ${code}`,
    );
    this.#exitCode = code;
    this.shutdown();
  }

  #byPriority(): Group[] {
    return [...this.#groups.values()].sort((a, b) => a.priority - b.priority);
  }

  #pools() {
    return [...this.#groups.values()].flatMap((group) => group.poolActor ?? []);
  }

  #autostart(groups: readonly Group[]): void {
    const waiting = groups.flatMap((group) => [...group.actors]);
    void this.#deps.host.bulk.each(waiting, (actor) => {
      // Whoever removed the group or ended the daemon meanwhile wants no start.
      const active = this.#groups.get(actor.group)?.processes.get(actor.name) === actor;
      if (this.#state === 'RUNNING' && active) actor.autostart();
    });
  }

  #beginEnd(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#stopEverything().then(
      () => {
        // A shutdown request during a restart turns it into a shutdown.
        this.#ended$.next(this.#state === 'RESTARTING' ? 'RESTARTING' : 'SHUTDOWN');
        this.#ended$.complete();
      },
      (error: unknown) => this.#ended$.error(error),
    );
  }

  async #stopEverything(): Promise<void> {
    this.bus.publish('SUPERVISOR_STATE_CHANGE_STOPPING', {});
    const pools = [...this.#groups.values()].filter((group) => group.poolActor !== undefined);
    const programs = [...this.#groups.values()].filter((group) => group.poolActor === undefined);
    const programsDown = stopByPriority(programs, this.#deps.host.bulk);
    // With the first signals out, before anybody can have ended: whoever reads the log finds who was asked to go.
    const stopNotes = this.#noteWaiting();
    await programsDown;
    if (this.#config.herald.compat !== 'supervisor') {
      await Promise.all(pools.map((group) => group.poolActor?.drain()));
    }
    await stopByPriority(pools, this.#deps.host.bulk);
    stopNotes();
    this.#ticks.close();
    await this.#deps.host.bulk.each(this.#groups.values(), (group) => group.close());
  }

  /** At once and then every few seconds the log says what the shutdown waits for. */
  #noteWaiting(): () => void {
    const { clock } = this.#deps.host;
    const note = (): void => {
      const actors = [...this.#groups.values()].flatMap((group) => [...group.actors]);
      const names = actors.filter((actor) => !isStopped(actor.state)).map((actor) => actor.name);
      if (names.length > 0) this.#deps.log.write('info', `waiting for ${names.join(', ')} to die`);
      cancel = clock.after(WAITING_NOTE_MS, note);
    };
    let cancel: Cancel = () => undefined;
    note();
    return () => cancel();
  }
}

/** Throws {@link ActivationError}. */
function createGroup(config: GroupConfig, deps: GroupDeps): Group {
  try {
    return new Group(config, deps);
  } catch (cause) {
    // Whatever it is, somebody has asked for this group and wants to know.
    throw new ActivationError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function stopByPriority(groups: readonly Group[], bulk: BulkWork): Promise<void> {
  const priorities = [...new Set(groups.map((group) => group.priority))].sort((a, b) => b - a);
  for (const priority of priorities) {
    // Within a priority the later one is asked first, as in Supervisor, but none waits for another.
    const level = groups.filter((group) => group.priority === priority).reverse();
    const stops: Promise<void>[] = [];
    await bulk.each(
      level.flatMap((group) => group.lastFirst),
      (actor) => {
        actor.shutDown();
        stops.push(actor.whenStopped());
      },
    );
    await Promise.all(stops);
  }
}
