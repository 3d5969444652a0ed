/** A supervisor made of plain values, whose processes start, stop and fail when a test says so. */
import type { ChannelConfig, GroupConfig, ProcessConfig } from '../../src/config/types.ts';
import { isRunning, type ProcessState } from '../../src/process/states.ts';
import type { LogReader } from '../../src/rpc/log-reading.ts';
import type {
  DaemonState,
  Facade,
  GroupView,
  ProcessSnapshot,
  ProcessView,
  StartFailure,
  StopFailure,
  Watcher,
} from '../../src/supervisor/facade.ts';
import type { Channel, LogLevel, MainLog, WriteOutcome } from '../../src/supervisor/ports.ts';
import { CHANNEL, processConfig } from '../fixtures/process-config.ts';

/** 2023-11-14 22:13:20 UTC. */
export const NOW = 1_700_000_000_000;

const AUTO: ChannelConfig = { ...CHANNEL, logfile: { kind: 'auto' }, maxbytes: 50 << 20, backups: 10 };

/** What a program of the defaults is. */
export function makeConfig(name: string, group: string, more: Partial<ProcessConfig> = {}): ProcessConfig {
  return processConfig(name, { command: '/bin/cat', stdout: AUTO, stderr: AUTO, ...more }, group);
}

export class FakeProcess implements ProcessView {
  readonly name: string;
  readonly group: string;
  readonly config: ProcessConfig;
  state: ProcessState = 'STOPPED';
  restarting = false;
  pid = 0;
  startedAt = 0;
  stoppedAt = 0;
  spawnError = '';
  exitStatus = 0;
  stdoutLogfile = '';
  stderrLogfile = '';
  begunStart: StartFailure | undefined;
  begunStop: StopFailure | undefined;
  signalFailure: StopFailure | undefined;
  stdin: WriteOutcome | 'not-running' = 'accepted';
  clearError: Error | undefined;
  readonly seen: string[] = [];
  /** Ends the wait for a start, or for a stop. */
  finishStart: (failure?: StartFailure) => void = () => {};
  finishStop: () => void = () => {};

  constructor(name: string, group = name, more: Partial<ProcessConfig> = {}) {
    this.name = name;
    this.group = group;
    this.config = makeConfig(name, group, more);
  }

  snapshot(): ProcessSnapshot {
    return { ...this, stdoutLogfile: this.stdoutLogfile, stderrLogfile: this.stderrLogfile };
  }

  start() {
    this.seen.push('start');
    if (isRunning(this.state))
      return { begun: { kind: 'ALREADY_STARTED' } as const, done: Promise.resolve(undefined) };
    if (this.begunStart === undefined) this.state = 'STARTING';
    const done = new Promise<StartFailure | undefined>((resolve) => {
      this.finishStart = (failure) => {
        this.state = failure === undefined ? 'RUNNING' : 'FATAL';
        resolve(failure);
      };
    });
    return { begun: this.begunStart, done };
  }

  /** Settles like the last stop. */
  stopping: Promise<void> = Promise.resolve();

  whenStopped(): Promise<void> {
    return this.stopping;
  }

  stop() {
    if (!isRunning(this.state) && !this.restarting)
      return { begun: { kind: 'NOT_RUNNING' } as const, done: Promise.resolve() };
    this.seen.push('stop');
    if (this.begunStop === undefined) this.state = 'STOPPING';
    const done = new Promise<void>((resolve) => {
      this.finishStop = () => {
        this.state = 'STOPPED';
        resolve();
      };
    });
    this.stopping = done;
    return { begun: this.begunStop, done };
  }

  signal(signal: number): StopFailure | undefined {
    this.seen.push(`signal ${signal}`);
    return this.signalFailure;
  }

  writeStdin(data: Uint8Array) {
    this.seen.push(`stdin ${Buffer.from(data).toString('hex')}`);
    return this.stdin;
  }

  logfile(channel: Channel): string | undefined {
    return (channel === 'stdout' ? this.stdoutLogfile : this.stderrLogfile) || undefined;
  }

  clearLogs(): void {
    if (this.clearError !== undefined) throw this.clearError;
    this.seen.push('clear');
  }
}

export function makeGroup(name: string, processes: readonly FakeProcess[], priority = 999): GroupView {
  const config: GroupConfig = {
    kind: 'program',
    name,
    priority,
    processes: processes.map((process) => process.config),
    pool: undefined,
  };
  const byName = new Map(processes.map((process) => [process.name, process]));
  return { name, config, priority, processes: byName, pool: undefined };
}

export class FakeFacade implements Facade {
  identifier = 'supervisor';
  pid = 4242;
  state: DaemonState = 'RUNNING';
  groups = new Map<string, GroupView>();
  configured: readonly GroupConfig[] = [];
  mainLogfile: string | undefined = '/log/main';
  rereadError: Error | undefined;
  clearError: Error | undefined;
  readonly seen: string[] = [];

  constructor(...groups: readonly GroupView[]) {
    for (const group of groups) this.groups.set(group.name, group);
    this.configured = groups.map((group) => group.config);
  }

  shutdown(): void {
    this.state = 'SHUTDOWN';
  }

  async restart(): Promise<void> {
    this.state = 'RESTARTING';
  }

  async reloadConfig() {
    if (this.rereadError !== undefined) throw this.rereadError;
    return { added: ['new'], changed: [], removed: ['old', 'older'] };
  }

  addGroup(name: string) {
    if (this.groups.has(name)) return 'already-added';
    return this.configured.some((group) => group.name === name) ? 'added' : 'bad-name';
  }

  removeGroup(name: string) {
    const group = this.groups.get(name);
    if (group === undefined) return 'bad-name';
    return [...group.processes.values()].some(({ state }) => isRunning(state)) ? 'still-running' : 'removed';
  }

  clearMainLog(): void {
    if (this.clearError !== undefined) throw this.clearError;
    this.seen.push('clear');
  }

  sendRemoteCommEvent(type: string, data: string): number {
    this.seen.push(`${type}|${data}`);
    return 0;
  }

  readonly watchers = new Set<Watcher>();

  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }
}

/** Files in memory, by path. */
export class FakeReader implements LogReader {
  readonly files = new Map<string, Uint8Array>();
  failure: Error | undefined;

  put(path: string, content: string | Uint8Array): void {
    this.files.set(path, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  }

  size(path: string): number | undefined {
    return this.files.get(path)?.length;
  }

  readSlice(path: string, from: number, length: number): Uint8Array {
    if (this.failure !== undefined) throw this.failure;
    return this.files.get(path)?.subarray(from, from + length) ?? new Uint8Array(0);
  }
}

export class FakeLog implements MainLog {
  readonly lines: string[] = [];
  tracing = false;

  write(level: LogLevel, message: string): void {
    if (this.enabled(level)) this.lines.push(`${level} ${message}`);
  }

  enabled(level: LogLevel): boolean {
    return this.tracing || (level !== 'trace' && level !== 'blather' && level !== 'debug');
  }
}
