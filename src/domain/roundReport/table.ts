import type { Firmness } from '../deadline.js';
import type { RoundResult } from '../inspectionRound/result.js';
import { isInspected } from '../providerInspection/state.js';
import { localText, type Instant } from '../instant.js';
import type { Language, Sentence } from '../sentence.js';
import { tableOf, type Table } from '../table.js';
import type { DueDay } from '../wording/due.js';
import { BASIS_WORDS, RESULT_WORDS, wordOf } from '../wording/inspection.js';
import { FIRMNESS_WORDS, reportWords, STANDING_WORDS } from '../wording/roundReport.js';
import {
  authenticationOf,
  inLanguage,
  PHASES,
  roundReport,
  statesOf,
  type RoundReport,
  type RoundReportOptions,
} from './view.js';

/**
 * The report as one table, for spreadsheets: a row for each unit, and below them, told apart by the first column, rows for
 * the groups, improvements, the evaluation and the facts of the round, so that it says what the other formats say. Only
 * units have figures: a sum over a column counts nothing twice. What must not be overlooked stands in each row, so that
 * sorting and filtering lose none of it. Dates are `YYYY-MM-DD`.
 */
export function roundReportTable(result: RoundResult, options: RoundReportOptions): Table {
  const { lang, zone } = options;
  const w = reportWords(lang);
  const report = roundReport(result, options);
  const marks = report.marks.map(({ mark }) => mark).join(' / ');
  const local = (at: Instant | undefined) => (at === undefined ? '' : localText(at, zone).slice(0, 16));
  const word = (words: Readonly<Record<string, Sentence>>, code: string) => wordOf(words, code)[lang];
  const promise = ({ firmness, standing, earlier = [], ...due }: Promised): Cells => ({
    due: due.date,
    lastBankDay: due.lastOpenDay ?? '',
    firmness: firmness ? word(FIRMNESS_WORDS, firmness) : '',
    standing: standing === undefined ? '' : word(STANDING_WORDS, standing),
    earlier: earlier.join(w.separator),
  });
  const units = result.groups.flatMap(({ name, units: members }) =>
    members.map((unit): Cells => {
      const promised = result.commitments.find((each) => each.unit === unit.unit);
      const exception = result.opinion?.exceptions.find((each) => each.unit === unit.unit);
      return {
        kind: w.unit,
        group: name[lang],
        id: unit.unit,
        name: unit.name[lang],
        result: word(RESULT_WORDS, unit.result),
        incomplete: isInspected(unit.result) ? '' : YES[lang],
        basis: word(BASIS_WORDS, unit.basis),
        mandatory: String(unit.mandatory),
        satisfied: String(unit.satisfied),
        failing: String(unit.failing),
        ...Object.fromEntries(PHASES.map((phase) => [`failing${phase}`, String(unit.failingByPhase[phase] ?? 0)])),
        left: String(unit.notApplicable),
        answerDue: local(unit.answerDue),
        overdue: unit.overdueDays === undefined ? '' : String(unit.overdueDays),
        review: unit.reviewDue ?? '',
        service: statesOf(unit, lang),
        authentication: authenticationOf(unit, lang),
        ...(promised && { what: promised.text, ...promise(promised) }),
        ...(exception && {
          exception:
            inLanguage(exception.reason, lang) + w.inBrackets(exception.suspended ? w.suspended : w.notSuspended),
        }),
      };
    }),
  );
  const counted = ({ counts, total }: RoundReport['totals']) =>
    [
      ...report.results.flatMap((name, index) => (counts[index] ? [w.several(name, counts[index])] : [])),
      w.several(w.total, total),
    ].join(w.separator);
  const improvements = (result.improvements ?? []).map((each, index): Cells => {
    const { units: names, what, stage } = report.improvements[index]!;
    const { due, ...rest } = each;
    return {
      kind: w.improvements,
      id: each.name,
      name: names,
      result: stage,
      what,
      ...(due ? promise({ ...rest, ...due }) : { due: w.notPromised }),
    };
  });
  const { opinion } = report;
  const rows: Cells[] = [
    ...units,
    ...report.summary.map((group) => ({ kind: w.summary, group: group.name, result: counted(group) })),
    { kind: w.summary, group: w.total, result: counted(report.totals) },
    { kind: w.summary, group: w.total, what: report.share },
    ...improvements,
    ...(opinion ? [{ kind: w.opinion, result: opinion.result }] : []),
    ...(opinion?.recommendations ?? []).map((what) => ({ kind: w.recommendations, what })),
    ...(report.institution === '' ? [] : [{ kind: HEADS.fact[lang], name: w.institution, what: report.institution }]),
    { kind: HEADS.fact[lang], name: HEADS.title[lang], what: report.title },
    ...report.facts.map(({ name, value }) => ({ kind: HEADS.fact[lang], name, what: value })),
  ];
  const columns: readonly (readonly [name: string, cell: (cells: Cells) => string | undefined])[] = [
    ...(marks === '' ? [] : [[HEADS.mark[lang], () => marks] as const]),
    [HEADS.kind[lang], ({ kind }) => kind],
    [w.round, () => result.round],
    [w.asOf, () => local(result.asOf)],
    [w.group, ({ group }) => group],
    [HEADS.unit[lang], ({ id }) => id],
    [HEADS.name[lang], ({ name }) => name],
    [w.result, (cells) => cells.result],
    [HEADS.incomplete[lang], ({ incomplete }) => incomplete],
    [w.basis, ({ basis }) => basis],
    [w.mandatory, ({ mandatory }) => mandatory],
    [w.satisfied, ({ satisfied }) => satisfied],
    [w.failing, ({ failing }) => failing],
    ...PHASES.map(
      (phase, index) => [`${w.failing} ${w.phases[index]!}`, (cells: Cells) => cells[`failing${phase}`]] as const,
    ),
    [w.left, ({ left }) => left],
    [HEADS.answerDue[lang], ({ answerDue }) => answerDue],
    [HEADS.overdue[lang], ({ overdue }) => overdue],
    [w.what, ({ what }) => what],
    [w.due, ({ due }) => due],
    [w.lastBankDay, ({ lastBankDay }) => lastBankDay],
    [HEADS.earlier[lang], ({ earlier }) => earlier],
    [w.firmness, ({ firmness }) => firmness],
    [w.standing, ({ standing }) => standing],
    [HEADS.review[lang], ({ review }) => review],
    [HEADS.service[lang], ({ service }) => service],
    [w.authentication, ({ authentication }) => authentication],
    ...(result.opinion ? [[w.exceptions, ({ exception }: Cells) => exception] as const] : []),
  ];
  return tableOf(
    columns.map(([name]) => name),
    rows.map((cells) => columns.map(([, cell]) => cell(cells) ?? '')),
  );
}

