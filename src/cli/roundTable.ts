import { shortDate, weekdayName } from '../domain/date.js';
import { endOfLocalDay } from '../domain/deadline/localTime.js';
import { underWay } from '../domain/improvement/state.js';
import type { RoundResult, UnitResult } from '../domain/inspectionRound/result.js';
import { againstTarget } from '../domain/inspectionRound/target.js';
import type { Instant, Zone } from '../domain/instant.js';
import { resultsOf } from '../domain/roundReport.js';
import type { Sentence } from '../domain/sentence.js';
import type { DueDay } from '../domain/wording/due.js';
import { basesText, RESULT_WORDS, wordOf } from '../domain/wording/inspection.js';
import { FIRMNESS_WORDS, STANDING_WORDS, targetText } from '../domain/wording/roundReport.js';
import { displayWidth, dueText, local, wrapped, type Page } from './output.js';

/** Results by group as in the release of 2020 (S2), turned so that it fits: a line a result, a column a group. */
export function showResults(page: Page, { groups }: Pick<RoundResult, 'groups'>): void {
  page.heading(page.t({ en: 'RESULTS', ja: '結果' }));
  const units = groups.flatMap((group) => group.units);
  const codes = resultsOf(units);
  const total = page.t({ en: 'total', ja: '合計' });
  const words = [...codes.map((code) => page.t(wordOf(RESULT_WORDS, code))), total];
  const wide = Math.max(...words.map(displayWidth));
  const room = (label: number) => page.width - INDENT - label - GAP - (Math.max(FIGURE, displayWidth(total)) + GAP);
  const narrowest = Math.max(NARROWEST, ...groups.map(({ name }) => longestWord(page.t(name))));
  const fitting = (label: number) => Math.floor(room(label) / (narrowest + GAP));
  // Words of two lines are better than two tables.
  const label = fitting(wide) < groups.length && wide > SHORT ? SHORT : wide;
  const atOnce = Math.max(1, fitting(label));
  const of = (among: readonly UnitResult[], code: string) => among.filter(({ result }) => result === code).length;
  for (let from = 0; from < groups.length; from += atOnce) {
    if (from > 0) page.raw();
    const shown = groups.slice(from, from + atOnce);
    const width = Math.floor(room(label) / shown.length) - GAP;
    const line = (word: string, count: (among: readonly UnitResult[]) => number) => [
      broken(word, label),
      ...shown.map((group) => figure(page, count(group.units))),
      page.paint(figure(page, count(units)), 'bold'),
    ];
    page.table(
      ['', ...shown.map(({ name }) => broken(page.t(name), width)), total],
      [
        ...codes.map((code, index) => line(words[index]!, (among) => of(among, code))),
        line(total, (among) => among.length),
        [
          broken(page.t({ en: 'basis', ja: '基準' }), label),
          ...shown.map((group) => broken(page.t(basesText(group.units.map(({ basis }) => basis))), width)),
          '',
        ],
      ],
      INDENT,
    );
  }
}

const INDENT = 2;
/** Columns between columns, as the page's tables have them. */
const GAP = 2;
/** Columns of a group, in which Japanese can be broken anywhere; a longer word takes more, up to a limit. */
const NARROWEST = 8;
const LONGEST_WORD = 14;

function longestWord(text: string): number {
  const words = text.split(/\s+|(?=[\u2e80-\uff60])/u);
  return Math.min(LONGEST_WORD, Math.max(...words.map(displayWidth)));
}

/** The longest piece of a result in words: "not satisfied". */
const SHORT = 13;
/** Figures stand under each other. */
const FIGURE = 4;

const figure = (page: Page, n: number) =>
  n === 0 ? page.paint('0'.padStart(FIGURE), 'dim') : String(n).padStart(FIGURE);

/** Lines of at most so many columns; a word that is longer is cut into several. */
function broken(text: string, width: number): string {
  return wrapped(text, width)
    .flatMap((line) => pieces(line, width))
    .join('\n');
}

