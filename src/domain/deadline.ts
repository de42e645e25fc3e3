import { DAY, HOUR, instant, latest, localText, millis, MINUTE, offsetMinutes, plus } from './instant.js';
import type { Duration, Instant, Zone } from './instant.js';

/** How hard a deadline is: by law, promised, aimed at, or a principle (DOMAIN 2.1). */
export type Firmness = 'statutory' | 'committed' | 'target' | 'principle';

/**
 * A deadline as a value: from what it counts, by which rule, and the arithmetic that made it. It counts from when its
 * start event was true; learning of the event late shortens the time left and never moves the deadline.
 */
export interface Deadline {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly startEvent: string;
  readonly start: Instant;
  readonly counting: 'elapsed';
  readonly firmness: Firmness;
  readonly at: Instant;
  readonly arithmetic: string;
}

export interface Rule {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly startEvent: string;
}

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
  const shift = offsetMinutes(start, zone) * MINUTE;
  const local = millis(start) + shift;
  const midnight = Math.floor(local / DAY) * DAY;
  const minute = local - midnight;
  const [from, to, until] = [night.from, night.to, night.until].map(clockMillis) as [number, number, number];
  const overMidnight = from > to;
  const evening = overMidnight && minute >= from;
  const atNight = overMidnight ? evening || minute < to : minute >= from && minute < to;
  if (!atNight) return plain;
  const localMorning = midnight + (evening ? DAY : 0) + until;
  // The clocks may change in that night: the morning has an offset of its own.
  const morning = instant(localMorning - offsetMinutes(instant(localMorning - shift), zone) * MINUTE);
  const at = latest(plain.at, morning);
  return {
    ...plain,
    at,
    arithmetic: `${plain.arithmetic}; ${night.from}-${night.to} -> ${localText(morning, zone)}; max = ${localText(at, zone)}`,
  };
}

function clockMillis(text: string): number {
  const [hours, minutes] = text.split(':').map(Number);
  return (hours ?? 0) * HOUR + (minutes ?? 0) * MINUTE;
}
