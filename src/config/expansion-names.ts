/** Which names expand where: Supervisor's table of contexts. Later names win over earlier ones. */
import { LayeredNames, type Names, namesOf, VariableNames } from './names.ts';
import type { World } from './ports.ts';

export class Environment {
  readonly #variables: Map<string, string>;
  /** `ENV_X` by name: the daemon's environment, and what `[supervisord] environment` lays over it. */
  readonly names: Names;

  constructor(world: World) {
    this.#variables = new Map(world.env);
    this.names = new VariableNames(this.#variables);
  }

  overlay(pairs: ReadonlyMap<string, string>): void {
    for (const [key, value] of pairs) this.#variables.set(key, value);
  }

  /** `ENV_*` and then these. */
  with(names: Readonly<Record<string, string | number>>): Names {
    return new LayeredNames(this.names, namesOf(names));
  }
}
