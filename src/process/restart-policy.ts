/**
 * When a program that has ended may be started again.
 *
 * Supervisor restarts on the next turn of its loop, which in practice means once a second at most. Herald
 * restarts at once; but a program that dies as fast as it is started would then take a whole core. So the
 * first few restarts are immediate, and a program that keeps dying is restarted once a second, as users of
 * Supervisor know it.
 */

/** Restarts within {@link WINDOW_MS} that are not delayed. */
export const IMMEDIATE_RESTARTS = 10;
export const WINDOW_MS = 10_000;
/** The least time between two starts of a program that has used up its immediate restarts. */
export const PACED_INTERVAL_MS = 1000;

/** Times (monotonic milliseconds) of recent restarts, oldest first. */
export type RestartHistory = readonly number[];

/**
 * How long to wait, in milliseconds, before the restart of a program that was last started at `startedAt` and
 * has ended at `now`; and the history with this restart in it.
 */
export function planRestart(
  history: RestartHistory,
  startedAt: number,
  now: number,
): { readonly delay: number; readonly history: RestartHistory } {
  const recent = history.filter((at) => now - at < WINDOW_MS);
  const delay = recent.length < IMMEDIATE_RESTARTS ? 0 : Math.max(0, startedAt + PACED_INTERVAL_MS - now);
  return { delay, history: [...recent, now + delay].slice(-IMMEDIATE_RESTARTS) };
}
