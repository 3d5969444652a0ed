/**
 * Lines out of a stream of bytes that comes in any pieces. A line that does not end is handed out in parts of a
 * bounded size, so a gigabyte without a line end takes no more memory than a page of text. Where the parts begin
 * and end depends on the bytes alone, never on how they came.
 */

/** `whole` is false for a part whose line goes on. `bytes` has no line end, and is only valid during the call. */
export type TakeLine = (bytes: Uint8Array, whole: boolean) => void;

export interface LineSplitter {
  push(bytes: Uint8Array, take: TakeLine): void;
  /** The stream is over: what has no line end is a line all the same. */
  end(take: TakeLine): void;
}

const LINE_FEED = 10;
/** A character of UTF-8 has at most this many bytes behind its first. */
const MAX_CONTINUATION = 3;

/** `maxBytes`, at least 4, is the longest line that stays whole. */
export function createLineSplitter(maxBytes: number): LineSplitter {
  // One byte more than a line may have: it tells whether the last character is complete.
  let held = new Uint8Array(Math.min(256, maxBytes + 1));
  let length = 0;

  function hold(bytes: Uint8Array): void {
    if (length + bytes.length > held.length) {
      const larger = new Uint8Array(Math.min(maxBytes + 1, Math.max(length + bytes.length, held.length * 2)));
      larger.set(held.subarray(0, length));
      held = larger;
    }
    held.set(bytes, length);
    length += bytes.length;
  }

  /** Takes a piece of the current line; whatever is too long for one line goes out in parts. */
  function append(bytes: Uint8Array, take: TakeLine): void {
    let from = 0;
    while (length + bytes.length - from > maxBytes) {
      const room = maxBytes + 1 - length;
      hold(bytes.subarray(from, from + room));
      from += room;
      const cut = characterEnd(held, maxBytes);
      take(held.subarray(0, cut), false);
      held.copyWithin(0, cut, length);
      length -= cut;
    }
    hold(bytes.subarray(from));
  }

  return {
    push(bytes, take) {
      let from = 0;
      for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
        const line = bytes.subarray(from, end);
        from = end + 1;
        if (length === 0 && line.length <= maxBytes) {
          take(line, true);
          continue;
        }
        append(line, take);
        take(held.subarray(0, length), true);
        length = 0;
      }
      append(bytes.subarray(from), take);
    },
    end(take) {
      if (length > 0) take(held.subarray(0, length), true);
      length = 0;
    },
  };
}

/** The last place up to `limit` that is not within a character; `limit` itself where there is no UTF-8 around. */
function characterEnd(bytes: Uint8Array, limit: number): number {
  for (let back = 0; back <= MAX_CONTINUATION; back++) {
    const byte = bytes[limit - back] ?? 0;
    if (byte >= 0x80 && byte < 0xc0) continue;
    return limit - back;
  }
  return limit;
}
