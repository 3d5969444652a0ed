/**
 * The 41 methods of Supervisor's XML-RPC API, one row of types each. Times are epoch seconds, 0: never.
 * A `name` of a process is `group:process`, or one name when both are equal; `group:*` selects a whole group.
 * Source: Supervisor's manual, XML-RPC API, and what was observed on Supervisor 4.2.5.
 */

export interface ProcessInfo {
  readonly name: string;
  readonly group: string;
  readonly start: number;
  readonly stop: number;
  readonly now: number;
  readonly state: number;
  readonly statename: string;
  readonly spawnerr: string;
  /** 0: none yet; -1: ended by a signal. */
  readonly exitstatus: number;
  readonly logfile: string;
  readonly stdout_logfile: string;
  readonly stderr_logfile: string;
  /** 0: not running. */
  readonly pid: number;
  readonly description: string;
}

/** What one process of a group, or of all, answered. Status 80 is success. */
export interface ProcessStatus {
  readonly name: string;
  readonly group: string;
  readonly status: number;
  /** `OK`, or the fault's text. */
  readonly description: string;
}

/** One program as the last parsed configuration has it. Values that are not set are the string `none`. */
export interface ConfigInfo {
  readonly name: string;
  readonly group: string;
  readonly inuse: boolean;
  readonly autostart: boolean;
  readonly autorestart?: boolean | string;
  readonly command: string;
  readonly directory?: string;
  readonly uid?: number | string;
  readonly exitcodes: readonly number[];
  readonly group_prio: number;
  readonly process_prio: number;
  readonly killasgroup: boolean;
  readonly redirect_stderr: boolean;
  readonly startretries: number;
  readonly startsecs: number;
  readonly stopsignal: number;
  readonly stopwaitsecs: number;
  readonly stdout_capture_maxbytes: number;
  readonly stdout_events_enabled: boolean;
  readonly stdout_logfile: string;
  readonly stdout_logfile_backups: number;
  readonly stdout_logfile_maxbytes: number;
  readonly stdout_syslog: boolean;
  readonly stderr_capture_maxbytes: number;
  readonly stderr_events_enabled: boolean;
  readonly stderr_logfile: string;
  readonly stderr_logfile_backups: number;
  readonly stderr_logfile_maxbytes: number;
  readonly stderr_syslog: boolean;
  readonly serverurl: string;
}

export interface DaemonStateInfo {
  readonly statecode: number;
  readonly statename: string;
}

/** Group names: what a reread found. The reply holds exactly one such triple. */
export type ConfigChanges = readonly [
  added: readonly string[],
  changed: readonly string[],
  removed: readonly string[],
];

/** The text, the file's size in bytes, and whether the asked range did not reach the file's end. */
export type LogTail = readonly [text: string, size: number, overflow: boolean];

/** One entry of a `system.multicall` as it goes over the wire. */
export interface MulticallEntry {
  readonly methodName: string;
  readonly params?: readonly RpcValue[];
}

/** What a parameter may be. Whole numbers travel as int, others as double. */
export type RpcValue =
  | string
  | number
  | boolean
  | Date
  | Uint8Array
  | readonly RpcValue[]
  | { readonly [name: string]: RpcValue };

type Range = [name: string, offset: number, length: number];
type Named = [name: string];
type MaybeWait<P extends unknown[]> = [...P, wait?: boolean];

/** Parameters and result of every method, by its name on the wire. */
export interface RpcMethods {
  'supervisor.addProcessGroup': { params: Named; result: boolean };
  'supervisor.clearAllProcessLogs': { params: []; result: readonly ProcessStatus[] };
  'supervisor.clearLog': { params: []; result: boolean };
  'supervisor.clearProcessLog': { params: Named; result: boolean };
  'supervisor.clearProcessLogs': { params: Named; result: boolean };
  'supervisor.getAPIVersion': { params: []; result: string };
  'supervisor.getAllConfigInfo': { params: []; result: readonly ConfigInfo[] };
  'supervisor.getAllProcessInfo': { params: []; result: readonly ProcessInfo[] };
  'supervisor.getIdentification': { params: []; result: string };
  'supervisor.getPID': { params: []; result: number };
  'supervisor.getProcessInfo': { params: Named; result: ProcessInfo };
  'supervisor.getState': { params: []; result: DaemonStateInfo };
  'supervisor.getSupervisorVersion': { params: []; result: string };
  'supervisor.getVersion': { params: []; result: string };
  'supervisor.readLog': { params: [offset: number, length: number]; result: string };
  'supervisor.readMainLog': { params: [offset: number, length: number]; result: string };
  'supervisor.readProcessLog': { params: Range; result: string };
  'supervisor.readProcessStderrLog': { params: Range; result: string };
  'supervisor.readProcessStdoutLog': { params: Range; result: string };
  'supervisor.reloadConfig': { params: []; result: readonly [ConfigChanges] };
  'supervisor.removeProcessGroup': { params: Named; result: boolean };
  'supervisor.restart': { params: []; result: boolean };
  'supervisor.sendProcessStdin': { params: [name: string, chars: string]; result: boolean };
  'supervisor.sendRemoteCommEvent': { params: [type: string, data: string]; result: boolean };
  'supervisor.shutdown': { params: []; result: boolean };
  'supervisor.signalAllProcesses': { params: [signal: string | number]; result: readonly ProcessStatus[] };
  'supervisor.signalProcess': {
    params: [name: string, signal: string | number];
    result: boolean | readonly ProcessStatus[];
  };
  'supervisor.signalProcessGroup': {
    params: [name: string, signal: string | number];
    result: readonly ProcessStatus[];
  };
  'supervisor.startAllProcesses': { params: MaybeWait<[]>; result: readonly ProcessStatus[] };
  'supervisor.startProcess': { params: MaybeWait<Named>; result: boolean | readonly ProcessStatus[] };
  'supervisor.startProcessGroup': { params: MaybeWait<Named>; result: readonly ProcessStatus[] };
  'supervisor.stopAllProcesses': { params: MaybeWait<[]>; result: readonly ProcessStatus[] };
  'supervisor.stopProcess': { params: MaybeWait<Named>; result: boolean | readonly ProcessStatus[] };
  'supervisor.stopProcessGroup': { params: MaybeWait<Named>; result: readonly ProcessStatus[] };
  'supervisor.tailProcessLog': { params: Range; result: LogTail };
  'supervisor.tailProcessStderrLog': { params: Range; result: LogTail };
  'supervisor.tailProcessStdoutLog': { params: Range; result: LogTail };
  'system.listMethods': { params: []; result: readonly string[] };
  'system.methodHelp': { params: Named; result: string };
  'system.methodSignature': { params: Named; result: readonly string[] };
  'system.multicall': { params: [calls: readonly MulticallEntry[]]; result: readonly unknown[] };
}

