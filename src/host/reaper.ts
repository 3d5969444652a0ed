import type { BulkWork, ExitStatus } from '../supervisor/ports.ts';
import { type Reaped, reapOne } from './libc/wait.ts';

/** Over three weeks: as good as never. */
const LONGEST_INTERVAL_MS = 2 ** 31 - 1;

export interface Reaper {
  /** Calls `onExit` once, from the event loop, when this child of ours is dead and reaped. */
  adopt(pid: number, onExit: (status: ExitStatus) => void): void;
  /** Adopted and not yet reaped: its pid cannot belong to anybody else. */
  has(pid: number): boolean;
  close(): void;
}

/**
 * Reaps every child of this process, whoever started it. As PID 1 or subreaper that includes orphans: they
 * go to `reapedUnknown`.
 *
 * No exit can be missed: the handler stands before anybody can call `adopt`, children that died earlier are
 * taken by a first round, and a round ends when there is nobody left to reap. Each death is told right after
 * its child has been reaped, and never between the spawn of a child and its adoption: both are in one item of the bulk
 * work. Rounds are sliced, for thousands may die at once, or for ever.
 */
export function startReaper(
  bulk: BulkWork,
  reapedUnknown: (pid: number, status: ExitStatus) => void,
): Reaper {
  const owners = new Map<number, (status: ExitStatus) => void>();
  let reaping = false;
  let closed = false;
  /** Between the end of a round and the next turn of the loop; `again` when somebody has died since. */
  let resting: NodeJS.Immediate | undefined;
  let again = false;

  // Signal handlers do not keep Node's loop alive, so a child whose pipes have ended would not either.
  let alive: NodeJS.Timeout | undefined;
  const keepAlive = (): void => {
    if (owners.size > 0 && !closed) alive ??= setInterval(() => undefined, LONGEST_INTERVAL_MS);
    else {
      clearInterval(alive);
      alive = undefined;
    }
  };

  function* deaths(): Generator<Reaped> {
    try {
      for (let next = reapNext(); next !== undefined; next = reapNext()) yield next;
    } finally {
      reaping = false;
      resting = setImmediate(awake);
    }
    keepAlive();
  }

  const awake = (): void => {
    resting = undefined;
    if (again) round();
  };

  const reapNext = (): Reaped | undefined => (closed ? undefined : reapOne());

  const tell = ({ pid, status }: Reaped): void => {
    const owner = owners.get(pid);
    owners.delete(pid);
    const decoded = decodeStatus(status);
    if (owner === undefined) reapedUnknown(pid, decoded);
    else owner(decoded);
  };

  /**
   * Whoever dies while a round is under way is taken by that one. There is no second one in a turn of the loop, which
   * may have a signal for each of thousands: every round would do work for as long as a slice.
   */
  const round = (): void => {
    if (reaping || closed) return;
    again = resting !== undefined;
    if (again) return;
    reaping = true;
    void bulk.each(deaths(), tell);
  };

  process.on('SIGCHLD', round);
  const first = setImmediate(round);
  return {
    adopt: (pid, onExit) => {
      owners.set(pid, onExit);
      keepAlive();
    },
    has: (pid) => owners.has(pid),
    close: () => {
      closed = true;
      clearImmediate(first);
      clearImmediate(resting);
      keepAlive();
      process.off('SIGCHLD', round);
    },
  };
}

/** Source: wait(2); the layout is Linux's own and the same everywhere. */
export function decodeStatus(status: number): ExitStatus {
  const signal = status & 0x7f;
  if (signal === 0) return { kind: 'exited', code: (status >> 8) & 0xff };
  return { kind: 'signaled', signal, core: (status & 0x80) !== 0 };
}
