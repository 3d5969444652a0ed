import { addressOf } from './library.ts';

const POINTER_BYTES = 8;

/** Lone surrogates that stand for a byte: see own-environment.ts. */
const ESCAPED_BYTE = /([\uDC80-\uDCFF])/u;

/**
 * A NULL-terminated `char *[]` in one piece of memory: the table of pointers first, the strings in UTF-8
 * behind it. One piece, so that whoever holds the table holds the strings.
 *
 * The lone surrogates U+DC80 to U+DCFF become the bytes 0x80 to 0xff. Returns undefined when a string contains a NUL, which C would take for its end.
 */
export function cStrings(strings: readonly string[]): Buffer | undefined {
  const joined = strings.length === 0 ? '' : `${strings.join('\0')}\0`;
  const text = ESCAPED_BYTE.test(joined) ? withBytes(joined) : joined;
  const tableBytes = (strings.length + 1) * POINTER_BYTES;
  // Not from Node's pool: the table must be aligned, and its view starts at the beginning of the memory.
  const block = Buffer.allocUnsafeSlow(tableBytes + Buffer.byteLength(text));
  if (typeof text === 'string') block.write(text, tableBytes);
  else text.copy(block, tableBytes);

  const table = new BigUint64Array(block.buffer, 0, strings.length + 1);
  const base = addressOf(block);
  let start = tableBytes;
  for (let index = 0; index < strings.length; index += 1) {
    table[index] = base + BigInt(start);
    start = block.indexOf(0, start) + 1;
  }
  table[strings.length] = 0n;
  // A NUL inside a string leaves some text behind the last end that was found.
  return start === block.length ? block : undefined;
}

function withBytes(text: string): Buffer {
  const pieces = text.split(ESCAPED_BYTE);
  return Buffer.concat(
    pieces.map((piece, index) =>
      index % 2 === 0 ? Buffer.from(piece) : Uint8Array.of(piece.charCodeAt(0) - 0xdc00),
    ),
  );
}
