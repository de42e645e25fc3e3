import { Temporal } from 'temporal-polyfill/implementation';
import { instant, MINUTE, type Instant, type Zone } from '../domain/instant.js';

/** How many changes of a zone's offset are written out ahead: with two a year, about four years. */
const TRANSITIONS = 8;

/** A zone's offsets around an instant, written out as data for workflows, which have no time-zone tables. */
export function zoneAt(name: string, at: Instant): Zone {
  const start = Temporal.Instant.from(at).toZonedDateTimeISO(name);
  const offset = (zoned: Temporal.ZonedDateTime) => ({
    from: instant(zoned.epochMilliseconds),
    minutes: (zoned.offsetNanoseconds / 1_000_000 / MINUTE) | 0,
  });
  const offsets = [offset(start)];
  let next = start.getTimeZoneTransition('next');
  while (next && offsets.length < TRANSITIONS) {
    offsets.push(offset(next));
    next = next.getTimeZoneTransition('next');
  }
  return { name, offsets };
}
