import path from 'node:path';
import fc from 'fast-check';
import { PROJECT_ROOT } from '../../src/config.js';
import { CalendarSchema } from '../../src/domain/calendar.js';
import { daysBetween } from '../../src/domain/date.js';
import { explain, resolve } from '../../src/domain/deadline/resolve.js';
import { DeadlineRuleSchema } from '../../src/domain/deadline/rule.js';
import { readWord } from '../../src/domain/deadline/words.js';
import { instant, localDate, type Instant } from '../../src/domain/instant.js';
import { readFamily } from '../../src/store/playbookFiles.js';
import { at, JST, refusalOf } from './support.js';

const calendars = await readFamily(CalendarSchema, [path.join(PROJECT_ROOT, 'calendars')]);
const rule = (word: string) =>
  DeadlineRuleSchema.parse({
    v: 1,
    rule: 'test-rule',
    ruleVersion: '1',
    startEvent: 'announced',
    firmness: 'target',
    counting: 'word',
    word,
    calendar: 'japan-bank',
  });
const due = (word: string, start: Instant = at('2020-09-24T15:00:00+09:00')) =>
  resolve(rule(word), start, calendars, JST);

describe('date words of 2020', () => {
  test('10月末 is Saturday 31 October, and the last bank day is Friday', () => {
    const found = due('10月末');
    expect(found.date).toBe('2020-10-31');
    expect(found.lastOpenDay).toBe('2020-10-30');
    expect(found.at).toBe(at('2020-10-31T23:59:59.999+09:00'));
    expect(found).not.toHaveProperty('interval');
    expect(found.arithmetic).toBe(
      '10月末 = 2020-10-31 (Sat); closed on japan-bank 2017-2027-1, stays, last open day = 2020-10-30 (Fri) -> 2020-10-31 23:59 +09:00',
    );
  });

  test('12月中 is Thursday 31 December, a bank holiday, and the last bank day is Wednesday', () => {
    expect(due('12月中')).toMatchObject({ date: '2020-12-31', lastOpenDay: '2020-12-30' });
  });

  test('9月中旬まで is a span that ends on Sunday 20 September', () => {
    expect(due('9月中旬まで', at('2020-09-08T10:00:00+09:00'))).toMatchObject({
      date: '2020-09-20',
      lastOpenDay: '2020-09-18',
      interval: { from: '2020-09-11', until: '2020-09-20' },
    });
  });

  test('9月中 is Wednesday 30 September, an open day', () => {
    expect(due('9月中')).toMatchObject({ date: '2020-09-30', lastOpenDay: '2020-09-30' });
  });
});

test.each([
  ['10月末まで', '2020-10-31'],
  ['10月末日までに', '2020-10-31'],
  [' １０月 末 ', '2020-10-31'],
  ['2020年10月末', '2020-10-31'],
  ['令和2年10月末', '2020-10-31'],
  ['令和元年10月末', '2019-10-31'],
  ['2021年2月中', '2021-02-28'],
  ['今月末', '2020-09-30'],
  ['月末', '2020-09-30'],
  ['月内', '2020-09-30'],
  ['来月中', '2020-10-31'],
  ['年内', '2020-12-31'],
  ['2021年内', '2021-12-31'],
  ['今年中', '2020-12-31'],
  ['30日以内', '2020-10-24'],
  ['2週間以内', '2020-10-08'],
  ['10営業日以内', '2020-10-08'],
  ['10銀行営業日以内に', '2020-10-08'],
  ['end of October', '2020-10-31'],
  ['by end-Oct.', '2020-10-31'],
  ['by the end of October 2021', '2021-10-31'],
  ['within October', '2020-10-31'],
  ['in December', '2020-12-31'],
  ['by the end of the year', '2020-12-31'],
  ['within the year', '2020-12-31'],
  ['end of this month', '2020-09-30'],
  ['end of next month', '2020-10-31'],
  ['within 30 days', '2020-10-24'],
  ['within 10 business days', '2020-10-08'],
])('from 24 September 2020, "%s" is %s', (word, date) => {
  expect(due(word).date).toBe(date);
});

test.each([
  ['10月上旬', '2020-10-01', '2020-10-10'],
  ['10月中旬', '2020-10-11', '2020-10-20'],
  ['10月下旬', '2020-10-21', '2020-10-31'],
  ['2021年2月下旬', '2021-02-21', '2021-02-28'],
  ['2024年2月下旬', '2024-02-21', '2024-02-29'],
  ['9月下旬', '2020-09-21', '2020-09-30'],
  ['来月上旬', '2020-10-01', '2020-10-10'],
  ['10月初旬', '2020-10-01', '2020-10-10'],
  ['上旬', '2020-10-01', '2020-10-10'],
  ['中旬', '2020-10-11', '2020-10-20'],
  ['下旬', '2020-09-21', '2020-09-30'],
  ['by mid-October', '2020-10-11', '2020-10-20'],
  ['early Oct', '2020-10-01', '2020-10-10'],
  ['late September', '2020-09-21', '2020-09-30'],
  ['2020年9月中旬', '2020-09-11', '2020-09-20'],
  ['mid-Sept 2021', '2021-09-11', '2021-09-20'],
])('from 24 September 2020, "%s" is the span from %s to %s', (word, from, until) => {
  const found = due(word);
  expect(found.interval).toEqual({ from, until });
  expect(found.date).toBe(until);
});

