import { accessSync, constants, statSync } from 'node:fs';
import { SpawnError } from '../supervisor/ports.ts';
import { EAGAIN, EMFILE, ENFILE, ENOMEM, errnoName, type SystemCallError } from './libc/errno.ts';

/** Wordings are Supervisor's, so that its users find what they search their logs for. */

export function pipesFailure(name: string, error: SystemCallError): SpawnError {
  const full = error.errno === EMFILE || error.errno === ENFILE;
  const message = full
    ? `too many open files to spawn '${name}'`
    : `unknown error making dispatchers for '${name}': ${error.code}`;
  return new SpawnError('pipes', error.code, message);
}

/**
 * What a failed posix_spawn means: it tells the error number of the step that failed, but not the step. To be
 * called with the credentials that the child would have had.
 */
export function spawnFailure(
  name: string,
  argv0: string,
  directory: string | undefined,
  errno: number,
): SpawnError {
  const code = errnoName(errno);
  if (errno === EAGAIN) {
    // From clone, or from exec when the switch of users has found the user's process limit exhausted.
    return new SpawnError('process', code, `Too many processes in process table to spawn '${name}'`);
  }
  if (errno === ENOMEM) {
    return new SpawnError('process', code, `unknown error during fork for '${name}': ${code}`);
  }
  // The directory is entered before the program is looked at, so if it is at fault, it was first.
  const entered = directory === undefined || canEnter(directory);
  return entered
    ? unspawned('exec', code, `couldn't exec ${argv0}`)
    : unspawned('directory', code, `couldn't chdir to ${directory}`);
}

/** A string that C cannot hold. */
export function nulFailure(argv0: string, where: string): SpawnError {
  const printable = argv0.replaceAll('\0', '\\0');
  const message = `couldn't exec ${printable}: ${where} contains a NUL byte`;
  return new SpawnError('exec', 'EINVAL', message, childText(message));
}

function unspawned(stage: SpawnError['stage'], code: string, what: string): SpawnError {
  const message = `${what}: ${code}`;
  return new SpawnError(stage, code, message, childText(message));
}

function childText(message: string): string {
  return `supervisor: ${message}\nsupervisor: child process was not spawned\n`;
}

/** Whether chdir(2) would work. */
function canEnter(directory: string): boolean {
  try {
    accessSync(directory, constants.X_OK);
    return statSync(directory).isDirectory();
  } catch {
    // Why not is known already: it is the error that posix_spawn has returned.
    return false;
  }
}
