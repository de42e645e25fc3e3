import { CLAIM_WORDS, cleanText } from './answers.js';
import { ITEM_RESULTS, type ItemVerdict, type ProposeEvaluationInput } from './providerInspection/state.js';
import { askedItems, type Questionnaire } from './questionnaire.js';
import type { Language, Sentence } from './sentence.js';
import { tableOf, type CellProblem, type Table } from './table.js';
import { ITEM_WORDS } from './wording/inspection.js';

const COLUMNS = {
  item: { en: 'Item', ja: '項目ID' },
  question: { en: 'Question', ja: '質問' },
  answer: { en: 'Answer', ja: '回答' },
  text: { en: 'Explanation', ja: '説明' },
  files: { en: 'Files handed in', ja: '提出資料' },
  result: { en: 'Result', ja: '評価結果' },
  reviewed: { en: 'Files reviewed', ja: '確認した資料' },
  note: { en: 'Note (the provider reads it)', ja: '所見（事業者が読みます）' },
  lookedAt: { en: 'Answers (do not change)', ja: '回答の版（変更しないでください）' },
} as const satisfies Record<string, Sentence>;
type Column = keyof typeof COLUMNS;
const ORDER = Object.keys(COLUMNS) as Column[];
const NEEDED: readonly Column[] = ['item', 'result'];

/** A file of the inspection, as its sender calls it. */
export interface HandedIn {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly hash: string;
  readonly name: string;
}

type Evaluated = ProposeEvaluationInput['results'][number];

/**
 * The answers as a table in which an evaluator fills in results, the files he looked at, and notes. What is not asked of
 * the unit, by its earlier answers, is not in it.
 * @param submission the last one that the inspection took
 */
export function evaluationTable(
  questionnaire: Questionnaire,
  { files, submission, lang }: { files: ReadonlyMap<string, HandedIn>; submission: string | undefined; lang: Language },
): Table {
  return tableOf(
    ORDER.map((column) => COLUMNS[column][lang]),
    askedItems(questionnaire, new Map()).map(({ item, text, current }) => [
      item,
      text[lang],
      current ? CLAIM_WORDS[current.claim][lang] : '',
      current?.text ?? '',
      (current?.evidence ?? []).map((hash) => files.get(hash)?.name ?? hash).join('\n'),
      '',
      '',
      '',
      submission ?? '',
    ]),
  );
}

/**
 * Reads a filled table: all of it, or nothing and every mistake by row and column. Rows without a result are passed over.
 * Results are understood in words of both languages and as codes, files by name or by hash, a line or a semicolon between.
 */
