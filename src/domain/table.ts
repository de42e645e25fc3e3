import { Refusal } from './refusal.js';
import type { Sentence } from './sentence.js';

/** A sheet with one header row, as read from or written to a spreadsheet. Every cell is text. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  /** Line in the file as people count it: the header stands on line 1. */
  readonly line: number;
  /** One for each column of the header. */
  readonly cells: readonly string[];
}

/** Something wrong in one cell; without a column, in the whole line. */
export interface CellProblem {
  readonly line: number;
  readonly column?: string;
  readonly problem: Sentence;
}

/** Line, column and problem in one sentence. */
export function cellSentence({ line, column, problem }: CellProblem): Sentence {
  return {
    en: `line ${line}${column ? `, column "${column}"` : ''}: ${problem.en}`,
    ja: `${line}行目${column ? `「${column}」列` : ''}: ${problem.ja}`,
  };
}

/** Rows of a table from texts in the header's order; the first data row stands on line 2. */
export function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): Table {
  return { header, rows: rows.map((cells, index) => ({ line: index + 2, cells })) };
}

/** How many problems of a sheet one refusal names. */
const NAMED = 20;

/** All problems of a sheet in one refusal, so that a person mends it in one go. */
export function sheetRefusal(problems: readonly CellProblem[]): Refusal {
  const said = problems.slice(0, NAMED).map(cellSentence);
  const more = problems.length - said.length;
  return new Refusal({
    en: `Nothing was imported; mend the sheet and try again. ${said.map(({ en }) => en).join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
    ja: `何も取り込んでいません。表を直してもう一度実行してください。${said.map(({ ja }) => ja).join('、')}${more > 0 ? `、ほか${more}件` : ''}。`,
  });
}
