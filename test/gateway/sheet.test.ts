import fc from 'fast-check';
import { readSheet, writeSheet } from '../../src/connectors/spreadsheet/index.js';
import { CLAIM_WORDS, CLAIMS } from '../../src/domain/answers.js';
import { answersOfSheet, questionsTable, readAnswersTable } from '../../src/domain/answersSheet.js';
import { EMPTY_DRAFT } from '../../src/domain/draft.js';
import { tableOf, type Table } from '../../src/domain/table.js';
import { readSubmission } from '../../src/store/submissions.js';
import { C1, formOf, openGateway, questionnaire, Visitor, type Ground } from './support.js';

let ground: Ground;
let units = 0;

beforeAll(async () => {
  ground = await openGateway();
});
afterAll(() => ground?.close());

async function provider() {
  const inspection = `providerInspection/R2020/o${++units}`;
  await ground.put(questionnaire(inspection));
  const { token } = await ground.link(inspection);
  return { inspection, visitor: new Visitor(ground, token) };
}

/** Fills the cells of a table by item and by the column's English or Japanese name. */
function fill(table: Table, answers: Record<string, Record<string, string>>): Table {
  return {
    header: table.header,
    rows: table.rows.map(({ line, cells }) => ({
      line,
      cells: cells.map((cell, index) => answers[cells[0]!]?.[table.header[index]!] ?? cell),
    })),
  };
}

const upload = (visitor: Visitor, name: string, content: string | Uint8Array) =>
  visitor.post('/import', formOf({}, [{ field: 'sheet', name, content }]));

describe.each(['csv', 'xlsx'] as const)('as %s', (format) => {
  test('the questions are exported, filled in, uploaded, seen before they are sent, and submitted', async () => {
    const { inspection, visitor } = await provider();
    const exported = await visitor.get(`/questions.${format}`);
    expect(exported.headers.get('content-disposition')).toContain(
      `attachment; filename="R2020-o${units}-en.${format}"`,
    );
    const table = await readSheet(Buffer.from(await exported.arrayBuffer()));
    expect(table.rows.map(({ cells }) => cells[0])).toEqual([
      'link-two-factor',
      'link-two-factor-plan',
      'charge-monitoring',
    ]);
    const filled = fill(table, {
      'link-two-factor': { Answer: 'Implemented', Explanation: '=HYPERLINK("http://evil.invalid")' },
      'charge-monitoring': {
        Answer: 'not-implemented',
        Explanation: 'Line 1\nLine 2, "quoted"',
        'Done by': '2020-12-15',
      },
    });
    const response = await upload(visitor, `filled.${format}`, await writeSheet(filled, format));
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      expect.stringContaining('/check?lang=en&imported=1'),
    ]);
    const check = await visitor.page('/check', '&imported=1');
    expect(check).toContain('The spreadsheet is read');
    expect(check).toContain('=HYPERLINK(&quot;http://evil.invalid&quot;)');
    const location = (await visitor.submit()).headers.get('location')!;
    const id = new URL(location, ground.url).pathname.split('/').at(-1)!;
    expect((await readSubmission(ground.store.db, id))?.answers).toMatchObject({
      inspection,
      items: [
        { item: 'link-two-factor', claim: 'implemented', text: '=HYPERLINK("http://evil.invalid")' },
        { item: 'charge-monitoring', claim: 'not-implemented', text: 'Line 1\nLine 2, "quoted"', dueBy: '2020-12-15' },
      ],
    });
    const again = Buffer.from(await (await visitor.get(`/questions.${format}`)).arrayBuffer());
    // A spreadsheet program sees text, never a formula.
    if (format === 'csv') expect(again.toString()).toContain(`"'=HYPERLINK`);
    expect((await readSheet(again)).rows[0]!.cells).toContain('=HYPERLINK("http://evil.invalid")');
  });

  test('one wrong cell: every mistake is named by row and column, and nothing is taken over', async () => {
    const { inspection, visitor } = await provider();
    const table = await readSheet(Buffer.from(await (await visitor.get(`/questions.${format}`)).arrayBuffer()));
    const filled = fill(table, {
      'link-two-factor': { Answer: 'Implemented' },
      'link-two-factor-plan': { Answer: 'Perhaps' },
      'charge-monitoring': { Answer: 'Partly implemented', 'Done by': '2020-02-30' },
    });
    const response = await upload(visitor, `filled.${format}`, await writeSheet(filled, format));
    const page = await response.text();
    expect(response.status).toBe(422);
    expect(page).toContain('Nothing was taken over');
    expect(page).toContain('<tr><td>3</td><td>Answer</td><td>Write one of: Implemented, Partly implemented');
    expect(page).toContain('<tr><td>4</td><td>Explanation</td>');
    expect(page).toContain('<tr><td>4</td><td>Done by</td><td>The date does not exist');
    const drafts = await ground.store.db
      .selectFrom('draft')
      .selectAll()
      .where('workflow_id', '=', inspection)
      .execute();
    expect(drafts).toEqual([]);
  });
});

