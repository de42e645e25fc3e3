import { spawnSync } from 'node:child_process';
import path from 'node:path';
import fc from 'fast-check';
import { PROJECT_ROOT } from '../../src/config.js';
import { CalendarSchema, isOpen, type Calendars } from '../../src/domain/calendar.js';
import { bankDaysFrom } from '../../src/domain/deadline/reminders.js';
import { explain, resolve } from '../../src/domain/deadline/resolve.js';
import { atLocalTime, endOfLocalDay } from '../../src/domain/deadline/localTime.js';
import { ratification } from '../../src/domain/deadline.js';
import { DeadlineRuleSchema, parseRule, RULE_EXAMPLES, type DeadlineRule } from '../../src/domain/deadline/rule.js';
import { instant, localDate, millis, type Duration, type Zone } from '../../src/domain/instant.js';
import { arithmeticText } from '../../src/domain/wording/arithmetic.js';
import { readFamily } from '../../src/store/playbookFiles.js';
import { at, expectComplete, JST, refusalOf } from './support.js';

const calendars: Calendars = await readFamily(CalendarSchema, [path.join(PROJECT_ROOT, 'calendars')]);
const bank = calendars['japan-bank']!;

const common = { v: 1, rule: 'test-rule', ruleVersion: '1', startEvent: 'announced', firmness: 'target' };
const rule = (more: object): DeadlineRule => DeadlineRuleSchema.parse({ ...common, ...more });
const due = (more: object, start: string, zone = JST) => resolve(rule(more), at(start), calendars, zone);
const calendarDays = (days: number, more: object = {}) => ({
  counting: 'calendar-days',
  days,
  rollover: 'none',
  firstDay: 'excluded',
  ...more,
});
const GOVERNMENT = { calendar: 'japan-government', rollover: 'next-open' };
const PRESS_CONFERENCE = '2020-09-24T15:00:00+09:00';

/** Berlin in 2020: the clocks go forward on 29 March and back on 25 October, at 01:00 UTC. */
const BERLIN: Zone = {
  name: 'Europe/Berlin',
  offsets: [
    { from: at('2019-10-27T01:00:00Z'), minutes: 60 },
    { from: at('2020-03-29T01:00:00Z'), minutes: 120 },
    { from: at('2020-10-25T01:00:00Z'), minutes: 60 },
  ],
};

describe('deadlines in calendar days', () => {
  test('the preliminary report is due on day 5, when the day of knowledge is day 1', () => {
    const found = due(calendarDays(5, { firstDay: 'included' }), '2020-10-03T10:00:00+09:00');
    expect(found.date).toBe('2020-10-07');
    expect(found.at).toBe(at('2020-10-07T23:59:59.999+09:00'));
  });

  test('the sixtieth day is 1 December, an open day', () => {
    const found = due(calendarDays(60, { firstDay: 'included', ...GOVERNMENT }), '2020-10-03T10:00:00+09:00');
    expect([found.date, found.lastOpenDay]).toEqual(['2020-12-01', '2020-12-01']);
  });

  test('the same days with the first one not counted end a day later', () => {
    expect(due(calendarDays(5), '2020-10-03T10:00:00+09:00').date).toBe('2020-10-08');
  });

  test('by the Civil Code a period that begins at midnight has its first day counted, one that begins later has not', () => {
    const civil = calendarDays(5, { firstDay: 'excluded-unless-midnight' });
    expect(due(civil, '2020-10-03T00:00:00+09:00').date).toBe('2020-10-07');
    expect(due(civil, '2020-10-03T00:00:00.001+09:00').date).toBe('2020-10-08');
    expect(due(calendarDays(5), '2020-10-03T00:00:00+09:00').date).toBe('2020-10-08');
  });

  test('the local day counts, not that of Greenwich', () => {
    expect(due(calendarDays(1), '2020-10-03T23:30:00Z').date).toBe('2020-10-05');
    expect(due(calendarDays(1), '2020-10-03T23:30:00Z', BERLIN).date).toBe('2020-10-05');
    expect(due(calendarDays(1), '2020-10-03T14:59:59Z').date).toBe('2020-10-04');
  });

  test('a last day that is closed rolls to the next open day, to the previous one, or stays with a warning', () => {
    // The thirtieth day after 1 December is 31 December.
    const of = (rollover: string) =>
      explain(
        rule(calendarDays(30, { calendar: 'japan-government', rollover })),
        at('2020-12-01T10:00:00+09:00'),
        calendars,
        JST,
      );
    expect(of('next-open').deadline.date).toBe('2021-01-04');
    expect(of('previous-open').deadline.date).toBe('2020-12-28');
    const stays = of('none');
    expect([stays.deadline.date, stays.deadline.lastOpenDay]).toEqual(['2020-12-31', '2020-12-28']);
    expect(stays.deadline.arithmetic).toBe(
      '2020-12-01 (Tue) + 30 days = 2020-12-31 (Thu); closed on japan-government 2017-2027-1, stays, last open day = 2020-12-28 (Mon) -> 2020-12-31 23:59 +09:00',
    );
    expect(stays.steps.map(({ en }) => en).join(' ')).toContain('Warning: Thursday 31 December 2020 is closed');
    expect(stays.steps.map(({ ja }) => ja).join('')).toContain(
      '注意: 2020年（令和2年）12月31日（木）は日本の行政機関のカレンダー（japan-government、版 2017-2027-1）で休業日',
    );
  });

  test('without a calendar nothing rolls, and it is said that nobody looked', () => {
    const { deadline, steps } = explain(rule(calendarDays(30)), at('2020-12-01T10:00:00+09:00'), calendars, JST);
    expect(deadline).not.toHaveProperty('lastOpenDay');
    expect(deadline).not.toHaveProperty('calendar');
    expect(steps.map(({ en }) => en).join(' ')).toContain('names no calendar');
  });
});

