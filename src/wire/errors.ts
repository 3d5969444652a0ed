/** What the other side got wrong. Vectors name these. */
export const REMOTE_PROTOCOL_CODES = [
  'not-ready',
  'bad-result-line',
  'result-too-long',
  'unexpected-output',
  'header-too-long',
  'bad-header',
  'missing-token',
  'bad-token',
  'unsupported-version',
  'payload-too-long',
  'missing-body',
  'invalid-utf8',
  'buffer-overflow',
] as const;
export type RemoteProtocolCode = (typeof REMOTE_PROTOCOL_CODES)[number];

/** How many bytes of what was received an error shows. */
export const MAX_SAMPLE_BYTES = 200;

/** The other side broke the protocol: its author must act. What follows in the stream cannot be trusted. */
export class RemoteProtocolError extends Error {
  override readonly name = 'RemoteProtocolError';
  readonly code: RemoteProtocolCode;
  /** What should have come, in the notation of the protocol: `READY\n`. */
  readonly expected: string;
  /** What came instead: its first bytes, printable ASCII only, the rest escaped. */
  readonly sample: string;

  constructor(code: RemoteProtocolCode, expected: string, received: Uint8Array | string) {
    const sample = escapeSample(received);
    super(`expected ${expected}, got "${sample}"`);
    this.code = code;
    this.expected = expected;
    this.sample = sample;
  }
}

/** Our own code asked for something that the protocol cannot say: a bug here, nothing was sent. */
export class LocalProtocolError extends Error {
  override readonly name = 'LocalProtocolError';
  readonly code: 'unknown-event' | 'result-too-long';

  constructor(code: LocalProtocolError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** The first {@link MAX_SAMPLE_BYTES} bytes as printable ASCII, other bytes as `\n`, `\r`, `\t` or `\xNN`. */
export function escapeSample(received: Uint8Array | string): string {
  const bytes =
    typeof received === 'string'
      ? new TextEncoder().encode(received.slice(0, MAX_SAMPLE_BYTES))
      : received.subarray(0, MAX_SAMPLE_BYTES);
  let sample = '';
  for (const byte of bytes.subarray(0, MAX_SAMPLE_BYTES)) sample += escapeByte(byte);
  return sample;
}

const NAMED_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x5c, '\\\\'],
]);

function escapeByte(byte: number): string {
  const named = NAMED_ESCAPES.get(byte);
  if (named !== undefined) return named;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
