/**
 * Capture mode: splits a child's output into ordinary log text and the messages between two tokens.
 *
 * Theory of operation. One scanner looks for one token at a time: BEGIN outside a message, END inside. `<` is
 * the first byte of both tokens and occurs nowhere else in them, so a failed match can only start anew at the
 * byte that broke it: the whole matching state is one number, how many bytes of the token have matched so far.
 * Those bytes need not be kept, for they are the token's own. Every input byte is looked at once.
 *
 * Outside a message nothing is withheld except a suffix that may be the start of BEGIN. (Supervisor withholds
 * everything until it has more bytes than the token is long, and loses that at the end.) Inside, the newest
 * `maxBytes` bytes are kept.
 */

export interface CaptureOptions {
  /** A message keeps its last `maxBytes` bytes. */
  readonly maxBytes: number;
  /** Give the text inside messages as it comes, too: Supervisor makes PROCESS_LOG events of it. */
  readonly reportCaptured?: boolean;
}

/**
 * `captured` is a part of a message that is still coming. `log` and `captured` bytes may be views into the pushed bytes: copy what you keep. A `message` owns its bytes; `truncated` is
 * how many bytes it lost at its beginning.
 */
export type CapturePiece =
  | { readonly kind: 'log'; readonly bytes: Uint8Array }
  | { readonly kind: 'captured'; readonly bytes: Uint8Array }
  | { readonly kind: 'message'; readonly bytes: Uint8Array; readonly truncated: number };

export interface Capture {
  push(bytes: Uint8Array): readonly CapturePiece[];
  /** The output is over: gives back what was held. A message without its END is dropped. */
  end(): readonly CapturePiece[];
}

export function createCapture(options: CaptureOptions): Capture {
  const message = createTail(options.maxBytes);
  const pieces: CapturePiece[] = [];
  let inside = false;
  let matched = 0;

  function text(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (!inside) {
      addLog(pieces, bytes);
      return;
    }
    message.append(bytes);
    if (options.reportCaptured === true) pieces.push({ kind: 'captured', bytes });
  }

  function toggle(): void {
    if (inside) pieces.push({ kind: 'message', ...message.take() });
    inside = !inside;
    matched = 0;
  }

  function taken(): readonly CapturePiece[] {
    return pieces.splice(0);
  }

  return {
    push(bytes) {
      let from = 0;
      while (from < bytes.length) {
        const token = inside ? END_TOKEN : BEGIN_TOKEN;
        const found = scan(token, bytes, from, matched);
        if (found.broken) text(token.subarray(0, matched));
        text(bytes.subarray(from, found.at));
        matched = found.matched;
        from = found.next;
        if (matched === token.length) toggle();
      }
      return taken();
    },
    end() {
      const held = (inside ? END_TOKEN : BEGIN_TOKEN).subarray(0, matched);
      text(held);
      message.take();
      inside = false;
      matched = 0;
      return taken();
    },
  };
}

const encoder = new TextEncoder();
/** Both tokens are as in Supervisor's manual, "Process Communication Events". */
export const BEGIN_TOKEN: Uint8Array = encoder.encode('<!--XSUPERVISOR:BEGIN-->');
export const END_TOKEN: Uint8Array = encoder.encode('<!--XSUPERVISOR:END-->');
const LESS_THAN = 0x3c;

interface Found {
  /** What had matched before has turned out to be text. */
  readonly broken: boolean;
  /** End of the bytes, from `from` on, that are certainly text. */
  readonly at: number;
  /** How much of the token has matched, ending at `next`. */
  readonly matched: number;
  /** First byte not looked at. */
  readonly next: number;
}

/** Goes on until the token is complete or the bytes are used up. `matched` bytes of it came before `from`. */
function scan(token: Uint8Array, bytes: Uint8Array, from: number, matched: number): Found {
  let at = from;
  let i = from;
  let count = matched;
  let broken = false;
  while (i < bytes.length) {
    if (count === 0) {
      const start = bytes.indexOf(LESS_THAN, i);
      if (start === -1) return { broken, at: bytes.length, matched: 0, next: bytes.length };
      at = start;
      i = start + 1;
      count = 1;
    } else if (bytes[i] === token[count]) {
      i++;
      count++;
      if (count === token.length) return { broken, at, matched: count, next: i };
    } else {
      // The byte is looked at once more with nothing matched: it may be a `<`.
      broken ||= at === from && matched > 0;
      count = 0;
      at = bytes[i] === LESS_THAN ? i : i + 1;
      i = at;
    }
  }
  return { broken, at, matched: count, next: i };
}

/** Text that belongs together stays one piece, so that a held prefix does not come out on its own. */
function addLog(pieces: CapturePiece[], bytes: Uint8Array): void {
  const last = pieces.at(-1);
  if (last?.kind !== 'log') {
    pieces.push({ kind: 'log', bytes });
    return;
  }
  const joined = new Uint8Array(last.bytes.length + bytes.length);
  joined.set(last.bytes);
  joined.set(bytes, last.bytes.length);
  pieces[pieces.length - 1] = { kind: 'log', bytes: joined };
}

interface Tail {
  append(bytes: Uint8Array): void;
  take(): { bytes: Uint8Array; truncated: number };
}

const FIRST_CAPACITY = 4096;

/** Keeps the last `limit` bytes in a ring that grows by doubling and is let go of with each message. */
function createTail(limit: number): Tail {
  let ring = new Uint8Array(0);
  let start = 0;
  let length = 0;
  let total = 0;

  function linear(capacity: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(capacity);
    const first = Math.min(length, ring.length - start);
    out.set(ring.subarray(start, start + first));
    out.set(ring.subarray(0, length - first), first);
    return out;
  }

  function makeRoom(more: number): void {
    const wanted = Math.min(limit, length + more);
    if (wanted <= ring.length) return;
    ring = linear(Math.min(limit, Math.max(FIRST_CAPACITY, ring.length * 2, wanted)));
    start = 0;
  }

  return {
    append(bytes) {
      total += bytes.length;
      const kept = bytes.length > limit ? bytes.subarray(bytes.length - limit) : bytes;
      if (kept.length === 0) return;
      makeRoom(kept.length);
      const dropped = Math.max(0, length + kept.length - ring.length);
      start = (start + dropped) % ring.length;
      length -= dropped;
      const at = (start + length) % ring.length;
      const first = Math.min(kept.length, ring.length - at);
      ring.set(kept.subarray(0, first), at);
      ring.set(kept.subarray(first), 0);
      length += kept.length;
    },
    take() {
      const taken = { bytes: linear(length), truncated: total - length };
      ring = new Uint8Array(0);
      start = length = total = 0;
      return taken;
    },
  };
}
