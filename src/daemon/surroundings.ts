/** What one life of the daemon is lived in, and what it takes with it. */
import type { DaemonLog } from '../host/main-log.ts';
import type { Host, LogFollower } from '../supervisor/ports.ts';
import type { DaemonInput } from './daemon-config.ts';

export interface Surroundings extends DaemonInput {
  readonly host: Host;
  readonly log: DaemonLog;
  readonly follower: LogFollower;
  /** Done right before the main log closes. */
  readonly lastWords: () => void;
  /** The first serial number of this life's events: they go on over a restart, as Supervisor's do. */
  readonly firstSerial: number;
}

/** What a life has taken, to be given back at its end, the last first. */
export type Belongings = (() => Promise<void> | void)[];