test('the Japanese sheet, saved as Shift_JIS by Excel, is read as well', async () => {
  const { visitor } = await provider();
  const japanese = new Visitor(ground, visitor.token, 'ja');
  const table = await readSheet(Buffer.from(await (await japanese.get('/questions.csv')).arrayBuffer()));
  const filled = fill(table, { 'charge-monitoring': { 回答: '一部実施', 説明: '夜間は手作業' } });
  const bytes = await writeSheet(filled, 'csv', { encoding: 'cp932' });
  expect((await upload(japanese, '回答.csv', bytes)).status).toBe(303);
  expect(await japanese.page('/check')).toContain('夜間は手作業');
});

test('a sheet exported before somebody else answered does not overwrite that answer', async () => {
  const { visitor } = await provider();
  const table = await readSheet(Buffer.from(await (await visitor.get('/questions.csv')).arrayBuffer()));
  await visitor.save({ 'claim.charge-monitoring': 'implemented', 'text.charge-monitoring': 'From the page' });
  const filled = fill(table, { 'charge-monitoring': { Answer: 'Not implemented', Explanation: 'From the sheet' } });
  await upload(visitor, 'filled.csv', await writeSheet(filled, 'csv'));
  const page = await visitor.page('/check');
  expect(page).toContain('Somebody else saved another answer');
  expect(page).toContain('From the page');
  expect(page).toContain('From the sheet');
});