export function readEvaluationTable(
  questionnaire: Questionnaire,
  files: ReadonlyMap<string, HandedIn>,
  table: Table,
):
  | { readonly results: readonly Evaluated[]; readonly lookedAt?: string }
  | { readonly problems: readonly CellProblem[] } {
  const at = columnsOf(table.header);
  const missing = NEEDED.filter((column) => at[column] === undefined);
  if (missing.length > 0)
    return {
      problems: missing.map((column) => ({
        line: 1,
        column: COLUMNS[column].en,
        problem: {
          en: `the column "${COLUMNS[column].en}" is missing; take the sheet of "inspection export --for evaluation"`,
          ja: `「${COLUMNS[column].ja}」の列がありません。inspection export --for evaluation の表を使ってください`,
        },
      })),
    };
  const asked = new Map(askedItems(questionnaire, new Map()).map((item) => [item.item, item]));
  let lookedAt: string | undefined;
  const seen = new Map<string, number>();
  const problems: CellProblem[] = [];
  const results: Evaluated[] = [];
  for (const { line, cells } of table.rows) {
    const cell = (column: Column) => cleanText(cells[at[column] ?? -1] ?? '');
    const wrong = (column: Column, problem: Sentence) =>
      problems.push({ line, column: table.header[at[column] ?? -1] ?? COLUMNS[column].en, problem });
    const [item, word, note] = [cell('item'), cell('result'), cell('note')];
    if (item === '' && word === '') continue;
    const known = asked.get(item);
    if (!known) {
      wrong('item', {
        en: 'this unit is not asked such an item',
        ja: 'この対象に質問していない項目です',
      });
      continue;
    }
    if (word === '' && note === '' && cell('reviewed') === '') continue;
    const before = seen.get(item);
    if (before !== undefined) {
      wrong('item', { en: `it stands in line ${before} too`, ja: `${before}行目にもあります` });
      continue;
    }
    seen.set(item, line);
    const answers = cell('lookedAt');
    if (answers !== '' && lookedAt !== undefined && answers !== lookedAt) wrong('lookedAt', TWO_SHEETS);
    lookedAt ??= answers === '' ? undefined : answers;
    const result = verdictOf(word);
    if (!result) wrong('result', UNKNOWN_RESULT);
    const names = cell('reviewed')
      .split(/[\n;；]/)
      .map((name) => name.trim());
    const reviewed = names.filter(Boolean).map((name) => {
      const found = fileOf(name, files, known.current?.evidence ?? []);
      if (typeof found === 'string') return found;
      wrong('reviewed', found);
      return undefined;
    });
    if (result && reviewed.every((hash) => hash !== undefined))
      results.push({ item, result, reviewed: reviewed, ...(note !== '' && { note }) });
  }
  if (problems.length === 0 && results.length === 0)
    problems.push({ line: 2, column: table.header[at.result!]!, problem: NOTHING_FILLED });
  return problems.length > 0 ? { problems } : { results, ...(lookedAt !== undefined && { lookedAt }) };
}

function columnsOf(header: readonly string[]): Partial<Record<Column, number>> {
  const at: Partial<Record<Column, number>> = {};
  for (const column of ORDER) {
    const names = [column, COLUMNS[column].en, COLUMNS[column].ja].map(plain);
    const index = header.findIndex((name) => names.includes(plain(name.replace(/^\ufeff/, ''))));
    if (index >= 0) at[column] = index;
  }
  return at;
}

const plain = (text: string) => text.normalize('NFKC').trim().toLowerCase();

function verdictOf(word: string): ItemVerdict | undefined {
  return ITEM_RESULTS.find((result) =>
    [result, ITEM_WORDS[result].en, ITEM_WORDS[result].ja].some((each) => plain(each) === plain(word)),
  );
}

/** The hash of a file by its name; of two of one name the one that was handed in with this item. */
function fileOf(name: string, files: ReadonlyMap<string, HandedIn>, ofItem: readonly string[]): string | Sentence {
  if (files.has(name)) return name;
  const named = [...files.values()].filter((file) => file.name === name).map(({ hash }) => hash);
  const own = named.filter((hash) => ofItem.includes(hash));
  const [only, ...others] = own.length > 0 ? own : named;
  if (only !== undefined && others.length === 0) return only;
  return only === undefined
    ? { en: 'the unit handed in no file of this name', ja: 'この名前の資料は提出されていません' }
    : {
        en: 'several files have this name; write the hash, sha256:... (see "inspection show")',
        ja: '同じ名前の資料が複数あります。sha256:... のハッシュで指定してください（inspection show で確認）',
      };
}

const WORDS = (lang: Language) => ITEM_RESULTS.map((result) => ITEM_WORDS[result][lang]);
const UNKNOWN_RESULT: Sentence = {
  en: `write one of: ${WORDS('en').join(', ')}`,
  ja: `次のいずれかを記入してください：${WORDS('ja').join('、')}`,
};
const TWO_SHEETS: Sentence = {
  en: 'this row comes from another sheet; export the sheet again',
  ja: '別の表の行です。もう一度書き出してください',
};
const NOTHING_FILLED: Sentence = { en: 'no row has a result', ja: '評価結果が一つも記入されていません' };
