import { z } from 'zod';

/** A point in time as ISO 8601 text in UTC with milliseconds, e.g. `2020-09-16T11:45:00.000Z`. Sorts as text. */
export type Instant = string & { readonly __brand: 'Instant' };

/** Hours, minutes and days as ISO 8601 durations of fixed length (`PT4H`, `P7D`): no months, which have no fixed length. */
export type Duration = string & { readonly __brand: 'Duration' };

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Makes an Instant from milliseconds since the epoch. */
export function instant(ms: number): Instant {
  return new Date(ms).toISOString() as Instant;
}

/** Milliseconds since the epoch. */
export function millis(at: Instant): number {
  return Date.parse(at);
}

export function plus(at: Instant, duration: Duration | number): Instant {
  return instant(millis(at) + (typeof duration === 'number' ? duration : durationMillis(duration)));
}

export function earliest(...instants: (Instant | undefined | null)[]): Instant | undefined {
  return instants.filter((at): at is Instant => at != null).sort()[0];
}

export function latest(first: Instant, ...others: Instant[]): Instant {
  return [first, ...others].sort().at(-1)!;
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** Milliseconds of a duration; `NaN` for text that is none. */
export function durationMillis(duration: Duration): number {
  const match = DURATION.exec(duration);
  if (!match || duration === 'P' || duration.endsWith('T')) return NaN;
  const [, d, h, m, s] = match;
  return Number(d ?? 0) * DAY + Number(h ?? 0) * HOUR + Number(m ?? 0) * MINUTE + Number(s ?? 0) * 1000;
}

/** Any ISO instant with an offset (`Z` or `+09:00`), normalised to UTC with milliseconds. */
export const InstantSchema = z.iso
  .datetime({
    offset: true,
    error:
      'an instant with its offset, e.g. 2020-09-16T20:45:00+09:00 ／ 時差付きの日時（例: 2020-09-16T20:45:00+09:00）',
  })
  .transform((text) => instant(Date.parse(text)));

export const DurationSchema = z
  .string()
  .refine(
    (text) => !Number.isNaN(durationMillis(text as Duration)),
    'an ISO 8601 duration such as PT4H or P7D ／ PT4H や P7D のような期間',
  )
  .transform((text) => text as Duration);

/**
 * The zone in which people of a playbook read the time, with its offsets written out, so that workflows can show local
 * time without `Intl` (whose tables differ from worker to worker).
 */
export interface Zone {
  readonly name: string;
  /** Offsets in minutes east of UTC, each valid from its instant on; the first also holds before. */
  readonly offsets: readonly { readonly from: Instant; readonly minutes: number }[];
}

export function offsetMinutes(at: Instant, zone: Zone): number {
  let minutes = zone.offsets[0]?.minutes ?? 0;
  for (const offset of zone.offsets) if (offset.from <= at) minutes = offset.minutes;
  return minutes;
}

/** `2020-09-16 20:45 +09:00`: what people read. */
export function localText(at: Instant, zone: Zone): string {
  const minutes = offsetMinutes(at, zone);
  const shifted = instant(millis(at) + minutes * MINUTE);
  const sign = minutes < 0 ? '-' : '+';
  const absolute = Math.abs(minutes);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 16)} ${sign}${two(Math.floor(absolute / 60))}:${two(absolute % 60)}`;
}

/** The local calendar date, `2020-09-16`. */
export function localDate(at: Instant, zone: Zone): string {
  return localText(at, zone).slice(0, 10);
}
