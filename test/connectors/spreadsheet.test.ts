import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { readSheet as readRaw } from 'read-excel-file/node';
import writeXlsxFile from 'write-excel-file/node';
import { escapeCell, unescapeCell } from '../../src/connectors/spreadsheet/cells.js';
import { MAX_SHEET_BYTES, readSheet, writeSheet, type SheetFormat } from '../../src/connectors/spreadsheet/index.js';
import { Refusal } from '../../src/domain/refusal.js';
import type { Sentence } from '../../src/domain/sentence.js';
import { tableOf, type Table } from '../../src/domain/table.js';
import { expectComplete } from '../domain/support.js';

const FORMATS: readonly SheetFormat[] = ['csv', 'xlsx'];
const bytes = (text: string) => Buffer.from(text, 'utf8');

/** The sentence with which the work is refused; complete in both languages. */
async function refusalOf(work: () => Promise<unknown>): Promise<Sentence> {
  const error: unknown = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refusal)) throw error instanceof Error ? error : new Error('it was not refused');
  expectComplete(error.sentence);
  return error.sentence;
}

/** Text as a person writes it into a cell; control characters are no part of a spreadsheet. */
const anyCell = fc
  .string({ maxLength: 20, unit: fc.constantFrom(...'=+-@\'",;\n\tあ①髙〜−＝𠮷é aZ09') })
  .map((text) => text.replace(/\t/g, ' '));
const anyTable: fc.Arbitrary<Table> = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.array(fc.array(anyCell, { minLength: width, maxLength: width }), { maxLength: 4 }).map((rows) =>
    tableOf(
      Array.from({ length: width }, (_, n) => `column ${n}`),
      rows.filter((cells) => cells.some((cell) => cell.trim() !== '')).map((cells) => cells.map(bare)),
    ),
  ),
);
/** What cells at the end of a line that hold only blanks come to. */
const bare = (cell: string) => (cell.trim() === '' ? '' : cell);

describe.each(FORMATS)('a table as %s', (format) => {
  test('comes back as it was written, formulas and all', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async (table) => {
        const read = await readSheet(await writeSheet(table, format));
        expect(read.header).toEqual(table.header);
        expect(read.rows.map(({ cells }) => cells)).toEqual(table.rows.map(({ cells }) => cells));
      }),
      { numRuns: format === 'xlsx' ? 25 : 100 },
    );
  });

  test('without rows keeps its header', async () => {
    const table = tableOf(['id', '項目'], []);
    expect(await readSheet(await writeSheet(table, format))).toEqual(table);
  });
});

describe('cells that a spreadsheet would take for a formula', () => {
  const DANGEROUS = ['=1+1', '+81 3 0000', '-cmd', '@SUM(A1)', "'=1+1", '＝1', '\t=1'];

  test.each(DANGEROUS)('%j is escaped, and taken back on reading', (text) => {
    expect(escapeCell(text)).toBe(`'${text}`);
    expect(unescapeCell(escapeCell(text))).toBe(text);
  });

  test('escaping can be taken back whatever the text was', () => {
    fc.assert(fc.property(anyCell, (text) => expect(unescapeCell(escapeCell(text))).toBe(text)));
  });

  test('no cell of a written file begins like a formula, in CSV and in XLSX', async () => {
    const table = tableOf(['=h', 'b'], [DANGEROUS.slice(0, 2), DANGEROUS.slice(2, 4)]);
    const csv = Buffer.from(await writeSheet(table, 'csv')).toString('utf8');
    expect(csv).toBe("\uFEFF'=h,b\r\n'=1+1,'+81 3 0000\r\n'-cmd,'@SUM(A1)\r\n");
    const cells = (await readRaw(Buffer.from(await writeSheet(table, 'xlsx')))).flat();
    for (const cell of cells) expect(String(cell)).not.toMatch(/^[=+\-@]/);
  });

  test('a formula that somebody else wrote is text, never a result of ours', async () => {
    expect((await readSheet(bytes('a,b\n=1+1,@x\n'))).rows[0]!.cells).toEqual(['=1+1', '@x']);
  });
});

describe('CSV from whichever program', () => {
  const TABLE = { header: ['id', '氏名'], rows: [{ line: 2, cells: ['1', '髙橋①'] }] };
  const TEXT = 'id,氏名\r\n1,髙橋①\r\n';

  test.each<[string, Buffer]>([
    ['UTF-8', bytes(TEXT)],
    ['UTF-8 with a byte order mark', bytes(`\uFEFF${TEXT}`)],
    ['cp932, as Excel in Japan saves it', iconv.encode(TEXT, 'cp932')],
    ['semicolons', bytes(TEXT.replaceAll(',', ';'))],
    ['tabs', bytes(TEXT.replaceAll(',', '\t'))],
    ['line feeds only', bytes(TEXT.replaceAll('\r', ''))],
  ])('is read from %s', async (_, file) => {
    expect(await readSheet(file)).toEqual(TABLE);
  });

  test('lines keep their number after blank ones and after cells of several lines', async () => {
    const { rows } = await readSheet(bytes('id,text\n\n1,"a\nb"\n\n,\n2,c\n'));
    expect(rows).toEqual([
      { line: 3, cells: ['1', 'a\nb'] },
      { line: 7, cells: ['2', 'c'] },
    ]);
  });

  test('a short line is filled up; one with more cells than the header is refused by its number', async () => {
    expect((await readSheet(bytes('a,b,c\n1\n'))).rows[0]!.cells).toEqual(['1', '', '']);
    expect((await refusalOf(() => readSheet(bytes('a,b\n1,2\n1,2,3\n')))).en).toContain('Line 3');
  });

  test('is written in cp932 with the signs that it knows, and refused with those that it does not', async () => {
    const written = Buffer.from(await writeSheet(tableOf(['a'], [['10〜20−5髙①']]), 'csv', { encoding: 'cp932' }));
    expect(iconv.decode(written, 'cp932')).toBe('a\r\n10～20－5髙①\r\n');
    const { en } = await refusalOf(() => writeSheet(tableOf(['a'], [['x'], ['𠮷é']]), 'csv', { encoding: 'cp932' }));
    expect(en).toContain('𠮷 (line 3), é (line 3)');
  });
});

