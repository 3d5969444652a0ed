/**
 * TICK_5, TICK_60 and TICK_3600: one event at each boundary of the wall clock's slices, as Supervisor sends
 * them. One timer serves all three, and there is none while nobody listens to a tick.
 */
import type { EventBus } from '../bus/event-bus.ts';
import type { Cancel, Clock } from './ports.ts';

const TICKS = [
  { name: 'TICK_5', seconds: 5 },
  { name: 'TICK_60', seconds: 60 },
  { name: 'TICK_3600', seconds: 3600 },
] as const;

/**
 * The wall clock may be set, and stands still on no machine that sleeps, while timers do: nobody waits longer than
 * this for a boundary that has come early.
 */
const LONGEST_WAIT_MS = 60_000;

export class Ticks {
  readonly #bus: EventBus;
  readonly #clock: Clock;
  readonly #demand: { unsubscribe(): void };
  /** The slice each tick was last in; a tick that nobody wanted yet has none. */
  readonly #slices = new Map<number, number>();
  #timer: Cancel | undefined;

  constructor(bus: EventBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
    this.#demand = bus.demand$.subscribe(() => this.#arm());
    this.#arm();
  }

  close(): void {
    this.#demand.unsubscribe();
    this.#timer?.();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer?.();
    this.#timer = undefined;
    const now = this.#clock.wall() / 1000;
    let next = Number.POSITIVE_INFINITY;
    for (const { name, seconds } of TICKS) {
      if (!this.#bus.wants(name)) {
        this.#slices.delete(seconds);
        continue;
      }
      if (!this.#slices.has(seconds)) this.#slices.set(seconds, sliceOf(now, seconds));
      next = Math.min(next, sliceOf(now, seconds) + seconds);
    }
    if (next === Number.POSITIVE_INFINITY) return;
    // Timers may fire a little early: a tick that comes before its boundary would only be armed again.
    const wait = Math.min(Math.ceil((next - now) * 1000) + 1, LONGEST_WAIT_MS);
    this.#timer = this.#clock.after(wait, () => this.#tick());
  }

  #tick(): void {
    const now = this.#clock.wall() / 1000;
    for (const { name, seconds } of TICKS) {
      const last = this.#slices.get(seconds);
      const slice = sliceOf(now, seconds);
      if (last === undefined || last === slice) continue;
      this.#slices.set(seconds, slice);
      this.#bus.publish(name, { when: slice });
    }
    this.#arm();
  }
}

function sliceOf(now: number, seconds: number): number {
  return Math.floor(now - (now % seconds));
}
