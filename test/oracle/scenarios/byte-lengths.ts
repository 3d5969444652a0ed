/** What a transcript of Supervisor's looks like with `bytes:N` in the headers of payloads that are not ASCII. */
import type { Transcript } from '../transcript.ts';

// A printed line of a transcript is ASCII apart from the payload, so that one look at the whole is enough.
const NOT_ASCII = /[^\p{ASCII}]/u;

export function withByteLengths(oracle: Transcript): Transcript {
  const events = Object.entries(oracle.events).map(([listener, streams]) => {
    const told = Object.entries(streams).map(([key, lines]) => [key, lines.map(withBytes)] as const);
    return [listener, Object.fromEntries(told)] as const;
  });
  return { ...oracle, events: Object.fromEntries(events) };
}

function withBytes(line: string): string {
  return NOT_ASCII.test(line) ? line.replace(/^[A-Z_0-9]+/, '$& with bytes') : line;
}
