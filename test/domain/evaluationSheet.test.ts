import fc from 'fast-check';
import { readSheet, writeSheet } from '../../src/connectors/spreadsheet/index.js';
import { evaluationTable, readEvaluationTable } from '../../src/domain/evaluationSheet.js';
import { ITEM_RESULTS } from '../../src/domain/providerInspection.js';
import type { Questionnaire } from '../../src/domain/questionnaire.js';
import type { Table } from '../../src/domain/table.js';
import { ITEM_WORDS } from '../../src/domain/wording/inspection.js';
import { questionnaire as base } from '../gateway/support.js';

const hash = (n: number) => `sha256:${String(n).repeat(64)}`;
const FILES = new Map(
  [
    { hash: hash(1), name: 'policy.pdf' },
    { hash: hash(2), name: 'screen.png' },
    { hash: hash(3), name: 'screen.png' },
  ].map((file) => [file.hash, file]),
);

const asked = base('providerInspection/R2020/c1');
const answer = (claim: 'implemented' | 'partly', evidence: string[] = []) => ({
  current: { claim, text: '=1+1', evidence },
});
/** Two-factor is implemented, so its plan is not asked. */
const QUESTIONS: Questionnaire = {
  ...asked,
  items: asked.items.map((item, index) => ({ ...item, ...answer('implemented', index === 0 ? [hash(2)] : []) })),
};
const table = (lang: 'ja' | 'en' = 'en') => evaluationTable(QUESTIONS, { files: FILES, submission: 'sheet-1', lang });
/** The sheet with cells by item and column. */
function filled(cells: Record<string, Record<string, string>>, lang: 'ja' | 'en' = 'en') {
  const { header, rows } = table(lang);
  return {
    header,
    rows: rows.map(({ line, cells: row }) => ({
      line,
      cells: row.map((cell, index) => cells[row[0]!]?.[header[index]!] ?? cell),
    })),
  };
}
const read = (sheet: Table) => readEvaluationTable(QUESTIONS, FILES, sheet);

test('the sheet shows the answers and files of what is asked, and nothing that an earlier answer made needless', () => {
  expect(table().rows.map(({ cells }) => [cells[0], cells[2], cells[4]])).toEqual([
    ['link-two-factor', 'Implemented', 'screen.png'],
    ['charge-monitoring', 'Implemented', ''],
  ]);
});

test('results are read by their words, files by name or hash; of two of one name the one of the item', () => {
  const sheet = filled({
    'link-two-factor': { Result: 'Satisfied', 'Files reviewed': `screen.png; ${hash(1)}` },
    'charge-monitoring': { Result: '不十分', 'Note (the provider reads it)': 'By hand at night' },
  });
  expect(read(sheet)).toEqual({
    lookedAt: 'sheet-1',
    results: [
      { item: 'link-two-factor', result: 'SATISFIED', reviewed: [hash(2), hash(1)] },
      { item: 'charge-monitoring', result: 'INSUFFICIENT', reviewed: [], note: 'By hand at night' },
    ],
  });
});

test.each<[string, Record<string, Record<string, string>>, string, RegExp]>([
  ['a word that is no result', { 'link-two-factor': { Result: 'ok' } }, 'Result', /write one of/],
  ['a note without a result', { 'link-two-factor': { 'Note (the provider reads it)': 'x' } }, 'Result', /write one of/],
  [
    'a file that nobody handed in',
    { 'link-two-factor': { Result: 'satisfied', 'Files reviewed': 'other.pdf' } },
    'Files reviewed',
    /handed in no file/,
  ],
  [
    'a name that two files have',
    { 'charge-monitoring': { Result: 'satisfied', 'Files reviewed': 'screen.png' } },
    'Files reviewed',
    /several files/,
  ],
  [
    'a row of another sheet',
    {
      'link-two-factor': { Result: 'satisfied' },
      'charge-monitoring': { Result: 'satisfied', 'Answers (do not change)': 'sheet-2' },
    },
    'Answers (do not change)',
    /another sheet/,
  ],
])('%s is told by line and column, and nothing is taken', (_what, cells, column, problem) => {
  const result = read(filled(cells));
  if (!('problems' in result)) throw new Error('it was taken');
  expect(result.problems).toHaveLength(1);
  expect(result.problems[0]).toMatchObject({ column, problem: { en: expect.stringMatching(problem) } });
});

test('an item that is not asked, a repeated one, a missing column and an empty sheet are told', () => {
  const problems = (sheet: Table) => {
    const result = read(sheet);
    return 'problems' in result ? result.problems.map(({ line, problem }) => [line, problem.en]) : [];
  };
  const one = filled({ 'link-two-factor': { Result: 'satisfied' } });
  const row = one.rows[0]!;
  expect(problems({ ...one, rows: [{ line: 2, cells: ['link-two-factor-plan', ...row.cells.slice(1)] }] })).toEqual([
    [2, 'this unit is not asked such an item'],
  ]);
  expect(problems({ ...one, rows: [row, { ...row, line: 3 }] })).toEqual([[3, 'it stands in line 2 too']]);
  expect(problems({ header: ['Item'], rows: [] })[0]![1]).toMatch(/column "Result" is missing/);
  expect(problems(table())).toEqual([[2, 'no row has a result']]);
});

test('what is written comes back through a file of either kind, in either language', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('csv' as const, 'xlsx' as const),
      fc.constantFrom('ja' as const, 'en' as const),
      fc.constantFrom(...ITEM_RESULTS),
      fc.constantFrom('=1+1', 'zwei\nZeilen', '"a", b; c', '全角；'),
      async (format, lang, result, note) => {
        const names = table(lang).header;
        const sheet = filled(
          { 'charge-monitoring': { [names[5]!]: ITEM_WORDS[result][lang], [names[7]!]: note } },
          lang,
        );
        const back = await readSheet(await writeSheet(sheet, format));
        expect(readEvaluationTable(QUESTIONS, FILES, back)).toEqual({
          lookedAt: 'sheet-1',
          results: [{ item: 'charge-monitoring', result, reviewed: [], note }],
        });
      },
    ),
    { numRuns: 40 },
  );
});
