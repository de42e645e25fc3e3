import type { Calendars } from '../calendar.js';
import { resolve } from '../deadline/resolve.js';
import type { Deadline } from '../deadline/value.js';
import type { Instant, Zone } from '../instant.js';
import type { Policy } from '../policy.js';

/** Bank days after the publication of a version, unless the policy says otherwise (DOMAIN 3.3). */
const GAP_LIST_WITHIN = 5;

/**
 * Until when somebody has to have looked, counted from the publication, not from when a sweep found the gaps.
 * @throws Refusal when the policy's calendar is missing or does not reach so far
 */
export function gapListDue(
  { version: ruleVersion, inspection }: Pick<Policy, 'version' | 'inspection'>,
  published: Instant,
  calendars: Calendars,
  zone: Zone,
): Deadline {
  const { calendar, gapListWithin: days = GAP_LIST_WITHIN } = inspection;
  return resolve(
    {
      v: 1,
      rule: 'framework.gapListWithin',
      ruleVersion,
      startEvent: 'published',
      firmness: 'target',
      counting: 'business-days',
      days,
      calendar,
    },
    published,
    calendars,
    zone,
  );
}
