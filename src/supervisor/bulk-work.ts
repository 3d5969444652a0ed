/**
 * One rule for everything that may come by the thousand: starts, stops, deaths, signals. All of it is done in the
 * same slices, so that between two of them the loop looks after everybody else, however many jobs are under way.
 *
 * The jobs take turns, an item each: a death need not wait until two thousand programs have been started. A job that
 * comes while there is no other begins at once, which makes a small one synchronous.
 */
import type { Steps } from '../config/steps.ts';
import type { BulkWork, Clock } from './ports.ts';

/** Items are done for about so long, in milliseconds; one that takes longer is not interrupted. */
const SLICE_MS = 10;

/** Does its next item. Returns false when there was none left. */
type Job = () => boolean;

export function createBulkWork(clock: Pick<Clock, 'monotonic' | 'after'>): BulkWork {
  /** The one whose turn it is comes first. */
  const jobs: Job[] = [];
  let busy = false;

  const slice = (): void => {
    busy = true;
    const until = clock.monotonic() + SLICE_MS;
    do {
      const job = jobs.shift();
      if (job?.() === true) jobs.push(job);
    } while (jobs.length > 0 && clock.monotonic() < until);
    busy = jobs.length > 0;
    if (busy) clock.after(0, slice);
  };

  return {
    each: (items, act) =>
      new Promise((resolve, reject) => {
        jobs.push(createJob(items, act, resolve, reject));
        if (!busy) slice();
      }),
  };
}

/** Takes the steps as items of bulk work. Rejects with what they throw. */
export function takeSteps<T>(bulk: BulkWork, steps: Steps<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    bulk.each(handOver(steps, resolve), () => undefined).catch(reject);
  });
}

function* handOver<T>(steps: Steps<T>, take: (result: T) => void): Steps<void> {
  take(yield* steps);
}

/**
 * An item that fails is told at once, and stops none of the others. Where there is no next item to be had, the job is
 * over, and only this one: what a job throws would otherwise end the slice, and all work after it.
 */
function createJob<T>(
  items: Iterable<T>,
  act: (item: T) => void,
  done: () => void,
  failed: (error: unknown) => void,
): Job {
  const iterator = items[Symbol.iterator]();
  return () => {
    let next: IteratorResult<T>;
    try {
      next = iterator.next();
    } catch (error) {
      failed(error);
      return false;
    }
    if (next.done === true) {
      done();
      return false;
    }
    try {
      act(next.value);
    } catch (error) {
      failed(error);
    }
    return true;
  };
}
