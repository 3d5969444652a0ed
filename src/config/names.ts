/** Names and the values that `%(name)s` stands for. */
export interface Names {
  get(name: string): string | number | undefined;
  entries(): IterableIterator<[string, string | number]>;
}

/** `upper` over `lower`. Both are looked at when a name is asked for: nothing is copied. */
export function overlaid(lower: Names, upper: Names): Names {
  return {
    get: (name) => upper.get(name) ?? lower.get(name),
    entries: () => new Map([...lower.entries(), ...upper.entries()]).entries(),
  };
}

export function namesOf(values: Readonly<Record<string, string | number>>): Names {
  return new Map(Object.entries(values));
}

const VARIABLE_PREFIX = 'ENV_';

/** Variables of an environment, each under `ENV_` and its name. */
export function variableNames(variables: ReadonlyMap<string, string>): Names {
  return {
    get: (name) =>
      name.startsWith(VARIABLE_PREFIX) ? variables.get(name.slice(VARIABLE_PREFIX.length)) : undefined,
    *entries() {
      for (const [name, value] of variables) yield [VARIABLE_PREFIX + name, value];
    },
  };
}
