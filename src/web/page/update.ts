/** What the page's script is told, as JSON. Names are those that the page shows. */
import type { ProcessState } from '../../process/states.ts';
import type { DaemonState, ListenerView, PoolCounters } from '../../supervisor/facade.ts';

export interface ProcessUpdate {
  readonly name: string;
  readonly group: string;
  readonly state: ProcessState;
  readonly description: string;
  readonly pid: number;
  /** Epoch seconds. */
  readonly started: number;
}

/** The figures that the page has a column for. */
export const SHOWN_COUNTERS = [
  ['accepted', 'Accepted'],
  ['acknowledged', 'Acknowledged'],
  ['deadLettered', 'Dead-lettered'],
  ['dropped', 'Dropped'],
  ['queued', 'Queued'],
  ['inFlight', 'In flight'],
] as const satisfies readonly (readonly [keyof PoolCounters, string])[];

export interface PoolUpdate {
  readonly name: string;
  readonly counters: PoolCounters;
  readonly listeners: readonly ListenerView[];
}

export interface Update {
  /** Epoch milliseconds by the daemon's clock. */
  readonly now: number;
  readonly daemon: DaemonState;
  /** Everything that there is, and so what is no longer there. */
  readonly complete: boolean;
  readonly processes: readonly ProcessUpdate[];
  readonly pools: readonly PoolUpdate[];
}

/** What the page says when the daemon is on its way down; empty otherwise. */
export function daemonNotice(state: DaemonState): string {
  if (state === 'SHUTDOWN') return 'The daemon is shutting down.';
  return state === 'RESTARTING' ? 'The daemon is restarting.' : '';
}

/** As `READY`, or `BUSY, 2 in flight`. */
export function listenerText({ process, state, inFlight }: ListenerView): string {
  return `${process}: ${state.toLowerCase()}${inFlight > 0 ? `, ${inFlight} in flight` : ''}`;
}
