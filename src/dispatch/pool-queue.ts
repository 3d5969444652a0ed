/**
 * The events a pool has accepted and not settled yet, with the accounting that proves none got lost:
 *
 *     accepted = acknowledged + deadLettered + dropped + queued + inFlight
 *
 * Envelopes wait in a deque. Those that come back go to the head in their old order; those that were rejected
 * may have to wait for a while, out of the way of the others, and then go to the head. What has been accepted
 * once and comes back is never dropped for lack of room: only a new event pushes the oldest out.
 */
export interface Envelope<Event> {
  readonly event: Event;
  readonly poolserial: number;
  /** Times it was handed to a listener. */
  deliveries: number;
  /** Times a listener rejected it, or died, hung or broke the protocol while it was the one to be answered. */
  failures: number;
}

/** `accepted = acknowledged + deadLettered + dropped + queued + inFlight`. */
export interface Accounting {
  readonly accepted: number;
  readonly acknowledged: number;
  readonly deadLettered: number;
  readonly dropped: number;
  readonly queued: number;
  readonly inFlight: number;
  /** Deliveries answered with something other than OK. Not part of the equation. */
  readonly rejected: number;
  /** Deliveries of an event after its first. Not part of the equation. */
  readonly redelivered: number;
}

interface Delayed<Event> {
  readonly envelope: Envelope<Event>;
  readonly due: number;
}

/** What an event weighs against the queue's `limit`, in whatever unit the owner counts. */
export interface Weighing<Event> {
  readonly limit: number;
  readonly of: (event: Event) => number;
}

export class PoolQueue<Event> {
  readonly capacity: number;
  readonly #weighing: Weighing<Event>;
  /** Of all that is queued. */
  #weight = 0;
  #waiting: (Envelope<Event> | undefined)[] = [];
  #head = 0;
  /** Sorted by the time at which they are due. */
  #delayed: Delayed<Event>[] = [];
  #poolserial = 0;
  #accepted = 0;
  #acknowledged = 0;
  #deadLettered = 0;
  #dropped = 0;
  #inFlight = 0;
  #rejected = 0;
  #redelivered = 0;

  /** At most `capacity` events are queued, and no more than the weight allows; one alone always is. */
  constructor(
    capacity: number,
    weighing: Weighing<Event> = { limit: Number.POSITIVE_INFINITY, of: () => 0 },
  ) {
    this.capacity = capacity;
    this.#weighing = weighing;
  }

