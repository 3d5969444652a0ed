/**
 * The spine. Everything that happens becomes a typed event here; whoever cares subscribes by name.
 *
 * - Order: `publish` puts the event into a queue and drains it. A subscriber that publishes does not nest: its
 *   event comes after the current one has reached everybody, so all subscribers see all events in one order.
 * - Identity: payload and wire text are fixed at publish, and so is the serial. As with Supervisor, events that
 *   nobody subscribes to consume no serial; they are not even built (`wants` says so beforehand).
 * - Isolation: a subscriber that throws is reported and the others get the event all the same. The bus itself
 *   never errors and never completes while the daemon lives.
 */
import { type Observable, Subject } from 'rxjs';
import { type ConcreteOf, concreteNames } from '../catalogue/events.ts';
import {
  type AnyEventName,
  EVENT_NAMES,
  type EventName,
  type EventPayloads,
} from '../catalogue/generated.ts';
import type { ExtraTokens } from '../wire/extended.ts';
import { encodePayload } from '../wire/payload.ts';
import { GuardedObservable } from './guarded-observable.ts';

/** One event as it went over the bus. */
export type BusEvent<N extends AnyEventName = AnyEventName> = {
  [C in ConcreteOf<N>]: {
    readonly name: C;
    readonly payload: EventPayloads[C];
    /** Grows by one with each event that anybody subscribed to, from 0, for the life of the daemon. */
    readonly serial: number;
    /** Epoch milliseconds. */
    readonly at: number;
    /** The payload as listeners get it. */
    readonly text: string;
    readonly extra: ExtraTokens | undefined;
  };
}[ConcreteOf<N>];

export type Unsubscribe = () => void;

export interface EventBusOptions {
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** A subscriber threw; the event is undefined when it did so outside of a delivery. Must not throw itself. */
  readonly onSubscriberError: (error: unknown, event: BusEvent | undefined) => void;
  /** Where serials go on, after a restart within the daemon's life. Default 0. */
  readonly firstSerial?: number;
}

export class EventBus {
  readonly #options: EventBusOptions;
  readonly #subjects: ReadonlyMap<EventName, Subject<BusEvent>>;
  readonly #demand = new Subject<void>();
  #queue: BusEvent[] = [];
  #draining = false;
  /** The event that is being delivered. */
  #current: BusEvent | undefined;
  #serial: number;

  constructor(options: EventBusOptions) {
    this.#options = options;
    this.#serial = options.firstSerial ?? 0;
    this.#subjects = new Map(EVENT_NAMES.map((name) => [name, new Subject<BusEvent>()]));
  }

  /** Emits after each subscription and unsubscription: what `wants` answers may have changed. */
  get demand$(): Observable<void> {
    return this.#demand;
  }

  /** The serial of the next event. */
  get nextSerial(): number {
    return this.#serial;
  }

  /** Whether anybody would get an event of this name: ask before building a costly payload. */
  wants(name: EventName): boolean {
    return this.#subjects.get(name)?.observed === true;
  }

  /** Publishes to everybody who subscribed to the name or to one of its parents. */
  publish<N extends EventName>(name: N, payload: EventPayloads[N], extra?: ExtraTokens): void {
    if (!this.wants(name)) return;
    const text = encodePayload(name, payload);
    // The name decides the payload's type; the union of all events cannot follow that through a generic.
    const event = { name, payload, serial: this.#serial++, at: this.#options.now(), text, extra } as unknown;
    this.#queue.push(event as BusEvent);
    if (!this.#draining) this.#drain();
  }

  /**
   * Calls `observer` for each event of these names, once per event however many of the names cover it. What it
   * throws is reported and stays with it.
   */
  subscribe<N extends AnyEventName>(
    names: readonly N[],
    observer: (event: BusEvent<N>) => void,
  ): Unsubscribe {
    const guarded = (event: BusEvent): void => {
      try {
        observer(event as BusEvent<N>);
      } catch (error) {
        this.#options.onSubscriberError(error, event);
      }
    };
    const subscriptions = [...new Set(names.flatMap((name) => concreteNames(name)))].map((name) =>
      this.#subjects.get(name)?.subscribe(guarded),
    );
    this.#demand.next();
    return () => {
      for (const subscription of subscriptions) subscription?.unsubscribe();
      this.#demand.next();
    };
  }

  /**
   * The same as a cold Observable: subscribes to the bus while somebody is subscribed to it. It never errors by
   * itself; an operator that throws ends its own subscription only.
   */
  events$<N extends AnyEventName>(...names: readonly N[]): Observable<BusEvent<N>> {
    const reportNow = () => {
      const event = this.#current;
      return (error: unknown): void => this.#options.onSubscriberError(error, event);
    };
    return new GuardedObservable(reportNow, (subscriber) =>
      this.subscribe(names, (event) => subscriber.next(event)),
    );
  }

  #drain(): void {
    this.#draining = true;
    try {
      // The queue is an array read by index: publishing while draining only appends.
      for (let next = 0; next < this.#queue.length; next++) {
        const event = this.#queue[next] as BusEvent;
        this.#current = event;
        this.#subjects.get(event.name)?.next(event);
      }
    } finally {
      this.#queue = [];
      this.#current = undefined;
      this.#draining = false;
    }
  }
}
