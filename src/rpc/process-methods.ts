/** The rows of what is done with processes: started, stopped, signalled, written to, described. */
import { ALWAYS, GROUP, type MethodRow, NAME, STATUSES } from './method-row.ts';

const NAMES = { name: 'name', type: 'string', help: 'process name, group:name, or group:*' } as const;
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

export const PROCESS_METHODS = [
  {
    name: 'supervisor.getAllProcessInfo',
    params: [],
    result: 'array',
    gives: 'one struct per process, as getProcessInfo gives it',
    help: 'Describes all processes, ordered by group and name.',
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
    name: 'supervisor.sendProcessStdin',
    params: [NAME, { name: 'chars', type: 'string', help: 'text, sent as UTF-8' }],
    result: 'boolean',
    gives: ALWAYS,
    faults: ['BAD_NAME', 'NOT_RUNNING', 'NO_FILE'],
    help: 'Writes text to the stdin of a process. NO_FILE: the process has closed its stdin.',
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
] as const satisfies readonly MethodRow[];
