/** Those who look at the supervisor from outside and want to know when a second look is worth it. */
import type { PoolView, ProcessView, Watcher } from './facade.ts';

export class Watchers implements Watcher {
  readonly #all = new Set<Watcher>();
  readonly #failed: (error: unknown) => void;

  /** `failed` hears of a watcher that throws; the others are told all the same. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** The result takes the watcher off again. */
  add(watcher: Watcher): () => void {
    this.#all.add(watcher);
    return () => void this.#all.delete(watcher);
  }

  processChanged(process: ProcessView): void {
    if (this.#all.size > 0) this.#tell((watcher) => watcher.processChanged(process));
  }

  poolChanged(pool: PoolView): void {
    if (this.#all.size > 0) this.#tell((watcher) => watcher.poolChanged(pool));
  }

  daemonChanged(): void {
    if (this.#all.size > 0) this.#tell((watcher) => watcher.daemonChanged());
  }

  #tell(say: (watcher: Watcher) => void): void {
    for (const watcher of this.#all) {
      try {
        say(watcher);
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
