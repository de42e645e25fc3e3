import { CLAIM_WORDS, CLAIMS, CLAIMS_WITH_DATE, cleanText, type Answers, type Claim } from './answers.js';
import { unsubmittable, type Draft } from './draft.js';
import { evidenceWords, type Questionnaire, type QuestionnaireItem } from './questionnaire.js';
import type { Language, Sentence } from './sentence.js';
import { tableOf, type CellProblem, type Table } from './table.js';

const COLUMNS = {
  item: { en: 'Item', ja: '項目ID' },
  class: { en: 'Class', ja: '区分' },
  question: { en: 'Question', ja: '質問' },
  condition: { en: 'Asked if', ja: '回答の条件' },
  evidence: { en: 'Evidence asked', ja: '求める資料' },
  asks: { en: 'The bank asks', ja: '銀行からの質問' },
  claim: { en: 'Answer', ja: '回答' },
  text: { en: 'Explanation', ja: '説明' },
  dueBy: { en: 'Done by', ja: '完了予定日' },
  files: { en: 'Files to attach', ja: '添付するファイル' },
  version: { en: 'Version (do not change)', ja: '版（変更しないでください）' },
} as const satisfies Record<string, Sentence>;
type Column = keyof typeof COLUMNS;
const ORDER = Object.keys(COLUMNS) as Column[];
const NEEDED: readonly Column[] = ['item', 'claim', 'text'];

/** A file that came with a sheet: its hash, or why it is not taken. By the name that rows call it. */
export type SheetFiles = ReadonlyMap<string, { readonly hash: string } | { readonly refused: Sentence }>;

/** One filled row. */
export interface SheetAnswer {
  readonly line: number;
  readonly item: string;
  readonly value: Omit<Draft, 'evidence'> & { readonly claim: Claim };
  /** Hashes of the files that the row names: they come to those that the item has already. */
  readonly add?: readonly string[];
  /** The version that was exported; undefined when the column was left out. */
  readonly base?: number;
}

/**
 * The questions as a table to fill in, with what was written so far.
 * @param written the answer and its version by item
 */
export function questionsTable(
  questionnaire: Questionnaire,
  lang: Language,
  written: (item: QuestionnaireItem) => { readonly value: Draft; readonly version: number },
): Table {
  const cells = (item: QuestionnaireItem): Record<Column, string> => {
    const { value, version } = written(item);
    return {
      item: item.item,
      class: `${PHASE[lang]} ${item.phase} ${item.mandatory ? MANDATORY[lang] : ADVANCED[lang]}`,
      question: item.text[lang],
      condition: item.askIf
        ? `${item.askIf.item}: ${item.askIf.answered.map((claim) => CLAIM_WORDS[claim][lang]).join(' / ')}`
        : '',
      evidence: evidenceWords(item, lang).join(', '),
      asks: item.asksAgain ?? '',
      claim: value.claim ? CLAIM_WORDS[value.claim][lang] : '',
      text: value.text,
      dueBy: value.dueBy ?? '',
      files: '',
      version: String(version),
    };
  };
  return tableOf(
    ORDER.map((column) => COLUMNS[column][lang]),
    questionnaire.items.map((item) => {
      const row = cells(item);
      return ORDER.map((column) => row[column]);
    }),
  );
}

/** File names in a cell, one a line or with semicolons between. A name may come in either form of composed characters. */
const namesIn = (cell: string) =>
  cell
    .normalize('NFC')
    .split(/[\n;；]/)
    .map((name) => name.trim())
    .filter(Boolean);

/** The files that a table's rows name. */
export function filesNamed(table: Table): string[] {
  const at = columnsOf(table.header).files;
  if (at === undefined) return [];
  return [...new Set(table.rows.flatMap(({ cells }) => namesIn(cleanText(cells[at] ?? ''))))];
}

/**
 * Reads a filled table: all of it, or nothing and every mistake by row and column. Rows in which nothing is filled in are
 * passed over. Words of both languages and the codes (`not-implemented`) are understood.
 */
