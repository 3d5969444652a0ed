/** The demo as a child of a test: what it shows to be copied, and what is left of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { WatchedProgram } from './watched-program.ts';

export class RunningDemo extends WatchedProgram {
  constructor(words: readonly string[] = [], environment: NodeJS.ProcessEnv = {}) {
    super('scripts/demo.mjs', words, environment);
  }

  /** The folder it lives in, once it is up. */
  async folder(): Promise<string> {
    return (await this.waitFor(/heraldd is up: pid \d+, folder (\S+)/))[1] ?? '';
  }

  async daemonPid(): Promise<number> {
    return Number((await this.waitFor(/heraldd is up: pid (\d+)/))[1]);
  }

  /** The lines that it shows to be copied, which are the only ones that are indented by two. */
  async commands(): Promise<readonly string[]> {
    const [shown] = await this.waitFor(/Try these[\s\S]*Ctrl-C ends it/);
    return shown
      .split('\n')
      .filter((line) => line.startsWith('  '))
      .map((line) => line.trim());
  }
}

/** Living processes that were started for the folder, as `pid name`; and the folder itself, when it is there. */
export function leftovers(folder: string): readonly string[] {
  const found = existsSync(folder) ? [folder] : [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (readOrEmpty(`/proc/${pid}/environ`).includes(`HERALD_DEMO_FOLDER=${folder}\0`)) {
      found.push(`${pid} ${readOrEmpty(`/proc/${pid}/comm`).trim()}`);
    }
  }
  return found;
}

/** Pids of the processes started for the folder whose command line matches. */
export function pidsOf(folder: string, command: RegExp): readonly number[] {
  return leftovers(folder)
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => command.test(readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')));
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process is gone, or belongs to somebody else.
    return '';
  }
}
