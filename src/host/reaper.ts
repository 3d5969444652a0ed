import type { ExitStatus } from '../supervisor/ports.ts';
import { type Reaped, reapOne } from './libc/wait.ts';

/** Over three weeks: as good as never. */
const LONGEST_INTERVAL_MS = 2 ** 31 - 1;

/** How long deaths are told in one go, in milliseconds. */
const TELLING_MS = 20;

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
 * taken by a first round, and a SIGCHLD that arrives during a round is a round of its own. Nothing is
 * delivered before the current task ends, so a child that dies at once is adopted by then.
 */
export function startReaper(reapedUnknown: (pid: number, status: ExitStatus) => void): Reaper {
  const owners = new Map<number, (status: ExitStatus) => void>();
  const untold: (() => void)[] = [];
  let telling: NodeJS.Immediate | undefined;

  // Signal handlers do not keep Node's loop alive, so a child whose pipes have ended would not either.
  let alive: NodeJS.Timeout | undefined;
  const keepAlive = (): void => {
    if (owners.size > 0) alive ??= setInterval(() => undefined, LONGEST_INTERVAL_MS);
    else {
      clearInterval(alive);
      alive = undefined;
    }
  };

  const round = (): void => {
    // All deaths are collected before the first is told: an owner may start a new child, which may get the
    // pid of another one in this round, or die so fast that telling as we go would never come to an end.
    for (let reaped = reapOne(); reaped !== undefined; reaped = reapOne()) {
      untold.push(release(reaped));
    }
    if (telling === undefined) tell();
  };

  /** Thousands may die at once: between slices of them the loop looks after everybody else. */
  const tell = (): void => {
    telling = undefined;
    const until = performance.now() + TELLING_MS;
    let next = 0;
    try {
      while (next < untold.length && performance.now() < until) untold[next++]?.();
    } finally {
      untold.splice(0, next);
      if (untold.length > 0) telling = setImmediate(tell);
      else keepAlive();
    }
  };

  const release = ({ pid, status }: Reaped): (() => void) => {
    const owner = owners.get(pid);
    owners.delete(pid);
    const decoded = decodeStatus(status);
    return owner === undefined ? () => reapedUnknown(pid, decoded) : () => owner(decoded);
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
      clearImmediate(first);
      clearImmediate(telling);
      clearInterval(alive);
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
