import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { PROJECT_ROOT } from '../../src/config.js';
import { writeSheet } from '../../src/connectors/spreadsheet/index.js';
import { COLUMNS, FrameworkSchema, type Finding, type Framework } from '../../src/domain/framework.js';
import { tableOf } from '../../src/domain/table.js';
import { cleanUp, stateFolder } from '../stack/support.js';
import { bareEnvironment, hikeshi, hikeshiJson } from './support.js';

const STARTER = path.join(PROJECT_ROOT, 'frameworks', 'starter-2020.yaml');
const YUCHO = ['--playbook', path.join(PROJECT_ROOT, 'playbooks', 'yucho-2020')];
let env: NodeJS.ProcessEnv;
let folder: string;

beforeAll(() => {
  folder = stateFolder();
  env = bareEnvironment(folder, {});
});
afterAll(cleanUp);

const file = (name: string) => path.join(folder, name);
const starter = () => FrameworkSchema.parse(parse(fs.readFileSync(STARTER, 'utf8')));
const saved = (name: string, framework: object) => {
  fs.writeFileSync(file(name), JSON.stringify(framework));
  return file(name);
};

test('the items are shown by phase, in Japanese and in English', async () => {
  const ja = await hikeshi(env, ['framework', 'show', 'starter-2020', '--lang', 'ja', ...YUCHO]);
  expect(ja.code).toBe(0);
  const headings = ['① アカウント作成', '② 銀行口座紐づけ', '③ チャージ', '④ 決済・送金', '⑤ 取引後'];
  expect(headings.map((heading) => ja.out.indexOf(heading))).toEqual(
    headings.map((heading) => ja.out.indexOf(heading)).sort((a, b) => a - b),
  );
  expect(headings.every((heading) => ja.out.includes(heading))).toBe(true);
  expect(ja.out).toContain('必須項目');
  const en = await hikeshi(env, ['framework', 'show', 'starter-2020', ...YUCHO]);
  expect(en.out).toContain('2 Linking of a bank account');
  expect(en.out).toContain('link-two-factor');
  expect(en.out).not.toMatch(/[ぁ-ん]/);
});

test('the list names each framework with its mandatory items', async () => {
  const { data } = await hikeshiJson<{ frameworks: { id: string; mandatory: number }[] }>(env, [
    'framework',
    'show',
    ...YUCHO,
  ]);
  expect(data.frameworks.find(({ id }) => id === 'mijica-own')).toMatchObject({ mandatory: 22, items: 22 });
});

test('for a unit only what applies to it is shown, with its own functions, and why the rest does not apply', async () => {
  interface Shown {
    items: { id: string }[];
    protects: Record<string, string[]>;
    leftOut: { item: string; because: { en: string } }[];
  }
  const c1 = await hikeshiJson<Shown>(env, ['framework', 'show', '--unit', 'c1', ...YUCHO]);
  expect(c1.data.protects['link-two-factor']).toEqual(['link-c1']);
  const { data } = await hikeshiJson<Shown & { framework: string }>(env, [
    'framework',
    'show',
    '--unit',
    'jp-bank-jcb',
    ...YUCHO,
  ]);
  expect(data.items.map(({ id }) => id)).toContain('card-returned-stop');
  expect(data.leftOut.find(({ item }) => item === 'charge-limits')?.because.en).toBe('There is a top-up function: no');
  const wrong = await hikeshi(env, ['framework', 'show', '--unit', 'c9', ...YUCHO]);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain('no unit "c9"');
});

test('lint ends with 0 when all fits, and with 1 and the places when not', async () => {
  const right = await hikeshi(env, ['framework', 'lint', ...YUCHO]);
  expect([right.code, right.out.trim()]).toEqual([0, 'It is in order.']);
  const { items, ...head } = starter();
  const broken = saved('starter-2020.yaml', {
    ...head,
    items: items.map((item) => (item.id === 'stop-desk' ? { ...item, evidence: [] } : item)),
  });
  const wrong = await hikeshiJson<{ findings: Finding[] }>(env, ['framework', 'lint', broken, ...YUCHO]);
  expect(wrong.code).toBe(1);
  expect(wrong.data.findings.map(({ where }) => where)).toEqual(['items.stop-desk.evidence']);
});

