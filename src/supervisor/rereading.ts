/**
 * Reading the configuration again while programs are looked after: in slices, and never two readings at a time.
 *
 * Whoever asks while a reading is under way may have changed a file that it has read already. So they get the next
 * reading, together with all others who ask until that one begins: each answer is from files as they were when it was
 * asked for or later, and any number of requests at once leads to two readings at most.
 */
import type { Steps } from '../config/steps.ts';
import type { DaemonConfig } from '../config/types.ts';
import { takeSteps } from './bulk-work.ts';
import type { BulkWork } from './ports.ts';

export class Rereading {
  readonly #bulk: BulkWork;
  readonly #steps: () => Steps<DaemonConfig>;
  #current: Promise<DaemonConfig> | undefined;
  #next: Promise<DaemonConfig> | undefined;

  /** `steps` begins a reading of the files as they are. */
  constructor(bulk: BulkWork, steps: () => Steps<DaemonConfig>) {
    this.#bulk = bulk;
    this.#steps = steps;
  }

  /** Rejects with what the reading throws. A small configuration is read before this returns. */
  read(): Promise<DaemonConfig> {
    if (this.#next !== undefined) return this.#next;
    if (this.#current === undefined) return this.#begin();
    this.#next = this.#afterCurrent(this.#current);
    return this.#next;
  }

  #begin(): Promise<DaemonConfig> {
    this.#next = undefined;
    const reading = takeSteps(this.#bulk, this.#steps()).finally(() => {
      this.#current = undefined;
    });
    this.#current = reading;
    return reading;
  }

  async #afterCurrent(current: Promise<DaemonConfig>): Promise<DaemonConfig> {
    // Its errors are for those who have asked for it.
    await current.catch(() => undefined);
    return this.#begin();
  }
}
