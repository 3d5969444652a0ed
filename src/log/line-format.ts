/**
 * How a program's lines stand in its log file, when the configuration asks for more than the bare text: with a
 * prefix, with the time, or as one JSON object each.
 */
import { concatenate } from '../wire/concatenate.ts';
import { createLineSplitter, type TakeLine } from './line-splitter.ts';
import { createMomentFormatter } from './main-line.ts';

export interface LineFormat {
  readonly format: 'plain' | 'timestamp' | 'json';
  /** Empty: none. Has no line end. */
  readonly prefix: string;
}

/** What the objects of the json format say about the origin of their lines. */
export interface LineOrigin {
  readonly process: string;
  readonly group: string;
  readonly pid: number;
  readonly channel: 'stdout' | 'stderr';
}

/** All calls give whole lines with their line ends, possibly none. `wall` is milliseconds since the epoch. */
export interface LineFormatter {
  push(bytes: Uint8Array, wall: number): Uint8Array;
  /** The stream is over: a line without an end gets one. */
  end(wall: number): Uint8Array;
}

/** A line longer than this is written as several. */
export const MAX_LINE_BYTES = 65_536;

export function createLineFormatter(
  config: LineFormat,
  origin: LineOrigin,
  maxBytes: number = MAX_LINE_BYTES,
): LineFormatter {
  const splitter = createLineSplitter(maxBytes);
  const layOut = config.format === 'json' ? jsonLayout(config, origin) : textLayout(config);
  const collect = (wall: number, feed: (take: TakeLine) => void): Uint8Array => {
    const parts: Uint8Array[] = [];
    feed((line, whole) => layOut(parts, line, whole, wall));
    return concatenate(parts);
  };
  return {
    push: (bytes, wall) => collect(wall, (take) => splitter.push(bytes, take)),
    end: (wall) => collect(wall, (take) => splitter.end(take)),
  };
}

/** Appends one line of output to `parts`. */
type Layout = (parts: Uint8Array[], line: Uint8Array, whole: boolean, wall: number) => void;

const encoder = new TextEncoder();
const LINE_END = encoder.encode('\n');

/** The bytes of the line stay as they are, UTF-8 or not. */
function textLayout({ format, prefix }: LineFormat): Layout {
  const moment = createMomentFormatter();
  const fixed = prefix === '' ? '' : `${prefix} `;
  let head: Uint8Array = encoder.encode(fixed);
  let headOf = Number.NaN;
  return (parts, line, _whole, wall) => {
    if (format === 'timestamp' && wall !== headOf) {
      head = encoder.encode(`${moment(wall)} ${fixed}`);
      headOf = wall;
    }
    // Of a line that is handed over during a call only: a copy.
    parts.push(head, new Uint8Array(line), LINE_END);
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What is not UTF-8 becomes U+FFFD. A part of a longer line says so with `partial`. */
function jsonLayout({ prefix }: LineFormat, { process, group, pid, channel }: LineOrigin): Layout {
  const origin = { process, group, pid, channel, ...(prefix === '' ? {} : { prefix }) };
  return (parts, line, whole, wall) => {
    const time = new Date(wall).toISOString();
    const message = decoder.decode(line);
    const entry = { time, ...origin, message, ...(whole ? {} : { partial: true }) };
    parts.push(encoder.encode(`${JSON.stringify(entry)}\n`));
  };
}
