/** Programs of others that tests talk to, where they are installed. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** The absolute path of a program on PATH, or undefined when it is not installed. */
export function peer(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder; the next one may have it.
    }
  }
  return undefined;
}
