import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { SupervisordConfig } from '../config/types.ts';
import type { MainLog } from '../supervisor/ports.ts';

/**
 * Removes the AUTO log files of earlier lives. Only after the sockets are ours: a daemon that is started by
 * mistake beside a running one must not delete the logs of that one.
 */
export function removeAutoLogs(
  { childlogdir, identifier }: Pick<SupervisordConfig, 'childlogdir' | 'identifier'>,
  log: MainLog,
): void {
  const ours = new RegExp(`.+?---${escapeRegExp(identifier)}-\\S+\\.log\\.?\\d{0,4}`);
  let names: string[];
  try {
    names = readdirSync(childlogdir);
  } catch {
    log.write('warn', 'Could not clear childlog dir');
    return;
  }
  for (const name of names) {
    if (ours.exec(name)?.index !== 0) continue;
    const path = join(childlogdir, name);
    try {
      unlinkSync(path);
    } catch {
      log.write('warn', `Failed to clean up '${path}'`);
    }
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
