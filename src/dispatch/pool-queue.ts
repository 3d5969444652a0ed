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

export interface Accounting {
  readonly accepted: number;
  readonly acknowledged: number;
  readonly deadLettered: number;
  readonly dropped: number;
  readonly queued: number;
  readonly inFlight: number;
  readonly rejected: number;
  readonly redelivered: number;
}

interface Delayed<Event> {
  readonly envelope: Envelope<Event>;
  readonly due: number;
}

export class PoolQueue<Event> {
  readonly capacity: number;
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

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Takes an event in; returns the one that had to go for it, if any. */
  accept(event: Event): Envelope<Event> | undefined {
    const dropped = this.queued >= this.capacity ? this.#dropOldest() : undefined;
    this.#waiting.push({ event, poolserial: this.#poolserial++, deliveries: 0, failures: 0 });
    this.#accepted++;
    return dropped;
  }

  /** Takes an event in that is worth no other's place; returns it when there is no room and it was dropped. */
  acceptIfRoom(event: Event): Envelope<Event> | undefined {
    if (this.queued < this.capacity) return this.accept(event);
    this.#accepted++;
    this.#dropped++;
    return { event, poolserial: this.#poolserial++, deliveries: 0, failures: 0 };
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
    this.#unshift(envelopes);
  }

  /** Rejected by its listener: back to the head at once, or when `due` comes. */
  reject(envelope: Envelope<Event>, due: number | undefined): void {
    this.#inFlight--;
    this.#rejected++;
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

  #dropOldest(): Envelope<Event> | undefined {
    const oldest = this.#shift() ?? this.#delayed.shift()?.envelope;
    if (oldest !== undefined) this.#dropped++;
    return oldest;
  }

  #shift(): Envelope<Event> | undefined {
    const envelope = this.#waiting[this.#head];
    if (envelope === undefined) return undefined;
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
