import { ValueError } from './config-error.ts';

/**
 * Bytes of a file as text: strict UTF-8, line ends turned into `\n`. A byte order mark stays in the text: like
 * Supervisor, the reader then finds no section header on line 1. Throws {@link ValueError} with Python's
 * reason.
 */
export function decodeText(bytes: Uint8Array): string {
  const text = decodeStrictly(bytes);
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The decoder and Python refuse the same bytes, but only Python says which. */
function decodeStrictly(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    const fault = findFault(bytes);
    throw fault === undefined ? cause : new ValueError(describe(bytes, fault), { cause });
  }
}

/** Line, from 1, that a byte offset lies on. */
export function lineOfFault(bytes: Uint8Array): number {
  const end = findFault(bytes)?.start ?? 0;
  let line = 1;
  for (let at = 0; at < end; at += 1) {
    if (bytes[at] === 0x0a) line += 1;
  }
  return line;
}

interface Fault {
  readonly start: number;
  /** Behind the last byte that is blamed. */
  readonly end: number;
  readonly reason: 'invalid start byte' | 'invalid continuation byte' | 'unexpected end of data';
}

function describe(bytes: Uint8Array, { start, end, reason }: Fault): string {
  if (end === start + 1) {
    const hex = (bytes[start] ?? 0).toString(16).padStart(2, '0');
    return `'utf-8' codec can't decode byte 0x${hex} in position ${start}: ${reason}`;
  }
  return `'utf-8' codec can't decode bytes in position ${start}-${end - 1}: ${reason}`;
}

function findFault(bytes: Uint8Array): Fault | undefined {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      at += 1;
      continue;
    }
    const length = sequenceLength(lead);
    if (length === 0) return { start: at, end: at + 1, reason: 'invalid start byte' };
    for (let offset = 1; offset < length; offset += 1) {
      const next = bytes[at + offset];
      if (next === undefined) return { start: at, end: bytes.length, reason: 'unexpected end of data' };
      if (!continues(lead, next, offset))
        return { start: at, end: at + offset, reason: 'invalid continuation byte' };
    }
    at += length;
  }
  return undefined;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/** The second byte is narrowed where it would spell an overlong form, a surrogate or more than U+10FFFF. */
function continues(lead: number, next: number, offset: number): boolean {
  if (next < 0x80 || next > 0xbf) return false;
  if (offset > 1) return true;
  if (lead === 0xe0) return next >= 0xa0;
  if (lead === 0xed) return next <= 0x9f;
  if (lead === 0xf0) return next >= 0x90;
  return lead !== 0xf4 || next <= 0x8f;
}
