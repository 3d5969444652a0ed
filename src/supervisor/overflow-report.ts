/**
 * Tells about events that a pool lost: each of the first few with Supervisor's own line, a flood as one line
 * per period with the count and the serials, and every loss as an event to whoever subscribed to it.
 */
import type { BusEvent, EventBus } from '../bus/event-bus.ts';
import type { Envelope } from '../dispatch/pool-queue.ts';
import type { ListenerView } from './facade.ts';
import type { Cancel, Clock, MainLog } from './ports.ts';

export type LossCause = 'overflow' | 'max_deliver' | 'shutdown';

/** Lines of a kind that are written as they come, within one period. */
const SINGLE_LINES = 10;
const PERIOD_MS = 10_000;

export class OverflowReport {
  readonly #pool: string;
  readonly #deps: { readonly bus: EventBus; readonly clock: Clock; readonly log: MainLog };
  readonly #listeners: () => readonly { view(): ListenerView }[];
  #lines = 0;
  #count = 0;
  #first = 0;
  #last = 0;
  #timer: Cancel | undefined;

  constructor(
    pool: string,
    deps: { readonly bus: EventBus; readonly clock: Clock; readonly log: MainLog },
    listeners: () => readonly { view(): ListenerView }[],
  ) {
    this.#pool = pool;
    this.#deps = deps;
    this.#listeners = listeners;
  }

  dropped(envelopes: readonly Envelope<BusEvent>[], cause: LossCause): void {
    const [first] = envelopes;
    const last = envelopes.at(-1);
    if (first === undefined || last === undefined) return;
    switch (cause) {
      case 'overflow':
        for (const { event } of envelopes) this.#overflowed(event.serial);
        break;
      case 'max_deliver':
        this.#deps.log.write(
          'error',
          `pool ${this.#pool} gave up on event ${first.event.serial} (${first.event.name}) after ${first.deliveries} deliveries`,
        );
        break;
      case 'shutdown':
        this.#deps.log.write('info', `pool ${this.#pool} ends with ${envelopes.length} events not delivered`);
        break;
    }
    // The loss of such a notice is only logged: two full pools would go on telling each other for ever.
    if (envelopes.every(({ event }) => event.name === 'HERALD_POOL_DROPPED')) return;
    this.#deps.bus.publish('HERALD_POOL_DROPPED', {
      pool: this.#pool,
      count: envelopes.length,
      first: first.event.serial,
      last: last.event.serial,
      cause,
    });
  }

  close(): void {
    this.#timer?.();
    this.#summarize();
  }

  #overflowed(serial: number): void {
    this.#timer ??= this.#deps.clock.after(PERIOD_MS, () => this.#summarize());
    if (this.#lines < SINGLE_LINES) {
      this.#lines++;
      this.#deps.log.write('error', `pool ${this.#pool} event buffer overflowed, discarding event ${serial}`);
      return;
    }
    if (this.#count === 0) this.#first = serial;
    this.#count++;
    this.#last = serial;
  }

  #summarize(): void {
    this.#timer = undefined;
    this.#lines = 0;
    if (this.#count === 0) return;
    const states = this.#listeners().map((listener) => {
      const { process, state } = listener.view();
      return `${process} is ${state}`;
    });
    this.#deps.log.write(
      'error',
      `pool ${this.#pool} event buffer overflowed, discarded ${this.#count} more events between ${this.#first} and ${this.#last} (${states.join(', ')})`,
    );
    this.#count = 0;
  }
}
