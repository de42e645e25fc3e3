import type { Sentence } from '../sentence.js';

export type Part = 'early' | 'mid' | 'late';

/** What a date word says, before it is known from when it counts. */
export type DateWord =
  | {
      readonly kind: 'month';
      /** 1 to 12; absent: the month of the start, or one `ahead` of it. */
      readonly month?: number;
      readonly ahead?: 0 | 1;
      readonly year?: number;
      /** 上旬, 中旬, 下旬; absent: the whole month, which ends with its last day. */
      readonly part?: Part;
    }
  | { readonly kind: 'year'; readonly year?: number }
  | { readonly kind: 'days'; readonly days: number }
  | { readonly kind: 'businessDays'; readonly days: number };

export type ReadWord =
  | { readonly word: DateWord; readonly problem?: never }
  | {
      readonly word?: never;
      /** What it must be, to stand after "must be" and before にしてください. */
      readonly problem: Sentence;
    };

/**
 * Reads a date word of DOMAIN 2.1, in Japanese or English, with まで or "by" or without. Words with two meanings, such as
 * 10月まで (its first day, or its last?), are not guessed.
 */
export function readWord(text: string): ReadWord {
  const plain = text.normalize('NFKC').trim().toLowerCase();
  const word = japanese(plain.replace(/\s+/g, '')) ?? english(plain.replace(/[-.,\s]+/g, ' ').trim());
  return word ? { word } : { problem: hint(plain) };
}

const YEAR = '(?:(?<year>\\d{4})年の?|令和(?<reiwa>\\d{1,2}|元)年の?)?';
const MONTH = '(?:(?<month>0?[1-9]|1[0-2])月|(?<this>今月|当月)|(?<next>来月|翌月))';
const BY = '(?:まで|までに|に)?';
const ja = (form: string) => new RegExp(`^${form}${BY}$`);

const JA = {
  wholeMonth: ja(`${YEAR}${MONTH}の?(?:末日?|中|内)`),
  thisMonth: ja('(?:月末|月内)'),
  part: ja(`${YEAR}${MONTH}?の?(?<part>上旬|初旬|中旬|下旬)中?`),
  year: ja('(?:年内|今年中|本年中|(?:(?<year>\\d{4})年|令和(?<reiwa>\\d{1,2}|元)年)[内中])'),
  days: ja('(?<n>\\d{1,4})日間?以内'),
  weeks: ja('(?<n>\\d{1,3})週間?以内'),
  businessDays: ja('(?<n>\\d{1,4})(?:銀行)?営業日以内'),
};

const PARTS: Readonly<Record<string, Part>> = {
  上旬: 'early',
  初旬: 'early',
  中旬: 'mid',
  下旬: 'late',
  early: 'early',
  mid: 'mid',
  late: 'late',
};

type Groups = Readonly<Record<string, string | undefined>>;
const match = (form: RegExp, text: string): Groups | undefined => {
  const found = form.exec(text);
  return found ? { ...found.groups } : undefined;
};

function japanese(text: string): DateWord | undefined {
  const whole = match(JA.wholeMonth, text) ?? match(JA.thisMonth, text);
  if (whole) return month(whole);
  const part = match(JA.part, text);
  if (part) return month(part);
  const year = match(JA.year, text);
  if (year) return { kind: 'year', ...withYear(year) };
  return counted(match(JA.days, text), match(JA.weeks, text), match(JA.businessDays, text));
}

const MONTH_NAMES = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const NAMED =
  '(?<name>jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|january|february|march|april|may|june|july|august|september|october|november|december)';
const IN_YEAR = '(?: (?<year>\\d{4}))?';
const en = (form: string) => new RegExp(`^(?:(?:by|until) (?:the )?)?${form}$`);

