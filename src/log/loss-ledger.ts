/**
 * Counts bytes that a log could not take, and says when that is worth telling and in which words. The first
 * loss is told at once, and so is its end, with the total. While the loss goes on, and when a full disk flaps,
 * at most one message comes in {@link REPORT_INTERVAL}. There is no timer: a late message comes with the next
 * write, and what is still untold when the log is closed is told then.
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
  /** The log is closed: how many bytes were lost and not yet told of. Losses may still come, and another call. */
  closed(): string | undefined;
}

/** `name` is what the messages call the log: its path in quotes. */
export function createLossLedger(name: string): LossLedger {
  let total = 0;
  /** Bytes lost since the log last worked, or since that was last told. */
  let since = 0;
  /** How many of these a message has named. */
  let told = 0;
  let reason = '';
  let open = false;
  /** Whether the beginning of this loss has been told. */
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
      since += bytes;
      reason = code;
      open = true;
      if (!mayTell(now)) return undefined;
      const isFirst = !announced && since === bytes;
      announced = true;
      if (isFirst) return `cannot write to log ${name} (${code}), its output is being lost`;
      told = since;
      return `still cannot write to log ${name} (${code}), ${since} bytes were lost so far`;
    },
    trouble(message, now) {
      return mayTell(now) ? message : undefined;
    },
    worked(now) {
      // Whoever heard of the loss hears of its end at once. Only what nobody heard of waits: the disk flaps.
      if (!open || (!announced && !mayTell(now))) return undefined;
      lastTold = now;
      const bytes = since;
      open = false;
      announced = false;
      since = 0;
      told = 0;
      return `writing to log ${name} works again, ${bytes} bytes were lost (${reason})`;
    },
    closed() {
      if (since === told) return undefined;
      told = since;
      return `log ${name} is closed, ${since} bytes were lost (${reason})`;
    },
  };
}
