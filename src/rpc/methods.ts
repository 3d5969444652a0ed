/**
 * The RPC methods as rows of data: what is called, with what, and what comes back. `system.listMethods`,
 * `methodSignature` and `methodHelp` read these rows, the handlers are keyed by them, and nothing outside of
 * them can be called. The types of parameters and results are those that Supervisor 4.2.5 tells its clients.
 */
import type { FaultName } from './faults.ts';

export type WireType = 'string' | 'int' | 'boolean' | 'array' | 'struct';

export interface Parameter {
  readonly name: string;
  readonly type: WireType;
  readonly help: string;
  /** May be left out. Only at the end of a list. */
  readonly optional?: true;
}

export interface MethodRow {
  readonly name: string;
  readonly params: readonly Parameter[];
  readonly result: WireType;
  /** What the result is, in a few words. */
  readonly gives: string;
  /** Faults of its own; any method may also answer INCORRECT_PARAMETERS, and SHUTDOWN_STATE where gated. */
  readonly faults?: readonly FaultName[];
  readonly help: string;
}

const NAME = { name: 'name', type: 'string', help: 'process name, or group:name' } as const;
const NAMES = { name: 'name', type: 'string', help: 'process name, group:name, or group:*' } as const;
const GROUP = { name: 'name', type: 'string', help: 'group name' } as const;
const SIGNAL = { name: 'signal', type: 'string', help: 'signal name or number, as HUP or 1' } as const;
const WAIT_UP = {
  name: 'wait',
  type: 'boolean',
  help: 'answer only when it is up; true if left out',
  optional: true,
} as const;
const WAIT_DOWN = {
  name: 'wait',
  type: 'boolean',
  help: 'answer only when it is down; true if left out',
  optional: true,
} as const;
const OFFSET = { name: 'offset', type: 'int', help: 'first byte; negative counts from the end' } as const;
const LENGTH = { name: 'length', type: 'int', help: 'number of bytes; 0 for all that follow' } as const;
const SINCE = { name: 'offset', type: 'int', help: 'where the last call ended' } as const;
const AT_MOST = { name: 'length', type: 'int', help: 'number of bytes at most' } as const;
const ALWAYS = 'always true; everything else is a fault';
const STATUSES = 'one struct of name, group, status and description per process';
const TAIL = 'the bytes, the size of the log, and whether bytes before them were left out';

const START_FAULTS = [
  'BAD_NAME',
  'NO_FILE',
  'NOT_EXECUTABLE',
  'ALREADY_STARTED',
  'SPAWN_ERROR',
  'ABNORMAL_TERMINATION',
  'FAILED',
] as const;
const STOP_FAULTS = ['BAD_NAME', 'NOT_RUNNING', 'FAILED'] as const;
const READ_FAULTS = ['BAD_NAME', 'NO_FILE', 'BAD_ARGUMENTS', 'FAILED'] as const;
const MAIN_LOG_FAULTS = ['NO_FILE', 'BAD_ARGUMENTS', 'FAILED'] as const;
const CLEAR_FAULTS = ['BAD_NAME', 'FAILED'] as const;

const READ_STDOUT = {
  params: [NAME, OFFSET, LENGTH],
  result: 'string',
  gives: 'what the log holds there',
  faults: READ_FAULTS,
  help: 'Reads a slice of the stdout log of a process.',
} as const;
const TAIL_STDOUT = {
  params: [NAME, SINCE, AT_MOST],
  result: 'array',
  gives: TAIL,
  faults: ['BAD_NAME'],
  help: 'Reads the newest bytes of the stdout log of a process. To follow the log, pass the size that the last call gave.',
} as const;
const CLEAR_LOGS = {
  params: [NAME],
  result: 'boolean',
  gives: ALWAYS,
  faults: CLEAR_FAULTS,
  help: 'Empties the stdout and stderr logs of a process.',
} as const;
const READ_LOG = {
  params: [OFFSET, LENGTH],
  result: 'string',
  gives: 'what the log holds there',
  faults: MAIN_LOG_FAULTS,
  help: 'Reads a slice of the main log.',
} as const;
const API_VERSION_ROW = {
  params: [],
  result: 'string',
  gives: 'version of the API',
  help: 'Tells the version of this API, which is not the version of the daemon.',
} as const;

