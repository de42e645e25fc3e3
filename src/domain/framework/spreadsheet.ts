import { CLAIMS } from '../answers.js';
import { KeyPart } from '../ids.js';
import { Refusal } from '../refusal.js';
import type { Sentence } from '../sentence.js';
import { tableOf, type CellProblem, type Table, type TableRow } from '../table.js';
import { parsePredicate, predicateText } from './predicate.js';
import { EVIDENCE, FrameworkSchema, ITEM_CLASSES, type Framework, type Item } from './schema.js';

/** Columns of a framework as a spreadsheet, with the Japanese name that is read too. */
export const COLUMNS = {
  id: 'ID',
  phase: '段階',
  class: '区分',
  text_ja: '項目（日本語）',
  text_en: '項目（英語）',
  evidence: '証跡',
  applies_if: '適用条件',
  protects: '保護する機能',
  ask_if_item: '前提項目',
  ask_if_answered: '前提の回答',
  replaces: '置き換える項目',
  placeholder: '仮の項目',
} as const;
type Column = keyof typeof COLUMNS;
const REQUIRED = ['id', 'phase', 'class', 'text_ja', 'text_en', 'evidence'] as const satisfies readonly Column[];

/** What of a framework does not stand in its rows. */
export type FrameworkHead = Omit<Framework, 'items'>;

/** The items of a framework as a table: one row each. */
export function frameworkTable({ items }: Pick<Framework, 'items'>): Table {
  return tableOf(
    Object.keys(COLUMNS),
    items.map((item) => [
      item.id,
      String(item.phase),
      item.class,
      item.text.ja,
      item.text.en,
      item.evidence.join('; '),
      predicateText(item.appliesIf),
      item.protects.join('; '),
      item.askIf?.item ?? '',
      item.askIf?.answered.join('; ') ?? '',
      item.replaces ?? '',
      item.placeholder ? 'yes' : '',
    ]),
  );
}

/**
 * Reads a framework from a table and its head. Either the whole framework, or every problem by line and column: nothing
 * is half-imported.
 */
export function frameworkFromTable(
  head: FrameworkHead,
  table: Table,
): { readonly framework: Framework } | { readonly problems: readonly CellProblem[] } {
  const columns = columnsOf(table.header);
  if ('problems' in columns) return columns;
  const problems: CellProblem[] = [];
  const lines = new Map<string, number>();
  const items = table.rows
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''))
    .map((row) => {
      const item = itemOf(row, columns.at, (column, problem) =>
        problems.push({ line: row.line, column: table.header[columns.at[column]!] ?? column, problem }),
      );
      const first = lines.get(item.id);
      if (item.id !== '' && first !== undefined)
        problems.push({
          line: row.line,
          column: table.header[columns.at.id!] ?? 'id',
          problem: {
            en: `the id ${item.id} stands in line ${first} already`,
            ja: `ID ${item.id} は${first}行目と重複しています`,
          },
        });
      lines.set(item.id, first ?? row.line);
      return item;
    });
  if (items.length === 0)
    problems.push({
      line: 2,
      problem: {
        en: 'there is no item; write one in each line',
        ja: '項目がありません。一行に一項目を記入してください',
      },
    });
  if (problems.length > 0) return { problems };
  return { framework: FrameworkSchema.parse({ ...head, items }) };
}

/** Where each column stands. Names are read in any case; an unknown or doubled one is a problem, never left out in silence. */
function columnsOf(
  header: readonly string[],
): { readonly at: Partial<Record<Column, number>> } | { readonly problems: readonly CellProblem[] } {
  const names = Object.entries(COLUMNS) as [Column, string][];
  const at: Partial<Record<Column, number>> = {};
  const problems: CellProblem[] = [];
  header.forEach((title, index) => {
    const wanted = title.trim().toLowerCase();
    if (wanted === '') return;
    const column = names.find(([name, ja]) => name === wanted || ja.toLowerCase() === wanted)?.[0];
    if (!column)
      problems.push({
        line: 1,
        column: title,
        problem: {
          en: `is no column of a framework; known are: ${Object.keys(COLUMNS).join(', ')}`,
          ja: `未知の列です。使える列: ${Object.values(COLUMNS).join('、')}`,
        },
      });
    else if (at[column] !== undefined)
      problems.push({ line: 1, column: title, problem: { en: 'stands twice', ja: '列が重複しています' } });
    else at[column] = index;
  });
  for (const column of REQUIRED)
    if (at[column] === undefined)
      problems.push({
        line: 1,
        column,
        problem: { en: 'is missing; add the column', ja: `列がありません。「${COLUMNS[column]}」列を追加してください` },
      });
  return problems.length > 0 ? { problems } : { at };
}

