/** Supervisor's process states, spelt and numbered as on the wire. Source: Supervisor's states module. */
export const PROCESS_STATES = {
  STOPPED: 0,
  STARTING: 10,
  RUNNING: 20,
  BACKOFF: 30,
  STOPPING: 40,
  EXITED: 100,
  FATAL: 200,
  UNKNOWN: 1000,
} as const;

export type ProcessState = keyof typeof PROCESS_STATES;

const STOPPED_SET: ReadonlySet<ProcessState> = new Set(['STOPPED', 'EXITED', 'FATAL', 'UNKNOWN']);
const RUNNING_SET: ReadonlySet<ProcessState> = new Set(['RUNNING', 'BACKOFF', 'STARTING']);
const SIGNALLABLE_SET: ReadonlySet<ProcessState> = new Set(['RUNNING', 'STARTING', 'STOPPING']);

/** Nothing runs and nothing is about to. */
export function isStopped(state: ProcessState): boolean {
  return STOPPED_SET.has(state);
}

/** A start request is refused as "already started", a stop request makes sense. STOPPING is in neither set. */
export function isRunning(state: ProcessState): boolean {
  return RUNNING_SET.has(state);
}

export function isSignallable(state: ProcessState): boolean {
  return SIGNALLABLE_SET.has(state);
}
