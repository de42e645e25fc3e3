import { addBusinessDays, type Calendar } from '../calendar.js';
import { localDate, type Instant, type Zone } from '../instant.js';
import { atLocalTime } from './localTime.js';
import type { Deadline } from './value.js';

/**
 * The instant of a reminder: `offset` bank days from the day of the deadline, -3 before it and 1 after it, at a local
 * time `HH:MM`. Counted from the due day itself, also when that is closed: a day before Saturday is Friday.
 * @throws Refusal when the calendar does not reach that far
 */
export function bankDaysFrom(
  deadline: Pick<Deadline, 'at' | 'date'>,
  offset: number,
  calendar: Calendar,
  zone: Zone,
  time: string,
): Instant {
  const due = deadline.date ?? localDate(deadline.at, zone);
  return atLocalTime(addBusinessDays(due, offset, calendar), time, zone);
}