describe('deadlines in months', () => {
  const months = (n: number, more: object = {}) => ({
    counting: 'months',
    months: n,
    rollover: 'none',
    firstDay: 'excluded-unless-midnight',
    ...more,
  });
  const day = (date: string, n: number, more: object = {}) => due(months(n, more), `${date}T15:00:00+09:00`).date;

  // Civil Code art. 140 and 143: the day after the event is day 1, and the day before its corresponding day is the last.
  test.each([
    ['2020-09-24', 1, '2020-10-24'],
    ['2020-09-24', 12, '2021-09-24'],
    // Day 1 is the first of a month: whole months.
    ['2021-01-31', 1, '2021-02-28'],
    ['2020-01-31', 1, '2020-02-29'],
    ['2021-02-28', 1, '2021-03-31'],
    ['2020-02-29', 12, '2021-02-28'],
    ['2020-12-31', 6, '2021-06-30'],
    // Day 1 is 30 or 31 January: February has no such day.
    ['2021-01-30', 1, '2021-02-28'],
    ['2021-01-29', 1, '2021-02-28'],
    ['2021-01-28', 1, '2021-02-28'],
    ['2021-01-27', 1, '2021-02-27'],
    ['2020-01-29', 1, '2020-02-29'],
    ['2020-01-28', 1, '2020-02-28'],
    // Day 1 is 29 February; the year after has none.
    ['2020-02-28', 12, '2021-02-28'],
    ['2020-02-28', 48, '2024-02-28'],
  ])('from %s, %i months end on %s', (start, n, end) => {
    expect(day(start, n)).toBe(end);
  });

  test('a first day that is counted, by the rule or because it begins at midnight, ends them a day earlier', () => {
    expect(day('2020-09-24', 1, { firstDay: 'included' })).toBe('2020-10-23');
    expect(due(months(1), '2020-09-24T00:00:00+09:00').date).toBe('2020-10-23');
    expect(due(months(1, { firstDay: 'excluded' }), '2020-09-24T00:00:00+09:00').date).toBe('2020-10-24');
    expect(day('2021-02-01', 1, { firstDay: 'included' })).toBe('2021-02-28');
    expect(day('2021-01-31', 1, { firstDay: 'included' })).toBe('2021-02-28');
  });

  test('a last day that is closed rolls to the next open one (art. 142), and the arithmetic says so', () => {
    // 31 October + 2 months is 31 December, on which banks are closed.
    const { deadline, steps } = explain(
      rule(months(2, { rollover: 'next-open', calendar: 'japan-bank' })),
      at('2020-10-31T15:00:00+09:00'),
      calendars,
      JST,
    );
    expect(deadline).toMatchObject({ counting: 'months', date: '2021-01-04', at: at('2021-01-04T23:59:59.999+09:00') });
    expect(deadline.arithmetic).toBe(
      '2020-11-01 (Sun) = day 1, 2 months = 2020-12-31 (Thu); closed on japan-bank 2017-2027-1, next open day = 2021-01-04 (Mon) -> 2021-01-04 23:59 +09:00',
    );
    for (const step of steps) expectComplete(step);
    expect(steps.map(({ ja }) => ja).join('')).toContain('起算日に応当する日は2021年（令和3年）1月1日（金）');
    expectComplete(refusalOf(() => parseRule({ ...rule(months(1)), rollover: 'next-open' })));
  });

  test('where the month has no corresponding day, that is said', () => {
    const { deadline, steps } = explain(rule(months(1)), at('2021-01-30T15:00:00+09:00'), calendars, JST);
    expect(deadline.arithmetic).toContain('2021-01-31 (Sun) = day 1, 1 month = 2021-02-28 (Sun), the last day');
    expect(steps.map(({ en }) => en).join(' ')).toContain('that month has no day 31');
    for (const step of steps) expectComplete(step);
  });

  test('never come nearer with a later start or more months, and end in the month that the count says, or the day before', () => {
    const start = fc.integer({ min: at0('2018-01-01'), max: at0('2024-12-31') }).map((ms) => instant(ms));
    fc.assert(
      fc.property(start, start, fc.integer({ min: 1, max: 30 }), (one, other, n) => {
        const end = (from: typeof one, count: number) => resolve(rule(months(count)), from, calendars, JST).date!;
        const [first, second] = one <= other ? [one, other] : [other, one];
        expect(end(first, n) <= end(second, n)).toBe(true);
        expect(end(first, n) < end(first, n + 1)).toBe(true);
        // No month is shorter than 28 days, none longer than 31.
        const days = (Date.parse(end(first, n)) - Date.parse(localDate(first, JST))) / 86_400_000;
        expect([days >= 28 * n - 1, days <= 31 * n]).toEqual([true, true]);
      }),
    );
  });
});

