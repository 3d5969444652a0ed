/**
 * The daemon's end of one listener process: turns its bytes into inputs of the listener machine, writes the
 * events the machine says, and treats a breach of the protocol.
 */
import type { BusEvent } from '../bus/event-bus.ts';
import {
  capacity,
  type Effect,
  EXPECTS,
  type Input,
  initial,
  type Listener,
  type ListenerState,
  step,
} from '../dispatch/machine.ts';
import type { Envelope } from '../dispatch/pool-queue.ts';
import { acceptOk, RejectedResult } from '../dispatch/result-policy.ts';
import { concatenate } from '../wire/concatenate.ts';
import { RemoteProtocolError } from '../wire/errors.ts';
import { extendPayload } from '../wire/extended.ts';
import {
  createResultReader,
  encodeEnvelope,
  expectNothing,
  NEED_DATA,
  type Reader,
  readReady,
} from '../wire/listener-frames.ts';
import { ReceiveBuffer } from '../wire/receive-buffer.ts';
import { AnswerWatch } from './answer-watch.ts';
import type { ListenerView } from './facade.ts';
import { ListenerBreaches } from './listener-breaches.ts';
import type { PoolActor } from './pool-actor.ts';
import type { Cancel, Child } from './ports.ts';
import type { ProcessActor } from './process-actor.ts';
import type { ListenerLink } from './run.ts';

type Delivery = Envelope<BusEvent>;

/** What a listener's end tells its pool. */
export interface ListenerEvents {
  settled(envelope: Delivery, accepted: boolean, listener: ListenerActor): void;
  returned(envelopes: readonly Delivery[], failed: boolean): void;
  protocolError(): void;
  dispatch(): void;
}

/** A listener that does not answer is mentioned in the log after this long, even without `ack_timeout`. */
const SLOW_ANSWER_MS = 30_000;
/** An exit closes the pipes a moment before it is seen as an exit. */
const CLOSED_PIPE_GRACE_MS = 1000;

export class ListenerActor implements ListenerLink {
  readonly process: string;
  readonly #pool: PoolActor;
  #actor: ProcessActor | undefined;
  #child: Child | undefined;
  #machine: Listener<Delivery> = initial();
  #buffer = new ReceiveBuffer();
  #readResult: Reader<Uint8Array>;
  /** Whether this run has been handed an event. */
  #served = false;
  readonly #answers: AnswerWatch;
  readonly #breaches: ListenerBreaches;
  #graceTimer: Cancel | undefined;

  constructor(process: string, pool: PoolActor) {
    this.process = process;
    this.#pool = pool;
    this.#readResult = this.#resultReader();
    const { ackTimeout } = pool.config;
    const limitMs = ackTimeout > 0 ? ackTimeout * 1000 : SLOW_ANSWER_MS;
    this.#answers = new AnswerWatch(pool.deps.clock, limitMs, (waitedMs) => this.#late(waitedMs));
    this.#breaches = new ListenerBreaches(process, pool, () => this.#actor?.bounce());
  }

  bind(actor: ProcessActor): void {
    this.#actor = actor;
  }