export function readAnswersTable(
  questionnaire: Questionnaire,
  table: Table,
  files: SheetFiles = new Map(),
): { readonly answers: readonly SheetAnswer[] } | { readonly problems: readonly CellProblem[] } {
  const at = columnsOf(table.header);
  const missing = NEEDED.filter((column) => at[column] === undefined);
  if (missing.length > 0) {
    return {
      problems: missing.map((column) => ({
        line: 1,
        column: COLUMNS[column].en,
        problem: {
          en: `The column "${COLUMNS[column].en}" is missing. Fill in the file that you downloaded, and keep its first row.`,
          ja: `「${COLUMNS[column].ja}」の列がありません。ダウンロードした質問票に記入し、1 行目は変更しないでください。`,
        },
      })),
    };
  }
  const known = new Set(questionnaire.items.map(({ item }) => item));
  const seen = new Map<string, number>();
  const answers: SheetAnswer[] = [];
  const problems: CellProblem[] = [];
  for (const { line, cells } of table.rows) {
    const cell = (column: Column) => cleanText(cells[at[column] ?? -1] ?? '');
    const wrong = (column: Column, problem: Sentence) =>
      problems.push({ line, column: table.header[at[column] ?? -1] ?? COLUMNS[column].en, problem });
    const item = cell('item');
    const word = cell('claim');
    const text = cell('text');
    const dueBy = cell('dueBy');
    const version = cell('version');
    const named = namesIn(cell('files'));
    if (cells.every((each) => each.trim() === '')) continue;
    if (!known.has(item)) {
      wrong('item', UNKNOWN_ITEM);
      continue;
    }
    if (word === '' && text === '' && dueBy === '' && named.length === 0) continue;
    const before = seen.get(item);
    if (before !== undefined) {
      wrong('item', {
        en: `This item stands in row ${before} already. Keep one of the two rows.`,
        ja: `この項目は ${before} 行目にもあります。どちらか一つにしてください。`,
      });
      continue;
    }
    seen.set(item, line);
    const claim = claimOf(word);
    if (word !== '' && !claim) {
      wrong('claim', UNKNOWN_CLAIM);
      continue;
    }
    const add: string[] = [];
    for (const name of named) {
      const file = files.get(name) ?? { refused: noSuchFile(name) };
      if ('hash' in file) add.push(file.hash);
      else wrong('files', file.refused);
    }
    const draft: Draft = { ...(claim && { claim }), text, evidence: add, ...(dueBy && { dueBy }) };
    const found = unsubmittable(draft);
    for (const { field, sentence } of found) wrong(field === 'file' ? 'files' : field, sentence);
    if (dueBy !== '' && claim && !CLAIMS_WITH_DATE.has(claim)) {
      wrong('dueBy', DATE_NOT_TAKEN);
      continue;
    }
    if (version !== '' && !/^\d{1,9}$/.test(version)) {
      wrong('version', CHANGED_VERSION);
      continue;
    }
    if (found.length > 0 || add.length < named.length || !claim) continue;
    answers.push({
      line,
      item,
      value: { claim, text, ...(dueBy && { dueBy }) },
      ...(add.length > 0 && { add }),
      ...(version !== '' && { base: Number(version) }),
    });
  }
  if (problems.length === 0 && answers.length === 0) {
    problems.push({ line: 2, column: table.header[at.claim!] ?? COLUMNS.claim.en, problem: NOTHING_FILLED });
  }
  return problems.length > 0 ? { problems } : { answers };
}

/** The answers document of a filled sheet, with the files that its rows name, and those that the items have already. */
export function answersOfSheet(
  answers: readonly SheetAnswer[],
  document: Pick<Answers, 'inspection' | 'by' | 'submission'>,
  evidence: (item: string) => readonly string[],
): Answers {
  return {
    v: 1,
    ...document,
    items: answers.map(({ item, value, add = [] }) => ({
      item,
      ...value,
      evidence: [...new Set([...evidence(item), ...add])],
    })),
  };
}

function columnsOf(header: readonly string[]): Partial<Record<Column, number>> {
  const at: Partial<Record<Column, number>> = {};
  const plain = (text: string) => text.normalize('NFKC').trim().toLowerCase();
  for (const column of ORDER) {
    const names = [column, COLUMNS[column].en, COLUMNS[column].ja].map(plain);
    const index = header.findIndex((name) => names.includes(plain(name.replace(/^\ufeff/, ''))));
    if (index >= 0) at[column] = index;
  }
  return at;
}

function claimOf(word: string): Claim | undefined {
  const plain = (text: string) => text.normalize('NFKC').trim().toLowerCase();
  return CLAIMS.find((claim) =>
    [claim, CLAIM_WORDS[claim].en, CLAIM_WORDS[claim].ja].some((each) => plain(each) === plain(word)),
  );
}

const PHASE: Sentence = { en: 'Phase', ja: '段階' };
const MANDATORY: Sentence = { en: 'required', ja: '必須' };
const ADVANCED: Sentence = { en: 'advanced', ja: '高度化' };

const listed = (lang: Language) => CLAIMS.map((claim) => CLAIM_WORDS[claim][lang]);

const noSuchFile = (name: string): Sentence => ({
  en: `There is no file “${name}” beside the sheet. Give the file too, or take its name out of this cell.`,
  ja: `ファイル「${name}」が表と一緒にありません。ファイルも渡すか、このセルから名前を取り除いてください。`,
});
const UNKNOWN_ITEM: Sentence = {
  en: 'There is no such item for you. Keep the column as it was downloaded; remove rows of your own.',
  ja: 'この項目IDはありません。この列はダウンロードしたままにし、追加した行は削除してください。',
};
const UNKNOWN_CLAIM: Sentence = {
  en: `Write one of: ${listed('en').join(', ')}.`,
  ja: `次のいずれかを記入してください：${listed('ja').join('、')}。`,
};
const DATE_NOT_TAKEN: Sentence = {
  en: 'A date goes only with "Partly implemented" and "Not implemented". Leave it out.',
  ja: '日付を記入できるのは「一部実施」と「未実施」の場合だけです。空欄にしてください。',
};
const CHANGED_VERSION: Sentence = {
  en: 'This number was changed. Download the questions again, or leave the cell empty.',
  ja: 'この番号が変更されています。質問票をダウンロードし直すか、空欄にしてください。',
};
const NOTHING_FILLED: Sentence = {
  en: 'No row is filled in. Fill in at least one answer.',
  ja: '記入された行がありません。回答を一つ以上記入してください。',
};
