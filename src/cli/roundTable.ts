import { daysBetween, shortDate } from '../domain/date.js';
import { endOfLocalDay } from '../domain/deadline/localTime.js';
import type { RoundResult, UnitResult } from '../domain/inspectionRound/result.js';
import type { Instant, Zone } from '../domain/instant.js';
import { resultsOf } from '../domain/roundReport.js';
import type { Sentence } from '../domain/sentence.js';
import type { DueDay } from '../domain/wording/due.js';
import { RESULT_WORDS, wordOf } from '../domain/wording/inspection.js';
import { FIRMNESS_WORDS, STANDING_WORDS } from '../domain/wording/roundReport.js';
import { displayWidth, dueText, local, wrapped, type Page } from './output.js';

/** Results by group as in the release of 2020 (S2), turned so that it fits: a line a result, a column a group. */
export function showResults(page: Page, { groups }: Pick<RoundResult, 'groups'>): void {
  page.heading(page.t({ en: 'RESULTS', ja: '結果' }));
  const units = groups.flatMap((group) => group.units);
  const codes = resultsOf(units);
  const label = (code: string) => page.t(wordOf(RESULT_WORDS, code));
  const total = page.t({ en: 'total', ja: '合計' });
  const first = Math.max(displayWidth(total), ...codes.map((code) => displayWidth(label(code))));
  const sums = codes.map((code) => String(units.filter(({ result }) => result === code).length));
  const room = page.width - INDENT - first - GAP - (displayWidth(total) + GAP);
  const atOnce = Math.max(1, Math.floor(room / (NARROWEST + GAP)));
  for (let from = 0; from < groups.length; from += atOnce) {
    const shown = groups.slice(from, from + atOnce);
    const width = Math.floor(room / shown.length) - GAP;
    const heads = shown.map(({ name }) => broken(page.t(name), width));
    const column = (group: RoundResult['groups'][number], code: string) =>
      count(page, group.units.filter(({ result }) => result === code).length);
    page.table(
      ['', ...heads, total],
      [
        ...codes.map((code, index) => [
          label(code),
          ...shown.map((group) => column(group, code)),
          page.paint(sums[index]!, 'bold'),
        ]),
        [
          page.paint(total, 'bold'),
          ...shown.map((group) => page.paint(String(group.units.length), 'bold')),
          page.paint(String(units.length), 'bold'),
        ],
      ],
      INDENT,
    );
  }
}

const INDENT = 2;
/** Columns between columns, as the page's tables have them. */
const GAP = 2;
/** Columns below which the name of a group would be broken into pieces nobody reads. */
const NARROWEST = 11;

const count = (page: Page, n: number) => (n === 0 ? page.paint('0', 'dim') : String(n));

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
  for (const { due, standing, units } of improvements)
    if (due && standing !== 'MET') add(endOfLocalDay(due.date, zone), 'improvement', units);
  if (!['REFUSED', 'REPORTED', 'CLOSED'].includes(phase)) add(endOfLocalDay(target.date, zone), 'target', []);
  return [...found.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

const NEXT = 6;
const NAMED = 6;

export function showDeadlines(page: Page, deadlines: readonly RoundDeadline[], at: Instant, zone: Zone): void {
  page.heading(page.t({ en: 'NEXT DEADLINES', ja: '次の期限' }));
  const next = deadlines.filter((deadline) => deadline.at >= at).slice(0, NEXT);
  if (next.length === 0) page.text(page.t({ en: 'None.', ja: 'ありません。' }), INDENT);
  for (const { at: due, what, units } of next) {
    const named = units.slice(0, NAMED).join(', ');
    const more = units.length - NAMED;
    const rest = more > 0 ? page.t({ en: ` and ${more} more`, ja: ` ほか${more}先` }) : '';
    page.text(
      `${page.t(dueText(due, at, zone).text)}   ${page.t(what)}${units.length > 0 ? `: ${named}${rest}` : ''}`,
      INDENT,
    );
  }
}

/** A day as a screen shows it, with the last bank day where it is another. */
export function dayText({ date, lastOpenDay }: DueDay): Sentence {
  if (lastOpenDay == null || lastOpenDay === date) return { en: shortDate(date), ja: shortDate(date) };
  return {
    en: `${shortDate(date)}, last bank day ${shortDate(lastOpenDay)}`,
    ja: `${shortDate(date)}、最終の銀行営業日 ${shortDate(lastOpenDay)}`,
  };
}

/** Promises with their days; what was promised before stays in sight. */
export function showCommitments(page: Page, { commitments }: RoundResult): void {
  if (commitments.length === 0) return;
  page.heading(page.t({ en: `COMMITMENTS (${commitments.length})`, ja: `改善対応の約束（${commitments.length}件）` }));
  for (const { unit, text, firmness, standing, earlier = [], ...due } of commitments) {
    const how = `${page.t(FIRMNESS_WORDS[firmness])}, ${page.t(wordOf(STANDING_WORDS, standing))}`;
    page.text(`${page.paint(unit, 'bold')}   ${page.t(dayText(due))}   (${how})`, INDENT);
    if (earlier.length > 0)
      page.text(`${page.t({ en: 'promised before', ja: '当初の約束' })}: ${earlier.map(shortDate).join(', ')}`, 6);
    page.text(text, 6);
  }
}

/** Target, prediction and slip in a line. */
export function targetText({ target, complete, published, slipDays }: RoundResult, predicted?: string): Sentence {
  const day = dayText(target);
  const late = predicted === undefined ? 0 : daysBetween(target.date, predicted);
  const slip =
    published !== undefined && slipDays !== undefined
      ? slipDays > 0
        ? { en: `   published ${published}, ${slipDays} days late`, ja: `   公表 ${published}（${slipDays}日遅れ）` }
        : { en: `   published ${published}, on target`, ja: `   公表 ${published}（目標どおり）` }
      : predicted === undefined || complete
        ? { en: '', ja: '' }
        : late > 0
          ? {
              en: `   predicted end ${predicted}: ${late} days late`,
              ja: `   完了見込み ${predicted}（${late}日遅れ）`,
            }
          : { en: `   predicted end ${predicted}: in time`, ja: `   完了見込み ${predicted}（期限内）` };
  return { en: `target ${day.en}${slip.en}`, ja: `完了目標 ${day.ja}${slip.ja}` };
}
