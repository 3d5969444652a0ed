import type { Clock } from '../supervisor/ports.ts';

/** For a user whose child has lately used up all patience; enough for a start on a machine that is not too busy. */
const SHORT_MS = 5;
const REMEMBERED_MS = 60_000;

/**
 * How long the loop may be held by the start of a user's child. A process of that user can stop the child before it
 * has come to its program, as often as it is started, so that patience is had only once in a while.
 */
export class StartPatience {
  readonly #fullMs: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** Until when patience is short, by uid. */
  readonly #short = new Map<number, number>();

  constructor(fullMs: number, clock: Pick<Clock, 'monotonic'>) {
    this.#fullMs = fullMs;
    this.#clock = clock;
  }

  /** In milliseconds. */
  with(uid: number): number {
    const until = this.#short.get(uid);
    if (until === undefined) return this.#fullMs;
    if (this.#clock.monotonic() < until) return Math.min(SHORT_MS, this.#fullMs);
    this.#short.delete(uid);
    return this.#fullMs;
  }

  /** A child of this user has not told in time what became of it. */
  usedUpBy(uid: number): void {
    this.#short.set(uid, this.#clock.monotonic() + REMEMBERED_MS);
  }
}