  view(): ListenerView {
    return { process: this.process, state: this.#machine.name, inFlight: this.#inFlight.length };
  }

  /** Whether it is alive and may still answer what it has, or take something. */
  get mayAnswer(): boolean {
    return this.#child !== undefined && this.#machine.name !== 'UNKNOWN';
  }

  get proven(): boolean {
    return this.#served;
  }

  /** How many events it would take now. */
  get capacity(): number {
    const state = this.#actor?.state;
    const { compat } = this.#pool.deps;
    if (state !== 'RUNNING' && (state !== 'STARTING' || compat === 'supervisor')) return 0;
    // A pipe that is full has enough to be read; its next answer brings us here again.
    if ((this.#child?.unwritten ?? 0) > 0) return 0;
    return capacity(this.#machine, compat === 'supervisor' ? 1 : this.#pool.config.prefetch);
  }

  deliver(envelopes: readonly Delivery[]): void {
    if (envelopes.length === 0) return;
    this.#served = true;
    if (this.#inFlight.length === 0) this.#answers.begin();
    this.#step({ type: 'deliver', envelopes });
  }

  close(): void {
    this.#answers.end();
    this.#breaches.close();
    this.#graceTimer?.();
    this.#graceTimer = undefined;
  }

  spawned(child: Child): void {
    this.#child = child;
    this.#served = false;
    this.#machine = initial();
    this.#buffer = new ReceiveBuffer();
    this.#readResult = this.#resultReader();
  }

  exited(): void {
    this.close();
    this.#child = undefined;
    this.#step({ type: 'exited' });
    this.#pool.dispatch();
  }

  stateChanged(): void {
    this.#pool.dispatch();
  }

  stdoutClosed(): void {
    if (this.#machine.name === 'UNKNOWN') return;
    this.#closed(() => this.#violated('closed its stdout, so it can no longer answer', ''));
  }

  output(bytes: Uint8Array): void {
    if (EXPECTS[this.#machine.name] === 'ANYTHING') return;
    this.#buffer.append(bytes);
    try {
      while (this.#readFrame());
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error;
      this.#violated(`sent ${error.sample} where ${error.expected} was expected`, error.sample);
    }
    this.#pool.dispatch();
  }

  get #inFlight(): readonly Delivery[] {
    return 'inFlight' in this.#machine ? this.#machine.inFlight : [];
  }

  /** Reads one frame with the reader that fits the state; false when more bytes are needed. */
  #readFrame(): boolean {
    switch (EXPECTS[this.#machine.name]) {
      case 'READY': {
        if (readReady(this.#buffer) === NEED_DATA) return false;
        this.#step({ type: 'ready' });
        return true;
      }
      case 'RESULT': {
        const result = this.#readResult(this.#buffer);
        if (result === NEED_DATA) return false;
        this.#readResult = this.#resultReader();
        this.#answered(result);
        return true;
      }
      case 'NOTHING':
        expectNothing(this.#buffer);
        return false;
      case 'ANYTHING':
        return false;
    }
  }

  #resultReader(): Reader<Uint8Array> {
    return createResultReader({ grammar: this.#pool.deps.compat === 'supervisor' ? 'supervisor' : 'strict' });
  }

  #answered(result: Uint8Array): void {
    this.#breaches.forgive();
    this.#step({ type: 'result', accepted: this.#accepts(result) });
    if (this.#inFlight.length > 0) this.#answers.begin();
    else this.#answers.pause();
  }

  /** Whether the answer means that the event in front is handled. Whatever fails in a handler is a rejection. */
  #accepts(result: Uint8Array): boolean {
    const [front] = this.#inFlight;
    if (front === undefined) return false;
    const { interpret = acceptOk, log } = this.#pool.deps;
    try {
      interpret(front.event, result);
      return true;
    } catch (error) {
      if (!(error instanceof RejectedResult)) {
        const reason = error instanceof Error ? error.message : String(error);
        log.write('warn', `${this.process}: event caused an error in the result handler: ${reason}`);
      }
      return false;
    }
  }

  #step(input: Input<Delivery>): void {
    const [next, effects] = step(this.#machine, input);
    const before = this.#machine.name;
    this.#machine = next;
    if (before !== next.name && next.name !== 'BUSY' && this.#pool.deps.log.enabled('debug')) {
      this.#pool.deps.log.write('debug', `${this.process}: ${before} -> ${next.name}`);
    }
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect<Delivery>): void {
    switch (effect.type) {
      case 'send':
        this.#send(effect.envelopes);
        return;
      case 'settled':
        this.#pool.settled(effect.envelope, effect.accepted, this);
        return;
      case 'returned':
        this.#pool.returned(effect.envelopes, this.#actor?.state !== 'STOPPING');
        return;
    }
  }

  #send(envelopes: readonly Delivery[]): void {
    const frames = envelopes.map((envelope) => this.#encode(envelope));
    const [only] = frames;
    const bytes = frames.length === 1 && only !== undefined ? only : concatenate(frames);
    // 'full' needs many large events sent ahead to one who does not read; they are as unsent as with 'closed'.
    if (this.#child?.write(bytes) === 'accepted') return;
    const { name } = this.#machine;
    this.#answers.end();
    // The events go back at once and none is offered any more; whether somebody is to blame shows in a moment.
    this.#step({ type: 'violation' });
    this.#closed(() => this.#accuse(name, 'closed its stdin, so no event reaches it', ''));
  }

  /** A closed pipe shows a moment before the exit that explains it: only a survivor has broken the protocol. */
  #closed(accuse: () => void): void {
    this.#graceTimer?.();
    this.#graceTimer = this.#pool.deps.clock.after(CLOSED_PIPE_GRACE_MS, () => {
      this.#graceTimer = undefined;
      // Who has been asked to go may close its pipes before it does.
      if (this.#actor?.state !== 'STOPPING') accuse();
      this.#pool.dispatch();
    });
  }

  #encode(envelope: Delivery): Uint8Array {
    const { event, poolserial, deliveries } = envelope;
    const { config, deps, name } = this.#pool;
    const { log } = deps;
    if (log.enabled('debug')) log.write('debug', `event ${event.serial} sent to listener ${this.process}`);
    const extended = config.extended && deps.compat !== 'supervisor';
    return encodeEnvelope({
      server: deps.identifier(),
      serial: event.serial,
      pool: name,
      poolserial,
      eventname: event.name,
      payloadText:
        extended && event.extra !== undefined ? extendPayload(event.text, event.extra) : event.text,
      lengthUnit: config.lengthUnit,
      bytesToken: deps.compat !== 'supervisor',
      ...(extended ? { extraTokens: { at: event.at, redelivered: deliveries > 1 ? 1 : 0 } } : {}),
    });
  }

  /** A breach of the protocol, by a run that is still there to be blamed. */
  #violated(what: string, sample: string): void {
    const { name } = this.#machine;
    if (name === 'UNKNOWN' || this.#child === undefined) return;
    this.#answers.end();
    // First of all nothing more is handed to it: those who hear of the breach may publish events.
    this.#step({ type: 'violation' });
    this.#accuse(name, what, sample);
  }

  #accuse(state: ListenerState, what: string, sample: string): void {
    if (this.#child === undefined) return;
    this.#pool.protocolError();
    this.#breaches.accuse(this.#child.pid, state, what, sample);
  }

  #late(waitedMs: number): void {
    const [front] = this.#inFlight;
    if (front === undefined) return;
    const { event } = front;
    const what = `has not answered event ${event.serial} (${event.name}) for ${Math.round(waitedMs / 1000)} s`;
    if (this.#pool.config.ackTimeout > 0) {
      this.#violated(what, '');
      this.#pool.dispatch();
    } else this.#pool.deps.log.write('warn', `${this.process}: ${what}`);
  }
}
