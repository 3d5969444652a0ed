/**
 * The one door through which RPC, the web pages and programs that embed Herald see and steer the supervisor.
 * It speaks in values and promises, never in faults: turning an outcome into an XML-RPC fault is rpc's work.
 */
import type { GroupConfig, ProcessConfig } from '../config/types.ts';
import type { Accounting } from '../dispatch/pool-queue.ts';
import type { ProcessState } from '../process/states.ts';
import type { Channel, WriteOutcome } from './ports.ts';

/** The daemon's own life, as Supervisor numbers it. */
export const DAEMON_STATES = { RUNNING: 1, RESTARTING: 0, SHUTDOWN: -1 } as const;
export type DaemonState = keyof typeof DAEMON_STATES;

/** A group that cannot become active: a log file or a socket that it needs cannot be made. */
export class ActivationError extends Error {
  override readonly name = 'ActivationError';
}

/** A moment's picture of one process. Times are epoch milliseconds, 0: never. */
export interface ProcessSnapshot {
  readonly name: string;
  readonly group: string;
  readonly state: ProcessState;
  readonly startedAt: number;
  readonly stoppedAt: number;
  readonly spawnError: string;
  /** -1 after death by a signal; 0 when none is known. */
  readonly exitStatus: number;
  readonly pid: number;
  /** Empty when the channel is not logged to a file. */
  readonly stdoutLogfile: string;
  readonly stderrLogfile: string;
}

/** Why a start was refused or failed. `detail` is what goes behind the fault's name. */
export type StartFailure =
  | { readonly kind: 'NO_FILE' | 'NOT_EXECUTABLE' | 'FAILED'; readonly detail: string }
  | { readonly kind: 'ALREADY_STARTED' | 'SPAWN_ERROR' | 'ABNORMAL_TERMINATION' };

export type StopFailure =
  | { readonly kind: 'NOT_RUNNING' }
  | { readonly kind: 'FAILED'; readonly detail: string };

export interface ProcessView {
  readonly name: string;
  readonly group: string;
  readonly config: ProcessConfig;
  readonly state: ProcessState;
  snapshot(): ProcessSnapshot;

  /**
   * Starts the process. The outer value says what happened at once: a failure, or undefined when the start is
   * under way; then `done` settles when it is RUNNING (undefined) or has failed. A stopping process is left
   * alone, as Supervisor does: `begun` is undefined and `done` tells ABNORMAL_TERMINATION.
   */
  start(): { readonly begun: StartFailure | undefined; readonly done: Promise<StartFailure | undefined> };
  /** EXITED, and about to be started again after a pause: a stop calls that off. */
  readonly restarting: boolean;
  /**
   * Asks the process to stop; `done` settles once it is in a stopped state. `watched`: somebody waits for that,
   * and the log says so from time to time.
   */
  stop(watched?: boolean): { readonly begun: StopFailure | undefined; readonly done: Promise<void> };
  /** Settles once the process is in a stopped state, whoever has asked for it; at once when it is. */
  whenStopped(): Promise<void>;
  /** Sends a signal to the process alone, with no intent to stop it. */
  signal(signal: number): StopFailure | undefined;
  /** `closed`: the program has closed its stdin. `full`: it reads too slowly, and none of the data was kept. */
  writeStdin(data: Uint8Array): WriteOutcome | 'not-running';

  /** The path that the channel is logged to, undefined when it is not logged. */
  logfile(channel: Channel): string | undefined;
  /** Empties both log files. Throws an Error with `code` when that fails. */
  clearLogs(): void;
}

/** The event accounting of one pool. */
export interface PoolCounters extends Accounting {
  readonly protocolErrors: number;
}

export interface ListenerView {
  readonly process: string;
  readonly state: 'ACKNOWLEDGED' | 'READY' | 'BUSY' | 'UNKNOWN';
  readonly inFlight: number;
}

export interface PoolView {
  readonly name: string;
  readonly events: readonly string[];
  readonly bufferSize: number;
  counters(): PoolCounters;
  listeners(): readonly ListenerView[];
}

export interface GroupView {
  readonly name: string;
  readonly config: GroupConfig;
  readonly priority: number;
  /** By process name, in the order in which they start. */
  readonly processes: ReadonlyMap<string, ProcessView>;
  /** Only for `[eventlistener:x]`. */
  readonly pool: PoolView | undefined;
}

/** Groups by what a reread found: names, `removed` in the order of activation. */
export interface ConfigDiff {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Told that something has changed, in the middle of the change: it must only take a note of it, and look later. This
 * is no event: whoever watches changes no serial and has no queue.
 */
export interface Watcher {
  /** Its state. */
  processChanged(process: ProcessView): void;
  /** Its counters, or what one of its listeners is doing. */
  poolChanged(pool: PoolView): void;
  /** Groups have come or gone, or the daemon's own state is another. */
  daemonChanged(): void;
}

export interface Facade {
  readonly identifier: string;
  readonly pid: number;
  readonly state: DaemonState;
  /** Active groups, by name, in order of activation. */
  readonly groups: ReadonlyMap<string, GroupView>;
  /** The groups of the last parsed configuration, active or not, in its order. */
  readonly configured: readonly GroupConfig[];
  /** Path of the main log, undefined when it is syslog's. */
  readonly mainLogfile: string | undefined;

  shutdown(): void;
  /**
   * Stops everything and starts again with the configuration read anew. Settles once it has been read; rejects with
   * ConfigError when it is wrong, and then nothing has been touched.
   */
  restart(): Promise<void>;
  /** Parses the configuration again. Rejects with ConfigError; then everything stays as it was. */
  reloadConfig(): Promise<ConfigDiff>;
  /** Throws {@link ActivationError}; then the group is not active. */
  addGroup(name: string): 'added' | 'already-added' | 'bad-name';
  removeGroup(name: string): 'removed' | 'still-running' | 'bad-name';
  /** Empties the main log and opens it anew. Throws an Error with `code`. */
  clearMainLog(): void;

  /** Publishes a REMOTE_COMMUNICATION event; returns how many pools took it. */
  sendRemoteCommEvent(type: string, data: string): number;

  /** The result ends it. A watcher that throws is reported in the log. */
  watch(watcher: Watcher): () => void;
}
