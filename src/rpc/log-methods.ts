/** The rows of what is done with logs: read, tailed, cleared. */
import { ALWAYS, type MethodRow, NAME, STATUSES } from './method-row.ts';

const OFFSET = { name: 'offset', type: 'int', help: 'first byte; negative counts from the end' } as const;
const LENGTH = { name: 'length', type: 'int', help: 'number of bytes; 0 for all that follow' } as const;
const SINCE = { name: 'offset', type: 'int', help: 'where the last call ended' } as const;
const AT_MOST = { name: 'length', type: 'int', help: 'number of bytes at most' } as const;
const TAIL = 'the bytes, the size of the log, and whether bytes before them were left out';

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

export const LOG_METHODS = [
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
  // The older name of tailProcessStdoutLog.
  { name: 'supervisor.tailProcessLog', ...TAIL_STDOUT },
  {
    name: 'supervisor.tailProcessStderrLog',
    ...TAIL_STDOUT,
    help: 'Reads the newest bytes of the stderr log of a process. To follow the log, pass the size that the last call gave.',
  },
  { name: 'supervisor.tailProcessStdoutLog', ...TAIL_STDOUT },
] as const satisfies readonly MethodRow[];