test('diff names what was added, removed and changed between two files', async () => {
  const { items, ...head } = starter();
  const newer = saved('newer.yaml', {
    ...head,
    version: '2',
    items: [
      ...items
        .filter(({ id }) => id !== 'information-sharing')
        .map((item) => (item.id === 'link-monitoring' ? { ...item, class: 'mandatory' } : item)),
      { ...items[0]!, id: 'new-item' },
    ],
  });
  interface Differs {
    added: { id: string }[];
    removed: { id: string }[];
    changed: { item: string; fields: string[] }[];
  }
  const { data } = await hikeshiJson<Differs>(env, ['framework', 'diff', 'starter-2020', newer, ...YUCHO]);
  expect(data.added.map(({ id }) => id)).toEqual(['new-item']);
  expect(data.removed.map(({ id }) => id)).toEqual(['information-sharing']);
  expect(data.changed.map(({ item, fields }) => [item, fields])).toEqual([['link-monitoring', ['class']]]);
  const page = await hikeshi(env, ['framework', 'diff', 'starter-2020', newer, '--lang', 'ja', ...YUCHO]);
  expect(page.out).toContain('高度化項目 > 必須項目');
});

describe.each(['csv', 'xlsx'])('a sheet in %s', (format) => {
  test('written from a framework and imported again is the same framework', async () => {
    const sheet = file(`items.${format}`);
    const out = file(`imported-${format}.yaml`);
    await hikeshi(env, ['framework', 'show', 'starter-2020', '--out', sheet, ...YUCHO]);
    const like = ['--like', 'starter-2020', '--set-version', '1'];
    const made = await hikeshi(env, ['framework', 'import', sheet, '--out', out, ...like, ...YUCHO]);
    expect([made.code, made.err]).toEqual([0, '']);
    expect(FrameworkSchema.parse(parse(fs.readFileSync(out, 'utf8')))).toEqual(starter());
  });
});

test('a sheet with one wrong cell is refused by line and column, and no file is written', async () => {
  const sheet = file('wrong.xlsx');
  const right = ['a', '1', 'mandatory', '文', 'text', 'screen'];
  const wrong = ['b', '9', 'mandatory', '文', 'text', 'screen'];
  fs.writeFileSync(sheet, await writeSheet(tableOf(Object.keys(COLUMNS).slice(0, 6), [right, wrong]), 'xlsx'));
  const out = file('never.yaml');
  const ran = await hikeshi(env, [
    'framework',
    'import',
    sheet,
    '--out',
    out,
    '--id',
    'own',
    '--set-version',
    '1',
    ...YUCHO,
  ]);
  expect(ran.code).toBe(1);
  expect(ran.err).toContain('line 3, column "phase"');
  expect(fs.existsSync(out)).toBe(false);
});

test('an imported framework that does not fit together is not written either', async () => {
  const sheet = file('unfit.csv');
  fs.writeFileSync(sheet, 'id,phase,class,text_ja,text_en,evidence,protects\na,1,mandatory,文,text,screen,link-c99\n');
  const out = file('unfit.yaml');
  const ran = await hikeshi(env, [
    'framework',
    'import',
    sheet,
    '--out',
    out,
    '--id',
    'own',
    '--set-version',
    '1',
    ...YUCHO,
  ]);
  expect(ran.code).toBe(1);
  expect(ran.err).toContain('items.a.protects');
  expect(fs.existsSync(out)).toBe(false);
});

test.each<[string, string[], RegExp]>([
  ['an unknown framework', ['show', 'nobody'], /no framework "nobody".*starter-2020/],
  ['an import without its flags', ['import', 'x.csv'], /--out.*--id.*--set-version/],
  ['an import of nothing', ['import', 'nowhere.csv', '--out', 'x', '--id', 'x', '--set-version', '1'], /nowhere\.csv/],
])('%s is refused in a sentence', async (_, args, sentence) => {
  const ran = await hikeshi(env, ['framework', ...args, ...YUCHO]);
  expect(ran.code).toBe(1);
  expect(ran.err).toMatch(sentence);
});

test('without a register the playbook of the deployment is read', async () => {
  const own = bareEnvironment(folder, { DATABASE_URL: 'postgres://hikeshi@127.0.0.1:1/hikeshi' });
  const { code, data } = await hikeshiJson<Framework>(own, ['framework', 'show', 'starter-2020']);
  expect([code, data.id]).toEqual([0, 'starter-2020']);
});
