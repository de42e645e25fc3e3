import { dateOf, dateText, lastOfMonth, monthName, partsOf } from '../date.js';
import { Refusal } from '../refusal.js';
import type { Sentence } from '../sentence.js';
import type { DateWord, Part } from './words.js';

/** The days of a month or year that a word means, both included, and why these. */
export interface WordDates {
  readonly from: string;
  readonly until: string;
  /** Said where the word left the year or the month open. */
  readonly taken?: Sentence;
}

/** A word whose days depend on the calendar only, not on counting. */
export type PlacedWord = Extract<DateWord, { kind: 'month' | 'year' }>;

/**
 * The days a word means, said on the local date `start`. A year that is not named is that of `start`; a month that has
 * passed by then is next year's; 上旬 alone is the coming one.
 * @throws Refusal for a part of the running month that has passed: last week's, or next year's?
 */
export function wordDates(word: PlacedWord, start: string): WordDates {
  const begun = partsOf(start);
  if (word.kind === 'year') {
    const year = word.year ?? begun.year;
    return { from: dateOf(year, 1, 1), until: dateOf(year, 12, 31) };
  }
  if (word.month === undefined) return comingMonth(word.part, word.ahead, start);
  if (word.year !== undefined) return partOf(word.year, word.month, word.part);
  const passed = word.month < begun.month;
  const days = partOf(begun.year + (passed ? 1 : 0), word.month, word.part);
  if (days.until < start) throw passedPart(word.month, begun.year, start);
  return { ...days, taken: passed ? nextYears(word.month, begun.year + 1, start) : thisYears(begun.year) };
}

function comingMonth(part: Part | undefined, ahead: 0 | 1 | undefined, start: string): WordDates {
  const { year, month } = partsOf(start);
  const of = (later: number) => {
    const first = partsOf(dateOf(year, month + later, 1));
    return { ...partOf(first.year, first.month, part), ...first };
  };
  const here = of(ahead ?? 0);
  // 今月上旬 said on the 24th is past; 上旬 alone said then is next month's.
  if (here.until < start && ahead === 0) throw passedPart(month, year, start);
  const days = here.until < start ? of(1) : here;
  return {
    from: days.from,
    until: days.until,
    taken: {
      en: `From ${dateText(start).en} that is in ${monthName(days.month)} ${days.year}.`,
      ja: `${dateText(start).ja}から見て、${days.year}年${days.month}月のことです。`,
    },
  };
}

function partOf(year: number, month: number, part: Part | undefined): { from: string; until: string } {
  const day = (n: number) => dateOf(year, month, n);
  switch (part) {
    case 'early':
      return { from: day(1), until: day(10) };
    case 'mid':
      return { from: day(11), until: day(20) };
    case 'late':
      return { from: day(21), until: lastOfMonth(year, month) };
    case undefined:
      return { from: day(1), until: lastOfMonth(year, month) };
  }
}

const thisYears = (year: number): Sentence => ({
  en: `No year is named, so it is the year of the start, ${year}.`,
  ja: `年の指定がないため、起点と同じ${year}年とします。`,
});

const nextYears = (month: number, year: number, start: string): Sentence => ({
  en: `No year is named and ${monthName(month)} has passed on ${dateText(start).en}, so it is ${year}.`,
  ja: `年の指定がなく、${dateText(start).ja}には${month}月が過ぎているため、翌年の${year}年とします。`,
});

const passedPart = (month: number, year: number, start: string) =>
  new Refusal({
    en: `The field "word" names days of ${monthName(month)} that have passed on ${start}, when the counting starts. Write the year, for example ${year}年${month}月中旬 or ${year + 1}年${month}月中旬.`,
    ja: `項目「word」の期間は、起点の ${start} には過ぎています。「${year}年${month}月中旬」または「${year + 1}年${month}月中旬」のように年を書いてください。`,
  });