const at0 = (date: string) => Date.parse(`${date}T00:00:00Z`);

describe('deadlines in open days', () => {
  test('a provider asked on Thursday 24 September answers by the end of Thursday 8 October', () => {
    const found = due({ counting: 'business-days', days: 10, calendar: 'japan-bank' }, PRESS_CONFERENCE);
    expect(found).toEqual({
      rule: 'test-rule',
      ruleVersion: '1',
      startEvent: 'announced',
      start: '2020-09-24T06:00:00.000Z',
      counting: 'business-days',
      firmness: 'target',
      at: '2020-10-08T14:59:59.999Z',
      arithmetic:
        '2020-09-24 (Thu) + 10 open days of japan-bank 2017-2027-1 = 2020-10-08 (Thu) -> 2020-10-08 23:59 +09:00',
      calendar: { id: 'japan-bank', version: '2017-2027-1' },
      date: '2020-10-08',
      lastOpenDay: '2020-10-08',
    });
  });

  test('the holidays on the way are named', () => {
    const { steps } = explain(
      rule({ counting: 'business-days', days: 3, calendar: 'japan-bank' }),
      at('2020-09-17T15:00:00+09:00'),
      calendars,
      JST,
    );
    expect(steps[1]!.en).toContain('closed days 9/21, 9/22.');
    expect(steps[1]!.ja).toContain('休業日（9/21、9/22）');
  });

  test('a rule may count backwards, and may end at an hour', () => {
    const found = due(
      { counting: 'business-days', days: -3, calendar: 'japan-bank', time: '17:00' },
      '2020-10-31T09:00:00+09:00',
    );
    expect(found.at).toBe(at('2020-10-28T17:00:00+09:00'));
  });
});

describe('deadlines on the clock', () => {
  test('72 hours over a long weekend are 72 hours', () => {
    const found = due({ counting: 'elapsed', duration: 'PT72H', firmness: 'statutory' }, '2020-09-18T17:00:00+09:00');
    expect(found.at).toBe(at('2020-09-21T17:00:00+09:00'));
    expect(found.firmness).toBe('statutory');
    expect(found).not.toHaveProperty('v');
  });

  test('hours never roll, whatever day they end on', () => {
    fc.assert(
      fc.property(anyStart, fc.integer({ min: 1, max: 2000 }), (start, hours) => {
        const found = resolve(rule({ counting: 'elapsed', duration: `PT${hours}H` }), start, calendars, JST);
        expect(millis(found.at) - millis(start)).toBe(hours * 3_600_000);
      }),
    );
  });
});