type Say = (column: Column, problem: Sentence) => void;

/** One row. Whatever is wrong is said; the item is used only if nothing was. */
function itemOf({ cells }: TableRow, at: Partial<Record<Column, number>>, say: Say): Item {
  const cell = (column: Column) => cells[at[column] ?? -1]?.trim() ?? '';
  const list = (column: Column) =>
    cell(column)
      .split(/[;；、,\n]/)
      .map((word) => word.trim())
      .filter(Boolean);

  const oneOf = <T extends string>(column: Column, words: readonly string[], known: readonly T[]): T[] =>
    words.flatMap((word) => {
      const found = known.find((candidate) => candidate === word.toLowerCase());
      if (!found)
        say(column, { en: `must be of: ${known.join(', ')}`, ja: `次のいずれかにしてください: ${known.join('、')}` });
      return found ? [found] : [];
    });
  const key = (column: Column, word: string) => {
    if (!KeyPart.safeParse(word).success)
      say(column, {
        en: 'must be lower-case letters, digits and hyphens, e.g. link-two-factor',
        ja: '英小文字・数字・ハイフンにしてください（例: link-two-factor）',
      });
    return word;
  };

  const phase = /^[1-5１-５①-⑤](?![0-9０-９])/.test(cell('phase')) ? phaseOf(cell('phase')) : undefined;
  if (!phase) say('phase', { en: 'must be a phase from 1 to 5', ja: '1から5の段階にしてください' });
  const itemClass = CLASS_WORDS.get(cell('class').toLowerCase());
  if (!itemClass)
    say('class', { en: 'must be mandatory or advanced', ja: '「必須項目」か「高度化項目」にしてください' });
  for (const column of ['text_ja', 'text_en'] as const)
    if (cell(column) === '') say(column, { en: 'is empty; write the text', ja: '空です。文を記入してください' });
  const evidence = oneOf('evidence', list('evidence'), Object.keys(EVIDENCE) as (keyof typeof EVIDENCE)[]);
  if (list('evidence').length === 0)
    say('evidence', {
      en: `is empty; name one type of evidence at least, of: ${Object.keys(EVIDENCE).join(', ')}`,
      ja: `空です。証跡の種類を一つ以上記入してください: ${Object.keys(EVIDENCE).join('、')}`,
    });

  let appliesIf: Item['appliesIf'];
  try {
    appliesIf = parsePredicate(cell('applies_if'));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say('applies_if', error.sentence);
  }
  const answered = oneOf('ask_if_answered', list('ask_if_answered'), CLAIMS);
  const earlier = cell('ask_if_item');
  if (earlier === '' && answered.length > 0)
    say('ask_if_item', { en: 'is empty, though answers are given', ja: '前提の回答があるのに空です' });
  if (earlier !== '' && list('ask_if_answered').length === 0)
    say('ask_if_answered', {
      en: `is empty; name the answers after which it is asked, of: ${CLAIMS.join(', ')}`,
      ja: `空です。質問の前提となる回答を記入してください: ${CLAIMS.join('、')}`,
    });
  const placeholder = YES_NO.get(cell('placeholder').toLowerCase());
  if (placeholder === undefined) say('placeholder', { en: 'must be yes or empty', ja: '「はい」か空欄にしてください' });

  return {
    id: key('id', cell('id')),
    phase: phase ?? 1,
    class: itemClass ?? 'mandatory',
    text: { ja: cell('text_ja'), en: cell('text_en') },
    evidence,
    ...(appliesIf && { appliesIf }),
    protects: list('protects').map((name) => key('protects', name)),
    ...(earlier !== '' && { askIf: { item: key('ask_if_item', earlier), answered } }),
    ...(cell('replaces') !== '' && { replaces: key('replaces', cell('replaces')) }),
    ...(placeholder && { placeholder: true as const }),
  };
}

/** The digit at the beginning: `3`, `３`, `③`, `③ チャージ`. */
function phaseOf(text: string): Item['phase'] {
  const digit = text.normalize('NFKC').charAt(0);
  return Number(digit) as Item['phase'];
}

const CLASS_WORDS: ReadonlyMap<string, Item['class']> = new Map([
  ...(Object.keys(ITEM_CLASSES) as Item['class'][]).flatMap((id): [string, Item['class']][] => [
    [id, id],
    [ITEM_CLASSES[id].ja, id],
  ]),
  ['必須', 'mandatory'],
  ['高度化', 'advanced'],
]);

const YES_NO: ReadonlyMap<string, boolean> = new Map([
  ['', false],
  ['no', false],
  ['false', false],
  ['いいえ', false],
  ['yes', true],
  ['true', true],
  ['はい', true],
]);
