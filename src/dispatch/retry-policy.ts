/** How a pool treats an event that was rejected. Times are milliseconds. */
export interface RetryPolicy {
  readonly delay: number;
  readonly delayMax: number;
  /** Deliveries of one event that may fail; 0: no limit. */
  readonly maxDeliver: number;
}

/**
 * What becomes of an event that was rejected and has failed `failures` times by now: milliseconds to wait before
 * its next delivery, or `dead-letter`.
 *
 * The first redelivery is immediate and keeps the event in front of all others, as Supervisor's users know
 * it: one hiccup costs neither time nor order. From the second rejection on the pauses double.
 */
export function planRedelivery(policy: RetryPolicy, failures: number): number | 'dead-letter' {
  if (isPoison(policy, failures)) return 'dead-letter';
  if (failures <= 1) return 0;
  // Past 2^30 the product says nothing that the maximum does not.
  return Math.min(policy.delay * 2 ** Math.min(failures - 2, 30), Math.max(policy.delay, policy.delayMax));
}

/** Whether an event has failed once too often, be it by rejection or by the death of its listener. */
export function isPoison(policy: Pick<RetryPolicy, 'maxDeliver'>, failures: number): boolean {
  return policy.maxDeliver > 0 && failures >= policy.maxDeliver;
}

/** Pauses (milliseconds) before a listener that breaks the protocol again and again is restarted. */
export function planListenerRestart(
  violationsInARow: number,
  policy: Pick<RetryPolicy, 'delay' | 'delayMax'>,
): number {
  if (violationsInARow <= 1) return 0;
  return Math.min(
    policy.delay * 2 ** Math.min(violationsInARow - 2, 30),
    Math.max(policy.delay, policy.delayMax),
  );
}