export type RpcMethodName = keyof RpcMethods;

/** `answers`: at once. `waits`: when processes have come up or gone down, so only the caller knows how long. */
type Pace = 'answers' | 'waits';

const PACES: { readonly [M in RpcMethodName]: Pace } = {
  'supervisor.addProcessGroup': 'answers',
  'supervisor.clearAllProcessLogs': 'waits',
  'supervisor.clearLog': 'answers',
  'supervisor.clearProcessLog': 'answers',
  'supervisor.clearProcessLogs': 'answers',
  'supervisor.getAPIVersion': 'answers',
  'supervisor.getAllConfigInfo': 'answers',
  'supervisor.getAllProcessInfo': 'answers',
  'supervisor.getIdentification': 'answers',
  'supervisor.getPID': 'answers',
  'supervisor.getProcessInfo': 'answers',
  'supervisor.getState': 'answers',
  'supervisor.getSupervisorVersion': 'answers',
  'supervisor.getVersion': 'answers',
  'supervisor.readLog': 'answers',
  'supervisor.readMainLog': 'answers',
  'supervisor.readProcessLog': 'answers',
  'supervisor.readProcessStderrLog': 'answers',
  'supervisor.readProcessStdoutLog': 'answers',
  'supervisor.reloadConfig': 'answers',
  'supervisor.removeProcessGroup': 'answers',
  'supervisor.restart': 'answers',
  'supervisor.sendProcessStdin': 'answers',
  'supervisor.sendRemoteCommEvent': 'answers',
  'supervisor.shutdown': 'answers',
  'supervisor.signalAllProcesses': 'waits',
  'supervisor.signalProcess': 'answers',
  'supervisor.signalProcessGroup': 'waits',
  'supervisor.startAllProcesses': 'waits',
  'supervisor.startProcess': 'waits',
  'supervisor.startProcessGroup': 'waits',
  'supervisor.stopAllProcesses': 'waits',
  'supervisor.stopProcess': 'waits',
  'supervisor.stopProcessGroup': 'waits',
  'supervisor.tailProcessLog': 'answers',
  'supervisor.tailProcessStderrLog': 'answers',
  'supervisor.tailProcessStdoutLog': 'answers',
  'system.listMethods': 'answers',
  'system.methodHelp': 'answers',
  'system.methodSignature': 'answers',
  'system.multicall': 'waits',
};

/** Every method's name, sorted as `system.listMethods` sorts them. */
export const RPC_METHOD_NAMES: readonly RpcMethodName[] = Object.freeze(
  (Object.keys(PACES) as RpcMethodName[]).sort(),
);

/** Whether the answer comes only when processes have changed; then the default time limit does not apply. */
export function waitsForProcesses(method: string): boolean {
  return Object.hasOwn(PACES, method) && PACES[method as RpcMethodName] === 'waits';
}

type Unprefixed<N extends string, Prefix extends string> = N extends `${Prefix}.${infer Rest}` ? Rest : never;

/** The methods of one namespace as an object of functions: `namespace.startProcess('x')`. */
export type RpcNamespace<Prefix extends 'supervisor' | 'system'> = {
  readonly [N in Unprefixed<RpcMethodName, Prefix>]: (
    ...params: RpcMethods[`${Prefix}.${N}` & RpcMethodName]['params']
  ) => Promise<RpcMethods[`${Prefix}.${N}` & RpcMethodName]['result']>;
};
