/** Names and the values that `%(name)s` stands for. */
export interface Names {
  get(name: string): string | number | undefined;
  entries(): IterableIterator<[string, string | number]>;
}

/** Some names over others. Nothing is copied: both are looked at when a name is asked for. */
export class LayeredNames implements Names {
  readonly #lower: Names;
  readonly #upper: Names;

  constructor(lower: Names, upper: Names) {
    this.#lower = lower;
    this.#upper = upper;
  }

  get(name: string): string | number | undefined {
    return this.#upper.get(name) ?? this.#lower.get(name);
  }

  entries(): IterableIterator<[string, string | number]> {
    return new Map([...this.#lower.entries(), ...this.#upper.entries()]).entries();
  }
}

const VARIABLE_PREFIX = 'ENV_';

/** Variables of an environment, each under `ENV_` and its name. */
export class VariableNames implements Names {
  readonly #variables: ReadonlyMap<string, string>;

  constructor(variables: ReadonlyMap<string, string>) {
    this.#variables = variables;
  }

  get(name: string): string | undefined {
    if (!name.startsWith(VARIABLE_PREFIX)) return undefined;
    return this.#variables.get(name.slice(VARIABLE_PREFIX.length));
  }

  *entries(): IterableIterator<[string, string]> {
    for (const [name, value] of this.#variables) yield [VARIABLE_PREFIX + name, value];
  }
}

export function namesOf(values: Readonly<Record<string, string | number>>): Names {
  return new Map(Object.entries(values));
}
