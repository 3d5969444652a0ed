/**
 * `herald/testing`: listeners under test, without a daemon. `deliver` runs the handlers of a listener in this
 * process; `runListener` speaks the daemon's side of the protocol to a listener that runs as a program.
 */
import { isEventName } from '../catalogue/events.ts';
import type { Listener, ListenerEvent, Outcome, UnknownEvent } from './listener.ts';

export type { EventName, EventPayloads } from '../catalogue/events.ts';
export type { ExtraTokens } from '../wire/extended.ts';
export {
  type ListenerExit,
  ListenerTestError,
  type RunningListener,
  type RunOptions,
  runListener,
  type Sendable,
} from './testing-child.ts';
export { type EventDetails, makeEvent } from './testing-events.ts';

/**
 * Runs what the listener does with this event and tells what it would answer, and with it the error of the handler
 * that threw. Nothing goes to stderr.
 */
export function deliver(listener: Listener, event: ListenerEvent | UnknownEvent): Promise<Outcome> {
  return listener.handle(
    isEventName(event.name)
      ? { known: true, event: event as ListenerEvent }
      : { known: false, event: event as UnknownEvent },
  );
}
