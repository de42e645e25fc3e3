import { addDays, dateMillis } from '../date.js';
import { DAY, HOUR, instant, localDate, millis, MINUTE, offsetMinutes, type Instant, type Zone } from '../instant.js';

/** Milliseconds since midnight of a local time `HH:MM`. */
export function clockMillis(text: string): number {
  const [hours, minutes] = text.split(':').map(Number);
  return (hours ?? 0) * HOUR + (minutes ?? 0) * MINUTE;
}

/**
 * The instant of a local time `HH:MM` on a date. Where the clocks change, a time that occurs twice is the second one,
 * and a time that does not occur is as much later: a deadline never gets shorter by it.
 */
export function atLocalTime(date: string, time: string, zone: Zone): Instant {
  const local = dateMillis(date) + clockMillis(time);
  const offsets = [instant(local - DAY), instant(local + DAY)].map((at) => offsetMinutes(at, zone));
  const all = offsets.map((minutes) => ({ at: instant(local - minutes * MINUTE), minutes }));
  const real = all.filter(({ at, minutes }) => offsetMinutes(at, zone) === minutes);
  return (real.length > 0 ? real : all)
    .map(({ at }) => at)
    .sort()
    .at(-1)!;
}

/** The last millisecond of a local day: who acts on the day is in time. */
export function endOfLocalDay(date: string, zone: Zone): Instant {
  return instant(millis(atLocalTime(addDays(date, 1), '00:00', zone)) - 1);
}

/** Does the local day begin with this very instant? */
export function isLocalMidnight(at: Instant, zone: Zone): boolean {
  return atLocalTime(localDate(at, zone), '00:00', zone) === at;
}
