import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { calendarFiles } from '../../scripts/calendars.mjs';
import { PROJECT_ROOT } from '../../src/config.js';
import {
  addBusinessDays,
  calendarOf,
  CalendarSchema,
  isOpen,
  nextOpen,
  previousOpen,
  type Calendar,
  type Calendars,
} from '../../src/domain/calendar.js';
import { addDays, daysBetween, isDate, japaneseYear, weekday } from '../../src/domain/date.js';
import { readFamily } from '../../src/store/playbookFiles.js';
import { expectComplete, refusalOf } from './support.js';

const FOLDER = path.join(PROJECT_ROOT, 'calendars');
const YEAR_END = {
  'japan-bank': ['12-31', '01-01', '01-02', '01-03'],
  'japan-government': ['12-29', '12-30', '12-31', '01-01', '01-02', '01-03'],
} as const;
const IDS = Object.keys(YEAR_END) as (keyof typeof YEAR_END)[];

const calendars: Calendars = await readFamily(CalendarSchema, [FOLDER]);
const bank = calendarOf(calendars, 'japan-bank');
const government = calendarOf(calendars, 'japan-government');

/**
 * The national holidays of a year by the law itself, apart from the table that the calendars were written from: Act on
 * National Holidays art. 2; art. 3 (2) and (3); the act of 2018 on the days of 2019; the acts that moved three of 2020 and
 * 2021. The equinoxes by the formula of the almanac, which held for every year that was announced.
 */
