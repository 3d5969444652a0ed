/**
 * The listener's end of the listener protocol: envelopes in, READY and RESULT out. Works with Supervisor and
 * with Herald; what only Herald writes is optional.
 */
import { LocalProtocolError, RemoteProtocolError } from './errors.ts';
import { type LengthUnit, MAX_RESULT_BYTES } from './listener-frames.ts';
import { NEED_DATA, type Reader, type ReceiveBuffer } from './receive-buffer.ts';
import { parseInteger, parseTokens, requireToken } from './tokens.ts';

/** The first line of an event. */
export interface EnvelopeHeader {
  readonly ver: string;
  readonly server: string;
  readonly serial: number;
  readonly pool: string;
  readonly poolserial: number;
  /** May be a name that this version does not know. */
  readonly eventname: string;
  /** In characters, unless the listener is configured with `length_unit=bytes`. */
  readonly len: number;
  /** Size of the payload in bytes, when the daemon says it. */
  readonly bytes: number | undefined;
  /** All tokens as text, in order, the unknown ones included. */
  readonly tokens: ReadonlyMap<string, string>;
}

/** One event as it was received. */
export interface ReceivedEnvelope {
  readonly header: EnvelopeHeader;
  readonly payloadText: string;
}

/** The longest header line, without its line feed. */
export const MAX_HEADER_BYTES = 16 * 1024;
/** The longest payload, in bytes. */
export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

const encoder = new TextEncoder();
// A payload may begin with U+FEFF, which is data here and no byte order mark.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/**
 * Reads one event after the other. `lengthUnit` is what `len:` counts, as the listener's section says; where
 * the header has `bytes:N` that is believed instead. Throws what {@link readHeader} and
 * {@link createPayloadReader} throw; after that the reader must not be used again.
 */
export function createEnvelopeReader(lengthUnit: LengthUnit = 'characters'): Reader<ReceivedEnvelope> {
  let pending: { header: EnvelopeHeader; readPayload: Reader<string> } | undefined;
  return (buffer) => {
    if (pending === undefined) {
      const header = readHeader(buffer);
      if (header === NEED_DATA) return NEED_DATA;
      pending = { header, readPayload: createPayloadReader(header, lengthUnit) };
    }
    const payloadText = pending.readPayload(buffer);
    if (payloadText === NEED_DATA) return NEED_DATA;
    const { header } = pending;
    pending = undefined;
    return { header, payloadText };
  };
}

/**
 * Takes the header line. Throws RemoteProtocolError `header-too-long`, `bad-header`, `missing-token`,
 * `bad-token` or `unsupported-version`.
 */
export function readHeader(buffer: ReceiveBuffer): EnvelopeHeader | typeof NEED_DATA {
  const end = buffer.findLineFeed(MAX_HEADER_BYTES + 1);
  if (end === -1) {
    if (buffer.length <= MAX_HEADER_BYTES) return NEED_DATA;
    throw new RemoteProtocolError(
      'header-too-long',
      `a header of at most ${MAX_HEADER_BYTES} bytes`,
      buffer.peek(),
    );
  }
  const line = decoder.decode(buffer.peek().subarray(0, end));
  const header = parseHeader(line);
  buffer.skip(end + 1);
  return header;
}

function parseHeader(line: string): EnvelopeHeader {
  const tokens = parseTokens(line, 'refuse');
  const text = (key: string): string => requireToken(tokens, key, line);
  const integer = (key: string): number => parseInteger(key, text(key));
  const ver = text('ver');
  if (!/^3\.\d+$/.test(ver)) throw new RemoteProtocolError('unsupported-version', 'ver:3.0', line);
  return {
    ver,
    server: text('server'),
    serial: integer('serial'),
    pool: text('pool'),
    poolserial: integer('poolserial'),
    eventname: text('eventname'),
    len: integer('len'),
    bytes: tokens.has('bytes') ? integer('bytes') : undefined,
    tokens,
  };
}

/**
 * Takes the payload that belongs to a header. Counted in bytes, what is not valid UTF-8 becomes U+FFFD; counted
 * in characters it is an error, since then nobody knows where the payload ends.
 * Throws RemoteProtocolError `payload-too-long` (at once, or on the way) or `invalid-utf8`.
 */
export function createPayloadReader(
  header: EnvelopeHeader,
  lengthUnit: LengthUnit = 'characters',
): Reader<string> {
  const size = header.bytes ?? (lengthUnit === 'bytes' ? header.len : undefined);
  checkSize(size ?? header.len);
  if (size === undefined) return createCharacterReader(header.len);
  return (buffer) => (buffer.length < size ? NEED_DATA : decoder.decode(buffer.take(size)));
}

/** Walks from character to character and stays before one that is not complete. */
function createCharacterReader(length: number): Reader<string> {
  let missing = length;
  let offset = 0;
  return (buffer) => {
    const bytes = buffer.peek();
    while (missing > 0) {
      const lead = bytes[offset];
      if (lead === undefined) return NEED_DATA;
      const size = characterSize(lead);
      if (size === 0) throw new RemoteProtocolError('invalid-utf8', 'UTF-8', bytes.subarray(offset));
      if (offset + size > bytes.length) return NEED_DATA;
      offset += size;
      missing--;
      checkSize(offset);
    }
    return decodeStrictly(buffer.take(offset));
  };
}

/** Bytes of the character that begins with this byte; 0 when none does. The decoder checks the rest. */
function characterSize(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

function decodeStrictly(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    // The decoder's TypeError says no more than that.
    throw new RemoteProtocolError('invalid-utf8', 'UTF-8', bytes);
  }
}

function checkSize(size: number): void {
  if (size <= MAX_PAYLOAD_BYTES) return;
  throw new RemoteProtocolError(
    'payload-too-long',
    `at most ${MAX_PAYLOAD_BYTES} bytes of payload`,
    String(size),
  );
}

/** What a listener says when it can take an event. */
export function encodeReady(): Uint8Array {
  return encoder.encode('READY\n');
}

/**
 * The answer to an event; the daemon takes `OK` for done and everything else for "again, please".
 * Throws LocalProtocolError when the body is longer than the daemon would read.
 */
export function encodeResult(body: string): Uint8Array {
  const bytes = encoder.encode(body);
  if (bytes.length > MAX_RESULT_BYTES) {
    throw new LocalProtocolError('result-too-long', `a result has at most ${MAX_RESULT_BYTES} bytes`);
  }
  const line = encoder.encode(`RESULT ${bytes.length}\n`);
  const frame = new Uint8Array(line.length + bytes.length);
  frame.set(line);
  frame.set(bytes, line.length);
  return frame;
}
