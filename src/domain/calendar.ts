import { z } from 'zod';
import { addDays, dateMillis, DateSchema, weekday, type Weekday } from './date.js';
import { KeyPart } from './ids.js';
import { Refusal } from './refusal.js';

/**
 * On which days somebody works: data with a version, never a formula, because holidays change by law (DOMAIN 2.2).
 * Every day that is neither in `weekend` nor in `closed` is open.
 */
export const CalendarSchema = z
  .strictObject({
    id: KeyPart,
    version: z.string().min(1),
    name: z.strictObject({ ja: z.string().min(1), en: z.string().min(1) }),
    /** ISO weekdays that are always closed: 6 is Saturday, 7 is Sunday. */
    weekend: z.array(z.number().int().min(1).max(7)).max(6),
    /** Closed days outside the weekend, in the order of time. */
    closed: z.array(DateSchema),
    /** First and last day that the calendar knows. */
    from: DateSchema,
    until: DateSchema,
  })
  .superRefine(({ weekend, closed, from, until }, context) => {
    const wrong = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (from > until) wrong(['until'], 'a day not before "from" ／ from 以後の日');
    closed.forEach((date, index) => {
      if (date < from || date > until)
        wrong(['closed', index], 'a day from "from" to "until" ／ from から until までの日');
      else if (weekend.includes(weekday(date))) wrong(['closed', index], 'a day outside the weekend ／ 週末以外の日');
      if (index > 0 && date <= closed[index - 1]!)
        wrong(['closed', index], 'later than the day before it in the list ／ 一覧の直前の日より後の日');
    });
  });
export type Calendar = z.output<typeof CalendarSchema>;

/** The calendars that rules name, by id. */
export type Calendars = Readonly<Record<string, Calendar>>;

/** The calendar that a rule names. @throws Refusal when it is not there */
export function calendarOf(calendars: Calendars, id: string): Calendar {
  const calendar = Object.hasOwn(calendars, id) ? calendars[id] : undefined;
  if (calendar) return calendar;
  const known = Object.keys(calendars).sort();
  throw new Refusal({
    en: `There is no calendar "${id}". Name one of: ${known.join(', ') || '(none is loaded)'}; or add ${id}.yaml to the folder calendars/.`,
    ja: `カレンダー「${id}」はありません。次のいずれかを指定してください: ${known.join('、') || '（読み込み済みのものなし）'}。または calendars/ に ${id}.yaml を追加してください。`,
  });
}

/** Is it a working day? @throws Refusal outside the calendar's range, as all functions below */
export function isOpen(date: string, calendar: Calendar): boolean {
  dateMillis(date);
  if (date < calendar.from || date > calendar.until) throw outside(date, calendar);
  return !isWeekend(date, calendar) && !calendar.closed.includes(date);
}

/** Closed every week, whatever the list says. */
export function isWeekend(date: string, calendar: Calendar): boolean {
  return calendar.weekend.includes(weekday(date) satisfies Weekday);
}

/** The date itself if open, else the first open day after it. */
export function nextOpen(date: string, calendar: Calendar): string {
  let day = date;
  while (!isOpen(day, calendar)) day = addDays(day, 1);
  return day;
}

/** The date itself if open, else the last open day before it. */
export function previousOpen(date: string, calendar: Calendar): string {
  let day = date;
  while (!isOpen(day, calendar)) day = addDays(day, -1);
  return day;
}

/**
 * The `n`-th open day after the date, or before it for a negative `n`; the date itself is not counted, open or closed.
 * `n` = 0 is the date itself, or the next open day when it is closed.
 */
export function addBusinessDays(date: string, n: number, calendar: Calendar): string {
  const step = Math.sign(n);
  if (step === 0) return nextOpen(date, calendar);
  let day = date;
  for (let left = Math.abs(n); left > 0;) {
    day = addDays(day, step);
    if (isOpen(day, calendar)) left -= 1;
  }
  return day;
}

/** The listed closed days (not weekends) after `from` up to and including `to`. */
export function closedBetween(from: string, to: string, calendar: Calendar): readonly string[] {
  return calendar.closed.filter((date) => date > from && date <= to);
}

const outside = (date: string, { id, version, from, until }: Calendar) =>
  new Refusal({
    en: `The calendar ${id} (version ${version}) knows the days from ${from} to ${until}, not ${date}. Load a newer version of it that has that day, or choose another date.`,
    ja: `カレンダー ${id}（版 ${version}）にあるのは ${from} から ${until} までで、${date} はありません。その日を含む新しい版を読み込むか、別の日付にしてください。`,
  });