export const METHODS = [
  {
    name: 'supervisor.addProcessGroup',
    params: [GROUP],
    result: 'boolean',
    gives: ALWAYS,
    faults: ['ALREADY_ADDED', 'BAD_NAME'],
    help: 'Activates a group of the configuration that was read last; its autostart programs start.',
  },
  {
    name: 'supervisor.clearAllProcessLogs',
    params: [],
    result: 'array',
    gives: STATUSES,
    help: 'Empties the stdout and stderr logs of all processes.',
  },
  {
    name: 'supervisor.clearLog',
    params: [],
    result: 'boolean',
    gives: ALWAYS,
    faults: ['NO_FILE', 'FAILED'],
    help: 'Empties the main log.',
  },
  // The older name of the next one.
  { name: 'supervisor.clearProcessLog', ...CLEAR_LOGS },
  { name: 'supervisor.clearProcessLogs', ...CLEAR_LOGS },
  { name: 'supervisor.getAPIVersion', ...API_VERSION_ROW },
  {
    name: 'supervisor.getAllConfigInfo',
    params: [],
    result: 'array',
    gives: 'one struct of options per process',
    help: 'Lists the processes of the configuration that was read last, whether or not their groups are active.',
  },
  {
    name: 'supervisor.getAllProcessInfo',
    params: [],
    result: 'array',
    gives: 'one struct per process, as getProcessInfo gives it',
    help: 'Describes all processes, ordered by group and name.',
  },
  {
    name: 'supervisor.getIdentification',
    params: [],
    result: 'string',
    gives: 'the identifier',
    help: 'Tells the configured identifier of this daemon.',
  },
  {
    name: 'supervisor.getPID',
    params: [],
    result: 'int',
    gives: 'the PID',
    help: 'Tells the PID of the daemon.',
  },
  {
    name: 'supervisor.getProcessInfo',
    params: [NAME],
    result: 'struct',
    gives: 'state, times, PID, log files and a description',
    faults: ['BAD_NAME'],
    help: 'Describes one process.',
  },
  {
    name: 'supervisor.getState',
    params: [],
    result: 'struct',
    gives: 'statecode and statename',
    help: 'Tells the state of the daemon.',
  },
  {
    name: 'supervisor.getSupervisorVersion',
    params: [],
    result: 'string',
    gives: 'version of the daemon',
    help: 'Tells the version of the daemon.',
  },
  // The older name of getAPIVersion.
  { name: 'supervisor.getVersion', ...API_VERSION_ROW },
  { name: 'supervisor.readLog', ...READ_LOG },
  // The older name of readLog.
  { name: 'supervisor.readMainLog', ...READ_LOG },
  // The older name of readProcessStdoutLog.
  { name: 'supervisor.readProcessLog', ...READ_STDOUT },
  {
    name: 'supervisor.readProcessStderrLog',
    ...READ_STDOUT,
    help: 'Reads a slice of the stderr log of a process.',
  },
  { name: 'supervisor.readProcessStdoutLog', ...READ_STDOUT },
  {
    name: 'supervisor.reloadConfig',
    params: [],
    result: 'array',
    gives: 'one array of three arrays of group names: added, changed, removed',
    faults: ['CANT_REREAD'],
    help: 'Reads the configuration again and tells what differs from the active groups. Nothing starts or stops.',
  },
  {
    name: 'supervisor.removeProcessGroup',
    params: [GROUP],
    result: 'boolean',
    gives: ALWAYS,
    faults: ['BAD_NAME', 'STILL_RUNNING'],
    help: 'Takes a stopped group out of the active ones.',
  },
  {
    name: 'supervisor.restart',
    params: [],
    result: 'boolean',
    gives: ALWAYS,
    help: 'Stops all processes and starts the daemon anew.',
  },
  {
    name: 'supervisor.sendProcessStdin',
    params: [NAME, { name: 'chars', type: 'string', help: 'text, sent as UTF-8' }],
    result: 'boolean',
    gives: ALWAYS,
    faults: ['BAD_NAME', 'NOT_RUNNING', 'NO_FILE'],
    help: 'Writes text to the stdin of a process. NO_FILE: the process has closed its stdin.',
  },
  {
    name: 'supervisor.sendRemoteCommEvent',
    params: [
      { name: 'type', type: 'string', help: 'what the listeners see as type' },
      { name: 'data', type: 'string', help: 'what they see as the body' },
    ],
    result: 'boolean',
    gives: ALWAYS,
    help: 'Publishes a REMOTE_COMMUNICATION event to the event listeners.',
  },
  {
    name: 'supervisor.shutdown',
    params: [],
    result: 'boolean',
    gives: ALWAYS,
    help: 'Stops all processes and ends the daemon.',
  },
  {
    name: 'supervisor.signalAllProcesses',
    params: [SIGNAL],
    result: 'array',
    gives: STATUSES,
    help: 'Sends a signal to all processes that run.',
  },
  {
    name: 'supervisor.signalProcess',
    params: [NAMES, SIGNAL],
    result: 'boolean',
    gives: `${ALWAYS}; for a whole group an array as from signalProcessGroup`,
    faults: ['BAD_NAME', 'BAD_SIGNAL', 'NOT_RUNNING', 'FAILED'],
    help: 'Sends a signal to a process. A process that ends of it counts as exited, not as stopped.',
  },
  {
    name: 'supervisor.signalProcessGroup',
    params: [GROUP, SIGNAL],
    result: 'array',
    gives: STATUSES,
    faults: ['BAD_NAME'],
    help: 'Sends a signal to the processes of a group that run.',
  },
  {
    name: 'supervisor.startAllProcesses',
    params: [WAIT_UP],
    result: 'array',
    gives: STATUSES,
    help: 'Starts all processes that do not run, whatever their autostart says.',
  },
  {
    name: 'supervisor.startProcess',
    params: [NAMES, WAIT_UP],
    result: 'boolean',
    gives: `${ALWAYS}; for a whole group an array as from startProcessGroup`,
    faults: START_FAULTS,
    help: 'Starts a process.',
  },
  {
    name: 'supervisor.startProcessGroup',
    params: [GROUP, WAIT_UP],
    result: 'array',
    gives: STATUSES,
    faults: ['BAD_NAME'],
    help: 'Starts the processes of a group that do not run.',
  },
  {
    name: 'supervisor.stopAllProcesses',
    params: [WAIT_DOWN],
    result: 'array',
    gives: STATUSES,
    help: 'Stops all processes.',
  },
  {
    name: 'supervisor.stopProcess',
    params: [NAMES, WAIT_DOWN],
    result: 'boolean',
    gives: `${ALWAYS}; for a whole group an array as from stopProcessGroup`,
    faults: STOP_FAULTS,
    help: 'Stops a process.',
  },
  {
    name: 'supervisor.stopProcessGroup',
    params: [GROUP, WAIT_DOWN],
    result: 'array',
    gives: STATUSES,
    faults: ['BAD_NAME'],
    help: 'Stops the processes of a group.',
  },
  // The older name of tailProcessStdoutLog.
  { name: 'supervisor.tailProcessLog', ...TAIL_STDOUT },
  {
    name: 'supervisor.tailProcessStderrLog',
    ...TAIL_STDOUT,
    help: 'Reads the newest bytes of the stderr log of a process. To follow the log, pass the size that the last call gave.',
  },
  { name: 'supervisor.tailProcessStdoutLog', ...TAIL_STDOUT },
  // Herald's own. Not in system.listMethods: clients that compare the list with Supervisor's must find it whole.
  {
    name: 'herald.getPools',
    params: [],
    result: 'array',
    gives:
      'one struct per pool: name, events, buffer_size, the counters accepted = acknowledged + dead_lettered + dropped + queued + in_flight, rejected, redelivered and protocol_errors, and listeners with process, state and in_flight',
    help: 'Tells what has become of the events of each pool of listeners.',
  },
  {
    name: 'system.listMethods',
    params: [],
    result: 'array',
    gives: 'names in alphabetical order',
    help: 'Lists the methods that can be called.',
  },
  {
    name: 'system.methodHelp',
    params: [{ name: 'name', type: 'string', help: 'name of a method' }],
    result: 'string',
    gives: 'this text',
    faults: ['SIGNATURE_UNSUPPORTED'],
    help: 'Explains a method.',
  },
  {
    name: 'system.methodSignature',
    params: [{ name: 'name', type: 'string', help: 'name of a method' }],
    result: 'array',
    gives: 'the type of the result, then those of the parameters',
    faults: ['SIGNATURE_UNSUPPORTED'],
    help: 'Tells the types of a method.',
  },
  {
    name: 'system.multicall',
    params: [{ name: 'calls', type: 'array', help: 'structs of methodName and params' }],
    result: 'array',
    gives: 'one result per call: the bare value, or a struct of faultCode and faultString',
    help: 'Makes several calls, one after the other. A call that waits holds up those behind it.',
  },
] as const satisfies readonly MethodRow[];

export type MethodName = (typeof METHODS)[number]['name'];

/** How many parameters must be there; how many may is `row.params.length`. */
export function countRequired(row: MethodRow): number {
  return row.params.filter((parameter) => parameter.optional !== true).length;
}

/** The result's type, then those of the parameters, optional ones included. */
export function signatureOf(row: MethodRow): readonly WireType[] {
  return [row.result, ...row.params.map((parameter) => parameter.type)];
}

/** The help text with `@param` and `@return` lines, which clients of Supervisor read types from. */
export function helpText(row: MethodRow): string {
  const params = row.params.map(({ type, name, help }) => `@param ${type} ${name} ${help}\n`);
  return `${row.help}\n\n${params.join('')}@return ${row.result} result ${row.gives}\n`;
}
