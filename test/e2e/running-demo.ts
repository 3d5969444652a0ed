/** The demo as a child of a test: what it has printed, what it shows to be copied, and what is left of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const ROOT = join(import.meta.dirname, '..', '..');
const PATIENCE_MS = 60_000;

export class RunningDemo {
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  /** Resolves with the exit status, or with the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals>;
  output = '';

  constructor(words: readonly string[] = [], environment: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(process.execPath, [join(ROOT, 'scripts/demo.mjs'), ...words], {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        for (const look of this.#waiting) look();
      });
    }
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (status, signal) => {
        resolve(signal ?? status ?? 0);
        for (const look of this.#waiting) look();
      });
    });
  }

  /** The first match in what was printed after `from` characters. Rejects when the demo ends without it. */
  waitFor(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const give = (settle: () => void): void => {
        clearTimeout(limit);
        this.#waiting.delete(look);
        settle();
      };
      const fail = (why: string): void =>
        give(() => reject(new Error(`${why} ${pattern} was printed:\n${this.output}`)));
      const look = (): void => {
        const found = pattern.exec(this.output.slice(from));
        if (found !== null) give(() => resolve(found));
        else if (this.#child.exitCode !== null || this.#child.signalCode !== null) fail('it ended before');
      };
      const limit = setTimeout(fail, PATIENCE_MS, `${PATIENCE_MS / 1000} s went by before`);
      this.#waiting.add(look);
      look();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
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

  /** For the end of a test that failed half-way. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.signal('SIGTERM');
    await this.ended;
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