const anyStart = fc.integer({ min: Date.UTC(2018, 0, 1), max: Date.UTC(2026, 0, 1) }).map(instant);
const anyRule = fc.oneof(
  fc
    .tuple(
      fc.integer({ min: 1, max: 90 }),
      fc.constantFrom('none', 'next-open', 'previous-open'),
      fc.constantFrom('excluded', 'included', 'excluded-unless-midnight'),
    )
    .map(([days, rollover, firstDay]) => rule(calendarDays(days, { rollover, firstDay, calendar: 'japan-bank' }))),
  fc
    .integer({ min: -60, max: 60 })
    .map((days) => rule({ counting: 'business-days', days, calendar: 'japan-government' })),
  fc
    .constantFrom('1月末', '12月中', '上旬', '下旬', '年内', '来月中旬', '30日以内', '10営業日以内')
    .map((word) => rule({ counting: 'word', word, calendar: 'japan-bank' })),
);

describe('the line with which a deadline is worked out', () => {
  const line = (more: object, start: string) => arithmeticText(due(more, start));

  test.each([
    [
      calendarDays(30, { calendar: 'japan-government' }),
      '2020-12-01（火） + 30日 = 2020-12-31（木）。休業日（japan-government 2017-2027-1）でも動かない、最終の営業日 = 2020-12-28（月） → 2020-12-31 23:59 +09:00',
    ],
    [
      { counting: 'business-days', days: 10, calendar: 'japan-bank' },
      '2020-12-01（火） + 10営業日（japan-bank 2017-2027-1） = 2020-12-15（火） → 2020-12-15 23:59 +09:00',
    ],
    [{ counting: 'elapsed', duration: 'PT72H' }, '2020-12-01 10:00 +09:00 + 72時間 = 2020-12-04 10:00 +09:00'],
  ])('is Japanese in Japanese: %j', (its, ja) => {
    expect(line(its, '2020-12-01T10:00:00+09:00').ja).toBe(ja);
  });

  test('has no word of English in Japanese, whatever the rule', () => {
    const months = fc
      .constantFrom(1, 2, 6)
      .map((n) =>
        rule({ counting: 'months', months: n, rollover: 'next-open', firstDay: 'included', calendar: 'japan-bank' }),
      );
    const hours = fc
      .constantFrom('PT4H', 'PT72H', 'P1DT12H', 'PT30M')
      .map((duration) => rule({ counting: 'elapsed', duration }));
    fc.assert(
      fc.property(anyStart, fc.oneof(anyRule, months, hours), (start, its) => {
        const { ja, en } = arithmeticText(resolve(its, start, calendars, JST));
        expect(ja.replace(/japan-\w+ [\d-]+/g, '')).not.toMatch(/[A-Za-z]/);
        expect(en).not.toMatch(/PT\d|P\d/);
      }),
    );
    const night = { from: '22:00', to: '06:00', until: '09:00' };
    const { rule: id, ruleVersion, startEvent } = rule({ counting: 'elapsed', duration: 'PT4H' });
    const stop = ratification(
      { rule: id, ruleVersion, startEvent },
      at('2020-10-03T23:00:00+09:00'),
      'PT4H' as Duration,
      night,
      JST,
    );
    expect(arithmeticText(stop).ja).toBe(
      '2020-10-03 23:00 +09:00 + 4時間 = 2020-10-04 03:00 +09:00。22:00-06:00 → 2020-10-04 09:00 +09:00。遅い方 = 2020-10-04 09:00 +09:00',
    );
    expect(arithmeticText({ arithmetic: '2020-12-31, last open day 2020-12-30' }).ja).toBe(
      '2020-12-31、最終の営業日 2020-12-30',
    );
  });
});

