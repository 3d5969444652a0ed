/**
 * Removes ANSI control sequences (ECMA-48 CSI: ESC, `[`, parameters, a final byte) from a stream of bytes.
 *
 * Supervisor's filter ends a sequence only at one of 15 letters and forgets everything between two reads; this
 * one ends it at any final byte (0x40 to 0x7E) and carries its state over chunks. Other escapes pass through,
 * as they do there.
 */
export interface AnsiStripper {
  /** The next bytes without sequences. May give back `bytes` itself. */
  (bytes: Uint8Array): Uint8Array;
  /** The output is over: gives back an ESC that was held because a `[` might have followed. */
  end(): Uint8Array;
}

export function createAnsiStripper(): AnsiStripper {
  let state: State = 'text';
  let skipped = 0;

  /** One byte in a state other than `text`: how the byte is to be treated. */
  function step(byte: number): 'drop' | 'text' {
    if (state === 'escape') {
      state = byte === BRACKET ? 'sequence' : 'text';
      skipped = 0;
      return state === 'sequence' ? 'drop' : 'text';
    }
    // A byte that cannot be part of a sequence, or too many of those that can: what follows is text.
    if (byte < 0x20 || byte > 0x7e || ++skipped > MAX_SEQUENCE) {
      state = 'text';
      return 'text';
    }
    if (byte >= 0x40) state = 'text';
    return 'drop';
  }

  function strip(bytes: Uint8Array): Uint8Array {
    if (state === 'text' && !bytes.includes(ESC)) return bytes;
    // One byte more than came in: a held ESC may be given back.
    const out = new Uint8Array(bytes.length + 1);
    let length = 0;
    for (const byte of bytes) {
      if (state !== 'text') {
        const wasEscape = state === 'escape';
        if (step(byte) === 'drop') continue;
        if (wasEscape) out[length++] = ESC;
      }
      if (byte === ESC) state = 'escape';
      else out[length++] = byte;
    }
    return out.subarray(0, length);
  }

  function end(): Uint8Array {
    const held = state === 'escape' ? Uint8Array.of(ESC) : new Uint8Array(0);
    state = 'text';
    return held;
  }

  return Object.assign(strip, { end });
}

type State = 'text' | 'escape' | 'sequence';

const ESC = 0x1b;
const BRACKET = 0x5b;
/** Real sequences have a few dozen bytes at most; what goes on after this many is not one. */
export const MAX_SEQUENCE = 256;
