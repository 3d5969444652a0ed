/**
 * Pipes of a crowd that are not listened to for a moment, so that what is written gathers in them: one timer
 * for all, armed only while there are any. Which pipes these are is decided in log/busy-pipes.ts.
 */
import { createBusyPipes } from '../log/busy-pipes.ts';
import type { Clock } from '../supervisor/ports.ts';

/**
 * So long nobody looks at a pipe: its output and the news of its end come that much later. No longer, for a pipe that
 * has got full meanwhile stops its writer, and on a busy machine others then take the processor.
 */
export const PAUSE_MS = 1;

/** After so long others have a turn before the rest of the pipes is emptied. */
const SLICE_MS = 5;

export interface GatheringPipe {
  /** Takes what the pipe holds by now, and goes back to listening or tells of that by {@link Gathering.delivered}. */
  collect(): void;
}

export class Gathering {
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly #busy = createBusyPipes<GatheringPipe>();
  readonly #paused = new Set<GatheringPipe>();
  #due: Set<GatheringPipe> = new Set();
  #armed = false;

  constructor(clock: Pick<Clock, 'monotonic' | 'after'>) {
    this.#clock = clock;
  }

  /** So many bytes came out of the pipe. When it returns true, nobody listens to the pipe until `collect` is called. */
  delivered(pipe: GatheringPipe, bytes: number): boolean {
    if (!this.#busy.delivered(pipe, bytes, this.#clock.monotonic())) return false;
    this.#paused.add(pipe);
    this.#arm();
    return true;
  }

  /** The pipe is closed. */
  forget(pipe: GatheringPipe): void {
    this.#busy.forget(pipe);
    this.#paused.delete(pipe);
    this.#due.delete(pipe);
  }

  #arm(): void {
    if (this.#armed || this.#paused.size + this.#due.size === 0) return;
    this.#armed = true;
    this.#clock.after(this.#due.size > 0 ? 0 : PAUSE_MS, () => this.#collect());
  }

  #collect(): void {
    const until = this.#clock.monotonic() + SLICE_MS;
    if (this.#due.size === 0) {
      this.#due = new Set(this.#paused);
      this.#paused.clear();
    }
    try {
      for (const pipe of this.#due) {
        this.#due.delete(pipe);
        pipe.collect();
        if (this.#clock.monotonic() >= until) break;
      }
    } finally {
      // Also when one of them has thrown: the others still wait for their turn.
      this.#armed = false;
      this.#arm();
    }
  }
}
