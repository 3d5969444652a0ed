/** Events made by hand, as a listener would get them. */
import type { EventName, EventPayloads } from '../catalogue/generated.ts';
import { EVENT_WIRE, TOKEN_KINDS } from '../catalogue/generated.ts';
import { type ExtraTokens, extendPayload } from '../wire/extended.ts';
import { encodePayload } from '../wire/payload.ts';
import type { ListenerEvent } from './listener-event.ts';
import { decodeEvent } from './listener-event.ts';

/** What may be told about an event besides its payload. */
export interface EventDetails {
  /** Unless told, the next number, from 1. */
  readonly serial?: number;
  /** Unless told, the same as the serial. */
  readonly poolserial?: number;
  /** Default `test`. */
  readonly pool?: string;
  /** The daemon's identifier. Default `herald`. */
  readonly server?: string;
  /** What a pool with `extended=true` gets in the payload: `{ exitstatus: 1 }`, `{ signal: 'SIGKILL' }`, … */
  readonly extra?: ExtraTokens;
  /** As a pool with `extended=true` is told. */
  readonly at?: Date;
  readonly redelivered?: boolean;
}

/** Values for what a test does not care about. */
const USUAL: Readonly<Record<string, string | number>> = {
  processname: 'program',
  groupname: 'program',
  pid: 4711,
  channel: 'stdout',
  from_state: 'RUNNING',
  tries: 1,
  expected: 0,
  type: 'test',
  when: 1_700_000_040,
  listener_state: 'READY',
  action: 'restart',
  pool: 'test',
  count: 1,
  first: 1,
  last: 1,
  cause: 'overflow',
  data: '',
};

let lastSerial = 0;

/**
 * An event of this name. What the payload leaves out gets a usual value: process and group are `program`, pid
 * 4711, from_state RUNNING. Throws TypeError for a name that is not in the catalogue, and for a payload that the
 * wire could not carry.
 */
export function makeEvent<N extends EventName>(
  name: N,
  payload: Partial<EventPayloads[N]> = {},
  details: EventDetails = {},
): ListenerEvent<N> {
  const wire = EVENT_WIRE[name];
  if (wire === undefined) throw new TypeError(`there is no event ${String(name)}`);
  const given: Readonly<Record<string, unknown>> = payload;
  const keys = wire.body === undefined ? wire.tokens : [...wire.tokens, wire.body];
  const full = Object.fromEntries(keys.map((key) => [key, given[key] ?? USUAL[key]]));
  checkValues(name, full, wire.body);
  // Built from the catalogue's own list of keys.
  const bare = encodePayload(name, full as unknown as EventPayloads[N]);
  const text = details.extra === undefined ? bare : extendPayload(bare, details.extra);
  const { event } = decodeEvent({ header: headerOf(name, text, details), payloadText: text });
  return event as ListenerEvent<N>;
}

/** A blank or a line feed within a token would be read back as something else. */
function checkValues(
  name: string,
  payload: Readonly<Record<string, unknown>>,
  body: string | undefined,
): void {
  for (const [key, value] of Object.entries(payload)) {
    if (key === body) continue;
    const { values } = TOKEN_KINDS[key] ?? {};
    if (values?.some((allowed) => allowed === value) === false) {
      throw new TypeError(`${name}: ${key} is one of ${values.join(', ')}, not ${String(value)}`);
    }
    if (/[\n ]/.test(String(value)))
      throw new TypeError(`${name}: ${key} must not hold blanks or line feeds`);
  }
}

function headerOf(eventname: string, text: string, details: EventDetails): ListenerEvent['header'] {
  const serial = details.serial ?? lastSerial + 1;
  lastSerial = Math.max(lastSerial, serial);
  const { poolserial = serial, pool = 'test', server = 'herald' } = details;
  const len = [...text].length;
  const tokens = new Map(
    Object.entries({ ver: '3.0', server, serial, pool, poolserial, eventname, len }).map(([key, value]) => [
      key,
      String(value),
    ]),
  );
  if (details.at !== undefined) tokens.set('at', String(details.at.getTime()));
  if (details.redelivered !== undefined) tokens.set('redelivered', details.redelivered ? '1' : '0');
  return { ver: '3.0', server, serial, pool, poolserial, eventname, len, bytes: undefined, tokens };
}
