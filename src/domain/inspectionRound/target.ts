import { daysBetween } from '../date.js';
import type { RoundResult } from './result.js';

/** How a result stands to the target of its round, in calendar days. */
export type TargetStanding =
  /** Every unit had its result by the target. */
  | { readonly kind: 'on-target' }
  | { readonly kind: 'late'; readonly days: number }
  /** Units are missing and the target is still to come: whether it is kept, nobody knows yet. */
  | {
      readonly kind: 'interim';
      readonly daysLeft: number;
      /** By what is due now; 0 where no slip is predicted. */
      readonly predictedSlip: number;
    };

/**
 * How a result, as it was on a day, stands to its target.
 * @param day `YYYY-MM-DD`: when it was published, or today
 */
export function againstTarget(
  { target, complete, predictedEnd }: Pick<RoundResult, 'target' | 'complete' | 'predictedEnd'>,
  day: string,
): TargetStanding {
  const days = daysBetween(target.date, day);
  if (days > 0) return { kind: 'late', days };
  if (complete) return { kind: 'on-target' };
  const predictedSlip = predictedEnd === undefined ? 0 : Math.max(0, daysBetween(target.date, predictedEnd));
  return { kind: 'interim', daysLeft: 0 - days, predictedSlip };
}
