import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { readSheet, writeSheet } from '../connectors/spreadsheet/index.js';
import {
  findingSentence,
  frameworkFromTable,
  frameworkTable,
  propertiesOf,
  type Framework,
  type FrameworkHead,
} from '../domain/framework.js';
import { Refusal } from '../domain/refusal.js';
import { sheetRefusal } from '../domain/table.js';
import type { Result } from './app.js';
import { lintOne, type InspectionDocuments } from './frameworkLint.js';

/** The framework's own items as a sheet; the file's name says which kind. */
export async function writeOut(framework: Framework, file: string): Promise<void> {
  const format = /\.xlsx$/i.test(file) ? 'xlsx' : /\.csv$/i.test(file) ? 'csv' : undefined;
  if (!format)
    throw new Refusal({
      en: 'The file to write must end in .csv or .xlsx.',
      ja: '書き出すファイルの末尾は .csv か .xlsx にしてください。',
    });
  await write(file, await writeSheet(frameworkTable(framework), format, { sheet: framework.id.slice(0, 31) }));
}

export interface Wanted {
  readonly like: Framework | undefined;
  readonly id: string | undefined;
  readonly version: string;
}

/** The whole sheet becomes the whole file, or nothing is written. */
export async function importSheet(
  sheet: string,
  out: string,
  { like, id, version }: Wanted,
  documents: InspectionDocuments,
): Promise<Result> {
  const table = await readSheet(await read(sheet));
  const head: FrameworkHead = like ?? {
    id: id!,
    version,
    title: { ja: id!, en: id! },
    source: { ja: `表 ${path.basename(sheet)} より`, en: `From the sheet ${path.basename(sheet)}` },
    properties: {},
    extends: [],
  };
  const made = frameworkFromTable({ ...head, id: id ?? head.id, version }, table);
  if ('problems' in made) throw sheetRefusal(made.problems);
  const asked = made.framework.items.flatMap(({ appliesIf }) => propertiesOf(appliesIf));
  const framework: Framework = like
    ? made.framework
    : // Without a framework to go by, a property means what it is called until somebody says it better.
      { ...made.framework, properties: Object.fromEntries(asked.map((name) => [name, { ja: name, en: name }])) };
  const findings = lintOne(framework, documents);
  if (findings.length > 0) {
    const said = findings.map(findingSentence);
    throw new Refusal({
      en: `Nothing was imported; mend the sheet and try again. ${said.map(({ en }) => en).join('; ')}.`,
      ja: `何も取り込んでいません。表を直してもう一度実行してください。${said.map(({ ja }) => ja).join('、')}。`,
    });
  }
  await write(out, Buffer.from(stringify(framework, { lineWidth: 120 }), 'utf8'));
  return {
    data: { imported: framework.items.length, id: framework.id, version: framework.version, out },
    page: (page) =>
      page.text(
        page.t({
          en: `${framework.items.length} items written to ${out} as ${framework.id}, version ${framework.version}.`,
          ja: `${framework.items.length} 項目を ${framework.id}（版 ${framework.version}）として ${out} に書き出しました。`,
        }),
      ),
  };
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new Refusal({
      en: `The file ${file} cannot be read (${code}). Name a CSV or XLSX file.`,
      ja: `ファイル ${file} を読めません（${code}）。CSV か XLSX のファイルを指定してください。`,
    });
  }
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(file, bytes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new Refusal({
      en: `The file ${file} cannot be written (${code}). Name a file in a folder that is there.`,
      ja: `ファイル ${file} に書き込めません（${code}）。存在するフォルダーのファイルを指定してください。`,
    });
  }
}
