/** Logs that are followed as they grow; all who follow one share its descriptors and watches. */
import type { Clock, LogFollower } from '../supervisor/ports.ts';
import { type FollowedPath, openFollowedPath } from './followed-path.ts';

export interface FileFollower extends LogFollower {
  /**
   * For who exchanges or empties a log file: called before and after that, nobody misses a byte. Costs nothing when
   * nobody follows. Never throws.
   */
  look(path: string): void;
}

export function createLogFollower(clock: Pick<Clock, 'monotonic' | 'after'>): FileFollower {
  const paths = new Map<string, FollowedPath>();
  return {
    follow(path, tail, reading) {
      let followed = paths.get(path);
      if (followed === undefined) {
        followed = openFollowedPath(path, clock, () => paths.delete(path));
        if (followed === undefined) return undefined;
        paths.set(path, followed);
      }
      return followed.join(tail, reading);
    },
    look: (path) => paths.get(path)?.look(),
  };
}