  /** Takes an event in; returns those that had to go for it. */
  accept(event: Event): readonly Envelope<Event>[] {
    const dropped: Envelope<Event>[] = [];
    const weight = this.#weighing.of(event);
    // One event pushes one out, although more than the capacity may have come back meanwhile.
    if (this.queued >= this.capacity) dropped.push(...this.#dropOldest());
    while (this.queued > 0 && !this.#isLight(weight)) dropped.push(...this.#dropOldest());
    this.#waiting.push({ event, poolserial: this.#poolserial++, deliveries: 0, failures: 0 });
    this.#weight += weight;
    this.#accepted++;
    return dropped;
  }

  /** Takes an event in that is worth no other's place; returns it when there is no room and it was dropped. */
  acceptIfRoom(event: Event): readonly Envelope<Event>[] {
    if (this.queued < this.capacity && this.#isLight(this.#weighing.of(event))) return this.accept(event);
    this.#accepted++;
    this.#dropped++;
    return [{ event, poolserial: this.#poolserial++, deliveries: 0, failures: 0 }];
  }

  /** Up to `count` envelopes from the head; they are in flight from now on. */
  take(count: number): readonly Envelope<Event>[] {
    const taken: Envelope<Event>[] = [];
    while (taken.length < count) {
      const envelope = this.#shift();
      if (envelope === undefined) break;
      if (envelope.deliveries > 0) this.#redelivered++;
      envelope.deliveries++;
      taken.push(envelope);
    }
    this.#inFlight += taken.length;
    return taken;
  }

  acknowledge(): void {
    this.#inFlight--;
    this.#acknowledged++;
  }

  /** A delivery failed through no fault of the event: back to the head, in this order. */
  giveBack(envelopes: readonly Envelope<Event>[]): void {
    this.#inFlight -= envelopes.length;
    for (const { event } of envelopes) this.#weight += this.#weighing.of(event);
    this.#unshift(envelopes);
  }

  /** Rejected by its listener: back to the head at once, or when `due` comes. */
  reject(envelope: Envelope<Event>, due: number | undefined): void {
    this.#inFlight--;
    this.#rejected++;
    this.#weight += this.#weighing.of(envelope.event);
    if (due === undefined) {
      this.#unshift([envelope]);
      return;
    }
    const at = this.#delayed.findIndex((other) => other.due > due);
    this.#delayed.splice(at === -1 ? this.#delayed.length : at, 0, { envelope, due });
  }

  /** Given up: it has failed once too often. `how` says whether its listener answered at all. */
  bury(how: 'rejected' | 'unanswered'): void {
    this.#inFlight--;
    if (how === 'rejected') this.#rejected++;
    this.#deadLettered++;
  }

  /** Puts what is due by `now` back at the head; returns when the next one will be, if any. */
  release(now: number): number | undefined {
    const ready = this.#delayed.filter((delayed) => delayed.due <= now);
    if (ready.length > 0) {
      this.#delayed.splice(0, ready.length);
      this.#unshift(ready.map((delayed) => delayed.envelope));
    }
    return this.#delayed[0]?.due;
  }

  /** Everything that is queued, counted as dropped: the pool goes away. */
  drop(): readonly Envelope<Event>[] {
    const rest: Envelope<Event>[] = this.#delayed.map((delayed) => delayed.envelope);
    this.#delayed = [];
    for (let envelope = this.#shift(); envelope !== undefined; envelope = this.#shift()) rest.push(envelope);
    this.#dropped += rest.length;
    this.#weight = 0;
    return rest;
  }

  /** Waiting, be it for a listener or for its pause to end. */
  get queued(): number {
    return this.#waiting.length - this.#head + this.#delayed.length;
  }

  /** Ready to be delivered now. */
  get deliverable(): number {
    return this.#waiting.length - this.#head;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  accounting(): Accounting {
    return {
      accepted: this.#accepted,
      acknowledged: this.#acknowledged,
      deadLettered: this.#deadLettered,
      dropped: this.#dropped,
      queued: this.queued,
      inFlight: this.#inFlight,
      rejected: this.#rejected,
      redelivered: this.#redelivered,
    };
  }

  #isLight(weight: number): boolean {
    return this.#weight + weight <= this.#weighing.limit;
  }

  /** None when nothing is queued. */
  #dropOldest(): readonly Envelope<Event>[] {
    const oldest = this.#shift() ?? this.#dropDelayed();
    if (oldest === undefined) return [];
    this.#dropped++;
    return [oldest];
  }

  #dropDelayed(): Envelope<Event> | undefined {
    const envelope = this.#delayed.shift()?.envelope;
    if (envelope !== undefined) this.#weight -= this.#weighing.of(envelope.event);
    return envelope;
  }

  #shift(): Envelope<Event> | undefined {
    const envelope = this.#waiting[this.#head];
    if (envelope === undefined) return undefined;
    this.#weight -= this.#weighing.of(envelope.event);
    this.#waiting[this.#head++] = undefined;
    // The spent front is cut off only when it is half of the array: each entry is moved once at most.
    if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    } else if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    }
    return envelope;
  }

  #unshift(envelopes: readonly Envelope<Event>[]): void {
    if (envelopes.length <= this.#head) {
      this.#head -= envelopes.length;
      for (const [i, envelope] of envelopes.entries()) this.#waiting[this.#head + i] = envelope;
    } else {
      this.#waiting = [...envelopes, ...this.#waiting.slice(this.#head)];
      this.#head = 0;
    }
  }
}
