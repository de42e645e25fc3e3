import type { Instant } from '../instant.js';

/** How hard a deadline is: by law, promised, aimed at, or a principle (DOMAIN 2.1). */
export const FIRMNESS = ['statutory', 'committed', 'target', 'principle'] as const;
export type Firmness = (typeof FIRMNESS)[number];

/** How time is counted: on the clock, in calendar days, in months, in open days of a calendar, or by a word such as 10月末. */
export type Counting = 'elapsed' | 'calendar-days' | 'months' | 'business-days' | 'word';

/**
 * A deadline as a value: from what it counts, by which rule, and the arithmetic that made it. It counts from when its
 * start event was true; learning of the event late shortens the time left and never moves the deadline.
 */
export interface Deadline {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly startEvent: string;
  readonly start: Instant;
  readonly counting: Counting;
  readonly firmness: Firmness;
  /** The last instant that is in time. A whole day ends with its last millisecond, local time. */
  readonly at: Instant;
  /** One line with what was counted, the same in every language. */
  readonly arithmetic: string;
  /** The calendar by which it was made. */
  readonly calendar?: { readonly id: string; readonly version: string };
  /** The local day of `at`, `YYYY-MM-DD`; absent where hours are counted. */
  readonly date?: string;
  /** The last open day up to and including `date`: the day by which a bank must have acted. */
  readonly lastOpenDay?: string;
  /** The days that a part-of-month word means, both included; `date` is the last of them. */
  readonly interval?: { readonly from: string; readonly until: string };
}

export interface Rule {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly startEvent: string;
}
