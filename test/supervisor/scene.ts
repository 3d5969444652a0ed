/** A supervisor on a fake host, with the events it publishes and the promises its books must keep. */
import assert from 'node:assert/strict';
import type { BusEvent } from '../../src/bus/event-bus.ts';
import type { AnyEventName } from '../../src/catalogue/generated.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import type { Steps } from '../../src/config/steps.ts';
import type { DaemonConfig, GroupConfig, PoolConfig, ProcessConfig } from '../../src/config/types.ts';
import type { PoolView } from '../../src/supervisor/facade.ts';
import type { ProcessActor } from '../../src/supervisor/process-actor.ts';
import { Supervisor } from '../../src/supervisor/supervisor.ts';
import { processConfig } from '../fixtures/process-config.ts';
import { type FakeChild, FakeHost } from './fake-host.ts';

export function program(
  name: string,
  more: Partial<ProcessConfig> = {},
  group: Partial<GroupConfig> = {},
): GroupConfig {
  return {
    kind: 'program',
    name,
    priority: more.priority ?? 999,
    processes: [processConfig(name, more)],
    pool: undefined,
    ...group,
  };
}

export interface PoolOptions extends Partial<PoolConfig> {
  /** One process each; the default is one of the pool's name. */
  readonly processes?: readonly string[];
  readonly process?: Partial<ProcessConfig>;
}

/** An event listener for REMOTE_COMMUNICATION, RUNNING as soon as it is started. */
export function pool(
  name: string,
  { processes = [name], process = {}, ...more }: PoolOptions = {},
): GroupConfig {
  const config: PoolConfig = {
    events: ['REMOTE_COMMUNICATION'],
    bufferSize: 100,
    resultHandler: 'supervisor.dispatchers:default_handler',
    prefetch: 1,
    ackTimeout: 0,
    protocolError: 'restart',
    retryDelay: 1,
    retryDelayMax: 60,
    maxDeliver: 0,
    extended: false,
    lengthUnit: 'characters',
    programs: [],
    drainTimeout: 10,
    ...more,
  };
  return {
    kind: 'eventlistener',
    name,
    priority: -1,
    processes: processes.map((each) => processConfig(each, { startsecs: 0, ...process }, name)),
    pool: config,
  };
}

export function daemonConfig(
  groups: readonly GroupConfig[],
  compat: 'off' | 'supervisor' = 'off',
): DaemonConfig {
  return {
    file: 'test.conf',
    supervisord: {
      logfile: '/log/main.log',
      logfileMaxbytes: 0,
      logfileBackups: 0,
      loglevel: 'info',
      pidfile: '/run/pid',
      umask: 0o22,
      nodaemon: true,
      silent: true,
      minfds: 1024,
      minprocs: 200,
      nocleanup: false,
      childlogdir: '/tmp',
      user: undefined,
      directory: undefined,
      stripAnsi: false,
      environment: new Map(),
      identifier: 'supervisor',
    },
    herald: { compat },
    servers: [],
    rpcInterfaces: [],
    groups,
    notices: [],
  };
}

/** A frame as a listener gets it; ASCII only. */
export interface Frame {
  readonly header: string;
  readonly tokens: ReadonlyMap<string, string>;
  readonly payload: string;
}

/** After so long a slice of bulk work is over. */
const SLICE_MS = 10;

export class Scene {
  readonly host = new FakeHost();
  readonly supervisor: Supervisor;
  /** What a reread finds. */
  reloaded: DaemonConfig | ConfigError;
  /** How many slices of bulk work it takes for that, with a turn of the loop between any two. */
  slicesOfReread = 1;
  /** How many rereads have begun. */
  rereads = 0;

  constructor(
    groups: readonly GroupConfig[],
    change: (config: DaemonConfig) => DaemonConfig = (same) => same,
  ) {
    const config = change(daemonConfig(groups));
    this.reloaded = config;
    this.supervisor = new Supervisor(config, {
      host: this.host,
      log: this.host.log,
      pid: 42,
      environment: new Map([
        ['PATH', '/sbin:/bin'],
        ['LANG', 'C'],
      ]),
      serverUrl: 'unix:///run/herald.sock',
      reload: () => this.#reread(),
      mainLogfile: undefined,
      clearMainLog: () => {},
    });
    // After whatever happens, the books of every pool are balanced.
    this.host.processes.onTurn = () => this.checkBooks();
    this.host.clock.onTurn = () => this.checkBooks();
  }