test.each<[string, string, string | Uint8Array, string]>([
  ['no spreadsheet', 'a.csv', 'hello', 'is missing'],
  ['empty', 'a.csv', '', 'is empty'],
  ['a picture', 'a.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]), 'neither CSV'],
  ['a program', 'a.exe', 'MZ', 'of a kind that is not taken'],
  [
    'a broken XLSX',
    'a.xlsx',
    Buffer.from('PK\u0003\u0004[Content_Types].xml xl/workbook.xml'),
    'The file is no XLSX sheet',
  ],
  ['the exported file as it was', 'a.csv', 'Item,Answer,Explanation\ncharge-monitoring,,', 'No row is filled in'],
])('an upload that is %s is answered in a sentence, and changes nothing', async (_, name, content, sentence) => {
  const { inspection, visitor } = await provider();
  const response = await upload(visitor, name, content);
  expect([response.status, await response.text()]).toEqual([422, expect.stringContaining(sentence)]);
  const drafts = await ground.store.db.selectFrom('draft').selectAll().where('workflow_id', '=', inspection).execute();
  expect(drafts).toEqual([]);
  const nothing = await visitor.post('/import', formOf({}));
  expect([nothing.status, await nothing.text()]).toEqual([422, expect.stringContaining('No file was chosen')]);
});

describe('the mapping', () => {
  const asked = questionnaire(C1);
  const read = (rows: string[][], header = ['Item', 'Answer', 'Explanation', 'Done by', 'Version (do not change)']) =>
    readAnswersTable(asked, tableOf(header, rows));
  const problems = (rows: string[][], header?: string[]) => {
    const result = read(rows, header);
    return 'problems' in result ? result.problems.map(({ line, column, problem }) => [line, column, problem.en]) : [];
  };

  test('what is written comes back as it was, in both languages, whatever the text is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('ja', 'en'),
        fc.constantFrom(...CLAIMS),
        fc.string({ unit: 'grapheme', maxLength: 200 }).filter((text) => text.trim() !== ''),
        fc.nat(1000),
        (lang, claim, given, version) => {
          const clean = readAnswersTable(
            asked,
            tableOf(['item', 'claim', 'text'], [['charge-monitoring', claim, given]]),
          );
          if ('problems' in clean) return; // Nothing but control characters.
          const { text } = clean.answers[0]!.value;
          const table = questionsTable(asked, lang, ({ item }) =>
            item === 'charge-monitoring'
              ? { value: { claim, text, evidence: [] }, version }
              : { value: EMPTY_DRAFT, version: 0 },
          );
          expect(readAnswersTable(asked, table)).toEqual({
            answers: [{ line: 4, item: 'charge-monitoring', value: { claim, text }, base: version }],
          });
        },
      ),
    );
  });

  test('answers are understood in the words of both languages, full width and case apart', () => {
    for (const claim of CLAIMS) {
      for (const word of [claim, claim.toUpperCase(), ` ${CLAIM_WORDS[claim].en} `, CLAIM_WORDS[claim].ja]) {
        expect(read([['charge-monitoring', word, 'x', '', '']])).toMatchObject({ answers: [{ value: { claim } }] });
      }
    }
  });

  test('columns may be moved, and columns of their own added; needed ones must be there', () => {
    const moved = read([['mine', 'Daily', 'implemented', 'charge-monitoring']], ['Notes', '説明', '回答', '項目ID']);
    expect(moved).toEqual({
      answers: [{ line: 2, item: 'charge-monitoring', value: { claim: 'implemented', text: 'Daily' } }],
    });
    expect(problems([['charge-monitoring']], ['Item']).map(([line, column]) => [line, column])).toEqual([
      [1, 'Answer'],
      [1, 'Explanation'],
    ]);
  });

  test.each<[string, string[][], [number, string, string]]>([
    ['an unknown item', [['other', 'implemented', '']], [2, 'Item', 'no such item']],
    [
      'an item twice',
      [
        ['charge-monitoring', 'implemented', ''],
        ['charge-monitoring', 'implemented', ''],
      ],
      [3, 'Item', 'row 2 already'],
    ],
    ['an explanation without an answer', [['charge-monitoring', '', 'Daily']], [2, 'Answer', 'Choose one']],
    ['a reason that is missing', [['charge-monitoring', 'disputed', ' ']], [2, 'Explanation', 'what you object to']],
    ['a date without need', [['charge-monitoring', 'implemented', '', '2020-12-01']], [2, 'Done by', 'Leave it out']],
    [
      'a changed version',
      [['charge-monitoring', 'implemented', '', '', 'x']],
      [2, 'Version (do not change)', 'was changed'],
    ],
  ])('%s is named by row and column', (_, rows, [line, column, sentence]) => {
    expect(problems(rows)).toEqual([[line, column, expect.stringContaining(sentence)]]);
  });

  test('a filled sheet makes the one answers document, with the files that are attached already', () => {
    const result = read([['charge-monitoring', 'implemented', 'Daily', '', '']]);
    if ('problems' in result) throw new Error('the sheet is right');
    const hash = `sha256:${'1'.repeat(64)}`;
    expect(answersOfSheet(result.answers, { inspection: C1, by: 'c1', submission: 'cli-00001' }, () => [hash])).toEqual(
      {
        v: 1,
        inspection: C1,
        by: 'c1',
        submission: 'cli-00001',
        items: [{ item: 'charge-monitoring', claim: 'implemented', text: 'Daily', evidence: [hash] }],
      },
    );
  });
});
