/** Bytes of a child's output as text: chunk borders must not cut characters. */
import { reprBytes } from './python-repr.ts';

export interface TextCarry {
  /**
   * What was held before and `bytes`, without an incomplete character at the end: at most 3 bytes are held back.
   * Bytes that are not UTF-8 pass through. May be a view of `bytes`.
   */
  push(bytes: Uint8Array): Uint8Array;
  /** The stream is over: what was held. */
  flush(): Uint8Array;
}

export function createTextCarry(): TextCarry {
  let held: Uint8Array = EMPTY;
  return {
    push(bytes) {
      const joined = held.length === 0 ? bytes : join(held, bytes);
      const cut = joined.length - incompleteSuffix(joined);
      // A copy by constructor: `slice` of a Buffer would be a view of memory that its owner uses again.
      held = cut === joined.length ? EMPTY : new Uint8Array(joined.subarray(cut));
      return joined.subarray(0, cut);
    },
    flush() {
      const rest = held;
      held = EMPTY;
      return rest;
    },
  };
}

/** The text, or, when the bytes are not UTF-8, `Undecodable: b'...'` for the whole of them, as Supervisor has it. */
export function decodeOrDescribe(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    // The decoder throws for nothing but invalid bytes, and those are described.
    return `Undecodable: ${reprBytes(bytes)}`;
  }
}

const EMPTY = new Uint8Array(0);
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Length (0 to 3) of the longest suffix that more bytes could make a character of. */
export function incompleteSuffix(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const lead = bytes[bytes.length - back] ?? 0;
    if (lead < 0x80) return 0;
    if (lead < 0xc0) continue;
    if (sequenceLength(lead) <= back) return 0;
    return back === 1 || secondFits(lead, bytes[bytes.length - back + 1] ?? 0) ? back : 0;
  }
  return 0;
}

/** Bytes of the character that `lead` starts; 0 when it starts none. */
function sequenceLength(lead: number): number {
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

/** The second byte rules out overlong forms, surrogates and what lies beyond U+10FFFF (Unicode, table 3-7). */
function secondFits(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0;
  if (lead === 0xed) return second < 0xa0;
  if (lead === 0xf0) return second >= 0x90;
  return lead !== 0xf4 || second < 0x90;
}
