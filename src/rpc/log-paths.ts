/** Where the log of a program is, by its name as callers write it. */
import type { Facade } from '../supervisor/facade.ts';
import type { Channel } from '../supervisor/ports.ts';
import { RpcFault } from './faults.ts';
import { resolveProcess } from './namespec.ts';

/** undefined: no such process, a whole group, or a channel that is not logged to a file. */
export function findLogPath(facade: Facade, namespec: string, channel: Channel): string | undefined {
  try {
    return resolveProcess(facade, namespec).logfile(channel);
  } catch (error) {
    if (error instanceof RpcFault) return undefined;
    throw error;
  }
}
