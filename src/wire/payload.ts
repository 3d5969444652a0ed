import { EVENT_WIRE, type EventName, type EventPayloads, TOKEN_KINDS } from '../catalogue/generated.ts';
import { LocalProtocolError, RemoteProtocolError } from './errors.ts';
import { parseInteger, parseTokens, requireToken } from './tokens.ts';

/**
 * The payload as it goes over the wire. Values are written as they are, as Supervisor does: what must not hold
 * a blank or a line feed is checked where it comes in.
 * Throws LocalProtocolError for a name that is not in the catalogue.
 */
export function encodePayload<N extends EventName>(name: N, payload: EventPayloads[N]): string {
  const wire = EVENT_WIRE[name];
  if (wire === undefined) throw new LocalProtocolError('unknown-event', `there is no event ${String(name)}`);
  // The catalogue's tokens are keys of the payload: the generator has checked that.
  const values = payload as { readonly [key: string]: string | number };
  let text = '';
  for (const token of wire.tokens) {
    if (text !== '') text += ' ';
    text += `${token}:${values[token]}`;
  }
  if (wire.body !== undefined) return `${text}\n${values[wire.body]}`;
  return wire.newline ? `${text}\n` : text;
}

/**
 * Reads a payload's text back. Tokens that the catalogue does not know are ignored: {@link parsePayload} has
 * them. Throws RemoteProtocolError `missing-token`, `bad-token`, `missing-body` or `bad-header`.
 */
export function decodePayload<N extends EventName>(name: N, text: string): EventPayloads[N] {
  const wire = EVENT_WIRE[name];
  const { tokens, body } = parsePayload(text);
  const payload: { [key: string]: string | number } = {};
  for (const token of wire.tokens) payload[token] = decodeValue(token, requireToken(tokens, token, text));
  if (wire.body !== undefined) {
    if (body === undefined) throw new RemoteProtocolError('missing-body', 'a line feed and data', text);
    payload[wire.body] = body;
  }
  return payload as EventPayloads[N];
}

/** A payload of any event, known or not: all tokens of its first line as text, and what follows that line. */
export interface ParsedPayload {
  readonly tokens: ReadonlyMap<string, string>;
  /** Undefined when there is no line feed. */
  readonly body: string | undefined;
}

/** Throws RemoteProtocolError `bad-header` when the first line does not begin with a token. */
export function parsePayload(text: string): ParsedPayload {
  const end = text.indexOf('\n');
  const line = end === -1 ? text : text.slice(0, end);
  // Of two tokens with one name the first counts: Supervisor's own come before those that were added.
  return { tokens: parseTokens(line, 'keep-first'), body: end === -1 ? undefined : text.slice(end + 1) };
}

function decodeValue(token: string, value: string): string | number {
  const definition = TOKEN_KINDS[token];
  const decoded = definition?.kind === 'integer' ? parseInteger(token, value) : value;
  if (definition?.values?.includes(decoded) === false) {
    throw new RemoteProtocolError('bad-token', `${token}:${definition.values.join('|')}`, value);
  }
  return decoded;
}
