import { readSheet } from 'read-excel-file/node';
import writeXlsxFile from 'write-excel-file/node';
import { Refusal } from '../../domain/refusal.js';
import type { Table } from '../../domain/table.js';
import { escapeCell, tableOfLines } from './cells.js';
import { assertModestZip } from './zip.js';

export interface SheetLook {
  /** Name of the sheet; "Sheet1" unless given. */
  readonly sheet?: string | undefined;
  /** Widths of the columns in characters; by their longest line unless given. */
  readonly widths?: readonly number[] | undefined;
}

/** Widest column that is made by itself, in characters. */
const WIDEST = 60;

/** Reads the first sheet. A formula counts as the text that it showed last. */
export async function readXlsx(bytes: Uint8Array): Promise<Table> {
  const file = Buffer.from(bytes);
  assertModestZip(file);
  let data: readonly (readonly unknown[])[];
  try {
    data = await readSheet(file, { trim: false });
  } catch {
    throw new Refusal({
      en: 'The XLSX file cannot be read; it is damaged, protected, or something else. Save it as XLSX again, or as "CSV UTF-8".',
      ja: 'XLSX ファイルを読み取れません（破損・パスワード保護・別の形式の可能性があります）。XLSX か「CSV UTF-8」で保存し直してください。',
    });
  }
  return tableOfLines(data.map((cells, index) => ({ line: index + 1, cells: cells.map(cellText) })));
}

/** Writes one sheet: header in bold and always in sight, long texts wrapped. */
export async function writeXlsx({ header, rows }: Table, { sheet = 'Sheet1', widths }: SheetLook): Promise<Uint8Array> {
  const text = (value: string, style: object) => ({ type: String, value: escapeCell(value), ...style });
  const body = { wrap: true, alignVertical: 'top' } as const;
  return writeXlsxFile(
    [
      header.map((cell) => text(cell, { fontWeight: 'bold', ...body })),
      ...rows.map(({ cells }) => header.map((_, index) => text(cells[index] ?? '', body))),
    ],
    {
      sheet,
      stickyRowsCount: 1,
      columns: header.map((title, index) => ({
        width: widths?.[index] ?? widthOf([title, ...rows.map(({ cells }) => cells[index] ?? '')]),
      })),
    },
  ).toBuffer();
}

function widthOf(cells: readonly string[]): number {
  // Characters beyond Latin take about two columns.
  const longest = Math.max(
    ...cells.flatMap((cell) => cell.split('\n')).map((line) => line.replace(/[^\u0020-\u00ff]/gu, '  ').length),
  );
  return Math.min(longest + 2, WIDEST);
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  // A date cell has no time of day of its own.
  if (cell instanceof Date) return cell.toISOString().replace(/T00:00:00\.000Z$/, '');
  return typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : (cell as string);
}
