/** A program as the child of a test: everything it has printed, and waiting for what it will print. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

export const ROOT = join(import.meta.dirname, '..', '..');
/** Only for what would never come: no step takes a fraction of it, on the busiest machine. */
const PATIENCE_MS = 180_000;

/** A script of this project, run by the Node that runs the test. */
export class WatchedProgram {
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  /** Resolves with the exit status, or with the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals>;
  output = '';

  constructor(script: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(process.execPath, [join(ROOT, script), ...words], {
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

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** For the end of a test that failed half-way. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.signal('SIGTERM');
    await this.ended;
  }
}
