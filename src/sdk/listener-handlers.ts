/** Which handlers an event has, and in which order they run. */
import { isAnyEventName } from '../catalogue/events.ts';
import { type AnyEventName, EVENT_PARENTS } from '../catalogue/generated.ts';
import type { AnyEvent, ListenerEvent, UnknownEvent } from './listener-event.ts';

/** What a handler may know besides its event. */
export interface HandlerContext {
  /** Fires when the listener has been told to stop: finish, or reject and the event is delivered again. */
  readonly signal: AbortSignal;
}

/** Resolves: done. Rejects: the daemon keeps the event and sends it again. */
export type Handler<E> = (event: E, context: HandlerContext) => unknown;

/** A REMOTE_COMMUNICATION whose data has been read by its parser. */
export type RemoteEvent<T = string> = ListenerEvent<'REMOTE_COMMUNICATION'> & { readonly data: T };

/** Throw it in a handler or a parser: sending this event again would not help, so it is answered OK and reported. */
export class Discard extends Error {
  override readonly name = 'Discard';
}

/** The handlers of one listener, by the names they were registered with. */
export class HandlerTable {
  readonly #byName = new Map<AnyEventName, Handler<ListenerEvent>[]>();
  readonly #byRemoteType = new Map<string, Handler<ListenerEvent<'REMOTE_COMMUNICATION'>>[]>();
  readonly #unknown: Handler<UnknownEvent>[] = [];

  /** Throws TypeError for a name that is not in the catalogue. */
  add<N extends AnyEventName>(name: N, handler: Handler<ListenerEvent<N>>): void {
    if (!isAnyEventName(name)) throw new TypeError(`there is no event ${String(name)}`);
    // Dispatch looks handlers up by the event's own name and its parents, so each gets what it was made for.
    pushTo(this.#byName, name, handler as Handler<ListenerEvent>);
  }

  addRemote<T>(
    type: string,
    parse: (data: string) => T | Promise<T>,
    handler: Handler<RemoteEvent<Awaited<T>>>,
  ): void {
    pushTo(this.#byRemoteType, type, async (event, context) => {
      const data = await parse(event.payload.data);
      await handler({ ...event, data }, context);
    });
  }

  addUnknown(handler: Handler<UnknownEvent>): void {
    this.#unknown.push(handler);
  }

  /**
   * Runs what is registered for the event, one after the other: handlers of its remote type, of its name, of
   * the families it belongs to, from the nearest to EVENT. The first that rejects ends the row.
   */
  async run({ known, event }: AnyEvent, context: HandlerContext): Promise<void> {
    if (!known) {
      for (const handler of this.#unknown) await handler(event, context);
      return;
    }
    if (event.name === 'REMOTE_COMMUNICATION') {
      for (const handler of this.#byRemoteType.get(event.payload.type) ?? []) await handler(event, context);
    }
    for (let name: AnyEventName | undefined = event.name; name !== undefined; name = EVENT_PARENTS[name]) {
      for (const handler of this.#byName.get(name) ?? []) await handler(event, context);
    }
  }
}

function pushTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