describe('the year of a word', () => {
  test.each([
    ['a month that has passed is next year’s', '3月末', '2020-09-24T15:00:00+09:00', '2021-03-31'],
    ['January said in December is next year’s', '1月末', '2020-12-15T15:00:00+09:00', '2021-01-31'],
    ['the running month is this year’s, on its last day too', '9月末', '2020-09-30T23:59:59+09:00', '2020-09-30'],
    ['the local date says which month runs', '9月末', '2020-09-30T15:00:00Z', '2021-09-30'],
    ['上旬 said in December is January’s', '上旬', '2020-12-15T15:00:00+09:00', '2021-01-10'],
    ['next month in December is January', '来月末', '2020-12-15T15:00:00+09:00', '2021-01-31'],
    ['上旬 said on the tenth is that day', '上旬', '2020-09-10T15:00:00+09:00', '2020-09-10'],
  ])('%s', (_, word, start, date) => {
    expect(due(word, at(start)).date).toBe(date);
  });

  test('which year was taken, and why, is said', () => {
    const { steps } = explain(rule('3月末'), at('2020-09-24T15:00:00+09:00'), calendars, JST);
    expect(steps[1]).toEqual({
      en: 'No year is named and March has passed on Thursday 24 September 2020, so it is 2021.',
      ja: '年の指定がなく、2020年（令和2年）9月24日（木）には3月が過ぎているため、翌年の2021年とします。',
    });
  });

  test.each(['9月中旬', '9月上旬', '今月上旬', 'mid-September'])(
    '%s said on the 24th is last week’s or next year’s, so the year is asked for',
    (word) => {
      const sentence = refusalOf(() => due(word));
      expect(sentence.en).toContain('"word"');
      expect(sentence.en).toContain('2021年9月');
      expect(sentence.ja).toContain('2021年9月');
    },
  );
});

test('a year that is named holds, also when its days have passed, and that is said', () => {
  const { deadline, steps } = explain(rule('2020年9月中旬'), at('2020-09-24T15:00:00+09:00'), calendars, JST);
  expect(deadline.date).toBe('2020-09-20');
  expect(steps.at(-1)!.en).toContain('before the counting starts');
  const ahead = explain(rule('2020年9月下旬'), at('2020-09-24T15:00:00+09:00'), calendars, JST);
  expect(ahead.steps.at(-1)!.en).not.toContain('before the counting starts');
});

describe('words with two meanings, or none', () => {
  test.each([
    '10月',
    '10月まで',
    '10月頃',
    '10月半ば',
    '2020年10月まで',
    '13月末',
    '0月末',
    '年末',
    '年度末',
    '10日',
    '0日以内',
    '3か月以内',
    '72時間以内',
    '速やかに',
    '2020年上旬',
    '2021年今月末',
    '10月末11月末',
    '月中',
    'by October',
    'October',
    'before the end of October',
    'mid',
    'year end',
    'within 72 hours',
    'soon',
    '',
    '10月末;',
  ])('"%s" is not guessed', (word) => {
    const { problem } = readWord(word);
    expect(problem).toBeDefined();
    expect(problem!.ja).toMatch(/[\u3040-\u30ff]/);
    expect(DeadlineRuleSchema.safeParse({ ...rule('10月末'), word }).success).toBe(false);
  });

  test('a bare month is answered with the words that say which day', () => {
    expect(readWord('10月まで').problem!.en).toContain('10月末, 10月中 or 10月中旬');
    expect(readWord('年末').problem!.en).toContain('年内');
    expect(readWord('72時間以内').problem!.en).toContain('PT72H');
  });
});

test('a word without a year never lies before the day it is said, nor more than a year after it', () => {
  const words = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom('月末', '月中')).map(([m, end]) => `${m}${end}`),
    fc.constantFrom('上旬', '中旬', '下旬', '年内', '今月末', '来月上旬', '来月末'),
  );
  const starts = fc.integer({ min: Date.UTC(2018, 0, 1), max: Date.UTC(2025, 0, 1) }).map(instant);
  fc.assert(
    fc.property(words, starts, (word, start) => {
      const { date } = due(word, start);
      const said = localDate(start, JST);
      expect(date! >= said).toBe(true);
      expect(daysBetween(said, date!)).toBeLessThanOrEqual(366);
      explain(rule(word), start, calendars, JST).steps.forEach((step) => expect(step.ja.length).toBeGreaterThan(0));
    }),
  );
});
