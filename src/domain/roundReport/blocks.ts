import { reportWords } from '../wording/roundReport.js';
import type { RoundReport } from './view.js';

/** A part of a report, for formats that have headings, tables and lists. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: 'mark'; readonly mark: string; readonly note: string }
  | { readonly kind: 'text'; readonly text: string; readonly note?: true }
  | { readonly kind: 'facts'; readonly rows: RoundReport['facts'] }
  | {
      readonly kind: 'table';
      readonly caption: string;
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
      /** The last row is the sum of the others. */
      readonly sum?: true;
      /** Columns of figures, from 0. */
      readonly figures: readonly number[];
    }
  | { readonly kind: 'list'; readonly numbered: boolean; readonly items: readonly string[] };

/** The report from top to bottom. */
export function blocksOf(report: RoundReport): Block[] {
  const w = reportWords(report.lang);
  return [
    ...report.marks.map((mark): Block => ({ kind: 'mark', ...mark })),
    { kind: 'facts', rows: report.facts },
    heading(w.summary),
    {
      kind: 'table',
      caption: w.summary,
      head: [w.group, ...report.results, w.total],
      rows: [...report.summary, { name: w.total, ...report.totals }].map(({ name, counts, total }) => [
        name,
        ...[...counts, total].map(String),
      ]),
      sum: true,
      figures: range(1, report.results.length + 2),
    },
    note(report.share),
    heading(w.notFinished),
    listed(
      report.incomplete.map(({ name, result }) => `${name}${w.colon}${result}`),
      w.nothing,
    ),
    heading(w.units),
    ...report.groups.flatMap((group) => groupBlocks(group, report)),
    note(w.unitsNote),
    ...authenticationBlocks(report),
    heading(w.failingByPhase),
    report.failing.length === 0
      ? { kind: 'text', text: w.nothing }
      : {
          kind: 'table',
          caption: w.failingByPhase,
          head: [w.unit, ...w.phases, w.total],
          rows: report.failing.map(({ name, phases, failing }) => [name, ...phases.map(String), String(failing)]),
          figures: range(1, w.phases.length + 2),
        },
    heading(w.commitments),
    report.commitments.length === 0
      ? { kind: 'text', text: w.nothing }
      : {
          kind: 'table',
          caption: w.commitments,
          head: [w.unit, w.what, w.due, w.lastBankDay, w.firmness, w.standing],
          rows: report.commitments.map((each) => [
            each.name,
            each.text,
            each.due,
            each.lastBankDay,
            each.firmness,
            each.standing,
          ]),
          figures: [],
        },
    ...improvementBlocks(report),
    ...opinionBlocks(report),
  ];
}

const heading = (text: string, level: 2 | 3 = 2): Block => ({ kind: 'heading', level, text });
const note = (text: string): Block => ({ kind: 'text', text, note: true });
const range = (from: number, until: number) => Array.from({ length: until - from }, (_, n) => from + n);
const listed = (items: readonly string[], nothing: string): Block =>
  items.length === 0 ? { kind: 'text', text: nothing } : { kind: 'list', numbered: false, items };

function groupBlocks({ name, units, notApplicable }: RoundReport['groups'][number], { lang }: RoundReport): Block[] {
  const w = reportWords(lang);
  return [
    heading(name, 3),
    ...(units.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            caption: name,
            head: [w.unit, w.result, w.basis, w.mandatory, w.satisfied, w.failing, w.left, w.remarks],
            rows: units.map((unit) => [
              unit.name,
              unit.result,
              unit.basis,
              ...[unit.mandatory, unit.satisfied, unit.failing, unit.notApplicable].map(String),
              unit.remarks.join(w.separator),
            ]),
            figures: [3, 4, 5, 6],
          },
        ]),
    ...(notApplicable === '' ? [] : [{ kind: 'text' as const, text: notApplicable }]),
  ];
}

function authenticationBlocks({ authentication, lang }: RoundReport): Block[] {
  if (authentication.length === 0) return [];
  const w = reportWords(lang);
  return [
    heading(w.authentication),
    note(w.authenticationNote),
    {
      kind: 'table',
      caption: w.authentication,
      head: [w.unit, w.authentication],
      rows: authentication.map(({ name, ways }) => [name, ways]),
      figures: [],
    },
  ];
}

function improvementBlocks({ improvements, lang }: RoundReport): Block[] {
  if (improvements.length === 0) return [];
  const w = reportWords(lang);
  return [
    heading(w.improvements),
    note(w.improvementsNote),
    {
      kind: 'table',
      caption: w.improvements,
      head: [w.what, w.unit, w.stage, w.due, w.lastBankDay, w.firmness, w.standing],
      rows: improvements.map((each) => [
        each.what,
        each.units,
        each.stage,
        each.due,
        each.lastBankDay,
        each.firmness,
        each.standing,
      ]),
      figures: [],
    },
  ];
}

function opinionBlocks({ opinion, lang }: RoundReport): Block[] {
  if (!opinion) return [];
  const w = reportWords(lang);
  const { result, exceptions, recommendations } = opinion;
  return [
    heading(w.opinion),
    { kind: 'text', text: result },
    ...(exceptions.length === 0
      ? []
      : [
          heading(w.exceptions, 3),
          listed(
            exceptions.map(({ name, reason, state }) => `${name}${w.colon}${reason}${w.inBrackets(state)}`),
            w.nothing,
          ),
        ]),
    ...(recommendations.length === 0
      ? []
      : [heading(w.recommendations, 3), { kind: 'list' as const, numbered: true, items: recommendations }]),
  ];
}
