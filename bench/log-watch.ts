import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 30_000;
const KEPT_LOG_LINES = 15;

/** Reads the daemon's own log from its standard output, where both daemons write it with `-n`. */
export class LogWatch {
  readonly #recent: string[] = [];
  readonly #watchers = new Set<(line: string, at: bigint) => void>();
  /** How often any program was seen entering RUNNING. */
  #running = 0;
  readonly #pids = new Map<string, number>();
  #whenRunning: { count: number; resolve: () => void } | undefined;

  feed(line: string, at: bigint): void {
    this.#recent.push(line);
    if (this.#recent.length > KEPT_LOG_LINES) this.#recent.shift();
    for (const watcher of this.#watchers) watcher(line, at);
    const spawned = / spawned: '(.+)' with pid (\d+)/.exec(line);
    if (spawned !== null) this.#pids.set(String(spawned[1]), Number(spawned[2]));
    if (!line.includes(' entered RUNNING state')) return;
    this.#running += 1;
    if (this.#running === this.#whenRunning?.count) this.#whenRunning.resolve();
  }

  /** Calls back for each line with the time it arrived; gives a function that ends this. */
  watch(watcher: (line: string, at: bigint) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Resolves with the time when a line that matches arrives. */
  async line(pattern: RegExp, patienceMs = PATIENCE_MS): Promise<{ at: bigint; match: RegExpExecArray }> {
    const late = new AbortController();
    const seen = new Promise<{ at: bigint; match: RegExpExecArray }>((resolve) => {
      const stop = this.watch((line, at) => {
        const match = pattern.exec(line);
        if (match === null) return;
        stop();
        resolve({ at, match });
      });
    });
    try {
      return await Promise.race([seen, this.#expire(patienceMs, `a log line like ${pattern}`, late.signal)]);
    } finally {
      late.abort();
    }
  }

  /** Resolves when that many programs have entered RUNNING since the start. Asks the daemon nothing. */
  async running(count: number, patienceMs = PATIENCE_MS): Promise<void> {
    if (this.#running >= count) return;
    const late = new AbortController();
    const seen = new Promise<void>((resolve) => {
      this.#whenRunning = { count, resolve };
    });
    try {
      await Promise.race([
        seen,
        this.#expire(patienceMs, `${count} programs RUNNING (saw ${this.#running})`, late.signal),
      ]);
    } finally {
      late.abort();
    }
  }

  /** @throws Error when no program of that name was spawned */
  pidOf(program: string): number {
    const pid = this.#pids.get(program);
    if (pid === undefined)
      throw new Error(`the log names no pid of ${program}; its last lines:\n${this.recent()}`);
    return pid;
  }

  recent(): string {
    return this.#recent.join('\n');
  }

  async #expire(ms: number, what: string, signal: AbortSignal): Promise<never> {
    await delay(ms, undefined, { signal });
    throw new Error(`waited ${ms / 1000} s for ${what}; the daemon's last lines:\n${this.recent()}`);
  }
}