const EN = {
  monthEnd: en(`end (?:of )?(?:the )?(?:${NAMED}${IN_YEAR}|(?<this>(?:this )?month)|(?<next>next month))`),
  withinMonth: new RegExp(`^(?:within|in|during) (?:${NAMED}${IN_YEAR}|(?<this>this month)|(?<next>next month))$`),
  part: new RegExp(`^(?:(?:by|until|in) )?(?<part>early|mid|late) ${NAMED}${IN_YEAR}$`),
  year: en('(?:end (?:of )?(?:the |this )?(?:year|(?<year>\\d{4})))'),
  withinYear: /^(?:within|in|during) (?:(?:the|this) year|(?<year>\d{4}))$/,
  days: /^within (?<n>\d{1,4}) (?:calendar )?days?$/,
  weeks: /^within (?<n>\d{1,3}) weeks?$/,
  businessDays: /^within (?<n>\d{1,4}) (?:business|bank|banking|working) days?$/,
};

function english(text: string): DateWord | undefined {
  const whole = match(EN.monthEnd, text) ?? match(EN.withinMonth, text) ?? match(EN.part, text);
  if (whole) return month(whole);
  const year = match(EN.year, text) ?? match(EN.withinYear, text);
  if (year) return { kind: 'year', ...withYear(year) };
  return counted(match(EN.days, text), match(EN.weeks, text), match(EN.businessDays, text));
}

/** Reiwa 1 is 2019. */
function yearOf({ year, reiwa }: Groups): number | undefined {
  if (year) return Number(year);
  return reiwa ? 2018 + (reiwa === '元' ? 1 : Number(reiwa)) : undefined;
}

function withYear(groups: Groups): { year?: number } {
  const year = yearOf(groups);
  return year === undefined ? {} : { year };
}

/** `undefined` for a year beside 今月 or 来月, which say theirs already, or beside 上旬 alone, which does not say a month. */
function month(groups: Groups): DateWord | undefined {
  const number = groups['month'] ? Number(groups['month']) : MONTH_NAMES.indexOf(groups['name']?.slice(0, 3) ?? '') + 1;
  const part = PARTS[groups['part'] ?? ''];
  const shared = { kind: 'month', ...(part && { part }) } as const;
  if (number > 0) return { ...shared, month: number, ...withYear(groups) };
  if (yearOf(groups) !== undefined) return undefined;
  if (groups['next']) return { ...shared, ahead: 1 };
  // 上旬 alone is the coming one; with 今月 it is this month's, and so is 月末.
  return groups['this'] || !part ? { ...shared, ahead: 0 } : shared;
}

function counted(days?: Groups, weeks?: Groups, businessDays?: Groups): DateWord | undefined {
  const n = Number((days ?? weeks ?? businessDays)?.['n'] ?? 0);
  if (n < 1) return undefined;
  if (businessDays) return { kind: 'businessDays', days: n };
  return { kind: 'days', days: weeks ? n * 7 : n };
}

/** Why a word is not taken, as narrowly as it can be told. Never repeats the word itself. */
function hint(text: string): Sentence {
  const bare = /^(?:(?:\d{4}|令和\S{1,2})年)?(\d{1,2})月(?:まで|までに|頃|ごろ|以内|半ば|初め|はじめ|めど|目途)?$/.exec(
    text,
  )?.[1];
  if (bare && Number(bare) >= 1 && Number(bare) <= 12)
    return {
      en: `a word with one meaning: a month alone may mean its first day or its last; write ${bare}月末, ${bare}月中 or ${bare}月中旬`,
      ja: `意味が一つに決まる言葉（月だけでは月の初めか終わりか決まらないため、「${bare}月末」「${bare}月中」「${bare}月中旬」など）`,
    };
  if (/^年末|year end$/.test(text))
    return {
      en: 'a word with one meaning: 年末 may be the last working day or 12-31; write 年内 for 12-31, or a rule with a date of its own',
      ja: '意味が一つに決まる言葉（「年末」は仕事納めか12月31日か決まらないため、12月31日なら「年内」）',
    };
  if (/時間|hours?$/.test(text))
    return {
      en: 'a date word; for hours use a rule with "counting": "elapsed" and "duration": "PT72H"',
      ja: '日付の言葉（時間で数えるときは "counting": "elapsed" と "duration": "PT72H" を使う規則）',
    };
  return {
    en: 'a date word that says one day, such as 10月末, 12月中, 9月中旬, 上旬, 年内, 30日以内, 10営業日以内, end of October, by mid-September or within 30 days',
    ja: '一つの日に決まる日付の言葉（10月末、12月中、9月中旬、上旬、年内、30日以内、10営業日以内など）',
  };
}
