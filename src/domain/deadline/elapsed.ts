import { addDays } from '../date.js';
import { DAY, latest, localDate, localText, millis, MINUTE, offsetMinutes, plus } from '../instant.js';
import type { Duration, Instant, Zone } from '../instant.js';
import { atLocalTime, clockMillis } from './localTime.js';
import type { Deadline, Rule } from './value.js';

/** Elapsed time: weekends and holidays do not delay it. */
export function elapsed(rule: Rule, start: Instant, duration: Duration, zone: Zone): Deadline {
  const at = plus(start, duration);
  return {
    ...rule,
    start,
    counting: 'elapsed',
    firmness: 'target',
    at,
    arithmetic: `${localText(start, zone)} + ${duration} = ${localText(at, zone)}`,
  };
}

export interface NightRule {
  /** Local hours `HH:MM`: a stop at or after `from`, or before `to`, counts as one at night. */
  readonly from: string;
  readonly to: string;
  /** A stop at night need not be ratified before this local time. */
  readonly until: string;
}

/** Ratification of an emergency stop: the duration, or the morning after a stop at night, whichever is later. */
export function ratification(rule: Rule, start: Instant, within: Duration, night: NightRule, zone: Zone): Deadline {
  const plain = elapsed(rule, start, within, zone);
  const local = millis(start) + offsetMinutes(start, zone) * MINUTE;
  const minute = local - Math.floor(local / DAY) * DAY;
  const [from, to] = [night.from, night.to].map(clockMillis) as [number, number];
  const overMidnight = from > to;
  const evening = overMidnight && minute >= from;
  const atNight = overMidnight ? evening || minute < to : minute >= from && minute < to;
  if (!atNight) return plain;
  // The clocks may change in that night: the morning has an offset of its own.
  const morning = atLocalTime(addDays(localDate(start, zone), evening ? 1 : 0), night.until, zone);
  const at = latest(plain.at, morning);
  return {
    ...plain,
    at,
    arithmetic: `${plain.arithmetic}; ${night.from}-${night.to} -> ${localText(morning, zone)}; max = ${localText(at, zone)}`,
  };
}
