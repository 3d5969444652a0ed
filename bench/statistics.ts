/** The middle of the samples (the mean of the middle two when their number is even); NaN for none. */
export function median(samples: readonly number[]): number {
  const sorted = ascending(samples);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** Nearest rank, so with fewer than 100 samples the 99th percentile is the largest one; NaN for none. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = ascending(samples);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

function ascending(samples: readonly number[]): number[] {
  return [...samples].sort((a, b) => a - b);
}
