/**
 * The event listener protocol from the daemon's side, as a pure machine: one per listener process.
 *
 * Theory of operation. A listener speaks in turns. It says READY, is handed an event, answers RESULT, and says
 * READY again. Supervisor's four states name where in that turn it is:
 *
 *     ACKNOWLEDGED ──ready──▶ READY ──deliver──▶ BUSY ──result──▶ ACKNOWLEDGED
 *            └──────── violation, from anywhere ───────▶ UNKNOWN
 *
 * With `prefetch` above one the daemon writes further events behind the first. The listener cannot tell: it
 * finds its next event already waiting in its stdin. So what is in flight is an ordered list, answered from the
 * front, and a `ready` while something is in flight leads straight to BUSY.
 *
 * The machine never loses an envelope: each that was delivered comes back exactly once, as `settled` with the
 * listener's verdict, or among the `returned` when the listener broke the protocol, was overdue or died. The
 * bytes it gets are read by the reader that `expects` names; the machine itself never sees a byte.
 */

/** What the machine must know of an event in flight: nothing. Only its identity counts. */
export type Listener<E> =
  | { readonly name: 'ACKNOWLEDGED'; readonly inFlight: readonly E[] }
  | { readonly name: 'READY' }
  | { readonly name: 'BUSY'; readonly inFlight: readonly E[] }
  | { readonly name: 'UNKNOWN' };

export type ListenerState = Listener<unknown>['name'];

export type Input<E> =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly accepted: boolean }
  /** Hand over these, in this order; only what {@link capacity} allows. */
  | { readonly type: 'deliver'; readonly envelopes: readonly E[] }
  /** Bytes that the protocol does not allow here, a closed channel, or no answer in time. */
  | { readonly type: 'violation' }
  /** The process has ended. */
  | { readonly type: 'exited' };

export type Effect<E> =
  | { readonly type: 'send'; readonly envelopes: readonly E[] }
  | { readonly type: 'settled'; readonly envelope: E; readonly accepted: boolean }
  /** Not answered: they go back to the head of the queue in this order. */
  | { readonly type: 'returned'; readonly envelopes: readonly E[] };

export type Step<E> = readonly [Listener<E>, readonly Effect<E>[]];

/** Which reader may look at the listener's bytes. */
export type Expectation = 'READY' | 'RESULT' | 'NOTHING' | 'ANYTHING';

export const EXPECTS: { readonly [S in ListenerState]: Expectation } = {
  ACKNOWLEDGED: 'READY',
  READY: 'NOTHING',
  BUSY: 'RESULT',
  UNKNOWN: 'ANYTHING',
};

/** Every listener process begins so, at each spawn. */
export function initial<E>(): Listener<E> {
  return { name: 'ACKNOWLEDGED', inFlight: [] };
}

/** How many more envelopes may be delivered now. */
export function capacity<E>(listener: Listener<E>, prefetch: number): number {
  switch (listener.name) {
    case 'READY':
      return prefetch;
    case 'BUSY':
      return refill(listener.inFlight.length, prefetch);
    case 'ACKNOWLEDGED':
      // Between a RESULT and the next READY the pipeline is topped up, but never started.
      return listener.inFlight.length === 0 ? 0 : refill(listener.inFlight.length, prefetch);
    case 'UNKNOWN':
      return 0;
  }
}

/** A pipeline is topped up when half of it is used up: many events then go down in one write. */
function refill(inFlight: number, prefetch: number): number {
  const room = prefetch - inFlight;
  return room * 2 >= prefetch ? room : 0;
}

/** An input that makes no sense in the state: a mistake of the caller, nothing has changed. */
export class IllegalTransitionError extends Error {
  override readonly name = 'IllegalTransitionError';
  readonly state: ListenerState;
  readonly input: Input<unknown>['type'];

  constructor(state: ListenerState, input: Input<unknown>['type']) {
    super(`a listener that is ${state} takes no '${input}'`);
    this.state = state;
    this.input = input;
  }
}

type StateOf<E, S extends ListenerState> = Extract<Listener<E>, { readonly name: S }>;
type InputOf<E, I extends Input<E>['type']> = Extract<Input<E>, { readonly type: I }>;
type Handler<S extends ListenerState, I extends Input<unknown>['type']> = <E>(
  listener: StateOf<E, S>,
  input: InputOf<E, I>,
) => Step<E>;
type Table = { readonly [S in ListenerState]: { readonly [I in Input<unknown>['type']]?: Handler<S, I> } };

/** Every transition there is. What is missing is refused. */
export const TRANSITIONS: Table = {
  ACKNOWLEDGED: {
    ready: (listener) => [
      listener.inFlight.length === 0 ? { name: 'READY' } : { name: 'BUSY', inFlight: listener.inFlight },
      [],
    ],
    deliver: (listener, { envelopes }) => [
      { name: 'ACKNOWLEDGED', inFlight: listener.inFlight.concat(envelopes) },
      [{ type: 'send', envelopes }],
    ],
    violation: (listener) => giveBack({ name: 'UNKNOWN' }, listener.inFlight),
    exited: (listener) => giveBack(initial(), listener.inFlight),
  },
  READY: {
    deliver: (_listener, { envelopes }) => [
      { name: 'BUSY', inFlight: envelopes },
      [{ type: 'send', envelopes }],
    ],
    violation: () => [{ name: 'UNKNOWN' }, []],
    exited: () => [initial(), []],
  },
  BUSY: {
    result: answer,
    deliver: (listener, { envelopes }) => [
      { name: 'BUSY', inFlight: listener.inFlight.concat(envelopes) },
      [{ type: 'send', envelopes }],
    ],
    violation: (listener) => giveBack({ name: 'UNKNOWN' }, listener.inFlight),
    exited: (listener) => giveBack(initial(), listener.inFlight),
  },
  UNKNOWN: {
    violation: (listener) => [listener, []],
    exited: () => [initial(), []],
  },
};

/** Throws {@link IllegalTransitionError} when the state takes no such input. */
export function step<E>(listener: Listener<E>, input: Input<E>): Step<E> {
  const handler = TRANSITIONS[listener.name][input.type] as
    | ((listener: Listener<E>, input: Input<E>) => Step<E>)
    | undefined;
  if (handler === undefined) throw new IllegalTransitionError(listener.name, input.type);
  return handler(listener, input);
}

function answer<E>(listener: StateOf<E, 'BUSY'>, input: InputOf<E, 'result'>): Step<E> {
  const [envelope] = listener.inFlight;
  // BUSY with nothing in flight cannot be reached: `deliver` brings at least one.
  if (envelope === undefined) throw new IllegalTransitionError('BUSY', 'result');
  return [
    // A slice is one copy of memory; a spread would walk the whole list for every answer.
    { name: 'ACKNOWLEDGED', inFlight: listener.inFlight.slice(1) },
    [{ type: 'settled', envelope, accepted: input.accepted }],
  ];
}

function giveBack<E>(next: Listener<E>, envelopes: readonly E[]): Step<E> {
  return [next, envelopes.length === 0 ? [] : [{ type: 'returned', envelopes }]];
}
