/** How a pool treats an event that was rejected. Times are milliseconds. */
export interface RetryPolicy {
  readonly delay: number;
  readonly delayMax: number;
  /** Deliveries of one event at most; 0: no limit. */
  readonly maxDeliver: number;
}

/**
 * What becomes of an event after its `deliveries`-th delivery was rejected: milliseconds to wait before the
 * next, or `dead-letter`.
 *
 * The first redelivery is immediate and keeps the event in front of all others, as Supervisor's users know
 * it: one hiccup costs neither time nor order. From the second rejection on the pauses double.
 */
export function planRedelivery(policy: RetryPolicy, deliveries: number): number | 'dead-letter' {
  if (policy.maxDeliver > 0 && deliveries >= policy.maxDeliver) return 'dead-letter';
  if (deliveries <= 1) return 0;
  // Past 2^30 the product says nothing that the maximum does not.
  return Math.min(policy.delay * 2 ** Math.min(deliveries - 2, 30), Math.max(policy.delay, policy.delayMax));
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