function holidaysOf(year: number): Set<string> {
  const day = (month: number, date: number) => new Date(Date.UTC(year, month - 1, date)).toISOString().slice(0, 10);
  const monday = (month: number, nth: number) =>
    day(month, 1 + ((8 - new Date(Date.UTC(year, month - 1, 1)).getUTCDay()) % 7) + 7 * (nth - 1));
  const equinox = (base: number) => Math.floor(base + 0.242194 * (year - 1980)) - Math.floor((year - 1980) / 4);
  const moved = (days: Readonly<Record<number, [number, number]>>, otherwise: string) =>
    days[year] ? day(...days[year]) : otherwise;
  const named = [
    ...[day(1, 1), monday(1, 2), day(2, 11), day(3, equinox(20.8431)), day(4, 29), day(5, 3), day(5, 4), day(5, 5)],
    moved({ 2020: [7, 23], 2021: [7, 22] }, monday(7, 3)),
    moved({ 2020: [8, 10], 2021: [8, 8] }, day(8, 11)),
    ...[monday(9, 3), day(9, equinox(23.2488))],
    moved({ 2020: [7, 24], 2021: [7, 23] }, monday(10, 2)),
    ...[day(11, 3), day(11, 23)],
    // The birthday of the emperor; none in the year in which the throne passed on.
    ...(year <= 2018 ? [day(12, 23)] : year >= 2020 ? [day(2, 23)] : []),
    ...(year === 2019 ? [day(5, 1), day(10, 22)] : []),
  ];
  const holidays = new Set(named);
  const next = (date: string, days: number) =>
    new Date(Date.parse(`${date}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
  for (const date of named) {
    if (new Date(`${date}T00:00Z`).getUTCDay() !== 0) continue;
    let instead = next(date, 1);
    while (named.includes(instead)) instead = next(instead, 1);
    holidays.add(instead);
  }
  // A day between two holidays.
  for (const date of named) if (named.includes(next(date, 2))) holidays.add(next(date, 1));
  return holidays;
}

/** Every day of the range, counted apart from the code under test. */
const everyDay = Array.from({ length: (Date.UTC(2028, 0, 1) - Date.UTC(2017, 0, 1)) / 86_400_000 }, (_, index) =>
  new Date(Date.UTC(2017, 0, 1 + index)).toISOString().slice(0, 10),
);

describe('the calendars of the project', () => {
  test('reach from 2017 to 2027 and have versions', () => {
    expect(Object.keys(calendars).sort()).toEqual(['japan-bank', 'japan-government']);
    for (const { from, until, version, name } of Object.values(calendars)) {
      expect([from, until]).toEqual(['2017-01-01', '2027-12-31']);
      expect(version).toMatch(/./);
      expectComplete(name);
    }
  });

  test.each(IDS)(
    '%s is closed on weekends, national holidays and at the year end, and open on all other days',
    (id) => {
      expect(everyDay).toHaveLength(4017);
      const holidays = new Set(Array.from({ length: 11 }, (_, index) => [...holidaysOf(2017 + index)]).flat());
      for (const date of everyDay) {
        const day = new Date(`${date}T00:00:00Z`).getUTCDay();
        const closed =
          day === 0 || day === 6 || holidays.has(date) || (YEAR_END[id] as readonly string[]).includes(date.slice(5));
        expect([date, isOpen(date, calendars[id]!)]).toEqual([date, !closed]);
      }
    },
  );

  test.each(IDS)('the file of %s is what the script writes', (id) => {
    expect(readFileSync(path.join(FOLDER, `${id}.yaml`), 'utf8')).toBe(calendarFiles()[`${id}.yaml`]);
  });

  test('2020 has the holidays of the scenario, with the three that a law moved, and none in October', () => {
    const closed = bank.closed.filter((date) => date >= '2020-07-01' && date <= '2020-12-31');
    expect(closed).toEqual([
      ...['2020-07-23', '2020-07-24', '2020-08-10', '2020-09-21', '2020-09-22'],
      ...['2020-11-03', '2020-11-23', '2020-12-31'],
    ]);
    // Where they would have been without that law.
    for (const date of ['2020-07-20', '2020-08-11', '2020-10-12']) expect(isOpen(date, bank)).toBe(true);
  });

  test('the holidays of a single year are there: the enthronement of 2019, the weekday between two holidays of 2026', () => {
    for (const date of [
      '2019-04-30',
      '2019-05-01',
      '2019-05-02',
      '2019-05-06',
      '2019-10-22',
      '2026-09-22',
      '2027-03-22',
    ])
      expect([date, isOpen(date, bank)]).toEqual([date, false]);
  });

  test('on 30 December the banks are open and the authorities are not', () => {
    expect(isOpen('2020-12-30', bank)).toBe(true);
    expect(isOpen('2020-12-30', government)).toBe(false);
    expect(previousOpen('2020-12-31', bank)).toBe('2020-12-30');
    expect(previousOpen('2020-12-31', government)).toBe('2020-12-28');
    expect(nextOpen('2020-12-31', bank)).toBe('2021-01-04');
  });
});

describe('counting open days', () => {
  test.each([
    ['ten bank days from Thursday 24 September 2020 end on Thursday 8 October', '2020-09-24', 10, '2020-10-08'],
    ['one bank day after the Friday before Silver Week is Wednesday', '2020-09-18', 1, '2020-09-23'],
    ['three bank days before Saturday 31 October is Wednesday', '2020-10-31', -3, '2020-10-28'],
    ['one bank day after Saturday 31 October is Monday', '2020-10-31', 1, '2020-11-02'],
    ['three bank days after it is Thursday, the holiday left out', '2020-10-31', 3, '2020-11-05'],
    ['no bank day from an open day is that day', '2020-10-30', 0, '2020-10-30'],
    ['no bank day from a closed day is the next open day', '2020-10-31', 0, '2020-11-02'],
    ['one bank day before the fourth of January is the thirtieth of December', '2021-01-04', -1, '2020-12-30'],
  ])('%s', (_, from, n, expected) => {
    expect(addBusinessDays(from, n, bank)).toBe(expected);
  });

  /** Away from the ends of the range, as far as sixty open days lead. */
  const anyDay = fc.integer({ min: 200, max: everyDay.length - 200 }).map((index) => everyDay[index]!);
  const anyCount = fc.integer({ min: -60, max: 60 });
  const anyCalendar = fc.constantFrom(bank, government);

  test('it never lands on a closed day', () => {
    fc.assert(
      fc.property(anyDay, anyCount, anyCalendar, (date, n, calendar) => {
        expect(isOpen(addBusinessDays(date, n, calendar), calendar)).toBe(true);
      }),
    );
  });

  test('from an open day, there and back is the same day', () => {
    fc.assert(
      fc.property(anyDay, anyCount, anyCalendar, (date, n, calendar) => {
        const open = nextOpen(date, calendar);
        expect(addBusinessDays(addBusinessDays(open, n, calendar), -n, calendar)).toBe(open);
      }),
    );
  });

  test('a later day or a larger count never gives an earlier day', () => {
    fc.assert(
      fc.property(anyDay, fc.nat(30), anyCount, anyCalendar, (date, later, n, calendar) => {
        const day = addBusinessDays(date, n, calendar);
        expect(addBusinessDays(addDays(date, later), n, calendar) >= day).toBe(true);
        expect(addBusinessDays(date, n + 1, calendar) >= day).toBe(true);
      }),
    );
  });

  test('exactly as many open days lie between as were counted', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 1, max: 60 }), anyCalendar, (date, n, calendar) => {
        const end = addBusinessDays(date, n, calendar);
        expect(everyDay.filter((day) => day > date && day <= end && isOpen(day, calendar))).toHaveLength(n);
      }),
    );
  });

  test('the next and the previous open day embrace a closed day, and are the day itself when it is open', () => {
    fc.assert(
      fc.property(anyDay, anyCalendar, (date, calendar) => {
        const [before, after] = [previousOpen(date, calendar), nextOpen(date, calendar)];
        expect(before === date).toBe(isOpen(date, calendar));
        expect(after === date).toBe(isOpen(date, calendar));
        expect(before <= date && date <= after).toBe(true);
      }),
    );
  });

  test('a day outside the range is refused, with the range and the day', () => {
    for (const work of [
      () => isOpen('2028-01-04', bank),
      () => isOpen('2016-12-30', bank),
      () => nextOpen('2027-12-31', bank),
      () => addBusinessDays('2027-12-24', 10, bank),
    ]) {
      const sentence = refusalOf(work);
      expectComplete(sentence);
      expect(sentence.en).toMatch(/^The calendar japan-bank .* 2017-01-01 to 2027-12-31, not 20(?:16|28)-/);
    }
  });

  test.each(['2020-02-30', '2020-13-01', '2020-9-1', '20200901', '', 'tomorrow'])('%p is no day', (text) => {
    expect(isDate(text)).toBe(false);
    expectComplete(refusalOf(() => isOpen(text, bank)));
  });

  test('a calendar that nobody loaded is refused with those that are', () => {
    for (const id of ['target2', 'constructor']) {
      const sentence = refusalOf(() => calendarOf(calendars, id));
      expectComplete(sentence);
      expect(sentence.en).toContain('japan-bank, japan-government');
    }
  });
});

describe('dates', () => {
  test('the result that came on 9 November slipped nine calendar days', () => {
    expect(daysBetween('2020-10-31', '2020-11-09')).toBe(9);
    expect(daysBetween('2020-11-09', '2020-10-31')).toBe(-9);
  });

  test('days and weekdays agree with the almanac, over leap days and years', () => {
    expect(addDays('2020-02-28', 1)).toBe('2020-02-29');
    expect(addDays('2021-01-01', -1)).toBe('2020-12-31');
    expect([weekday('2020-10-31'), weekday('2020-11-09'), weekday('2020-12-31'), weekday('2020-10-04')]).toEqual([
      6, 1, 4, 7,
    ]);
  });

  test('the Japanese year changes with the era, not with the year', () => {
    expect(japaneseYear('2020-10-31')).toBe('令和2年');
    expect(japaneseYear('2019-05-01')).toBe('令和元年');
    expect(japaneseYear('2019-04-30')).toBe('平成31年');
    expect(japaneseYear('1989-01-08')).toBe('平成元年');
    expect(japaneseYear('1989-01-07')).toBeUndefined();
  });
});

describe('calendar data', () => {
  const right = (): Calendar => ({ ...bank, weekend: [...bank.weekend], closed: ['2020-09-21', '2020-09-22'] });

  test.each<[string, object, string]>([
    ['a closed day on a weekend', { closed: ['2020-09-20'] }, 'closed.0'],
    ['closed days out of order', { closed: ['2020-09-22', '2020-09-21'] }, 'closed.1'],
    ['a closed day listed twice', { closed: ['2020-09-21', '2020-09-21'] }, 'closed.1'],
    ['a closed day outside the range', { closed: ['2030-01-01'] }, 'closed.0'],
    ['a day that does not exist', { closed: ['2020-02-30'] }, 'closed.0'],
    ['a range that ends before it begins', { until: '2016-01-01', closed: [] }, 'until'],
    ['a week without an open day', { weekend: [1, 2, 3, 4, 5, 6, 7] }, 'weekend'],
    ['a field that nobody knows', { holidays: [] }, ''],
  ])('%s is refused by name', (_, wrong, where) => {
    expect(CalendarSchema.safeParse(right()).success).toBe(true);
    const { error } = CalendarSchema.safeParse({ ...right(), ...wrong });
    expect(error?.issues.map(({ path: at }) => at.join('.'))).toContain(where);
  });
});
