import fc from 'fast-check';
import { applies, COLUMNS, frameworkFromTable, frameworkTable, type Item } from '../../src/domain/framework.js';
import { sheetRefusal, tableOf, type CellProblem } from '../../src/domain/table.js';
import { anyForm, anyItems, framework, item } from './frameworkSupport.js';
import { expectComplete } from './support.js';

const { items: _, ...head } = framework();
const HEADER = Object.keys(COLUMNS);
const row = (cells: Partial<Record<keyof typeof COLUMNS, string>>) => HEADER.map((name) => cells[name as 'id'] ?? '');
const RIGHT = { id: 'a', phase: '2', class: 'mandatory', text_ja: '文', text_en: 'text', evidence: 'screen' };

function problemsOf(rows: string[][], header: readonly string[] = HEADER): readonly CellProblem[] {
  const made = frameworkFromTable(head, tableOf(header, rows));
  if ('framework' in made) return [];
  expectComplete(sheetRefusal(made.problems).sentence);
  return made.problems;
}
const places = (problems: readonly CellProblem[]) => problems.map(({ line, column }) => [line, column]);

test('a framework written as a table and read again is the same', () => {
  const trimmed = ({ ja, en }: Item['text']) => ({ ja: ja.trim(), en: en.trim() });
  fc.assert(
    fc.property(
      anyItems.filter((items) => items.length > 0),
      anyForm,
      (items, form) => {
        const made = frameworkFromTable(head, frameworkTable({ items }));
        if (!('framework' in made)) throw new Error('it was not read');
        made.framework.items.forEach((read, index) => {
          const { appliesIf: condition, ...rest } = items[index]!;
          const { appliesIf, ...others } = read;
          expect(others).toEqual({ ...rest, text: trimmed(rest.text) });
          expect(applies(appliesIf, form)).toBe(applies(condition, form));
        });
      },
    ),
  );
});

test('conditions on earlier answers, replacements and placeholders come back too', () => {
  const items = [
    item('a', { placeholder: true, replaces: 'z' }),
    item('b', { askIf: { item: 'a', answered: ['partly', 'not-implemented'] } }),
  ];
  expect(frameworkFromTable(head, frameworkTable({ items }))).toEqual({ framework: { ...head, items } });
});

test('Japanese names of columns, phases and classes are read', () => {
  const made = frameworkFromTable(
    head,
    tableOf(
      ['ID', '段階', '区分', '項目（日本語）', '項目（英語）', '証跡', '適用条件'],
      [['a', '③ チャージ', '高度化項目', '文', 'text', 'screen、log', 'hasCharge and not purposeLimited']],
    ),
  );
  expect(made).toMatchObject({ framework: { items: [{ phase: 3, class: 'advanced', evidence: ['screen', 'log'] }] } });
});

test('every wrong cell is named by line and column, and nothing is half-imported', () => {
  const problems = problemsOf([
    row(RIGHT),
    row({ ...RIGHT, id: 'Bad Id', phase: '6', class: 'soft', text_ja: '', evidence: 'rumour' }),
    row({ ...RIGHT, id: 'c', applies_if: 'hasLink and', protects: 'Link!', ask_if_item: 'a', placeholder: 'perhaps' }),
    row({ ...RIGHT, id: 'd', phase: '10', ask_if_answered: 'maybe' }),
  ]);
  expect(places(problems)).toEqual([
    [3, 'phase'],
    [3, 'class'],
    [3, 'text_ja'],
    [3, 'evidence'],
    [3, 'id'],
    [4, 'applies_if'],
    [4, 'ask_if_answered'],
    [4, 'placeholder'],
    [4, 'protects'],
    [5, 'phase'],
    [5, 'ask_if_answered'],
  ]);
});

test('an id that stands twice is named with the line of the first', () => {
  const [problem] = problemsOf([row(RIGHT), row(RIGHT)]);
  expect(problem).toMatchObject({ line: 3, column: 'id' });
  expect(problem!.problem.en).toContain('line 2');
});

test('an unknown, a missing and a doubled column are problems, never left out in silence', () => {
  expect(places(problemsOf([row(RIGHT)], [...HEADER.slice(0, -1), 'colour']))).toEqual([[1, 'colour']]);
  expect(
    places(
      problemsOf(
        [],
        HEADER.filter((name) => name !== 'evidence'),
      ),
    ),
  ).toEqual([[1, 'evidence']]);
  expect(places(problemsOf([], [...HEADER, 'id']))).toEqual([[1, 'id']]);
  expect(places(problemsOf([]))).toEqual([[2, undefined]]);
});

test('a formula in a cell is text like any other', () => {
  const made = frameworkFromTable(head, tableOf(HEADER, [row({ ...RIGHT, text_en: '=HYPERLINK("x")' })]));
  expect(made).toMatchObject({ framework: { items: [{ text: { en: '=HYPERLINK("x")' } }] } });
});