  start(): this {
    this.supervisor.start();
    this.checkBooks();
    return this;
  }

  *#reread(): Steps<DaemonConfig> {
    this.rereads += 1;
    for (let slice = 1; slice < this.slicesOfReread; slice += 1) {
      this.host.clock.work(SLICE_MS);
      yield;
    }
    if (this.reloaded instanceof ConfigError) throw this.reloaded;
    return this.reloaded;
  }

  child(name: string): FakeChild {
    return this.host.child(name);
  }

  process(name: string, group: string = name): ProcessActor {
    const actor = this.supervisor.groups.get(group)?.processes.get(name);
    assert.ok(actor, `there is no ${group}:${name}`);
    return actor as ProcessActor;
  }

  pool(name: string): PoolView {
    const view = this.supervisor.groups.get(name)?.pool;
    assert.ok(view, `there is no pool ${name}`);
    return view;
  }

  /** Sends remote events of type `t` with these texts. */
  send(...texts: readonly string[]): void {
    for (const text of texts) {
      this.supervisor.sendRemoteCommEvent('t', text);
      this.checkBooks();
    }
  }

  /** Everything published under these names, from now on. */
  record<N extends AnyEventName>(...names: readonly N[]): BusEvent<N>[] {
    const events: BusEvent<N>[] = [];
    this.supervisor.bus.subscribe(names, (event) => events.push(event));
    return events;
  }

  advance(ms: number): void {
    this.host.clock.advance(ms);
    this.checkBooks();
  }

  /** Every listener says READY. */
  ready(...names: readonly string[]): void {
    for (const name of names) this.child(name).out('READY\n');
  }

  checkBooks(): void {
    for (const { pool: view } of this.supervisor.groups.values()) {
      if (view === undefined) continue;
      const books = view.counters();
      const { accepted, acknowledged, deadLettered, dropped, queued, inFlight } = books;
      assert.equal(
        accepted,
        acknowledged + deadLettered + dropped + queued + inFlight,
        JSON.stringify(books),
      );
      const held = view.listeners().reduce((sum, listener) => sum + listener.inFlight, 0);
      assert.equal(inFlight, held, `${view.name}: what is in flight is with a listener`);
      assert.ok(queued <= view.bufferSize + accepted);
    }
  }
}

/** Cuts what came to a listener's stdin into frames. */
export function framesOf(text: string): Frame[] {
  const frames: Frame[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\n');
    assert.notEqual(end, -1, `a header has no end: ${rest}`);
    const header = rest.slice(0, end);
    const tokens = new Map(
      header.split(' ').map((token) => token.split(/:(.*)/s).slice(0, 2) as [string, string]),
    );
    const length = Number(tokens.get('len'));
    assert.ok(rest.length >= end + 1 + length, `a payload is cut: ${rest}`);
    frames.push({ header, tokens, payload: rest.slice(end + 1, end + 1 + length) });
    rest = rest.slice(end + 1 + length);
  }
  return frames;
}

/** The data of the remote events that a child got since the last look. */
export function texts(child: FakeChild): string[] {
  return framesOf(child.take()).map(({ payload }) => payload.slice(payload.indexOf('\n') + 1));
}

export const OK = 'RESULT 2\nOK';
export const FAIL = 'RESULT 4\nFAIL';

/**
 * A test on a scene. At its end every book is balanced and `liveTimers` timers are armed: none unless said.
 */
export function on(
  groups: readonly GroupConfig[],
  play: (scene: Scene) => void | Promise<void>,
  { liveTimers = 0, change }: { liveTimers?: number; change?: (config: DaemonConfig) => DaemonConfig } = {},
): () => Promise<void> {
  return async () => {
    const scene = new Scene(groups, change);
    await play(scene);
    scene.checkBooks();
    assert.equal(scene.host.clock.live, liveTimers, 'timers that are still armed');
    assert.equal(scene.host.processes.watched.size, 0, 'process groups that are still watched');
  };
}

/** For {@link on}: with every deviation from Supervisor turned off. */
export function asSupervisor(config: DaemonConfig): DaemonConfig {
  return { ...config, herald: { compat: 'supervisor' } };
}

/** Lets promises that are settled run their continuations. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
