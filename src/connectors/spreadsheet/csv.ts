import { parse, CsvError } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import iconv from 'iconv-lite';
import { Refusal } from '../../domain/refusal.js';
import type { Table } from '../../domain/table.js';
import { escapeCell, tableOfLines } from './cells.js';

export const CSV_ENCODINGS = ['utf-8', 'cp932'] as const;
export type CsvEncoding = (typeof CSV_ENCODINGS)[number];

/** Reads CSV in UTF-8 (with or without byte order mark) or, when it is none, in cp932, as Excel in Japan saves it. */
export function readCsv(bytes: Uint8Array): Table {
  const text = decoded(bytes);
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: false,
      delimiter: delimiterOf(text),
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (error as { lines?: unknown }).lines;
    throw new Refusal({
      en: `The CSV cannot be read${typeof line === 'number' ? ` near line ${line}` : ''}: a quotation mark stands alone. Save it from the spreadsheet program again.`,
      ja: `CSV を読み取れません${typeof line === 'number' ? `（${line}行目付近）` : ''}。引用符の対応が崩れています。表計算ソフトで保存し直してください。`,
    });
  }
  let line = 1;
  const lines = records.map(({ record, info }) => {
    const at = { line, cells: record };
    line = info.lines + 1;
    return at;
  });
  return tableOfLines(lines);
}

/** @throws Refusal when the encoding has no sign for some character, naming it with its place */
export function writeCsv({ header, rows }: Table, encoding: CsvEncoding = 'utf-8'): Uint8Array {
  const write = (cells: readonly string[]) =>
    cells.map((cell) => escapeCell(encoding === 'cp932' ? forCp932(cell) : cell));
  const text = stringify([write(header), ...rows.map(({ cells }) => write(cells))], {
    record_delimiter: 'windows',
    // What we escaped begins with an apostrophe and is left alone; this holds should a way around it be found.
    escape_formulas: true,
  });
  if (encoding === 'utf-8') return Buffer.from(`\uFEFF${text}`, 'utf8');
  const bytes = iconv.encode(text, 'cp932');
  // cp932 writes "?" for what it does not know, and says nothing.
  if (iconv.decode(bytes, 'cp932') !== text) throw unwritable({ header, rows });
  return bytes;
}

function decoded(bytes: Uint8Array): string {
  const refusal = () =>
    new Refusal({
      en: 'The file is neither CSV in UTF-8 or Shift_JIS nor XLSX. Save it as "CSV UTF-8" or as XLSX.',
      ja: 'UTF-8 または Shift_JIS の CSV でも、XLSX でもありません。「CSV UTF-8」または XLSX で保存してください。',
    });
  if (bytes.includes(0)) throw refusal();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const text = iconv.decode(Buffer.from(bytes), 'cp932');
    if (text.includes('\uFFFD')) throw refusal();
    return text;
  }
}

/** Excel writes semicolons where the comma is the decimal sign, and people paste tab-separated text. */
function delimiterOf(text: string): string {
  const head = text.slice(0, /\r|\n/.exec(text)?.index ?? text.length);
  const counted = [',', ';', '\t'].map((sign) => ({ sign, n: head.split(sign).length }));
  return counted.reduce((best, each) => (each.n > best.n ? each : best)).sign;
}

/** Signs that Unicode has twice, in the form that cp932 knows. */
const forCp932 = (text: string) => text.replaceAll('\u301C', '～').replaceAll('\u2212', '－');

function unwritable({ header, rows }: Table): Refusal {
  const lost = [{ line: 1, cells: header }, ...rows].flatMap(({ line, cells }) =>
    cells.flatMap((cell) =>
      [...forCp932(cell)]
        .filter((sign) => iconv.decode(iconv.encode(sign, 'cp932'), 'cp932') !== sign)
        .map((sign) => ({ line, sign })),
    ),
  );
  const shown = lost.slice(0, 10);
  return new Refusal({
    en: `Shift_JIS has no sign for: ${shown.map(({ line, sign }) => `${sign} (line ${line})`).join(', ')}. Write UTF-8 or XLSX instead.`,
    ja: `Shift_JIS にない文字があります: ${shown.map(({ line, sign }) => `${sign}（${line}行目）`).join('、')}。UTF-8 または XLSX で出力してください。`,
  });
}
