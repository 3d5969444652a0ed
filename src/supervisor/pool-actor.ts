/**
 * Runs one pool: takes the events it is subscribed to into its queue and hands them to its listeners.
 *
 * The queue and the listener machines decide; this actor moves bytes and arms timers. Whatever a listener does,
 * it can only harm its own pool: nothing here waits for it, and its events stay accounted for in the queue.
 */
import type { BusEvent, EventBus, Unsubscribe } from '../bus/event-bus.ts';
import { concreteNames } from '../catalogue/events.ts';
import type { AnyEventName, EventName } from '../catalogue/generated.ts';
import type { PoolConfig } from '../config/types.ts';
import { type Envelope, PoolQueue } from '../dispatch/pool-queue.ts';
import type { ResultPolicy } from '../dispatch/result-policy.ts';
import { isPoison, planRedelivery, type RetryPolicy } from '../dispatch/retry-policy.ts';
import type { ListenerView, PoolCounters, PoolView, Watcher } from './facade.ts';
import { ListenerActor, type ListenerEvents } from './listener-actor.ts';
import { OverflowReport } from './overflow-report.ts';
import type { Cancel, Clock, MainLog } from './ports.ts';
import type { ProcessActor } from './process-actor.ts';
import type { ListenerLink } from './run.ts';

export interface PoolActorDeps {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly log: MainLog;
  /** The `server:` token. */
  readonly identifier: () => string;
  readonly compat: 'off' | 'supervisor';
  /** What an answer means. Default: OK, and nothing else, that the event is handled. */
  readonly interpret?: ResultPolicy;
  readonly watcher?: Watcher;
}

/**
 * How much text may wait in one pool, in UTF-16 units: some hundred thousand ordinary events, but only a few of
 * the largest that can be sent. A listener that hangs must not take the daemon's memory.
 */
export const MAX_QUEUED_TEXT = 64 * 1024 * 1024;

export class PoolActor implements PoolView, ListenerEvents {
  readonly name: string;
  readonly config: PoolConfig;
  readonly deps: PoolActorDeps;
  readonly #queue: PoolQueue<BusEvent>;
  readonly #retry: RetryPolicy;
  readonly #names: ReadonlySet<EventName>;
  readonly #report: OverflowReport;
  readonly #accepts: (event: BusEvent) => boolean;
  #listeners: readonly ListenerActor[] = [];
  #links = new Map<string, ListenerActor>();
  #unsubscribe: Unsubscribe | undefined;
  #releaseTimer: Cancel | undefined;
  #protocolErrors = 0;
  #drained: (() => void) | undefined;

  constructor(name: string, config: PoolConfig, deps: PoolActorDeps) {
    this.name = name;
    this.config = config;
    this.deps = deps;
    this.#queue = new PoolQueue(config.bufferSize, { limit: MAX_QUEUED_TEXT, of: ({ text }) => text.length });
    // Supervisor knows no pause and no limit.
    this.#retry =
      deps.compat === 'supervisor'
        ? { delay: 0, delayMax: 0, maxDeliver: 0 }
        : {
            delay: config.retryDelay * 1000,
            delayMax: config.retryDelayMax * 1000,
            maxDeliver: config.maxDeliver,
          };
    this.#names = new Set(config.events.flatMap((event) => concreteNames(event as AnyEventName)));
    this.#report = new OverflowReport(name, deps, () => this.#listeners);
    this.#accepts = programFilter(config.programs);
  }

  get events(): readonly string[] {
    return this.config.events;
  }

  get bufferSize(): number {
    return this.config.bufferSize;
  }

  /** Whether events of this name come into the queue. */
  takes(name: EventName): boolean {
    return this.#names.has(name);
  }

  /** The pool's end of one of its processes; asked for before the process exists. */
  link(process: string): ListenerLink {
    const listener = new ListenerActor(process, this);
    this.#links.set(process, listener);
    return listener;
  }

