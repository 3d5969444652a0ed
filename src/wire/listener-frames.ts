/**
 * The daemon's end of the listener protocol: envelopes out, READY and RESULT in. Each reader belongs to a state
 * of the listener machine and takes at most one frame; all work on the listener's one buffer, so what follows
 * a frame stays for the next state's reader.
 */
import { RemoteProtocolError } from './errors.ts';
import { type ExtraTokens, encodeToken } from './extended.ts';
import { NEED_DATA, type Reader, type ReceiveBuffer } from './receive-buffer.ts';

export { NEED_DATA, type Reader } from './receive-buffer.ts';

/** The unit of `len:`: characters (code points) as Supervisor counts, or bytes of UTF-8. */
export type LengthUnit = 'characters' | 'bytes';

export interface EnvelopeFields {
  readonly server: string;
  readonly serial: number;
  readonly pool: string;
  readonly poolserial: number;
  readonly eventname: string;
  readonly payloadText: string;
  readonly lengthUnit: LengthUnit;
  /** Written behind all others. */
  readonly extraTokens?: ExtraTokens;
  /** false leaves out `bytes:N`, which Supervisor never writes. Default true. */
  readonly bytesToken?: boolean;
}

/** The longest body of a RESULT, in bytes. Supervisor knows no limit; nobody answers more than a few words. */
export const MAX_RESULT_BYTES = 1024 * 1024;
/** The longest first line of a RESULT, without its line feed. */
export const MAX_RESULT_LINE_BYTES = 32;

const encoder = new TextEncoder();
const READY_LINE = encoder.encode('READY\n');
const RESULT_WORD = encoder.encode('RESULT ');
const LINE_FEED = 0x0a;
const EXPECTED_RESULT = 'RESULT <length>\\n<body>';

/**
 * One event as it goes to a listener's stdin: header line and payload. Lone surrogates are sent as U+FFFD and
 * counted as such. When the payload is not ASCII the header also says its size as `bytes:N`, in either unit.
 */
export function encodeEnvelope(fields: EnvelopeFields): Uint8Array {
  const { payloadText } = fields;
  // Nearly all traffic is ASCII. UTF-8 needs more bytes than UTF-16 has units for every other character, so
  // equal lengths prove the guess right: the text was encoded once and nothing was scanned.
  const start = startOfHeader(fields);
  const guess = `${start}${payloadText.length}${renderExtra(fields.extraTokens)}\n${payloadText}`;
  const encoded = encoder.encode(guess);
  if (encoded.length === guess.length) return encoded;
  // Only the header was wrong: the payload's bytes are taken from the guess.
  return joinEnvelope(fields, start, encoded.subarray(encoded.indexOf(LINE_FEED) + 1));
}

function joinEnvelope(fields: EnvelopeFields, start: string, payload: Uint8Array): Uint8Array {
  const characters = countCharacters(payload);
  const length = fields.lengthUnit === 'bytes' ? payload.length : characters;
  const same = characters === payload.length;
  const size = same || fields.bytesToken === false ? '' : ` bytes:${payload.length}`;
  const header = encoder.encode(`${start}${length}${size}${renderExtra(fields.extraTokens)}\n`);
  const envelope = new Uint8Array(header.length + payload.length);
  envelope.set(header);
  envelope.set(payload, header.length);
  return envelope;
}

function startOfHeader({ server, serial, pool, poolserial, eventname }: EnvelopeFields): string {
  return `ver:3.0 server:${server} serial:${serial} pool:${pool} poolserial:${poolserial} eventname:${eventname} len:`;
}

function renderExtra(extra: ExtraTokens | undefined): string {
  let text = '';
  if (extra === undefined) return text;
  for (const [key, value] of Object.entries(extra)) text += ` ${key}:${encodeToken(String(value))}`;
  return text;
}

/** In valid UTF-8 every byte but the continuations (10xxxxxx) begins a character. */
function countCharacters(utf8: Uint8Array): number {
  let characters = 0;
  for (let i = 0; i < utf8.length; i++) if (((utf8[i] as number) & 0xc0) !== 0x80) characters++;
  return characters;
}

/**
 * For ACKNOWLEDGED: takes `READY\n`. Throws RemoteProtocolError `not-ready` at the first byte that does not
 * fit, so that a listener that prints something else is found out at once.
 */
