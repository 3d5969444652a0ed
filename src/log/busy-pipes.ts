/**
 * Tells which pipes are better left to fill for a moment. As long as somebody waits on a pipe with epoll, the kernel
 * tells it of every single write, at the writer's expense. A pipe that nobody waits on fills for less, and is emptied
 * in one go. That is worth it, and nobody's loss, when many write at once: there is enough to do meanwhile. So a pipe
 * may wait only
 * - in a crowd, of {@link CROWD} busy pipes,
 * - if it is busy itself: one with a line now and then would only cost another turn,
 * - if it brings less than what its writer could fill it with between the pauses: no writer is slowed down.
 */

/** What makes a pipe busy within one window, and what makes it too fast to wait. */
export const BUSY_BYTES = 8192;
export const FAST_BYTES = 524_288;

/** Busy pipes at once. */
export const CROWD = 16;

/** Milliseconds for which bytes are counted. Two are looked at: the one that is under way and the one before it. */
export const WINDOW_MS = 100;

export interface BusyPipes<Pipe> {
  /** So many bytes came out of it; `now` in monotonic milliseconds. Returns whether it may wait before the next ones. */
  delivered(pipe: Pipe, bytes: number, now: number): boolean;
  /** It is closed. */
  forget(pipe: Pipe): void;
}

interface Window<Pipe> {
  readonly bytes: Map<Pipe, number>;
  /** How many of them are busy, closed ones included. */
  busy: number;
}

export function createBusyPipes<Pipe>(): BusyPipes<Pipe> {
  let before: Window<Pipe> = { bytes: new Map(), busy: 0 };
  let current: Window<Pipe> = { bytes: new Map(), busy: 0 };
  let began = Number.NEGATIVE_INFINITY;

  function turnTo(now: number): void {
    const age = now - began;
    if (age < WINDOW_MS) return;
    before = age < 2 * WINDOW_MS ? current : { bytes: new Map(), busy: 0 };
    current = { bytes: new Map(), busy: 0 };
    began = now;
  }

  return {
    delivered(pipe, bytes, now) {
      turnTo(now);
      const earlier = current.bytes.get(pipe) ?? 0;
      const total = earlier + bytes;
      current.bytes.set(pipe, total);
      if (earlier < BUSY_BYTES && total >= BUSY_BYTES) current.busy += 1;
      const most = Math.max(total, before.bytes.get(pipe) ?? 0);
      return Math.max(current.busy, before.busy) >= CROWD && most >= BUSY_BYTES && most < FAST_BYTES;
    },
    forget(pipe) {
      before.bytes.delete(pipe);
      current.bytes.delete(pipe);
    },
  };
}
