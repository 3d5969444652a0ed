/** What a scenario of the oracle test is made of. */
import type { DeviationName } from './deviations.ts';
import type { Driver } from './driver.ts';
import type { Transcript } from './transcript.ts';

export interface Scenario {
  readonly name: string;
  /** The sections after the common ones. `%{dir}`, `%{fixtures}` and `%{python}` are replaced. */
  readonly config: string;
  /** Lines for `[supervisord]`. */
  readonly supervisord?: string;
  /** Lines for the `[unix_http_server]` at d.sock. */
  readonly server?: string;
  /** Further files, by their path in the daemon's folder; filled in like the configuration. */
  readonly files?: Readonly<Record<string, string>>;
  /** What else must be in the folder before the daemon starts. */
  readonly prepare?: (dir: string) => Promise<void>;
  /** Words for the daemon's command line, filled in like the configuration. */
  readonly arguments?: readonly string[];
  /** False: the script starts the daemon itself, if it does. */
  readonly launch?: false;
  /** What the daemon's command is handed to, if not to the system; filled in like the configuration. */
  readonly under?: readonly string[];
  readonly script: (d: Driver) => Promise<void>;
  readonly compare?: Comparison;
  readonly deviation?: Deviation;
}

export interface Comparison {
  /** The listeners whose transcripts count; all of the configuration when absent. */
  readonly listeners?: readonly string[];
  /**
   * Events of different processes may interleave differently. `streams` (the default) compares the order
   * within each process or family; `sequence` also compares the order between them.
   */
  readonly order?: 'streams' | 'sequence';
  /** Events that do not count, by name. */
  readonly ignore?: readonly string[];
  /** False: the script has seen to it itself that each listener got all that it should. */
  readonly fence?: false;
  /** True: how output was cut into PROCESS_LOG events counts; otherwise neighbours are joined. */
  readonly chunks?: true;
}

/**
 * Herald differs here on purpose. `herald` makes the expected transcript out of Supervisor's, or is it; it must
 * come out different, else the deviation is none and the test fails.
 */
export interface Deviation {
  readonly name: DeviationName;
  readonly herald: (oracle: Transcript) => Transcript;
}
