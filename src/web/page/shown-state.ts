/**
 * How states are shown, on the page as it comes and by its script: both use this file. It needs neither Node nor a
 * browser.
 */
import type { ProcessState } from '../../process/states.ts';

export const ROW_ACTIONS = ['start', 'restart', 'stop'] as const;
export type RowAction = (typeof ROW_ACTIONS)[number];

/** The order in which a tally names them. */
const STATES: readonly ProcessState[] = [
  'RUNNING',
  'STARTING',
  'STOPPING',
  'BACKOFF',
  'FATAL',
  'EXITED',
  'STOPPED',
  'UNKNOWN',
];

export function isState(text: string | undefined): text is ProcessState {
  return STATES.some((state) => state === text);
}

/** Supervisor's class names: style sheets and scripts that read the page know them. */
export function stateClass(state: ProcessState): string {
  if (state === 'RUNNING') return 'statusrunning';
  return state === 'FATAL' || state === 'BACKOFF' ? 'statuserror' : 'statusnominal';
}

/** Whether an action makes sense in a state; the others would only be refused. */
export function isOffered(action: RowAction, state: ProcessState): boolean {
  switch (action) {
    case 'start':
      return state === 'STOPPED' || state === 'EXITED' || state === 'FATAL';
    case 'restart':
      return state === 'RUNNING';
    case 'stop':
      return state === 'RUNNING' || state === 'STARTING' || state === 'BACKOFF';
  }
}

/** As `3 processes: 2 running, 1 fatal`. */
export function tally(states: readonly ProcessState[]): string {
  const counts = new Map<ProcessState, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = STATES.flatMap((state) => {
    const count = counts.get(state);
    return count === undefined ? [] : [`${count} ${state.toLowerCase()}`];
  });
  const total = `${states.length} process${states.length === 1 ? '' : 'es'}`;
  return parts.length === 0 ? total : `${total}: ${parts.join(', ')}`;
}

/** Whether a name contains what the filter says; letters of any case. */
export function passesFilter(name: string, filter: string): boolean {
  return name.toLowerCase().includes(filter.trim().toLowerCase());
}

/** Whether a message tells of something that did not work. */
export function isComplaint(message: string): boolean {
  return /^(ERROR|No such |unexpected rpc fault|Refused)|, but not /.test(message);
}
