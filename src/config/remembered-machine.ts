import type { Surroundings } from './existing-paths.ts';

/**
 * The machine as one reading sees it: what was looked up once stays as it was found. Thousands of programs name the
 * same few folders and users.
 */
export function rememberMachine({ files, world }: Surroundings): Surroundings {
  return {
    files: {
      read: (path) => files.read(path),
      exists: (path) => files.exists(path),
      isDirectory: remembered((path) => files.isDirectory(path)),
      glob: (pattern) => files.glob(pattern),
    },
    world: {
      ...world,
      lookupUser: remembered((user) => world.lookupUser(user)),
      lookupGroup: remembered((group) => world.lookupGroup(group)),
    },
  };
}

function remembered<K, V>(look: (key: K) => V): (key: K) => V {
  const found = new Map<K, { readonly value: V }>();
  return (key) => {
    const known = found.get(key) ?? { value: look(key) };
    found.set(key, known);
    return known.value;
  };
}