export function readReady(buffer: ReceiveBuffer): 'READY' | typeof NEED_DATA {
  if (!startsLike(buffer, READY_LINE)) throw new RemoteProtocolError('not-ready', 'READY\\n', buffer.peek());
  if (buffer.length < READY_LINE.length) return NEED_DATA;
  buffer.skip(READY_LINE.length);
  return 'READY';
}

/** For READY: a listener that has nothing to do says nothing. Throws RemoteProtocolError `unexpected-output`. */
export function expectNothing(buffer: ReceiveBuffer): typeof NEED_DATA {
  if (buffer.length > 0) throw new RemoteProtocolError('unexpected-output', 'nothing', buffer.peek());
  return NEED_DATA;
}

export interface ResultReaderOptions {
  /**
   * `strict` (default): exactly `RESULT `, digits, line feed, and an empty body is complete at once.
   * `supervisor`: any seven bytes and what Python takes for an integer, and an empty body is only noticed
   * with the byte after it.
   */
  readonly grammar?: 'strict' | 'supervisor';
}

/**
 * For BUSY: takes `RESULT <length>\n<body>` and answers the body. One reader reads one result: it remembers the
 * length while the body arrives.
 * Throws RemoteProtocolError `bad-result-line` (as soon as it is certain) or `result-too-long`.
 */
export function createResultReader(options: ResultReaderOptions = {}): Reader<Uint8Array> {
  const lenient = options.grammar === 'supervisor';
  let bodyLength: number | undefined;
  return (buffer) => {
    bodyLength ??= lenient ? readLenientLine(buffer) : readStrictLine(buffer);
    if (bodyLength === undefined || buffer.length < bodyLength) return NEED_DATA;
    if (lenient && bodyLength === 0 && buffer.length === 0) return NEED_DATA;
    return buffer.take(bodyLength);
  };
}

function readStrictLine(buffer: ReceiveBuffer): number | undefined {
  if (!startsLike(buffer, RESULT_WORD)) throw badResultLine(buffer);
  let length = 0;
  for (let offset = RESULT_WORD.length; offset <= MAX_RESULT_LINE_BYTES; offset++) {
    const byte = buffer.at(offset);
    if (byte === undefined) return undefined;
    if (byte === LINE_FEED && offset > RESULT_WORD.length) {
      buffer.skip(offset + 1);
      return length;
    }
    const digit = byte - 0x30;
    if (digit < 0 || digit > 9) throw badResultLine(buffer);
    length = checkLength(length * 10 + digit, buffer);
  }
  throw badResultLine(buffer);
}

function readLenientLine(buffer: ReceiveBuffer): number | undefined {
  const end = buffer.findLineFeed(MAX_RESULT_LINE_BYTES + 1);
  if (end === -1) {
    if (buffer.length > MAX_RESULT_LINE_BYTES) throw badResultLine(buffer);
    return undefined;
  }
  const digits = String.fromCharCode(
    ...buffer.peek().subarray(RESULT_WORD.length, Math.max(end, RESULT_WORD.length)),
  );
  const number = /^\s*\+?(\d+(?:_\d+)*)\s*$/.exec(digits)?.[1];
  if (number === undefined) throw badResultLine(buffer);
  const length = checkLength(Number(number.replaceAll('_', '')), buffer);
  buffer.skip(end + 1);
  return length;
}

function checkLength(length: number, buffer: ReceiveBuffer): number {
  if (length <= MAX_RESULT_BYTES) return length;
  throw new RemoteProtocolError(
    'result-too-long',
    `at most ${MAX_RESULT_BYTES} bytes of result`,
    buffer.peek(),
  );
}

function badResultLine(buffer: ReceiveBuffer): RemoteProtocolError {
  return new RemoteProtocolError('bad-result-line', EXPECTED_RESULT, buffer.peek());
}

/** Whether the bytes so far agree with the text, as far as both go. */
function startsLike(buffer: ReceiveBuffer, text: Uint8Array): boolean {
  const known = Math.min(buffer.length, text.length);
  for (let i = 0; i < known; i++) if (buffer.at(i) !== text[i]) return false;
  return true;
}
