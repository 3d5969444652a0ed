/**
 * Counts bytes that a log could not take, and says when that is worth telling and in which words. The first
 * loss is told at once and its end once; in between, and when a full disk flaps, at most one message comes
 * in {@link REPORT_INTERVAL}. There is no timer: a late message comes with the next write.
 */
export const REPORT_INTERVAL = 60_000;

export interface LossLedger {
  /** Bytes lost so far. */
  readonly total: number;
  /** Whether `worked` has anything to do: lets the fast path skip it. */
  readonly open: boolean;
  /** `code` is symbolic, as `ENOSPC`; `now` monotonic milliseconds. Gives the message to tell, if any. */
  lost(bytes: number, code: string, now: number): string | undefined;
  /** Something else went wrong with this log, without a loss: the same message, when it may be told now. */
  trouble(message: string, now: number): string | undefined;
  /** A write has succeeded. */
  worked(now: number): string | undefined;
}

/** `name` is what the messages call the log: its path in quotes. */
export function createLossLedger(name: string): LossLedger {
  let total = 0;
  let told = 0;
  let reason = '';
  let open = false;
  let announced = false;
  let lastTold = Number.NEGATIVE_INFINITY;

  function mayTell(now: number): boolean {
    if (now - lastTold < REPORT_INTERVAL) return false;
    lastTold = now;
    return true;
  }

  return {
    get total() {
      return total;
    },
    get open() {
      return open;
    },
    lost(bytes, code, now) {
      total += bytes;
      reason = code;
      open = true;
      if (announced || !mayTell(now)) return undefined;
      announced = true;
      return `cannot write to log ${name} (${code}), its output is being lost`;
    },
    trouble(message, now) {
      return mayTell(now) ? message : undefined;
    },
    worked(now) {
      if (!open || !mayTell(now)) return undefined;
      open = false;
      announced = false;
      const since = total - told;
      told = total;
      return `writing to log ${name} works again, ${since} bytes were lost (${reason})`;
    },
  };
}