describe('XLSX', () => {
  test('numbers, dates, truth values and blanks are read as text', async () => {
    const file = await writeXlsxFile([
      ['n', 'd', 't', 'e'],
      [0.5, { type: Date, value: new Date('2020-10-31T00:00:00Z'), format: 'yyyy-mm-dd' }, true, null],
    ]).toBuffer();
    expect((await readSheet(file)).rows).toEqual([{ line: 2, cells: ['0.5', '2020-10-31', 'true', ''] }]);
  });

  test('blank lines are left out and the others keep their number', async () => {
    const file = await writeXlsxFile([['a'], [null], ['x']]).toBuffer();
    expect((await readSheet(file)).rows).toEqual([{ line: 3, cells: ['x'] }]);
  });
});

describe('what is no sheet', () => {
  const entry = (name: string, packed: Buffer, method: number, size: number) => {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(size, 22);
    local.writeUInt16LE(name.length, 26);
    return Buffer.concat([local, Buffer.from(name), packed]);
  };
  /** An archive of entries; the directory names as many of them as `listed` says. */
  const zip = (parts: readonly { name: string; packed: Buffer; size: number }[], listed = parts.length) => {
    let offset = 0;
    const locals: Buffer[] = [];
    const directory: Buffer[] = [];
    parts.forEach(({ name, packed, size }, index) => {
      const local = entry(name, packed, 8, size);
      const record = Buffer.alloc(46);
      record.writeUInt32LE(0x02014b50, 0);
      record.writeUInt16LE(8, 10);
      record.writeUInt32LE(packed.length, 20);
      record.writeUInt32LE(size, 24);
      record.writeUInt16LE(name.length, 28);
      record.writeUInt32LE(offset, 42);
      if (index < listed) directory.push(Buffer.concat([record, Buffer.from(name)]));
      locals.push(local);
      offset += local.length;
    });
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(directory.length, 8);
    end.writeUInt16LE(directory.length, 10);
    end.writeUInt32LE(Buffer.concat(directory).length, 12);
    end.writeUInt32LE(offset, 16);
    return Buffer.concat([...locals, ...directory, end]);
  };
  const bomb = deflateRawSync(Buffer.alloc(60_000_000, 0x20));
  const small = deflateRawSync(bytes('<x/>'));

  test.each<[string, RegExp, Buffer]>([
    ['an empty file', /is empty/, Buffer.alloc(0)],
    ['blank lines', /is empty/, bytes('\n\n,\n')],
    ['a picture', /neither CSV/, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0, 0, 0, 1])],
    ['text in no known encoding', /neither CSV/, Buffer.from([0x61, 0x2c, 0xff, 0xfe, 0x80, 0x0a])],
    ['half an archive', /far more than a sheet/, Buffer.from('PK\x03\x04and then nothing')],
    ['an archive without a sheet', /cannot be read/, zip([{ name: 'a.xml', packed: small, size: 4 }])],
    [
      'an archive that unpacks beyond measure',
      /far more than a sheet/,
      zip([{ name: 'a.xml', packed: bomb, size: 60_000_000 }]),
    ],
    ['one that lies about its size', /far more than a sheet/, zip([{ name: 'a.xml', packed: bomb, size: 10 }])],
    [
      'one that hides an entry from its directory',
      /far more than a sheet/,
      zip(
        [
          { name: 'a.xml', packed: small, size: 4 },
          { name: 'b.xml', packed: bomb, size: 10 },
        ],
        1,
      ),
    ],
    ['a quotation mark that stands alone', /quotation mark/, bytes('a,b\n"1,2\n')],
    ['far too many columns', /too large/, bytes(`${'a,'.repeat(200)}z\n`)],
    ['far too many lines', /too large/, bytes(`a\n${'1\n'.repeat(6_000)}`)],
    ['a cell without end', /Line 2/, bytes(`a\n${'x'.repeat(40_000)}\n`)],
    ['more bytes than a sheet has', /larger than 5 MB/, Buffer.alloc(MAX_SHEET_BYTES + 1, 0x61)],
  ])('%s is refused in a sentence', async (_, sentence, file) => {
    expect((await refusalOf(() => readSheet(file))).en).toMatch(sentence);
  });
});
