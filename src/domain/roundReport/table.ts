import type { RoundResult } from '../inspectionRound/result.js';
import { isInspected } from '../providerInspection/state.js';
import { localText, type Instant } from '../instant.js';
import type { Language, Sentence } from '../sentence.js';
import { tableOf, type Table } from '../table.js';
import { BASIS_WORDS, RESULT_WORDS, wordOf } from '../wording/inspection.js';
import { FIRMNESS_WORDS, reportWords, STANDING_WORDS } from '../wording/roundReport.js';
import { inLanguage, PHASES, statesOf, type RoundReportOptions } from './view.js';

/**
 * The report as one table with a row for each unit, for spreadsheets. What must not be overlooked stands in each row, so
 * that sorting and filtering lose none of it. Dates are `YYYY-MM-DD`.
 */
export function roundReportTable(result: RoundResult, { lang, drill, zone, release }: RoundReportOptions): Table {
  const w = reportWords(lang);
  const marks = [...(drill ? [w.mark] : []), ...(release.kind === 'published' ? [] : [w.draft])].join(' / ');
  const local = (at: Instant | undefined) => (at === undefined ? '' : localText(at, zone).slice(0, 16));
  const word = (words: Readonly<Record<string, Sentence>>, code: string) => wordOf(words, code)[lang];
  const rows = result.groups.flatMap(({ name, units }) =>
    units.map((unit) => {
      const promised = result.commitments.find((each) => each.unit === unit.unit);
      const exception = result.opinion?.exceptions.find((each) => each.unit === unit.unit);
      return [
        ...(marks === '' ? [] : [marks]),
        result.round,
        local(result.asOf),
        name[lang],
        unit.unit,
        unit.name[lang],
        word(RESULT_WORDS, unit.result),
        isInspected(unit.result) ? '' : YES[lang],
        word(BASIS_WORDS, unit.basis),
        ...[unit.mandatory, unit.satisfied, unit.failing].map(String),
        ...PHASES.map((phase) => String(unit.failingByPhase[phase] ?? 0)),
        String(unit.notApplicable),
        local(unit.answerDue),
        unit.overdueDays === undefined ? '' : String(unit.overdueDays),
        promised?.text ?? '',
        promised?.date ?? '',
        promised?.lastOpenDay ?? '',
        promised ? word(FIRMNESS_WORDS, promised.firmness) : '',
        promised ? word(STANDING_WORDS, promised.standing) : '',
        statesOf(unit, lang),
        ...(result.opinion ? [exception ? inLanguage(exception.reason, lang) : ''] : []),
      ];
    }),
  );
  const header = [
    ...(marks === '' ? [] : [HEADS.mark[lang]]),
    w.round,
    w.asOf,
    w.group,
    HEADS.unit[lang],
    HEADS.name[lang],
    w.result,
    HEADS.incomplete[lang],
    w.basis,
    w.mandatory,
    w.satisfied,
    w.failing,
    ...w.phases.map((phase) => `${w.failing} ${phase}`),
    w.left,
    HEADS.answerDue[lang],
    HEADS.overdue[lang],
    w.commitments,
    w.due,
    w.lastBankDay,
    w.firmness,
    w.standing,
    HEADS.service[lang],
    ...(result.opinion ? [w.exceptions] : []),
  ];
  return tableOf(header, rows);
}

const YES: Record<Language, string> = { ja: '未了', en: 'incomplete' };

const HEADS = {
  mark: { ja: '印', en: 'Mark' },
  unit: { ja: 'ID', en: 'Id' },
  name: { ja: '先', en: 'Unit' },
  incomplete: { ja: '未了', en: 'Incomplete' },
  answerDue: { ja: '回答期限', en: 'Answer due' },
  overdue: { ja: '超過日数', en: 'Days overdue' },
  service: { ja: '提供状況', en: 'Service' },
} as const satisfies Record<string, Sentence>;
