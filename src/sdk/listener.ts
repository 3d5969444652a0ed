/**
 * `herald/listener`: event listeners for Herald and for Supervisor.
 *
 *   import { createListener } from 'herald/listener';
 *
 *   const listener = createListener();
 *   listener.on('PROCESS_STATE_FATAL', async ({ payload }) => {
 *     await tellSomebody(`${payload.groupname}:${payload.processname} was given up`);
 *   });
 *   await listener.run();
 */
import type { AnyEventName } from '../catalogue/generated.ts';
import { RemoteProtocolError } from '../wire/errors.ts';
import type { LengthUnit } from '../wire/listener-frames.ts';
import { converse, type Result } from './listener-conversation.ts';
import type { AnyEvent, ListenerEvent, UnknownEvent } from './listener-event.ts';
import { Discard, type Handler, HandlerTable, type RemoteEvent } from './listener-handlers.ts';
import { complain, endWith, type ListenerStdio, onStopSignals, takeStdio, whyNotAListener } from './stdio.ts';

export type { AnyEventName, EventName, EventPayloads } from '../catalogue/events.ts';
export { RemoteProtocolError } from '../wire/errors.ts';
export type { LengthUnit } from '../wire/listener-frames.ts';
export type { Result } from './listener-conversation.ts';
export type {
  AnyEvent,
  EnvelopeHeader,
  EventFacts,
  ExtraFacts,
  ListenerEvent,
  UnknownEvent,
} from './listener-event.ts';
export { Discard, type Handler, type HandlerContext, type RemoteEvent } from './listener-handlers.ts';

export interface ListenerOptions {
  /** When an event is answered: `after` its handlers (default), so that failures are retried, or `early`. */
  readonly ack?: 'after' | 'early';
  /** What `len:` counts. Only for a pool with `length_unit=bytes` under a daemon that never says `bytes:`. */
  readonly lengthUnit?: LengthUnit;
  /** Stops the listener as `stop` does. */
  readonly signal?: AbortSignal;
  /** Milliseconds that may pass between the end of `run` and the end of the process. Default 5,000. */
  readonly lingerMs?: number;
  /** Instead of one line on stderr. A Discard comes here too. */
  readonly onError?: (error: unknown, event: ListenerEvent | UnknownEvent) => void;
}

/** What handling one event came to. */
export interface Outcome {
  readonly result: Result;
  /** What a handler threw; undefined when all went well. */
  readonly error: unknown;
}

export interface Listener {
  /**
   * Handles an event, or all events of a family: `on('PROCESS_STATE', …)`. Events are handled one at a time.
   * Throws TypeError for a name that is not in the catalogue.
   */
  on<N extends AnyEventName>(name: N, handler: Handler<ListenerEvent<N>>): Listener;
  /**
   * Handles REMOTE_COMMUNICATION of one type. What `parse` makes of the data is the event's `data`; when it
   * throws, the event fails like any other.
   */
  onRemote(type: string, handler: Handler<RemoteEvent>): Listener;
  onRemote<T>(type: string, parse: (data: string) => T, handler: Handler<RemoteEvent<Awaited<T>>>): Listener;
  /** Handles events that are not in the catalogue. Without it they are answered OK. */
  onUnknown(handler: Handler<UnknownEvent>): Listener;
  /** Runs the handlers of one event, as `run` does for each. Never rejects. */
  handle(event: AnyEvent): Promise<Outcome>;
  /**
   * Takes over stdin and stdout and answers events until stdin ends, `stop` is called or a SIGTERM comes. Never
   * rejects: what went wrong is one line on stderr. Resolves with the process's exit status, which is set
   * already: 0, 1 when the input was not the listener protocol, 2 when no supervisor started this.
   */
  run(): Promise<number>;
  /** Ends `run` behind the event that is being handled. */
  stop(): void;
}

/** Makes a listener without handlers: every event is answered OK. Nothing is read or written before `run`. */
export function createListener(options: ListenerOptions = {}): Listener {
  const table = new HandlerTable();
  const stopping = new AbortController();
  const handle = (event: AnyEvent): Promise<Outcome> => outcomeOf(table, event, stopping.signal);
  options.signal?.addEventListener('abort', () => stopping.abort(), { once: true });
  if (options.signal?.aborted) stopping.abort();
  let started = false;

  const listener: Listener = {
    on(name, handler) {
      table.add(name, handler);
      return listener;
    },
    onRemote<T>(type: string, ...rest: RemoteArguments<T>) {
      if (rest.length === 1) table.addRemote(type, (data) => data, rest[0]);
      else table.addRemote(type, rest[0], rest[1]);
      return listener;
    },
    onUnknown(handler) {
      table.addUnknown(handler);
      return listener;
    },
    handle,
    async run() {
      if (started) throw new TypeError('this listener runs already: run() is called once');
      started = true;
      const status = await talk(options, handle, stopping);
      endWith(status, options.lingerMs ?? 5000);
      return status;
    },
    stop: () => stopping.abort(),
  };
  return listener;
}

type RemoteArguments<T> =
  | [handler: Handler<RemoteEvent>]
  | [parse: (data: string) => T, handler: Handler<RemoteEvent<Awaited<T>>>];

async function outcomeOf(table: HandlerTable, event: AnyEvent, signal: AbortSignal): Promise<Outcome> {
  try {
    await table.run(event, { signal });
    return { result: 'OK', error: undefined };
  } catch (error) {
    return { result: error instanceof Discard ? 'OK' : 'FAIL', error: error ?? new Error('unknown') };
  }
}

async function talk(
  options: ListenerOptions,
  handle: Listener['handle'],
  stopping: AbortController,
): Promise<number> {
  const obstacle = whyNotAListener();
  if (obstacle !== undefined) {
    complain(`not an event listener: ${obstacle}`);
    return 2;
  }
  const stdio = takeStdio();
  const forget = onStopSignals(() => stopping.abort());
  stopping.signal.addEventListener('abort', stdio.endInput, { once: true });
  try {
    return await converseOver(stdio, options, handle, stopping.signal);
  } finally {
    forget();
    stdio.release();
  }
}

async function converseOver(
  { input, write }: ListenerStdio,
  options: ListenerOptions,
  handle: Listener['handle'],
  signal: AbortSignal,
): Promise<number> {
  const { ack = 'after', lengthUnit = 'characters', onError = report } = options;
  try {
    await converse({
      input,
      write,
      ack,
      lengthUnit,
      signal,
      handle: async (event) => {
        const { result, error } = await handle(event);
        if (error !== undefined) onError(error, event.event);
        return result;
      },
    });
    return 0;
  } catch (error) {
    // Ending the input on purpose makes the stream complain, too.
    if (signal.aborted) return 0;
    complain(`the daemon does not speak the listener protocol: ${describe(error)}`);
    return 1;
  }
}

function report(error: unknown, { name, header }: ListenerEvent | UnknownEvent): void {
  const verdict = error instanceof Discard ? 'was discarded' : 'failed';
  complain(`${name} serial ${header.serial} ${verdict}: ${describe(error)}`);
}

/** The message and, behind it, what caused it, unless the message ends with that itself. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const named = error.name === 'Error' || error instanceof RemoteProtocolError || error instanceof Discard;
  const text = named ? error.message : `${error.name}: ${error.message}`;
  const cause = error.cause === undefined ? '' : describe(error.cause);
  return text.endsWith(cause) ? text : `${text} (${cause})`;
}
