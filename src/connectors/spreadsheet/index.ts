import { Refusal } from '../../domain/refusal.js';
import type { Table } from '../../domain/table.js';
import { readCsv, writeCsv, type CsvEncoding } from './csv.js';
import { readXlsx, writeXlsx, type SheetLook } from './xlsx.js';

export const SHEET_FORMATS = ['csv', 'xlsx'] as const;
export type SheetFormat = (typeof SHEET_FORMATS)[number];

/** Bytes of a sheet that is read: far above what people fill in by hand. */
export const MAX_SHEET_BYTES = 5_000_000;

export interface WriteOptions extends SheetLook {
  /** CSV only: `utf-8` with a byte order mark, as Excel expects it, unless given. */
  readonly encoding?: CsvEncoding | undefined;
}

/**
 * Reads a table from CSV (UTF-8 with or without byte order mark, or cp932) or XLSX (its first sheet). Which of them it is
 * comes from the bytes, never from a name. Cells are text; nothing is evaluated.
 * @throws Refusal with the sentence for whoever sent the file
 */
export async function readSheet(bytes: Uint8Array): Promise<Table> {
  if (bytes.byteLength === 0)
    throw new Refusal({
      en: 'The file is empty. Send the filled-in CSV or XLSX file.',
      ja: 'ファイルが空です。記入済みの CSV または XLSX ファイルを送ってください。',
    });
  if (bytes.byteLength > MAX_SHEET_BYTES)
    throw new Refusal({
      en: `The file is larger than ${MAX_SHEET_BYTES / 1_000_000} MB. Send the sheet alone, without pictures.`,
      ja: `ファイルが ${MAX_SHEET_BYTES / 1_000_000} MB を超えています。画像などを除き、表だけを送ってください。`,
    });
  return isZip(bytes) ? readXlsx(bytes) : readCsv(bytes);
}

/** Writes a table. Cells that a spreadsheet would take for a formula are escaped; {@link readSheet} takes that back. */
export async function writeSheet(table: Table, format: SheetFormat, options: WriteOptions = {}): Promise<Uint8Array> {
  return format === 'xlsx' ? writeXlsx(table, options) : writeCsv(table, options.encoding);
}

/** XLSX is a ZIP archive; every one begins with these letters. */
const isZip = (bytes: Uint8Array) => bytes[0] === 0x50 && bytes[1] === 0x4b;
