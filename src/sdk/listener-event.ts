/** What handlers get: one event, decoded, with everything its header and its extra tokens tell. */
import { type ConcreteOf, isEventName } from '../catalogue/events.ts';
import type { AnyEventName, EventName, EventPayloads } from '../catalogue/generated.ts';
import { EVENT_WIRE } from '../catalogue/generated.ts';
import type { EnvelopeHeader, ReceivedEnvelope } from '../wire/event-frames.ts';
import { decodeToken } from '../wire/extended.ts';
import { decodePayload, parsePayload } from '../wire/payload.ts';

export type { EnvelopeHeader } from '../wire/event-frames.ts';

/**
 * What only Herald tells, and only to pools with `extended=true`. Undefined: not told, as with Supervisor, or it
 * does not belong to this event.
 */
export interface ExtraFacts {
  /** Exit status of the process, 0 to 255. */
  readonly exitstatus: number | undefined;
  /** The signal that ended the process, as `SIGKILL`. */
  readonly signal: string | undefined;
  /** Whether that signal left a core dump. */
  readonly core: boolean | undefined;
  /** Why the process could not be started, or was given up. */
  readonly reason: string | undefined;
  /** All tokens that the event's type does not have by itself, decoded; newer ones included. */
  readonly tokens: ReadonlyMap<string, string>;
}

/** What is the same for every event. */
export interface EventFacts {
  /** `serial` is one number per event for all pools, `poolserial` counts within this pool. */
  readonly header: EnvelopeHeader;
  /** The payload as it came. */
  readonly text: string;
  readonly extra: ExtraFacts;
  /** When it happened. Undefined unless the pool has `extended=true`. */
  readonly at: Date | undefined;
  /** Whether it was sent before, to this listener or to another of the pool. Undefined as above. */
  readonly redelivered: boolean | undefined;
}

/** One event or, for the name of a family, the union of all in it: narrow it by `name`. */
export type ListenerEvent<N extends AnyEventName = AnyEventName> = {
  [C in ConcreteOf<N>]: EventFacts & { readonly name: C; readonly payload: EventPayloads[C] };
}[ConcreteOf<N>];

/** An event that is not in the catalogue: from a plugin, or from a newer daemon. */
export interface UnknownEvent extends EventFacts {
  readonly name: string;
  /** The tokens of the payload's first line as text. Empty when that line is not made of tokens. */
  readonly tokens: ReadonlyMap<string, string>;
  /** What follows the first line feed, undefined without one. */
  readonly body: string | undefined;
}

export type AnyEvent =
  | { readonly known: true; readonly event: ListenerEvent }
  | { readonly known: false; readonly event: UnknownEvent };

/** Throws RemoteProtocolError when the payload of a known event is not what the catalogue says. */
export function decodeEvent({ header, payloadText }: ReceivedEnvelope): AnyEvent {
  const { eventname } = header;
  if (isEventName(eventname)) return { known: true, event: decodeKnown(eventname, header, payloadText) };
  const { tokens, body } = parseLeniently(payloadText);
  const facts = factsOf(header, payloadText, tokens);
  return { known: false, event: { ...facts, name: eventname, tokens, body } };
}

function decodeKnown(name: EventName, header: EnvelopeHeader, text: string): ListenerEvent {
  const own: readonly string[] = EVENT_WIRE[name].tokens;
  const added = [...parseLeniently(text).tokens].filter(([key]) => !own.includes(key));
  // The name decides the payload's type, which TypeScript cannot follow through the union of all names.
  return {
    ...factsOf(header, text, new Map(added)),
    name,
    payload: decodePayload(name, text),
  } as unknown as ListenerEvent;
}

function factsOf(header: EnvelopeHeader, text: string, added: ReadonlyMap<string, string>): EventFacts {
  const tokens = new Map([...added].map(([key, value]) => [key, decodeToken(value)]));
  const at = integer(header.tokens.get('at'));
  return {
    header,
    text,
    extra: {
      exitstatus: integer(tokens.get('exitstatus')),
      signal: tokens.get('signal'),
      core: flag(tokens.get('core')),
      reason: tokens.get('reason'),
      tokens,
    },
    at: at === undefined ? undefined : new Date(at),
    redelivered: flag(header.tokens.get('redelivered')),
  };
}

/** A plugin may send any text: then there are no tokens, and that is all there is to say. */
function parseLeniently(text: string): ReturnType<typeof parsePayload> {
  try {
    return parsePayload(text);
  } catch {
    // Only `bad-header` can be thrown; for a known event decodePayload throws the same with its reason.
    const end = text.indexOf('\n');
    return { tokens: new Map(), body: end === -1 ? undefined : text.slice(end + 1) };
  }
}

function integer(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,16}$/.test(value) ? Number(value) : undefined;
}

function flag(value: string | undefined): boolean | undefined {
  return value === '1' ? true : value === '0' ? false : undefined;
}