/** What a row says, by column; what it does not have is left empty. */
type Cells = Partial<Record<Column | `failing${(typeof PHASES)[number]}`, string>>;
type Column =
  | 'kind'
  | 'group'
  | 'id'
  | 'name'
  | 'result'
  | 'incomplete'
  | 'basis'
  | 'mandatory'
  | 'satisfied'
  | 'failing'
  | 'left'
  | 'answerDue'
  | 'overdue'
  | 'what'
  | 'due'
  | 'lastBankDay'
  | 'earlier'
  | 'firmness'
  | 'standing'
  | 'review'
  | 'service'
  | 'authentication'
  | 'exception';

interface Promised extends DueDay {
  readonly firmness?: Firmness;
  readonly standing?: string;
  readonly earlier?: readonly string[];
}

const YES: Record<Language, string> = { ja: '未了', en: 'incomplete' };

const HEADS = {
  mark: { ja: '印', en: 'Mark' },
  kind: { ja: '種類', en: 'Kind' },
  fact: { ja: '概要', en: 'Overview' },
  title: { ja: '名称', en: 'Title' },
  earlier: { ja: '当初の期限', en: 'Earlier due days' },
  unit: { ja: 'ID', en: 'Id' },
  name: { ja: '先', en: 'Unit' },
  incomplete: { ja: '未了', en: 'Incomplete' },
  answerDue: { ja: '回答期限', en: 'Answer due' },
  overdue: { ja: '超過日数', en: 'Days overdue' },
  review: { ja: '該当なしの見直し', en: 'Review of not applicable' },
  service: { ja: '提供状況', en: 'Service' },
} as const satisfies Record<string, Sentence>;