  /** Subscribes, and knows its processes from now on, in the order in which they are offered events. */
  open(actors: readonly ProcessActor[]): void {
    this.#listeners = actors.flatMap((actor) => {
      const listener = this.#links.get(actor.name);
      if (listener === undefined) return [];
      listener.bind(actor);
      return [listener];
    });
    this.#unsubscribe = this.deps.bus.subscribe([...this.#names], (event) => this.#accept(event));
  }

  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#releaseTimer?.();
    this.#releaseTimer = undefined;
    for (const listener of this.#listeners) listener.close();
    const lost = this.#queue.drop();
    if (lost.length > 0) this.#report.dropped(lost, 'shutdown');
    this.#report.close();
  }

  counters(): PoolCounters {
    return { ...this.#queue.accounting(), protocolErrors: this.#protocolErrors };
  }

  listeners(): readonly ListenerView[] {
    return this.#listeners.map((listener) => listener.view());
  }

  /** Settles when everything is answered, nobody is left to answer it, or the time is up. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        this.#drained = undefined;
        resolve();
      };
      const cancel = this.deps.clock.after(this.config.drainTimeout * 1000, finish);
      this.#drained = () => {
        const left = this.#queue.queued + this.#queue.inFlight;
        if (left === 0 || !this.#listeners.some((listener) => listener.mayAnswer)) finish();
      };
      // A rejected event gets its last chance now rather than after its pause.
      this.#release(Number.POSITIVE_INFINITY);
      this.dispatch();
    });
  }

  settled(envelope: Envelope<BusEvent>, accepted: boolean, listener: ListenerActor): void {
    if (accepted) {
      this.#queue.acknowledge();
      if (this.deps.log.enabled('debug'))
        this.deps.log.write('debug', `${listener.process}: event was processed`);
      return;
    }
    this.deps.log.write('warn', `${listener.process}: event was rejected`);
    envelope.failures++;
    const plan = planRedelivery(this.#retry, envelope.failures);
    if (plan === 'dead-letter') {
      this.#queue.bury('rejected');
      this.#report.dropped([envelope], 'max_deliver');
    } else if (plan === 0) {
      this.#queue.reject(envelope, undefined);
    } else {
      this.#queue.reject(envelope, this.deps.clock.monotonic() + plan);
      this.#release(this.deps.clock.monotonic());
    }
  }

  /**
   * Events that were not answered. Unless the listener was asked to go, the one in front is what it failed on; the
   * others were only waiting behind it.
   */
  returned(envelopes: readonly Envelope<BusEvent>[], failed: boolean): void {
    const [front, ...behind] = envelopes;
    if (front === undefined) return;
    if (failed) front.failures++;
    if (!isPoison(this.#retry, front.failures)) {
      this.#queue.giveBack(envelopes);
      return;
    }
    this.#queue.giveBack(behind);
    this.#queue.bury('unanswered');
    this.#report.dropped([front], 'max_deliver');
  }

  protocolError(): void {
    this.#protocolErrors++;
  }

  /** Hands out what can be handed out; the first listener that is free gets the first event. */
  dispatch(): void {
    for (const listener of this.#listeners) {
      if (this.#queue.deliverable === 0) break;
      const capacity = listener.capacity;
      if (capacity > 0) listener.deliver(this.#queue.take(capacity));
    }
    this.#drained?.();
    this.deps.watcher?.poolChanged(this);
  }

  #accept(event: BusEvent): void {
    if (!this.#accepts(event)) return;
    // News of a loss must not cause the next one. A pool's own losses are for the other pools.
    const notice = event.name === 'HERALD_POOL_DROPPED';
    if (notice && event.payload.pool === this.name) return;
    const dropped = notice ? this.#queue.acceptIfRoom(event) : this.#queue.accept(event);
    if (dropped.length > 0) this.#report.dropped(dropped, 'overflow');
    this.dispatch();
  }

  /** Puts back what has waited long enough, and sets the alarm for the next. */
  #release(now: number): void {
    this.#releaseTimer?.();
    this.#releaseTimer = undefined;
    const next = this.#queue.release(now);
    if (next === undefined) return;
    this.#releaseTimer = this.deps.clock.after(Math.max(0, next - this.deps.clock.monotonic()), () => {
      this.#release(this.deps.clock.monotonic());
      this.dispatch();
    });
  }
}

/** `programs=` globs of `group:name`; events that are not about a process always pass. */
function programFilter(globs: readonly string[]): (event: BusEvent) => boolean {
  if (globs.length === 0) return () => true;
  const patterns = globs.map(globToRegExp);
  return (event) => {
    const { payload } = event;
    if (!('processname' in payload)) return true;
    const name = `${payload.groupname}:${payload.processname}`;
    return patterns.some((pattern) => pattern.test(name));
  };
}

/** A glob without a colon means the program of that name in the group of that name. */
function globToRegExp(glob: string): RegExp {
  const whole = glob.includes(':') ? glob : `${glob}:${glob}`;
  const source = whole
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^:]*')
    .replaceAll('?', '[^:]');
  return new RegExp(`^${source}$`);
}
