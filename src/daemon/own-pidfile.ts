/** The pidfile: claimed before anything else, written when the daemon is there. */
import process from 'node:process';
import type { DaemonConfig } from '../config/types.ts';
import { AlreadyRunningError, claimPidfile, type Pidfile } from '../host/single-instance.ts';
import type { MainLog } from '../supervisor/ports.ts';
import { StartError } from './start-error.ts';

/** Throws {@link StartError} when another daemon lives on the pidfile. */
export function claim(
  { supervisord }: DaemonConfig,
  log: MainLog,
  inBackground: boolean,
): Pidfile | undefined {
  const { pidfile, umask } = supervisord;
  const previous = inBackground ? process.umask(umask) : undefined;
  try {
    return claimPidfile(pidfile);
  } catch (error) {
    if (error instanceof AlreadyRunningError) throw new StartError(error.message, { cause: error });
    log.write('critical', `could not write pidfile ${pidfile}`);
    return undefined;
  } finally {
    if (previous !== undefined) process.umask(previous);
  }
}

export function writePidfile(pidfile: Pidfile | undefined, config: DaemonConfig, log: MainLog): void {
  if (pidfile === undefined) return;
  try {
    pidfile.write(process.pid);
    log.write('info', `supervisord started with pid ${process.pid}`);
  } catch {
    // Supervisor runs on without a pidfile; the log says so.
    log.write('critical', `could not write pidfile ${config.supervisord.pidfile}`);
  }
}
