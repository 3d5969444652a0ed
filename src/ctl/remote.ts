/**
 * What heraldctl needs of a server, as its own port: the client of the SDK fits it as it is, and so does a fake.
 */

export interface ProcessRow {
  readonly name: string;
  readonly group: string;
  readonly state: number;
  readonly statename: string;
  readonly description: string;
  readonly pid: number;
}

/** What became of one process of a group, or of all. */
export interface ResultRow {
  readonly name: string;
  readonly group: string;
  readonly status: number;
  readonly description: string;
}

export interface ConfigRow {
  readonly name: string;
  readonly group: string;
  readonly inuse: boolean;
  readonly autostart: boolean;
  readonly group_prio: number;
  readonly process_prio: number;
}

export type Changes = readonly [
  added: readonly string[],
  changed: readonly string[],
  removed: readonly string[],
];

type Results = Promise<readonly ResultRow[]>;

/** The methods of the `supervisor` namespace that commands call. Rejections are read with `failureOf`. */
export interface Remote {
  getVersion(): Promise<string>;
  getSupervisorVersion(): Promise<string>;
  getPID(): Promise<number>;
  getProcessInfo(name: string): Promise<ProcessRow>;
  getAllProcessInfo(): Promise<readonly ProcessRow[]>;
  getAllConfigInfo(): Promise<readonly ConfigRow[]>;
  startProcess(name: string): Promise<unknown>;
  startProcessGroup(name: string): Results;
  startAllProcesses(): Results;
  stopProcess(name: string): Promise<unknown>;
  stopProcessGroup(name: string): Results;
  stopAllProcesses(): Results;
  signalProcess(name: string, signal: string): Promise<unknown>;
  signalProcessGroup(name: string, signal: string): Results;
  signalAllProcesses(signal: string): Results;
  clearProcessLogs(name: string): Promise<unknown>;
  clearAllProcessLogs(): Results;
  readProcessStdoutLog(name: string, offset: number, length: number): Promise<string>;
  readProcessStderrLog(name: string, offset: number, length: number): Promise<string>;
  readLog(offset: number, length: number): Promise<string>;
  sendProcessStdin(name: string, chars: string): Promise<unknown>;
  reloadConfig(): Promise<readonly [Changes]>;
  addProcessGroup(name: string): Promise<unknown>;
  removeProcessGroup(name: string): Promise<unknown>;
  shutdown(): Promise<unknown>;
  restart(): Promise<unknown>;
}

export interface Server {
  /** To be shown: it has no password in it. */
  readonly url: string;
  readonly supervisor: Remote;
  followProcessLog(
    name: string,
    channel: 'stdout' | 'stderr',
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  followMainLog(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** How to reach a server. Throws TypeError for a URL it does not understand. */
export type Connect = (url: string, username: string | undefined, password: string | undefined) => Server;

/** What a rejected call means to a command; anything else is unexpected. */
export type Failure =
  | { readonly kind: 'fault'; readonly code: number; readonly faultString: string }
  | { readonly kind: 'http-status'; readonly status: number; readonly reason: string }
  | { readonly kind: 'connection'; readonly code: string };

/** Reads a failure off a rejection by its shape, so that ctl depends on no client's classes. */
export function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !('kind' in error)) return undefined;
  const { kind } = error;
  return kind === 'fault' || kind === 'http-status' || kind === 'connection'
    ? (error as Error & Failure)
    : undefined;
}

/** The code of a fault, or undefined when the rejection is something else. */
export function faultCodeOf(error: unknown): number | undefined {
  const failure = failureOf(error);
  return failure?.kind === 'fault' ? failure.code : undefined;
}

/** The system's code of a connection that failed, or undefined when the rejection is something else. */
export function connectionCodeOf(error: unknown): string | undefined {
  const failure = failureOf(error);
  return failure?.kind === 'connection' ? failure.code : undefined;
}
