/**
 * The RPC methods as rows of data: what is called, with what, and what comes back. `system.listMethods`,
 * `methodSignature` and `methodHelp` read these rows, the handlers are keyed by them, and nothing outside of
 * them can be called. The types of parameters and results are those that Supervisor 4.2.5 tells its clients.
 */
import { LOG_METHODS } from './log-methods.ts';
import { ALWAYS, GROUP, type MethodRow } from './method-row.ts';
import { PROCESS_METHODS } from './process-methods.ts';

const API_VERSION_ROW = {
  params: [],
  result: 'string',
  gives: 'version of the API',
  help: 'Tells the version of this API, which is not the version of the daemon.',
} as const;

export const METHODS = [
  ...PROCESS_METHODS,
  ...LOG_METHODS,
  {
    name: 'supervisor.addProcessGroup',
    params: [GROUP],
    result: 'boolean',
    gives: ALWAYS,
    faults: ['ALREADY_ADDED', 'BAD_NAME'],
    help: 'Activates a group of the configuration that was read last; its autostart programs start.',
  },
  { name: 'supervisor.getAPIVersion', ...API_VERSION_ROW },
  {
    name: 'supervisor.getAllConfigInfo',
    params: [],
    result: 'array',
    gives: 'one struct of options per process',
    help: 'Lists the processes of the configuration that was read last, whether or not their groups are active.',
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
