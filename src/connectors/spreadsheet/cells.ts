import { Refusal } from '../../domain/refusal.js';
import type { Table } from '../../domain/table.js';

/** Rows, columns and characters of a cell beyond which nobody filled in a sheet by hand. */
const MAX_ROWS = 5_000;
const MAX_COLUMNS = 100;
const MAX_CELL = 32_767;

/**
 * What a spreadsheet takes for a formula, full-width forms included, also behind apostrophes: so that escaping can be taken
 * back whatever the text was.
 */
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/;
const ESCAPED = /^''*[=+\-@\t\r＝＋－＠]/;

/** An apostrophe before what would be a formula. */
export function escapeCell(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** Takes {@link escapeCell} back. */
export function unescapeCell(text: string): string {
  return ESCAPED.test(text) ? text.slice(1) : text;
}

/**
 * Makes a table of lines of cells: the first one with a cell that holds something is the header; blank lines are left out,
 * the others keep their number.
 * @throws Refusal when there is no header, a line is longer than it, or there is too much of anything
 */
export function tableOfLines(lines: readonly { readonly line: number; readonly cells: readonly string[] }[]): Table {
  const filled = lines.filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  const [head, ...rows] = filled;
  if (!head)
    throw new Refusal({
      en: 'The sheet is empty. Its first line must hold the names of the columns.',
      ja: '表が空です。1行目に列の名前が必要です。',
    });
  const header = trimEnd(head.cells.map((cell) => unescapeCell(cell)));
  if (header.length > MAX_COLUMNS || rows.length > MAX_ROWS)
    throw new Refusal({
      en: `The sheet is too large: at most ${MAX_ROWS} lines and ${MAX_COLUMNS} columns are read.`,
      ja: `表が大きすぎます。${MAX_ROWS} 行・${MAX_COLUMNS} 列までです。`,
    });
  return {
    header,
    rows: rows.map(({ line, cells }) => {
      const used = trimEnd(cells);
      if (used.length > header.length)
        throw new Refusal({
          en: `Line ${line} has more cells than the header has columns. Look for a comma that should stand in quotes.`,
          ja: `${line}行目のセルが見出しの列より多くなっています。引用符のないカンマがないか確認してください。`,
        });
      if (used.some((cell) => cell.length > MAX_CELL))
        throw new Refusal({
          en: `Line ${line} has a cell of more than ${MAX_CELL} characters. Shorten it, or attach a document.`,
          ja: `${line}行目に ${MAX_CELL} 文字を超えるセルがあります。短くするか、文書を添付してください。`,
        });
      return { line, cells: header.map((_, index) => unescapeCell(used[index] ?? '')) };
    }),
  };
}

function trimEnd(cells: readonly string[]): string[] {
  const last = cells.findLastIndex((cell) => cell.trim() !== '');
  return cells.slice(0, last + 1);
}