function pieces(line: string, width: number): string[] {
  const lines: string[] = [];
  let piece = '';
  for (const character of line) {
    if (displayWidth(piece + character) > width) {
      lines.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...lines, piece];
}

/** Rows of a list that a screen shows; the rest is counted. */
const SHOWN = 40;

/** Units without a result, the longest overdue first, then by what is due. */
export function showIncomplete(page: Page, { groups, incomplete }: RoundResult, at: Instant, zone: Zone): void {
  page.heading(
    page.t({ en: `INCOMPLETE (${incomplete.length})`, ja: `未了（${incomplete.length}先）` }),
    ...(incomplete.length > 0 ? (['yellow'] as const) : []),
  );
  if (incomplete.length === 0) return page.text(page.t({ en: 'None.', ja: 'ありません。' }), INDENT);
  const named = new Set(incomplete);
  const units = groups
    .flatMap((group) => group.units)
    .filter(({ unit }) => named.has(unit))
    .sort(byUrgency);
  page.table(
    [
      page.t({ en: 'unit', ja: '先' }),
      ...(page.narrow ? [] : [page.t({ en: 'name', ja: '名称' })]),
      page.t({ en: 'stage', ja: '段階' }),
      page.t({ en: 'next due', ja: '次の期限' }),
      page.t({ en: 'overdue', ja: '超過' }),
    ],
    units
      .slice(0, SHOWN)
      .map(({ unit, name, phase, nextDue, overdueDays = 0 }) => [
        page.paint(unit, 'bold'),
        ...(page.narrow ? [] : [page.t(name)]),
        page.t(wordOf(RESULT_WORDS, phase)),
        nextDue === undefined ? '-' : nextDue < at ? page.paint(local(nextDue, zone), 'red') : local(nextDue, zone),
        overdueDays > 0 ? page.paint(page.t(daysLate(overdueDays)), 'red') : '-',
      ]),
    INDENT,
  );
  const more = units.length - SHOWN;
  if (more > 0) page.text(page.t({ en: `and ${more} more (--json)`, ja: `ほか ${more} 先（--json）` }), INDENT);
}

export const daysLate = (n: number): Sentence => ({ en: `${n} day${n === 1 ? '' : 's'}`, ja: `${n}日` });

function byUrgency(a: UnitResult, b: UnitResult): number {
  const late = (b.overdueDays ?? 0) - (a.overdueDays ?? 0);
  if (late !== 0) return late;
  const [first, second] = [a.nextDue ?? '~', b.nextDue ?? '~'];
  return first === second ? 0 : first < second ? -1 : 1;
}

/** What somebody owes at one instant. */
export interface RoundDeadline {
  readonly at: Instant;
  readonly what: Sentence;
  readonly units: readonly string[];
}

const OWED: Readonly<Record<string, Sentence>> = {
  answer: { en: 'answer', ja: '回答' },
  evaluation: { en: 'evaluation', ja: '評価' },
  discussion: { en: 'end of the discussion', ja: '協議の期限' },
  remediation: { en: 'promised remediation', ja: '改善対応の期限' },
  improvement: { en: 'promised improvement', ja: '改善の取り組みの期限' },
  target: { en: 'target of the round', ja: '点検の完了目標' },
};

const KIND_OF: Readonly<Record<string, string>> = {
  ANSWERED: 'evaluation',
  UNDER_EVALUATION: 'evaluation',
  RE_INSPECTION: 'evaluation',
  UNDER_DISCUSSION: 'discussion',
  REMEDIATION_COMMITTED: 'remediation',
};

/** Everything that is still to come, in order; what several units owe at once is one. */
export function deadlinesOf({ groups, target, phase, improvements = [] }: RoundResult, zone: Zone): RoundDeadline[] {
  const found = new Map<string, { at: Instant; what: Sentence; units: string[] }>();
  const add = (at: Instant, kind: string, units: readonly string[]) => {
    const key = `${at} ${kind}`;
    const known = found.get(key) ?? { at, what: OWED[kind]!, units: [] };
    found.set(key, { ...known, units: [...known.units, ...units] });
  };
  for (const { unit, nextDue, phase: stage } of groups.flatMap((group) => group.units))
    if (nextDue !== undefined) add(nextDue, KIND_OF[stage] ?? 'answer', [unit]);
  for (const { due, stage, units } of improvements)
    if (due && underWay({ stage })) add(endOfLocalDay(due.date, zone), 'improvement', units);
  if (!['REFUSED', 'REPORTED', 'CLOSED'].includes(phase)) add(endOfLocalDay(target.date, zone), 'target', []);
  return [...found.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

const NEXT = 6;
const NAMED = 6;

export function showDeadlines(page: Page, deadlines: readonly RoundDeadline[], at: Instant, zone: Zone): void {
  page.heading(page.t({ en: 'NEXT DEADLINES', ja: '次の期限' }));
  const next = deadlines.filter((deadline) => deadline.at >= at).slice(0, NEXT);
  if (next.length === 0) page.text(page.t({ en: 'None.', ja: 'ありません。' }), INDENT);
  for (const deadline of next)
    page.text(`${page.t(dueText(deadline.at, at, zone).text)}   ${page.t(deadlineText(deadline))}`, INDENT);
}

/** What is owed, and by whom. */
export function deadlineText({ what, units }: RoundDeadline): Sentence {
  if (units.length === 0) return what;
  const named = units.slice(0, NAMED).join(', ');
  const more = units.length - NAMED;
  return {
    en: `${what.en}: ${named}${more > 0 ? ` and ${more} more` : ''}`,
    ja: `${what.ja}: ${named}${more > 0 ? ` ほか${more}先` : ''}`,
  };
}

/** `2020-10-31 (Sat)`, `2020-10-31（土）`. */
export const shortDay = (date: string): Sentence => ({
  en: shortDate(date),
  ja: `${date}（${weekdayName(date).ja.slice(0, 1)}）`,
});

/** A day as a screen shows it, with the last bank day where it is another. */
function dayText({ date, lastOpenDay }: DueDay): Sentence {
  const day = shortDay(date);
  if (lastOpenDay == null || lastOpenDay === date) return day;
  const open = shortDay(lastOpenDay);
  return { en: `${day.en}, last bank day ${open.en}`, ja: `${day.ja}、最終の銀行営業日 ${open.ja}` };
}

/** Promises with their days; what was promised before stays in sight. */
export function showCommitments(page: Page, { commitments }: RoundResult): void {
  if (commitments.length === 0) return;
  page.heading(page.t({ en: `COMMITMENTS (${commitments.length})`, ja: `改善対応の約束（${commitments.length}件）` }));
  for (const { unit, text, firmness, standing, earlier = [], ...due } of commitments) {
    const [firm, stands] = [FIRMNESS_WORDS[firmness], wordOf(STANDING_WORDS, standing)];
    const how = page.t({ en: `(${firm.en}, ${stands.en})`, ja: `（${firm.ja}、${stands.ja}）` });
    page.text(`${page.paint(unit, 'bold')}   ${page.t(dayText(due))}`, INDENT);
    if (earlier.length > 0)
      page.text(
        `${page.t({ en: 'promised before', ja: '当初の約束' })}: ${earlier.map((day) => page.t(shortDay(day))).join(', ')}`,
        6,
      );
    page.text(`${how} ${text}`, 6);
  }
}

/** Target, what was published of it, and how far off it is; while units are missing, when the last one is to come. */
export function targetLines(
  result: Omit<RoundResult, 'groups'>,
  {
    day,
    predicted,
    released,
  }: {
    /** Today, `YYYY-MM-DD`. */
    readonly day: string;
    readonly predicted?: string | undefined;
    /** What was published last, and whether every unit had its result in it. */
    readonly released?: { readonly on: string; readonly complete: boolean } | undefined;
  },
): Sentence[] {
  const { target, complete } = result;
  const stands = (on: string, whole: boolean, end?: string) =>
    targetText(againstTarget({ target, complete: whole, ...(end !== undefined && { predictedEnd: end }) }, on));
  const due = dayText(target);
  const lines: Sentence[] = [{ en: `target ${due.en}`, ja: `完了目標 ${due.ja}` }];
  if (released) {
    const [on, standing] = [shortDay(released.on), stands(released.on, released.complete)];
    lines.push({ en: `published ${on.en}: ${standing.en}`, ja: `公表 ${on.ja}: ${standing.ja}` });
  }
  if (predicted !== undefined && !complete) {
    const [end, standing] = [shortDay(predicted), stands(day, false, predicted)];
    lines.push({ en: `${standing.en}; predicted end ${end.en}`, ja: `${standing.ja}。完了見込み ${end.ja}` });
  }
  return lines;
}
