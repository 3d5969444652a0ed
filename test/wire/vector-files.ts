/** Loads vectors from protocol-spec/vectors/listener and runs readers over them in every way that bytes come. */
import { readFileSync } from 'node:fs';
import { NEED_DATA, type Reader, ReceiveBuffer } from '../../src/wire/receive-buffer.ts';

/** Text as it is, or put together from pieces: text, `{ hex }`, `{ repeat, times }`. */
export type VectorText = string | readonly VectorPiece[];
type VectorPiece = string | { readonly hex: string } | { readonly repeat: string; readonly times: number };

export function loadVectors<T>(name: string): T {
  const url = new URL(`../../protocol-spec/vectors/listener/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as T;
}

export function vectorBytes(text: VectorText): Uint8Array {
  const pieces = typeof text === 'string' ? [text] : text;
  return Buffer.concat(
    pieces.map((piece) => {
      if (typeof piece === 'string') return Buffer.from(piece);
      if ('hex' in piece) return Buffer.from(piece.hex, 'hex');
      return Buffer.from(piece.repeat.repeat(piece.times));
    }),
  );
}

/** Whole, cut in two at every place (long inputs: near both ends), and byte by byte. */
export function* waysToCut(bytes: Uint8Array): Generator<readonly Uint8Array[]> {
  yield [bytes];
  const { length } = bytes;
  for (let at = 1; at < length; at++) {
    if (at > 300 && at < length - 300) continue;
    yield [bytes.subarray(0, at), bytes.subarray(at)];
  }
  yield Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
}

export interface Outcome<F> {
  readonly values: readonly F[];
  /** Bytes left in the buffer when all readers were through. */
  readonly rest: Uint8Array;
  /** What a reader threw; nothing is read after that. */
  readonly error: unknown;
}

/**
 * Appends chunk by chunk and gives each reader its turn; a reader stays until it has its frame. Readers also
 * look at the empty buffer in the beginning, as an owner may do.
 */
export function readAll<F>(chunks: readonly Uint8Array[], readers: readonly Reader<F>[]): Outcome<F> {
  const buffer = new ReceiveBuffer();
  const values: F[] = [];
  try {
    for (const chunk of [new Uint8Array(0), ...chunks]) {
      buffer.append(chunk);
      for (let reader = readers[values.length]; reader !== undefined; reader = readers[values.length]) {
        const value = reader(buffer);
        if (value === NEED_DATA) break;
        values.push(value);
      }
    }
  } catch (error) {
    return { values, rest: buffer.take(buffer.length), error };
  }
  return { values, rest: buffer.take(buffer.length), error: undefined };
}
