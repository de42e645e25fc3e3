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

/** Instants that sort as text and that a register keeps: PostgreSQL knows no year 0, and a year 10000 has a sign. */
const FIRST = Date.UTC(1900, 0, 1);
const END = Date.UTC(10_000, 0, 1);

/** Any ISO instant with an offset (`Z` or `+09:00`), normalised to UTC with milliseconds. */
export const InstantSchema = z.iso
  .datetime({
    offset: true,
    error:
      'an instant with its offset, e.g. 2020-09-16T20:45:00+09:00 ／ 時差付きの日時（例: 2020-09-16T20:45:00+09:00）',
  })
  .refine(
    (text) => Date.parse(text) >= FIRST && Date.parse(text) < END,
    'an instant between the years 1900 and 9999 ／ 1900年から9999年までの日時',
  )
  .transform((text) => instant(Date.parse(text)));

/** A longer one can lead to an instant that no calendar has. */
const LONGEST = 36_525 * DAY;

const duration = (least: number, wanted: string) =>
  z
    .string()
    .refine((text) => {
      const ms = durationMillis(text as Duration);
      return ms >= least && ms <= LONGEST;
    }, wanted)
    .transform((text) => text as Duration);

export const DurationSchema = duration(
  0,
  'an ISO 8601 duration such as PT4H or P7D, at most a hundred years ／ PT4H や P7D のような期間（100年以内）',
);

/** How often something is done again. Without a pause between, it would be done for ever at one instant. */
export const PaceSchema = duration(
  1000,
  'an ISO 8601 duration of at least a second, such as PT30S ／ PT30S のような1秒以上の期間',
);

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