describe('every deadline', () => {
  test('shows its rule, its calendar and its arithmetic, and lies at the end of its day', () => {
    fc.assert(
      fc.property(anyStart, anyRule, (start, its) => {
        const { deadline, steps } = explain(its, start, calendars, JST);
        expect(deadline.at).toBe(endOfLocalDay(deadline.date!, JST));
        expect(localDate(deadline.at, JST)).toBe(deadline.date);
        expect(localDate(instant(millis(deadline.at) + 1), JST)).not.toBe(deadline.date);
        expect(deadline.arithmetic).toContain(deadline.calendar!.version);
        expect(deadline.arithmetic).toContain(deadline.date!);
        expect(isOpen(deadline.lastOpenDay!, calendars[deadline.calendar!.id]!)).toBe(true);
        expect(deadline.lastOpenDay! <= deadline.date!).toBe(true);
        // The word itself stays in the language in which it was said.
        for (const { ja, en } of steps) expectComplete({ ja, en: en.replace(/"[^"]*"/g, '"it"') });
      }),
    );
  });

  test('does not come earlier for a start that comes later', () => {
    const forwards = anyRule.filter(({ counting }) => counting !== 'word');
    fc.assert(
      fc.property(anyStart, fc.nat(40 * 86_400_000), forwards, (start, later, its) => {
        // A start at midnight may have its first day counted: compare starts that are none.
        const odd = (ms: number) => instant(Math.floor(ms / 2) * 2 + 1);
        const first = resolve(its, odd(millis(start)), calendars, JST);
        const second = resolve(its, odd(millis(start) + later), calendars, JST);
        expect(second.at >= first.at).toBe(true);
      }),
    );
  });

  test('is open when its rule rolls, and never further away than the closed days are many', () => {
    fc.assert(
      fc.property(anyStart, fc.integer({ min: 1, max: 90 }), (start, days) => {
        const of = (rollover: string) =>
          resolve(rule(calendarDays(days, { rollover, calendar: 'japan-bank' })), start, calendars, JST).date!;
        const [stays, next, previous] = [of('none'), of('next-open'), of('previous-open')];
        expect(isOpen(next, bank) && isOpen(previous, bank)).toBe(true);
        expect(previous <= stays && stays <= next).toBe(true);
        if (isOpen(stays, bank)) expect([next, previous]).toEqual([stays, stays]);
      }),
    );
  });

  test('is the same in a process of another time zone', () => {
    const cases = [
      ...Object.values(RULE_EXAMPLES),
      ...['9月中旬', '上旬', '年内'].map((word) => ({ ...common, counting: 'word', word, calendar: 'japan-bank' })),
      { ...common, ...calendarDays(5, { firstDay: 'included', time: '17:00' }) },
    ];
    const starts = ['2020-09-08T15:30:00.000Z', '2020-03-08T09:59:00.000Z', '2020-12-31T14:59:59.999Z'];
    const program = `
      import { explain } from ${JSON.stringify(path.join(PROJECT_ROOT, 'dist/domain/deadline/resolve.js'))};
      const { cases, starts, zone, calendars } = JSON.parse(process.argv[1]);
      const all = cases.flatMap((rule) => starts.map((start) => explain(rule, start, calendars, zone)));
      process.stdout.write(JSON.stringify({ offset: new Date(0).getTimezoneOffset(), all }));`;
    const input = JSON.stringify({ cases, starts, zone: JST, calendars });
    const inZone = (TZ: string) => {
      const ran = spawnSync(process.execPath, ['--input-type=module', '-e', program, input], {
        env: { ...process.env, TZ },
        encoding: 'utf8',
      });
      expect(ran.stderr).toBe('');
      return JSON.parse(ran.stdout) as { offset: number; all: unknown };
    };
    const here = cases.flatMap((its) =>
      starts.map((start) => explain(DeadlineRuleSchema.parse(its), at(start), calendars, JST)),
    );
    for (const [zone, offset] of [
      ['America/Los_Angeles', 480],
      ['Pacific/Kiritimati', 640],
    ] as const) {
      const there = inZone(zone);
      expect(there.offset).toBe(offset);
      expect(there.all).toEqual(JSON.parse(JSON.stringify(here)));
    }
  });
});

describe('local days and hours', () => {
  test('a day of the change of clocks ends at its own midnight', () => {
    expect(endOfLocalDay('2020-03-28', BERLIN)).toBe('2020-03-28T22:59:59.999Z');
    expect(endOfLocalDay('2020-03-29', BERLIN)).toBe('2020-03-29T21:59:59.999Z');
    expect(endOfLocalDay('2020-10-25', BERLIN)).toBe('2020-10-25T22:59:59.999Z');
  });

  test('an hour that occurs twice is the second, one that does not occur is as much later', () => {
    expect(atLocalTime('2020-10-25', '02:30', BERLIN)).toBe('2020-10-25T01:30:00.000Z');
    expect(atLocalTime('2020-03-29', '02:30', BERLIN)).toBe('2020-03-29T01:30:00.000Z');
  });
});

describe('reminders', () => {
  const target = due({ counting: 'word', word: '10月末', calendar: 'japan-bank' }, PRESS_CONFERENCE);

  test.each([
    ['three bank days before Saturday 31 October: Wednesday', -3, '2020-10-28'],
    ['one bank day before: Friday', -1, '2020-10-30'],
    ['one bank day after: Monday', 1, '2020-11-02'],
    ['three bank days after: Thursday, past the holiday', 3, '2020-11-05'],
  ])('%s', (_, offset, date) => {
    expect(bankDaysFrom(target, offset, bank, JST, '09:00')).toBe(at(`${date}T09:00:00+09:00`));
  });

  test('a deadline in hours is counted from its local day', () => {
    expect(bankDaysFrom({ at: at('2020-11-02T08:30:00+09:00') }, 1, bank, JST, '09:00')).toBe(
      at('2020-11-04T09:00:00+09:00'),
    );
  });
});

describe('a rule that is wrong', () => {
  const sentence = (input: unknown) => {
    const refused = refusalOf(() => parseRule(input));
    expect(refused.ja).toMatch(/[\u3040-\u30ff]/);
    return refused.en;
  };

  test.each<[string, object, string, string]>([
    ['unknown counting', { counting: 'weeks' }, '"counting"', '"10月末"'],
    ['counting left out', {}, '"counting"', '"10月末"'],
    ['a duration in months', { counting: 'elapsed', duration: 'P1M' }, '"duration"', '"PT72H"'],
    ['days in words', calendarDays('five' as never), '"days"', '"firstDay":"included"'],
    ['no days at all', calendarDays(0), '"days"', '"days":30'],
    ['roll-over without a calendar', calendarDays(5, { rollover: 'next-open' }), '"calendar"', '"japan-government"'],
    ['an hour that does not exist', calendarDays(5, { time: '24:00' }), '"time"', '"days":30'],
    [
      'roll-over of open days',
      { counting: 'business-days', days: 1, calendar: 'x', rollover: 'none' },
      '"rollover"',
      '"days":10',
    ],
    ['an unknown word', { counting: 'word', word: 'soon', calendar: 'japan-bank' }, '"word"', '"10月末"'],
    ['an unknown firmness', { counting: 'elapsed', duration: 'PT1H', firmness: 'hard' }, '"firmness"', '"PT72H"'],
    ['another version', { counting: 'elapsed', duration: 'PT1H', v: 2 }, '"v"', '"PT72H"'],
  ])('%s is refused by field, with a right rule of its kind', (_, more, field, example) => {
    const said = sentence({ ...common, ...more });
    expect(said).toContain(`The field ${field}`);
    expect(said).toContain(example);
  });

  test('nothing, a list and a bare word are refused with a right rule', () => {
    for (const input of [undefined, null, [], '10月末', 5]) expect(sentence(input)).toContain('"counting":"word"');
  });

  test('the rules that are shown as right are right', () => {
    for (const [counting, example] of Object.entries(RULE_EXAMPLES)) {
      const read = parseRule(example);
      expect(read.counting).toBe(counting);
      expect(resolve(read, at(PRESS_CONFERENCE), calendars, JST).at > at(PRESS_CONFERENCE)).toBe(true);
    }
  });

  test('a calendar that is not there, or does not reach so far, is refused', () => {
    const other = { counting: 'business-days', days: 10, calendar: 'target' };
    expect(refusalOf(() => due(other, PRESS_CONFERENCE)).en).toContain('japan-bank, japan-government');
    const bankDays = { counting: 'business-days', days: 10, calendar: 'japan-bank' };
    expect(refusalOf(() => due(bankDays, '2027-12-27T10:00:00+09:00')).en).toContain('2027-12-31');
  });
});
