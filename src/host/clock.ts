import type { Cancel, Clock } from '../supervisor/ports.ts';

/** What setTimeout can hold; it takes anything longer for 1 ms. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's clock. Timers run on monotonic time, so a jump of the wall clock does not move them. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after,
};

function after(ms: number, fn: () => void): Cancel {
  if (ms <= 0) return atNextTurn(fn);
  const deadline = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const arm = (remaining: number): void => {
    if (remaining > LONGEST_TIMEOUT_MS) {
      timer = setTimeout(() => arm(deadline - performance.now()), LONGEST_TIMEOUT_MS);
    } else {
      timer = setTimeout(fn, Math.max(0, Math.ceil(remaining)));
    }
  };
  arm(ms);
  return () => clearTimeout(timer);
}

/** A timer would wait for a millisecond. The loop does everything else that is due first. */
function atNextTurn(fn: () => void): Cancel {
  const immediate = setImmediate(fn);
  return () => clearImmediate(immediate);
}
