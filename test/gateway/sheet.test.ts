import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { readSheet, writeSheet } from '../../src/connectors/spreadsheet/index.js';
import { CLAIM_WORDS, CLAIMS } from '../../src/domain/answers.js';
import { answersOfSheet, questionsTable, readAnswersTable } from '../../src/domain/answersSheet.js';
import { Context } from '../../src/cli/context.js';
import { importSheet } from '../../src/cli/inspectionSheet.js';
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

describe('files that rows of the sheet name', () => {
  const PDF = '%PDF-1.7 IVR call-back';
  const PDF_HASH = 'sha256:2a30d6809ca5fd2173269939d55aef1ce1ec93d7466e6fb82441f9bac67aa1b4';
  const kept = async (inspection: string) => {
    const of = (table: 'evidence_of' | 'draft' | 'submission') =>
      ground.store.db.selectFrom(table).selectAll().where('workflow_id', '=', inspection).execute();
    return [await of('evidence_of'), await of('draft'), await of('submission')].map((rows) => rows.length);
  };
  const sheetOf = async (visitor: Visitor, answers: Record<string, Record<string, string>>) =>
    writeSheet(
      fill(await readSheet(Buffer.from(await (await visitor.get('/questions.csv')).arrayBuffer())), answers),
      'csv',
    );
  const uploadWith = (visitor: Visitor, sheet: Uint8Array, files: readonly { name: string; content: string }[]) =>
    visitor.post(
      '/import',
      formOf({}, [
        { field: 'sheet', name: 'filled.csv', content: sheet },
        ...files.map((file) => ({ ...file, field: 'files' })),
      ]),
    );
  const one = { Answer: 'Implemented', 'Files to attach': 'ivr.pdf; log.txt' };

  test('are chosen beside it on the page, and are seen with the answers before these are sent', async () => {
    const { inspection, visitor } = await provider();
    const sheet = await sheetOf(visitor, { 'link-two-factor': one });
    const response = await uploadWith(visitor, sheet, [
      { name: 'ivr.pdf', content: PDF },
      { name: 'log.txt', content: 'a log' },
      { name: 'unnamed.txt', content: 'nobody names it' },
    ]);
    expect(response.status).toBe(303);
    expect(await visitor.page('/check')).toContain('ivr.pdf');
    const id = (await visitor.submit()).headers.get('location')!.split('/').at(-1)!.split('?')[0]!;
    const { evidence } = (await readSubmission(ground.store.db, id))!.answers.items[0]!;
    expect(evidence).toEqual([PDF_HASH, expect.stringMatching(/^sha256:/)]);
    expect(await kept(inspection)).toEqual([2, 1, 1]);
  });

  test('one that is not there: named by row and column, and neither answer nor file is kept', async () => {
    const { inspection, visitor } = await provider();
    const sheet = await sheetOf(visitor, { 'link-two-factor': one });
    const response = await uploadWith(visitor, sheet, [{ name: 'ivr.pdf', content: PDF }]);
    const page = await response.text();
    expect([response.status, page]).toEqual([
      422,
      expect.stringContaining('<tr><td>2</td><td>Files to attach</td><td>There is no file “log.txt” beside the sheet'),
    ]);
    const wrong = await uploadWith(visitor, sheet, [
      { name: 'ivr.pdf', content: PDF },
      { name: 'log.txt', content: '\u0000\u0001' },
    ]);
    expect([wrong.status, await wrong.text()]).toEqual([422, expect.stringContaining('is not what its name says')]);
    expect(await kept(inspection)).toEqual([0, 0, 0]);
  });

  describe('are taken from a folder by the command', () => {
    const folder = () => mkdtempSync(path.join(tmpdir(), 'hikeshi-files-'));
    /** Temporal cannot be reached: the answers are kept, and told later. */
    const imported = async (inspection: string, sheet: Uint8Array, files?: string, dryRun?: true) => {
      const file = path.join(folder(), 'filled.csv');
      writeFileSync(file, sheet);
      const context = new Context({
        ...process.env,
        DATABASE_URL: ground.databaseUrl,
        TEMPORAL_ADDRESS: '127.0.0.1:9',
      });
      try {
        return (await importSheet(context, inspection, file, { by: 'Desk', files, dryRun, json: true })).data as Record<
          string,
          any
        >;
      } finally {
        await context.close();
      }
    };

    /** A unit whose inspection the register holds: the command looks it up there. */
    const inspected = async () => {
      const given = await provider();
      await ground.store.db
        .insertInto('inspection')
        .values({
          workflow_id: given.inspection,
          round: 'R2020',
          unit: given.inspection.split('/')[2]!,
          unit_group: 'own',
          own: true,
          basis: 'AS_IS',
          framework: 'starter-2020',
          framework_version: '1',
          phase: 'REQUESTED',
          result: 'NOT_ANSWERED',
          mandatory: 2,
          satisfied: 0,
          failing: 0,
          left_out: 0,
          follow_ups: 0,
          remediation: null,
        })
        .execute();
      return given;
    };

    test('with the answers, once however often it is imported; a dry run keeps nothing', async () => {
      const { inspection, visitor } = await inspected();
      const sheet = await sheetOf(visitor, {
        'link-two-factor': { ...one, 'Files to attach': 'ivr.pdf\nか\u3099.txt' },
      });
      const files = folder();
      writeFileSync(path.join(files, 'ivr.pdf'), PDF);
      writeFileSync(path.join(files, 'が.txt'), 'a log');
      const dry = await imported(inspection, sheet, files, true);
      expect(dry['files']).toMatchObject([{ name: 'ivr.pdf', hash: PDF_HASH, size: 22 }, { name: 'が.txt' }]);
      expect(await kept(inspection)).toEqual([0, 0, 0]);
      const first = await imported(inspection, sheet, files);
      expect(await imported(inspection, sheet, files)).toEqual(first);
      const { answers } = (await readSubmission(ground.store.db, first['receipt'].submission))!;
      expect(answers.items[0]!.evidence[0]).toBe(PDF_HASH);
      expect(await kept(inspection)).toEqual([2, 1, 1]);
    });

    test.each<[string, string, string]>([
      ['is not there', 'missing.pdf', 'There is no file “missing.pdf”'],
      ['leads out of the folder', '../secret.pdf', 'There is no file “../secret.pdf”'],
      ['is a link to elsewhere', 'link.pdf', '“link.pdf” is no file of its own'],
      ['is a folder', 'sub', '“sub” is no file of its own'],
      ['is empty', 'empty.pdf', '“empty.pdf” is empty'],
      ['is of no kind that is taken', 'run.exe', 'of a kind that is not taken'],
      ['is not what its name says', 'fake.pdf', 'is not what its name says'],
    ])('one that %s is told by row and column, and nothing is half-imported', async (_, name, sentence) => {
      const { inspection, visitor } = await inspected();
      const sheet = await sheetOf(visitor, {
        'link-two-factor': { Answer: 'Implemented', 'Files to attach': 'ivr.pdf' },
        'charge-monitoring': { Answer: 'Implemented', 'Files to attach': name },
      });
      const outer = folder();
      const files = mkdtempSync(path.join(outer, 'in-'));
      for (const [file, content] of [
        [path.join(outer, 'secret.pdf'), PDF],
        [path.join(files, 'ivr.pdf'), PDF],
        [path.join(files, 'empty.pdf'), ''],
        [path.join(files, 'run.exe'), 'MZ'],
        [path.join(files, 'fake.pdf'), 'text'],
      ] as const)
        writeFileSync(file, content);
      symlinkSync(path.join(outer, 'secret.pdf'), path.join(files, 'link.pdf'));
      mkdirSync(path.join(files, 'sub'));
      await expect(imported(inspection, sheet, files)).rejects.toMatchObject({
        sentence: { en: expect.stringMatching(/line 4, column "Files to attach"/) },
      });
      await expect(imported(inspection, sheet, files)).rejects.toThrow(sentence);
      await expect(imported(inspection, sheet)).rejects.toThrow('Say with --files in which folder');
      expect(await kept(inspection)).toEqual([0, 0, 0]);
    });

    test('twenty-one for one item, some of them attached before: refused by row', async () => {
      const { inspection, visitor } = await inspected();
      const files = folder();
      const names = Array.from({ length: 21 }, (_, index) => `${index}.txt`);
      for (const name of names) writeFileSync(path.join(files, name), `file ${name}`);
      const sheet = (some: string[]) =>
        sheetOf(visitor, { 'charge-monitoring': { Answer: 'Implemented', 'Files to attach': some.join('\n') } });
      await imported(inspection, await sheet(names.slice(0, 20)), files);
      await expect(imported(inspection, await sheet(names.slice(20)), files)).rejects.toThrow(
        'line 4: One item takes at most 20 files',
      );
      expect(await kept(inspection)).toEqual([20, 1, 1]);
    });
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
