import type { RoundResult } from '../../domain/inspectionRound/result.js';
import type { Json } from '../../domain/json.js';
import { roundReport, type RoundReportOptions } from '../../domain/roundReport.js';
import { reportWords } from '../../domain/wording/roundReport.js';
import type { Typeset, Typesetter } from './index.js';

/** Typesets the result of a round (`templates/round-report.typ`). @throws Refusal as `typeset` does */
export function roundReportPdf(
  typesetter: Typesetter,
  result: RoundResult,
  options: RoundReportOptions,
): Promise<Typeset> {
  const { lang } = options;
  // What takes a number is said already; the template gets the plain labels.
  const labels = Object.entries(reportWords(lang)).filter(([, word]) => typeof word !== 'function');
  const data = { ...roundReport(result, options), words: Object.fromEntries(labels) };
  return typesetter.typeset({ file: 'round-report.typ' }, data as unknown as Json);
}
