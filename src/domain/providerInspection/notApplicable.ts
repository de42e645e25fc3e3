import type { Calendars } from '../calendar.js';
import { resolve } from '../deadline/resolve.js';
import { parseRule } from '../deadline/rule.js';
import type { Instant, Zone } from '../instant.js';
import type { Policy } from '../policy.js';

/** That nothing applies: who said so, and until when that is believed without a look (invariant 12). */
export interface NotApplicable {
  /** Who opened the inspection, and the second person. */
  readonly by: readonly string[];
  readonly reason: string;
  /** `YYYY-MM-DD`: the day on which the second line looks at it again. */
  readonly review: string;
}

/** From the decision to its review, unless the policy says otherwise; PROP. */
const NOT_APPLICABLE_REVIEW = 'P1Y';

/** The day on which "not applicable" is looked at again. @throws Refusal for a period that is none */
export function notApplicableReview(
  { version, inspection }: Pick<Policy, 'version' | 'inspection'>,
  at: Instant,
  calendars: Calendars,
  zone: Zone,
): string {
  const { notApplicableReview: period = NOT_APPLICABLE_REVIEW } = inspection;
  const [, n, unit] = /^P(\d+)([YMD])$/.exec(period)!;
  const length =
    unit === 'D'
      ? { counting: 'calendar-days', days: Number(n) }
      : { counting: 'months', months: Number(n) * (unit === 'Y' ? 12 : 1) };
  const rule = parseRule({
    v: 1,
    rule: 'providerInspection.notApplicableReview',
    ruleVersion: version,
    startEvent: 'notApplicable',
    firmness: 'target',
    rollover: 'none',
    firstDay: 'excluded',
    ...length,
  });
  return resolve(rule, at, calendars, zone).date!;
}
