export interface Figures {
  readonly min: number;
  readonly median: number;
  readonly p90: number;
  readonly max: number;
}

/** Minimum, median, 90th percentile and maximum, to two decimals. */
export function summary(values: readonly number[]): Figures {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]! * 100) / 100;
  return { min: at(0), median: at(0.5), p90: at(0.9), max: at(1) };
}
