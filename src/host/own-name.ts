import { writeFileSync } from 'node:fs';

/**
 * The name that ps, top, pidof, pgrep and start-stop-daemon know this process by; Linux keeps 15 bytes of it. A program
 * that starts with `#!/usr/bin/env node` has that of the interpreter, so all of them would see a `node` among others.
 * The command line stays as it is: scripts look for words in it.
 */
export function nameOwnProcess(name: string): void {
  try {
    writeFileSync('/proc/self/comm', name, { flag: 'r+' });
  } catch {
    // Without /proc nobody could read it either.
  }
}
