import { accessSync, constants, statSync } from 'node:fs';
import { SpawnError, type UserIdentity } from '../supervisor/ports.ts';
import {
  E2BIG,
  EAGAIN,
  EMFILE,
  ENFILE,
  ENOENT,
  ENOMEM,
  errnoName,
  type SystemCallError,
} from './libc/errno.ts';
import type { PlaceRefusal } from './program-places.ts';
import type { SwitchFailure } from './switch-program/image.ts';

/** Wordings are Supervisor's, so that its users find what they search their logs for. */

export function pipesFailure(name: string, error: SystemCallError): SpawnError {
  const full = error.errno === EMFILE || error.errno === ENFILE;
  const message = full
    ? `too many open files to spawn '${name}'`
    : `unknown error making dispatchers for '${name}': ${error.code}`;
  return new SpawnError('pipes', error.code, message);
}

/** What a failed posix_spawn means: it tells the error number of the step that failed, but not the step. */
export function spawnFailure(
  name: string,
  argv0: string,
  directory: string | undefined,
  errno: number,
): SpawnError {
  // The directory is entered before the program is looked at, so if it is at fault, it was first.
  const entered = directory === undefined || isProcessError(errno) || canEnter(directory);
  return entered ? execFailure(name, argv0, errno) : directoryFailure(directory, errno);
}

/** Whom an attempt to start a program as another user is about. */
export interface SwitchContext {
  readonly name: string;
  readonly argv0: string;
  readonly directory: string | undefined;
  readonly user: UserIdentity;
}

/** A step of the child itself has failed. Supervisor words the first two; it has no words for the third. */
export function switchFailure(told: SwitchContext, { step, errno }: SwitchFailure): SpawnError {
  const code = errnoName(errno);
  switch (step) {
    case 'groups':
      return switchRefusal(told.user, code, 'Could not set groups of effective user');
    case 'group':
      return switchRefusal(told.user, code, 'Could not set group id of effective user');
    case 'directory':
      return directoryFailure(told.directory, errno);
    case 'exec':
      return execFailure(told.name, told.argv0, errno);
    case 'descriptor':
    case 'user':
      return switchRefusal(told.user, code, code);
  }
}

/** The program that switches did not get to run; `path` is where it should have been. */
export function switcherFailure(told: SwitchContext, path: string, errno: number): SpawnError {
  // The arguments are the real program's; the rest has to do with processes, not with programs.
  if (errno === E2BIG || isProcessError(errno)) return execFailure(told.name, told.argv0, errno);
  const code = errnoName(errno);
  const hint = errno === ENOENT ? ' (is /proc mounted?)' : '';
  return switchRefusal(told.user, code, `cannot run ${path}, which would do it: ${code}${hint}`);
}

/** There was no pipe for what the child has to report. */
export function switcherRefusal({ name, user }: SwitchContext, error: SystemCallError): SpawnError {
  if (error.errno === EMFILE || error.errno === ENFILE) return pipesFailure(name, error);
  return switchRefusal(user, error.code, error.message);
}

/** What usually is behind it, by call and error code. */
const HINTS: Readonly<Record<string, string>> = {
  'memfd_create: EACCES': 'see sysctl vm.memfd_noexec',
  'memfd_create: EPERM': 'a seccomp filter?',
  'exec: EACCES': 'mounted noexec, or a security module?',
  'open of /proc/self/fd: ENOENT': 'is /proc mounted?',
};

/** There is no place that the program that switches could be run from. Places with the same reason stand together. */
export function placesRefusal({ user }: SwitchContext, refusals: readonly PlaceRefusal[]): SpawnError {
  const places = new Map<string, string[]>();
  for (const { place, error } of refusals) {
    const same = places.get(error.message);
    if (same === undefined) places.set(error.message, [place]);
    else same.push(place);
  }
  const reasons = Array.from(places, ([reason, names]) => {
    const hint = HINTS[reason];
    return `in ${names.join(', ')}: ${reason}${hint === undefined ? '' : ` (${hint})`}`;
  });
  const code = refusals[0]?.error.code ?? 'ENOENT';
  return switchRefusal(user, code, `cannot run the program that would do it: ${reasons.join('; ')}`);
}

/** As Supervisor words it. */
export function switchRefusal(user: UserIdentity, code: string, reason: string): SpawnError {
  const message = `couldn't setuid to ${user.uid}: ${reason}`;
  return new SpawnError('user', code, message, childText(message));
}

/** A string that C cannot hold. */
export function nulFailure(argv0: string, where: string): SpawnError {
  const printable = argv0.replaceAll('\0', '\\0');
  const message = `couldn't exec ${printable}: ${where} contains a NUL byte`;
  return new SpawnError('exec', 'EINVAL', message, childText(message));
}

function execFailure(name: string, argv0: string, errno: number): SpawnError {
  const code = errnoName(errno);
  if (errno === EAGAIN) {
    // From clone, or from exec when the switch of users has found the user's process limit exhausted.
    return new SpawnError('process', code, `Too many processes in process table to spawn '${name}'`);
  }
  if (errno === ENOMEM) {
    return new SpawnError('process', code, `unknown error during fork for '${name}': ${code}`);
  }
  return unspawned('exec', code, `couldn't exec ${argv0}`);
}

function directoryFailure(directory: string | undefined, errno: number): SpawnError {
  return unspawned('directory', errnoName(errno), `couldn't chdir to ${directory}`);
}

function isProcessError(errno: number): boolean {
  return errno === EAGAIN || errno === ENOMEM;
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
