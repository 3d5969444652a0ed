import { writeSync } from 'node:fs';

/**
 * Writes to whatever descriptor 2 is now. Not through Node's stream, which is made once for what 2 was at its
 * first use, and holds a terminal open with a descriptor of its own.
 */
export function tellStandardError(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody is there to be told, nor to be told that.
  }
}
