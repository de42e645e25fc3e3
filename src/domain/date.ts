import { z } from 'zod';
import { DAY } from './instant.js';
import { Refusal } from './refusal.js';
import type { Sentence } from './sentence.js';

/**
 * Calendar dates as text `2020-10-31`. They sort as text, and have no time zone: the arithmetic below is on days counted
 * in UTC, so it is the same wherever it runs.
 */
export const DateSchema = z.string().refine(isDate, {
  error: 'a date such as 2020-10-31 ／ 2020-10-31 のような日付',
  // What is checked about several dates together must find real ones.
  abort: true,
});

/** Monday is 1, Sunday is 7, as in ISO 8601. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Is the text a day that exists, written `YYYY-MM-DD`? */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** Midnight of the date in milliseconds, as if the clocks were UTC. @throws Refusal for text that is no date */
export function dateMillis(date: string): number {
  if (!isDate(date))
    throw new Refusal({
      en: 'A date must exist and be written such as 2020-10-31.',
      ja: '日付は 2020-10-31 のように、実在する日を書いてください。',
    });
  return Date.parse(`${date}T00:00:00.000Z`);
}

/** The date `days` calendar days later; earlier for negative ones. */
export function addDays(date: string, days: number): string {
  return new Date(dateMillis(date) + days * DAY).toISOString().slice(0, 10);
}

/** Calendar days from one date to another, e.g. how far a target slipped: 9 from 2020-10-31 to 2020-11-09. */
export function daysBetween(from: string, to: string): number {
  return (dateMillis(to) - dateMillis(from)) / DAY;
}

export function weekday(date: string): Weekday {
  return (new Date(dateMillis(date)).getUTCDay() || 7) as Weekday;
}

/** The date of a year, a month (1 to 12) and a day; day 0 is the last day of the month before. */
export function dateOf(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}

/** The last day of a month (1 to 12). */
export function lastOfMonth(year: number, month: number): string {
  return dateOf(year, month + 1, 0);
}

export function partsOf(date: string): { year: number; month: number; day: number } {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return { year, month, day };
}

const WEEKDAYS: readonly Sentence[] = [
  { ja: '月', en: 'Monday' },
  { ja: '火', en: 'Tuesday' },
  { ja: '水', en: 'Wednesday' },
  { ja: '木', en: 'Thursday' },
  { ja: '金', en: 'Friday' },
  { ja: '土', en: 'Saturday' },
  { ja: '日', en: 'Sunday' },
];

export const weekdayName = (date: string): Sentence => {
  const { ja, en } = WEEKDAYS[weekday(date) - 1]!;
  return { ja: `${ja}曜日`, en };
};

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];

export const monthName = (month: number) => MONTHS[month - 1]!;

const ERAS = [
  { from: '2019-05-01', name: '令和' },
  { from: '1989-01-08', name: '平成' },
] as const;

/** The Japanese year of a date, `令和2年`; `undefined` before 1989-01-08. */
export function japaneseYear(date: string): string | undefined {
  const era = ERAS.find(({ from }) => from <= date);
  if (!era) return undefined;
  const year = partsOf(date).year - partsOf(era.from).year + 1;
  return `${era.name}${year === 1 ? '元' : year}年`;
}

/** A date as people read it: `2020年（令和2年）10月31日（土）`, `Saturday 31 October 2020`. */
export function dateText(date: string): Sentence {
  const { year, month, day } = partsOf(date);
  const era = japaneseYear(date);
  const { ja, en } = WEEKDAYS[weekday(date) - 1]!;
  return {
    ja: `${year}年${era ? `（${era}）` : ''}${month}月${day}日（${ja}）`,
    en: `${en} ${day} ${monthName(month)} ${year}`,
  };
}

/** A date in a formula, the same in both languages: `2020-10-31 (Sat)`. */
export const shortDate = (date: string) => `${date} (${weekdayName(date).en.slice(0, 3)})`;
