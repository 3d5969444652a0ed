/** The methods that read logs: which bytes, and how bytes become text. */

import { readWindow, tailWindow } from '../log/log-window.ts';
import type { Files } from '../supervisor/ports.ts';
import type { XmlRpcResult } from '../wire/xmlrpc-values.ts';
import { RpcFault } from './faults.ts';

export type LogReader = Pick<Files, 'size' | 'readSlice'>;

/** The most that one answer carries: the daemon waits for nobody while it reads. Above the default log size. */
export const MAX_SLICE = 64 * 1024 * 1024;

/** Where a log is: in a file, or in none, and what NO_FILE names then as Supervisor does, if anything. */
export type LogPlace =
  | { readonly path: string }
  | { readonly path: undefined; readonly name: string | undefined };

/** Text of `[offset, offset+length)`. Throws NO_FILE, BAD_ARGUMENTS or FAILED. */
export function readLog(reader: LogReader, place: LogPlace, offset: number, length: number): string {
  if (place.path === undefined) throw new RpcFault('NO_FILE', place.name);
  const { path } = place;
  const size = reader.size(path);
  if (size === undefined) throw new RpcFault('NO_FILE', path);
  const window = readWindow(size, offset, length);
  if (window === 'BAD_ARGUMENTS') throw new RpcFault('BAD_ARGUMENTS');
  if (window.length > MAX_SLICE) {
    throw new RpcFault('FAILED', `${window.length} bytes asked for, at most ${MAX_SLICE} are sent at once`);
  }
  try {
    return readText(reader, path, window.from, window.length);
  } catch (cause) {
    throw new RpcFault('FAILED', undefined, { cause });
  }
}

/** `[text, size of the log, overflow]`; a log that is not there is an empty one. */
export function tailLog(
  reader: LogReader,
  path: string | undefined,
  offset: number,
  length: number,
): XmlRpcResult {
  const size = path === undefined ? undefined : reader.size(path);
  if (path === undefined || size === undefined) return ['', 0, false];
  const window = tailWindow(size, offset, length);
  const wanted = Math.min(window.length, MAX_SLICE);
  const overflow = window.overflow || wanted < window.length;
  try {
    return [readText(reader, path, window.from + window.length - wanted, wanted), size, overflow];
  } catch {
    // The log may be rotated away between the two looks at it; a follower asks again.
    return ['', offset, false];
  }
}

function readText(reader: LogReader, path: string, from: number, length: number): string {
  return length === 0 ? '' : decodeSlice(reader.readSlice(path, from, length), from > 0);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * UTF-8 text of a slice. A character that the slice's edges cut is left out; any other bytes that are not UTF-8
 * become U+FFFD. `inside`: the slice does not begin at the log's beginning.
 */
export function decodeSlice(bytes: Uint8Array, inside: boolean): string {
  let from = 0;
  while (inside && from < 3 && isContinuation(bytes[from])) from += 1;
  return decoder.decode(bytes.subarray(from, bytes.length - countUnfinished(bytes)));
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** How many bytes at the end belong to a character that is not complete. */
function countUnfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back];
    if (byte === undefined || byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return byte < 0xf8 && needed > back ? back : 0;
  }
  return 0;
}
