/** Which names expand where: Supervisor's table of contexts. Later names win over earlier ones. */
import type { NameSource } from './option-reader.ts';
import type { World } from './ports.ts';

export class Environment {
  /** `ENV_X` by name: the daemon's environment, and what `[supervisord] environment` lays over it. */
  readonly #names = new Map<string, string>();

  constructor(world: World) {
    for (const [key, value] of world.env) this.#names.set(`ENV_${key}`, value);
  }

  overlay(pairs: ReadonlyMap<string, string>): void {
    for (const [key, value] of pairs) this.#names.set(`ENV_${key}`, value);
  }

  get names(): ReadonlyMap<string, string> {
    return this.#names;
  }

  /** `ENV_*` and then these. */
  with(names: Readonly<Record<string, string | number>> = {}): NameSource {
    return () => new Map<string, string | number>([...this.#names, ...Object.entries(names)]);
  }
}
