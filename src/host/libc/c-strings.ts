import { addressOf } from './library.ts';

const POINTER_BYTES = 8;

/**
 * A NULL-terminated `char *[]` in one piece of memory: the table of pointers first, the strings in UTF-8
 * behind it. One piece, so that whoever holds the table holds the strings.
 *
 * Returns undefined when a string contains a NUL, which C would take for its end.
 */
export function cStrings(strings: readonly string[]): Buffer | undefined {
  const text = strings.length === 0 ? '' : `${strings.join('\0')}\0`;
  const tableBytes = (strings.length + 1) * POINTER_BYTES;
  // Not from Node's pool: the table must be aligned, and its view starts at the beginning of the memory.
  const block = Buffer.allocUnsafeSlow(tableBytes + Buffer.byteLength(text));
  block.write(text, tableBytes);

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
