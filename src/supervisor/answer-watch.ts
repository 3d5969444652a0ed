import type { Cancel, Clock } from './ports.ts';

/**
 * Watches that answers come in time. One timer per listener that is waiting for an answer, not one per event: when it
 * fires it looks how long the event in front has been waiting, and is armed again for the rest.
 */
export class AnswerWatch {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #late: (waitedMs: number) => void;
  /** When the event in front was handed over or came to the front; undefined when none waits. */
  #waitingSince: number | undefined;
  #timer: Cancel | undefined;

  /** `late` is called once for each event in front that waits longer than `limitMs`. */
  constructor(clock: Clock, limitMs: number, late: (waitedMs: number) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#late = late;
  }

  /** Another event is in front. */
  begin(): void {
    this.#waitingSince = this.#clock.monotonic();
    this.#timer ??= this.#clock.after(this.#limitMs, () => this.#look());
  }

  /** No event is in front. The timer runs on, for there will soon be one. */
  pause(): void {
    this.#waitingSince = undefined;
  }

  end(): void {
    this.pause();
    this.#timer?.();
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#waitingSince === undefined) return;
    const waited = this.#clock.monotonic() - this.#waitingSince;
    if (waited < this.#limitMs) this.#timer = this.#clock.after(this.#limitMs - waited, () => this.#look());
    else this.#late(waited);
  }
}
