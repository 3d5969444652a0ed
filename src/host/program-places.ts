import { dirname, isAbsolute } from 'node:path';
import process from 'node:process';
import { closeDescriptor } from './libc/descriptors.ts';
import { EACCES, EMFILE, ENFILE, EPERM, SystemCallError } from './libc/errno.ts';
import { makeMemoryProgram } from './libc/memory-file.ts';
import { makeUnnamedProgram } from './libc/unnamed-file.ts';

/** Somewhere to put a program of our own so that nobody else can get at it: without a name. */
export interface ProgramPlace {
  /** `memory`, or the path of a folder. */
  readonly name: string;
  /** A close-on-exec descriptor of a program that consists of these bytes. Throws {@link SystemCallError}. */
  readonly make: (bytes: Uint8Array) => number;
}

/** Why a program cannot be put into this place, or (`exec`) not be run from there. */
export interface PlaceRefusal {
  readonly place: string;
  readonly error: SystemCallError;
}

/** `refused`: by every place. `unstarted`: it would have failed the same way in any other place. */
export type PlacedStart =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'unstarted'; readonly errno: number; readonly path: string }
  | { readonly kind: 'refused'; readonly refusals: readonly PlaceRefusal[] };

/**
 * In the order in which they are tried: memory that is sealed; file systems that mostly are in memory; those that are
 * on disk. What is mounted noexec differs from one distribution and container engine to the next, but never the file
 * system that Node itself was run from, and whoever is master of that one is master of the daemon in any case. (Without
 * /proc Node does not know where that is.)
 */
const PLACES: readonly ProgramPlace[] = [
  { name: 'memory', make: (bytes) => makeMemoryProgram('herald-switch', bytes) },
  ...['/dev/shm', '/run', '/tmp', '/var/tmp', dirname(process.execPath)].filter(isAbsolute).map(folderPlace),
];

function folderPlace(folder: string): ProgramPlace {
  return { name: folder, make: (bytes) => makeUnnamedProgram(folder, bytes) };
}

/** Runs programs of our own from the first place that allows it, and remembers that place. */
export class ProgramPlaces {
  readonly #places: readonly ProgramPlace[];
  /** Comes first the next time: the kernel has a line in its log for each program in memory that it forbids. */
  #served: ProgramPlace | undefined;

  constructor(places: readonly ProgramPlace[] = PLACES) {
    this.#places = places;
  }

  /**
   * `start` runs the program at `path`, and returns its pid or a negative error number. It is called for one place
   * after the other until one allows it. Throws {@link SystemCallError} when there are no descriptors left.
   */
  start(bytes: Uint8Array, start: (path: string) => number): PlacedStart {
    if (this.#served !== undefined) {
      const found = startFrom(this.#served, bytes, start);
      if ('kind' in found) return found;
      // It is asked again in its turn, so that what is told has the same order every time.
      this.#served = undefined;
    }
    const refusals: PlaceRefusal[] = [];
    for (const place of this.#places) {
      const found = startFrom(place, bytes, start);
      if ('kind' in found) {
        if (found.kind === 'started') this.#served = place;
        return found;
      }
      refusals.push(found);
    }
    return { kind: 'refused', refusals };
  }
}

function startFrom(
  place: ProgramPlace,
  bytes: Uint8Array,
  start: (path: string) => number,
): PlacedStart | PlaceRefusal {
  let program: number;
  try {
    program = place.make(bytes);
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.errno === EMFILE || error.errno === ENFILE) throw error;
    return { place: place.name, error };
  }
  // Looked up by the child while it still has all descriptors of ours.
  const path = `/proc/self/fd/${program}`;
  let pid: number;
  try {
    pid = start(path);
  } finally {
    closeDescriptor(program);
  }
  if (pid >= 0) return { kind: 'started', pid };
  // Mounted noexec, or forbidden by a security module; other places may be allowed.
  const forbidden = pid === -EACCES || pid === -EPERM;
  return forbidden
    ? { place: place.name, error: new SystemCallError('exec', -pid) }
    : { kind: 'unstarted', errno: -pid, path };
}
