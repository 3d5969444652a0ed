/** The facts of this machine and process that a configuration is read against. */
import { hostname, tmpdir } from 'node:os';
import type { World } from '../config/ports.ts';
import { lookupGroup, lookupUserRecord } from '../host/accounts.ts';

/** Reads them once; later changes of the environment are not seen. */
export function readWorld(): World {
  const env = new Map<string, string>();
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env.set(name, value);
  return {
    env,
    cwd: process.cwd(),
    hostname: hostname(),
    tempDir: tmpdir(),
    uid: process.getuid?.() ?? -1,
    lookupUser: lookupUserRecord,
    lookupGroup,
  };
}
