import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { readSheet, writeSheet } from '../../src/connectors/spreadsheet/index.js';
import { addDays } from '../../src/domain/date.js';
import { EMPTY_DRAFT } from '../../src/domain/draft.js';
import { DAY, instant, plus, type Instant } from '../../src/domain/instant.js';
import type { RoundResult } from '../../src/domain/inspectionRound.js';
import type { Table } from '../../src/domain/table.js';
import { currentDocuments, publishDocuments } from '../../src/store/documents.js';
import { saveDrafts } from '../../src/store/drafts.js';
import { storeEvidence, type GivenFile } from '../../src/store/evidence.js';
import { eventually } from '../support/liveOperator.js';
import { openLiveWorld, type LiveWorld } from '../support/liveWorld.js';
import { bareEnvironment, hikeshi, hikeshiJson } from './support.js';

/** A whole round from the command line, against a real server, register, worker, mail relay and answer page. */
let world: LiveWorld;
let env: NodeJS.ProcessEnv;
const now = () => instant(Date.now());

beforeAll(async () => {
  world = await openLiveWorld({ name: 'round' });
  const { connectionString } = world.store.pool.options as { connectionString: string };
  env = bareEnvironment(world.stateDir, {
    DATABASE_URL: connectionString,
    TEMPORAL_ADDRESS: world.temporalAddress,
    TEMPORAL_NAMESPACE: world.namespace,
    HIKESHI_FORMS_URL: world.formsUrl,
  });
  await world.startWorker();
}, 120_000);

afterAll(() => world?.close());

const C1 = 'providerInspection/R2026/c1';
const O1 = 'providerInspection/R2026/o1';

interface Waits {
  readonly subject: string;
  readonly digest: string;
}
interface Status {
  readonly result: RoundResult;
  readonly waitsFor: readonly Waits[];
  readonly reports: readonly { digest: string; release: { kind: string } }[];
}
const status = async () => (await hikeshiJson<Status>(env, ['round', 'status', 'R2026'])).data;
const show = async (unit: string) =>
  (
    await hikeshiJson<{
      inspection: { phase: string; result: string };
      items: {
        item: string;
        class: string;
        asked: boolean;
        result: string;
        thread: { from: string; text: string }[];
      }[];
      submissions: { submission: string }[];
      links: { id: string; standing: string }[];
      bounces: { mail: string }[];
      replies: { from: string; automatic: boolean }[];
      risks: { items: string[]; by: string[]; until: string; ended: string | null }[];
      waitsFor: Waits[];
    }>(env, ['inspection', 'show', unit])
  ).data;
const as = (by: string, reason = 'Looked at it') => ['--by', by, '--reason', reason];
const file = (name: string) => path.join(world.stateDir, name);
const phaseIs = (unit: string, phase: string) =>
  eventually(`${unit} is ${phase}`, async () => {
    const row = await world.store.db
      .selectFrom('inspection')
      .select('phase')
      .where('workflow_id', '=', unit)
      .executeTakeFirst();
    return row?.phase === phase;
  });

/** Decides what a unit waits for, with the digest that is shown. */
async function decide(workflowId: string, subject: string, verdict: string, by: string) {
  const asked = await hikeshiJson<{ questions: Waits[] }>(env, [
    'decide',
    workflowId,
    '--subject',
    subject,
    '--dry-run',
  ]);
  const digest = asked.data.questions[0]!.digest;
  const args = ['--subject', subject, '--verdict', verdict, '--digest', digest, ...as(by)];
  const { code, err } = await hikeshi(env, ['decide', workflowId, ...args]);
  expect([code, err]).toEqual([0, '']);
}

/** Fills the cells of a table by item and by the column's English name. */
function fill(table: Table, value: (item: string, column: string) => string | undefined): Table {
  return {
    header: table.header,
    rows: table.rows.map(({ line, cells }) => ({
      line,
      cells: cells.map((cell, index) => value(cells[0]!, table.header[index]!) ?? cell),
    })),
  };
}

/** The round and what stands on the next line: what a person reads of a page. */
const flat = (text: string) => text.replace(/\s+/g, ' ');

/** No command to a terminal, and no text that is turned around. */
const expectHarmless = (out: string) => expect(['\u001b', '\u202e'].filter((mark) => out.includes(mark))).toEqual([]);

/** What a provider's contact attaches to items on the page, and does not send yet. @returns its hash */
async function attach(unit: string, items: readonly string[], given: GivenFile): Promise<string> {
  const { db } = world.store;
  const inspection = `providerInspection/R2026/${unit}`;
  const hash = await storeEvidence(db, inspection, given, now());
  const saves = items.map((item) => ({ item, base: 0, value: {}, add: [hash], drop: [] }));
  const link = (await show(unit)).links[0]!.id;
  await saveDrafts(db, inspection, saves, { at: now(), link, taken: () => EMPTY_DRAFT });
  return hash;
}

const PLAN = [
  ...['round', 'plan', 'R2026', '--title-ja', '総点検', '--title-en', 'Inspection', '--basis', 'code=AFTER_HARDENING'],
  ...as('provider-manager-1', 'Led by the president'),
];
const target = () => `${Number(addDays(now().slice(0, 10), 40).slice(5, 7))}月末`;

test('a plan is shown with its units, the day, the last bank day and who may open it, and starts nothing', async () => {
  const { code, out } = await hikeshi(env, [...PLAN, '--target', '10月末', '--dry-run']);
  expect(code).toBe(0);
  expect(out).toMatch(/DRY RUN: nothing is done/);
  expect(out).toMatch(/Units \(3\)[\s\S]*Code-payment providers \(1\)\n +after hardening: c1/);
  expect(out).toMatch(/To be opened by\n +incident commander: commander-1, commander-2/);
  expect((await hikeshi(env, ['round', 'status', 'R2026'])).err).toMatch(/^The register holds no round R2026/);
});

test('a plan is started, and every unit is incomplete before anybody was asked', async () => {
  const planned = await hikeshiJson<Status>(env, [...PLAN, '--target', target()]);
  expect(planned.code).toBe(0);
  const { result, waitsFor } = await status();
  expect(result).toMatchObject({ phase: 'PLANNED', complete: false, incomplete: ['c1', 'n1', 'o1'] });
  expect(waitsFor.map(({ subject }) => subject)).toEqual(['open']);
  const again = await hikeshi(env, [...PLAN, '--target', target()]);
  expect([again.code, again.err]).toEqual([1, expect.stringMatching(/^The round R2026 was started before/)]);
}, 60_000);

test('it is opened with the digest that was shown, by its lead only, and every unit is asked', async () => {
  const shown = await hikeshi(env, ['round', 'open', 'R2026', ...as('commander-1')]);
  expect([shown.code, shown.out]).toEqual([1, expect.stringMatching(/NOT DECIDED YET: the digest is missing/)]);
  const digest = (await status()).waitsFor[0]!.digest;
  const own = await hikeshi(env, ['round', 'open', 'R2026', ...as('provider-manager-1'), '--digest', digest]);
  expect([own.code, own.err]).toEqual([1, expect.stringMatching(/proposed this and cannot decide it/)]);
  const { code } = await hikeshi(env, ['round', 'open', 'R2026', ...as('commander-1'), '--digest', digest]);
  expect(code).toBe(0);
  for (const unit of [C1, O1]) await phaseIs(unit, 'REQUESTED');
  const { out } = await hikeshi(env, ['round', 'status']);
  expect(out).toMatch(/R2026 {3}OPEN/);
  expect(out).toMatch(/0 of 3 units have a result\./);
  expect(flat(out)).toMatch(
    /RESULTS .*not yet asked 0 0 1 1 not answered 1 1 0 2 total 1 1 1 3 basis after hardening not stated not stated INCOMPLETE \(3\)/,
  );
  expect(out).toMatch(/c1 +Provider C1 +requested +20/);
  expect(out).toMatch(/NEXT DEADLINES\n +20[^\n]* answer: c1, o1/);
}, 90_000);

test('a unit to which nothing applies is confirmed by a second person, and tasks carry ready commands', async () => {
  await decide('providerInspection/R2026/n1', 'notApplicable', 'confirm', 'compliance-1');
  const { result } = await status();
  expect(result.totals).toEqual({ NOT_ANSWERED: 2, NOT_APPLICABLE: 1 });
}, 60_000);

describe('the first minute', () => {
  interface FirstMinute {
    known: { rounds: object[]; nextClock: { what: object }; overdue: { what: { en: string } }[] };
  }
  const known = async () => (await hikeshiJson<FirstMinute>(env, ['status'])).data.known;

  test('shows the round in a line with its command, and the day by which its units answer', async () => {
    const { rounds, nextClock, overdue } = await known();
    expect(rounds).toMatchObject([
      { round: 'R2026', phase: 'OPEN', units: 3, done: 1, overdue: 0, command: 'npx hikeshi round status R2026' },
    ]);
    expect([nextClock.what, overdue]).toEqual([{ en: 'R2026 answer: c1, o1', ja: 'R2026 回答: c1, o1' }, []]);
    const { out } = await hikeshi(env, ['status']);
    expect(flat(out)).toMatch(
      /INSPECTION ROUNDS \(1\) R2026 OPEN 1 of 3 done target 20\S+ \(...\): interim, \d+ days to the target npx hikeshi round status R2026 CLOCKS next 20/,
    );
    const ja = flat((await hikeshi(env, ['status', '--lang', 'ja'])).out);
    expect(ja).toMatch(/点検（1件） R2026 OPEN 3先中 1先完了 完了目標 20\S+: 途中経過、目標まであと\d+日/);
    expect(ja).not.toContain('進行中の時限はありません');
  }, 60_000);

  test('counts units whose answer is late, and names them among the overdue', async () => {
    const { db } = world.store;
    const row = () => db.selectFrom('inspection').selectAll().where('workflow_id', '=', O1).executeTakeFirstOrThrow();
    const set = (changed: { next_due: Instant | null; overdue_since: Instant | null }) =>
      db.updateTable('inspection').set(changed).where('workflow_id', '=', O1).execute();
    const before = await row();
    const past = plus(now(), -3 * DAY);
    await set({ next_due: past, overdue_since: past });
    try {
      const { rounds, overdue } = await known();
      expect(rounds).toMatchObject([{ overdue: 1 }]);
      expect(overdue).toMatchObject([{ at: past, what: { en: 'R2026 answer: o1' } }]);
      expect((await hikeshi(env, ['status', '--lang', 'ja'])).out).toContain('期限超過 1先');
    } finally {
      await set(before);
    }
  }, 60_000);
});

describe('a sheet of answers', () => {
  const csv = () => file('c1.csv');

  test('with a mistake is refused by row and column, and nothing of it is kept', async () => {
    const exported = await hikeshiJson<{ items: number }>(env, ['inspection', 'export', 'c1', '--out', csv()]);
    expect(exported.code).toBe(0);
    const table = await readSheet(readFileSync(csv()));
    expect(table.rows).toHaveLength(exported.data.items);
    const second = table.rows[1]!.cells[0];
    const wrong = fill(table, (item, column) =>
      column === 'Answer' ? (item === second ? 'Perhaps' : 'Implemented') : undefined,
    );
    writeFileSync(csv(), await writeSheet(wrong, 'csv'));
    const { code, err } = await hikeshi(env, ['inspection', 'import', 'c1', csv(), '--by', 'Desk of C1']);
    expect(code).toBe(1);
    expect(err).toMatch(/^Nothing was imported; mend the sheet and try again\. line 3, column "Answer": Write one of/);
    expect((await show('R2026/c1')).submissions).toEqual([]);
    const drafts = await world.store.db.selectFrom('draft').selectAll().execute();
    expect(drafts).toEqual([]);
  }, 60_000);

  test('is sent as the provider’s answers, once however often it is imported', async () => {
    // A file goes with each item on the page; the sheet says the rest.
    const asked = (await readSheet(readFileSync(csv()))).rows.map(({ cells }) => cells[0]!);
    const policy = { name: 'policy.pdf', mediaType: 'application/pdf', content: Buffer.from('%PDF-1.7') };
    await attach('c1', asked, policy);
    await hikeshi(env, ['inspection', 'export', 'c1', '--out', csv()]);
    const table = await readSheet(readFileSync(csv()));
    const right = fill(table, (_item, column) =>
      column === 'Answer' ? 'Implemented' : column === 'Explanation' ? '=HYPERLINK("http://e.invalid")' : undefined,
    );
    writeFileSync(csv(), await writeSheet(right, 'csv'));
    const args = ['inspection', 'import', 'R2026/c1', csv(), '--by', 'Desk of C1'];
    const dry = await hikeshi(env, [...args, '--dry-run']);
    expect([dry.code, dry.out]).toEqual([0, expect.stringMatching(/DRY RUN/)]);
    expect((await show('c1')).submissions).toEqual([]);
    const first = await hikeshiJson<{ receipt: { number: string; items: number; channel: string } }>(env, args);
    expect(first.data.receipt).toMatchObject({ number: 'R2026-c1-1', channel: 'sheet', items: table.rows.length });
    expect((await hikeshiJson<object>(env, args)).data).toEqual(first.data);
    await phaseIs(C1, 'ANSWERED');
    // What the unit's page shows follows its phase.
    await eventually('the answers stand in the thread', async () => (await show('c1')).items[0]!.thread.length > 0);
    const shown = await show('c1');
    expect(shown.submissions).toHaveLength(1);
    expect(shown.items[0]!.thread).toMatchObject([{ from: 'provider', text: '=HYPERLINK("http://e.invalid")' }]);
    expect(shown.items.every(({ result }) => result === 'ANSWERED')).toBe(true);
  }, 90_000);

  test('that was exported before somebody answered is refused, not laid over the answer', async () => {
    const table = await readSheet(readFileSync(csv()));
    const other = fill(table, (_item, column) => (column === 'Explanation' ? 'Another text' : undefined));
    writeFileSync(csv(), await writeSheet(other, 'csv'));
    const { code, err } = await hikeshi(env, ['inspection', 'import', 'c1', csv(), '--by', 'Desk of C1']);
    expect([code, err]).toEqual([1, expect.stringMatching(/line 2: somebody changed this answer after the sheet/)]);
  }, 60_000);
});

describe('an evaluation', () => {
  const sheet = () => file('evaluation.xlsx');
  /** A file whose name is a path, a command to a terminal, and a text turned around. */
  const HOSTILE = {
    name: '../../../tmp/hikeshi-hostile\u001b[2J\u202efdp.exe',
    mediaType: 'application/x-msdownload; "',
    content: Buffer.from('MZ'),
  };
  let hash: string;
  let first: string;
  const evaluate = (unit: string, from: string, ...more: string[]) =>
    hikeshi(env, ['inspection', 'evaluate', unit, '--file', from, ...as('evaluator-1'), ...more]);

  test('is filled in on a sheet, its mistakes told by row and column', async () => {
    const exported = await hikeshi(env, ['inspection', 'export', 'c1', '--for', 'evaluation', '--out', sheet()]);
    expect(exported.code).toBe(0);
    const table = await readSheet(readFileSync(sheet()));
    const wrong = fill(table, (_item, column) =>
      column === 'Result' ? 'fine' : column === 'Files reviewed' ? 'other.pdf' : undefined,
    );
    writeFileSync(file('wrong.xlsx'), await writeSheet(wrong, 'xlsx'));
    const refused = await evaluate('c1', file('wrong.xlsx'));
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/line 2, column "Result": write one of: satisfied, insufficient/);
    expect(refused.err).toMatch(/line 2, column "Files reviewed": the unit handed in no file of this name/);
  }, 60_000);

  test('is proposed by one evaluator, confirmed by another, and decided by the CISO', async () => {
    const table = await readSheet(readFileSync(sheet()));
    const right = fill(table, (_item, column) =>
      column === 'Result' ? '充足' : column === 'Files reviewed' ? 'policy.pdf' : undefined,
    );
    writeFileSync(sheet(), await writeSheet(right, 'xlsx'));
    const dry = await evaluate('c1', sheet(), '--dry-run');
    expect([dry.err, dry.out]).toEqual([
      '',
      expect.stringMatching(/If a second evaluator confirms it: (\d+) of \1 mandatory items satisfied, 0 failing/),
    ]);
    expect((await show('c1')).waitsFor).toEqual([]);
    const tasks = await hikeshi(env, ['tasks', '--incident', 'R2026']);
    expect(tasks.out).toContain('npx hikeshi inspection evaluate R2026/c1 --file evaluation.csv --by YOUR-ID');
    expect(flat(tasks.out)).toContain('hikeshi inspection export R2026/c1 --for evaluation --out evaluation.csv');

    const proposed = await evaluate('c1', sheet());
    expect(proposed.code).toBe(0);
    expect(proposed.out).toMatch(/npx hikeshi decide providerInspection\/R2026\/c1 --subject evaluation/);
    const { data } = await hikeshiJson<{ known: { decisions: { workflowId: string; mayDecide: object }[] } }>(env, [
      'status',
    ]);
    expect(data.known.decisions).toMatchObject([
      { workflowId: C1, subject: 'evaluation', mayDecide: { confirm: ['evaluator-2'], return: ['evaluator-2'] } },
    ]);
    await decide(C1, 'evaluation', 'confirm', 'evaluator-2');
    await decide(C1, 'result', 'satisfied', 'ciso-1');
    // Beside the result stands what it rests on, and how customers prove themselves at the link.
    const standing = await hikeshi(env, ['inspection', 'show', 'c1']);
    expect(flat(standing.out)).toContain('result satisfied (after hardening)');
    expect(flat(standing.out)).toContain('Basis: after hardening.');
    expect(flat(standing.out)).toContain('authentication link-c1 IVR call-back (strong)');
    const round = await hikeshi(env, ['round', 'status', 'R2026', '--lang', 'ja']);
    expect(flat(round.out)).toMatch(/基準 強化後 基準の/);
    expect((await status()).result.totals).toEqual({ SATISFIED: 1, NOT_ANSWERED: 1, NOT_APPLICABLE: 1 });
  }, 90_000);

  test('that finds a gap proposes a stop of what it protects, and a promise is entered with its last bank day', async () => {
    const { items: asked } = await show('o1');
    [first] = asked.filter((each) => each.asked).map(({ item }) => item) as [string];
    hash = await attach('o1', [first], HOSTILE);
    await hikeshi(env, ['inspection', 'export', 'o1', '--format', 'csv', '--out', file('o1.csv')]);
    const table = await readSheet(readFileSync(file('o1.csv')));
    writeFileSync(
      file('o1.csv'),
      await writeSheet(
        fill(table, (_item, column) => (column === 'Answer' ? 'Not implemented' : undefined)),
        'csv',
      ),
    );
    await hikeshi(env, ['inspection', 'import', 'o1', file('o1.csv'), '--by', 'Desk of O1']);
    await phaseIs(O1, 'ANSWERED');
    const { items } = await show('o1');
    const results = items
      .filter(({ asked }) => asked)
      .map(({ item }) => ({ item, result: 'NOT_IMPLEMENTED', note: 'Nothing is there' }));
    writeFileSync(file('o1.json'), JSON.stringify({ results }));
    const early = await hikeshi(env, ['inspection', 'commit', 'o1', '--due', '12月中', ...as('provider-manager-1')]);
    expect([early.code, early.err]).toEqual([1, expect.stringMatching(/no failed result/)]);
    const shown = await evaluate('o1', file('o1.json'), '--dry-run');
    expect([shown.err, shown.out]).toEqual(['', expect.stringMatching(/link-o1 is then proposed to be stopped/)]);
    expect((await evaluate('o1', file('o1.json'))).code).toBe(0);
    await decide(O1, 'evaluation', 'confirm', 'evaluator-2');
    await decide(O1, 'result', 'not-satisfied', 'ciso-1');
    const tasks = await hikeshi(env, ['tasks', '--incident', 'R2026']);
    expect(tasks.out).toMatch(/npx hikeshi suspend propose --name o1-gate-1 --input '\{.*"targets":\["link-o1"\]/);
    expect(tasks.out).toContain('npx hikeshi inspection commit R2026/o1 --due DAY --by YOUR-ID --reason WHY');

    const due = addDays(now().slice(0, 10), 40);
    const args = ['inspection', 'commit', 'o1', '--due', due, ...as('provider-manager-1', 'All items are promised')];
    const dry = await hikeshi(env, [...args, '--dry-run']);
    expect([dry.code, flat(dry.out)]).toEqual([0, expect.stringMatching(`would promise ${due} .*, last bank day 20`)]);
    expect((await hikeshi(env, args)).code).toBe(0);
    const { out } = await hikeshi(env, ['round', 'status', 'R2026']);
    expect(flat(out)).toMatch(new RegExp(`COMMITMENTS \\(1\\) o1 ${due} .*\\(committed, on track\\)`));
    expect((await status()).result).toMatchObject({ complete: true, phase: 'EVALUATED' });
  }, 120_000);

  test('has its files, under names of ours and never written over', async () => {
    const out = file('evidence');
    const args = ['inspection', 'evidence', 'o1', '--out', out];
    const { code, data } = await hikeshiJson<{ files: { file: string; written: boolean }[] }>(env, args);
    const ours = `${hash.slice('sha256:'.length)}.bin`;
    const listed = { hash, name: HOSTILE.name, mediaType: HOSTILE.mediaType, size: 2, items: [first] };
    expect([code, data.files]).toEqual([0, [{ ...listed, file: path.join(out, ours), written: true }]]);
    expect(readdirSync(out)).toEqual([ours]);
    expect(readFileSync(path.join(out, ours))).toEqual(HOSTILE.content);
    expect(existsSync('/tmp/hikeshi-hostile')).toBe(false);

    const again = await hikeshi(env, [...args, '--item', first]);
    expect([again.code, flat(again.out)]).toEqual([0, expect.stringContaining(`2 B ${HOSTILE.mediaType} ${first} ..`)]);
    expect(again.out).toContain('was there');
    expectHarmless(again.out);
    writeFileSync(path.join(out, ours), 'mine');
    const refused = await hikeshi(env, args);
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(/is there already and holds something else/),
    ]);
    expect(readFileSync(path.join(out, ours), 'utf8')).toBe('mine');
    // A link that somebody laid there leads nowhere.
    const trap = file('trap');
    mkdirSync(trap);
    symlinkSync(file('elsewhere'), path.join(trap, ours));
    expect((await hikeshi(env, ['inspection', 'evidence', 'o1', '--out', trap])).code).toBe(1);
    expect(existsSync(file('elsewhere'))).toBe(false);

    const c1 = await hikeshiJson<{ files: { items: string[]; file: string }[] }>(env, [
      ...['inspection', 'evidence', 'c1', '--out', out],
    ]);
    expect(c1.data.files).toMatchObject([{ file: expect.stringMatching(/[0-9a-f]{64}\.pdf$/) }]);
    expect(c1.data.files[0]!.items).toContain(first);
    const other = (await show('o1')).items.find(({ item }) => item !== first)!.item;
    const none = await hikeshi(env, ['inspection', 'evidence', 'o1', '--item', other, '--out', file('none')]);
    expect([none.code, none.out, existsSync(file('none'))]).toEqual([0, 'No file was handed in.\n', false]);
  }, 90_000);
});

describe('a risk', () => {
  const until = addDays(now().slice(0, 10), 30);
  const accept = (...more: string[]) => ['inspection', 'accept-risk', 'o1', ...more];
  let item: string;

  test('is accepted only with an end in sight, and by a role that may', async () => {
    ({ item } = (await show('o1')).items.find(
      (each) => each.class === 'mandatory' && each.result === 'NOT_IMPLEMENTED',
    )!);
    const ciso = as('ciso-1', 'Watched by hand until then');
    for (const [args, sentence] of [
      [['--items', item, ...ciso], /^Missing: --until/],
      [['--items', item, '--until', addDays(until, 400), ...ciso], /at most 366 days from now/],
      [['--items', 'no-such-item', '--until', until, ...ciso], /no failing mandatory item/],
      [['--items', item, '--until', until, ...as('pr-1')], /"pr-1" does not hold a role/],
    ] as const) {
      const { code, err } = await hikeshi(env, accept(...args));
      expect([code, err]).toEqual([1, expect.stringMatching(sentence)]);
    }
    const dry = await hikeshi(env, accept('--items', item, '--until', until, ...ciso, '--dry-run'));
    expect([dry.code, flat(dry.out)]).toEqual([
      0,
      expect.stringMatching(
        new RegExp(`${item} of ${O1} would be accepted until ${until}.*if a second person accepts`),
      ),
    ]);
    expect((await show('o1')).waitsFor).toEqual([]);
  }, 90_000);

  test('stands once a second person accepts it, with who, when and until when', async () => {
    const proposed = await hikeshiJson<{ digest: string; accept: string }>(
      env,
      accept('--items', item, '--until', until, ...as('ciso-1', 'Watched by hand until then')),
    );
    expect([proposed.code, proposed.data.accept]).toEqual([0, expect.stringContaining('--subject acceptRisk')]);
    const own = await hikeshi(env, [
      ...['decide', O1, '--subject', 'acceptRisk', '--verdict', 'accept', '--digest', proposed.data.digest],
      ...as('ciso-1'),
    ]);
    expect([own.code, (await show('o1')).risks]).toEqual([1, []]);
    await decide(O1, 'acceptRisk', 'accept', 'board-1');
    const { risks } = await show('o1');
    expect(risks).toMatchObject([{ items: [item], by: ['ciso-1', 'board-1'], ended: null }]);
    const { out } = await hikeshi(env, ['inspection', 'show', 'o1']);
    expect(flat(out)).toMatch(
      new RegExp(
        `ACCEPTED RISKS \\(1\\) ${item} accepted 20\\S+ \\S+ by ciso-1, board-1 until ${until} \\S+ \\(in \\d+ days`,
      ),
    );
    expect(out).not.toContain('Watched by hand');
    expectHarmless(out);
    const ja = (await hikeshi(env, ['inspection', 'show', 'o1', '--lang', 'ja'])).out;
    expect(ja).toContain('受容したリスク（1件）');
  }, 90_000);
});

describe('a mail that comes back', () => {
  /** What the outside world sends back to the newest mail to O1. */
  async function back(kind: 'bounce' | 'reply', body: object): Promise<string> {
    const url = world.simulator.url;
    const { mail } = (await (await fetch(`${url}/sim/mail`)).json()) as { mail: { id: number; to: string[] }[] };
    const { id } = mail.findLast(({ to }) => to.some((each) => each.includes('o1')))!;
    const response = await fetch(`${url}/sim/mail/${id}/${kind}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return ((await response.json()) as { raw: string }).raw;
  }

  test('as an answer is taken in once, and shown without what could move a terminal', async () => {
    writeFileSync(file('reply.eml'), await back('reply', { text: 'We ask for time.\u001b[2J' }));
    const take = () => hikeshiJson<{ repeated: boolean; taken: object }>(env, ['mail', 'take', file('reply.eml')]);
    const taken = { kind: 'reply', inspection: O1, automatic: false, told: true };
    expect(await take()).toMatchObject({ code: 0, data: { repeated: false, taken } });
    expect(await take()).toMatchObject({ code: 0, data: { repeated: true, taken } });
    const { out } = await hikeshi(env, ['mail', 'show', O1]);
    expect(out).toContain('We ask for time.');
    expect(out).not.toContain('\u001b');
    expect((await show('o1')).replies).toMatchObject([{ from: expect.stringContaining('o1'), automatic: false }]);
    const shown = await hikeshi(env, ['inspection', 'show', 'o1']);
    expect(flat(shown.out)).toMatch(/ANSWERS BY MAIL \(1\) 20.*npx hikeshi mail show providerInspection\/R2026\/o1/);
    expect(shown.out).not.toContain('We ask for time');
    expect((await hikeshi(env, ['mail', 'show', C1])).out).toMatch(/^No answer by mail to providerInspection/);
  }, 90_000);

  test('as a bounce, read from standard input, is told to its inspection and shown there', async () => {
    const bounce = await back('bounce', { status: '5.1.1' });
    const { code, out } = await hikeshi(env, ['mail', 'take', '-'], bounce);
    expect([code, out]).toEqual([0, expect.stringMatching(/^A mail to providerInspection\/R2026\/o1 came back/)]);
    await eventually('the bounce is known', async () => (await show('o1')).bounces.length === 1);
    const shown = await hikeshi(env, ['inspection', 'show', 'o1', '--lang', 'ja']);
    expect(shown.out).toContain('戻ってきたメール（1件）');
    const missing = await hikeshi(env, ['mail', 'take', file('nowhere.eml')]);
    expect([missing.code, missing.err]).toEqual([1, expect.stringMatching(/cannot be read \(ENOENT\)/)]);
  }, 90_000);
});

describe('the report', () => {
  const report = (name: string, ...more: string[]) =>
    hikeshi(env, ['round', 'report', 'R2026', '--out', file(name), ...more]);
  const bytes = (name: string) => readFileSync(file(name));
  let digest: string;

  test('of how it stands now is a draft', async () => {
    const { code, out } = await hikeshi(env, ['round', 'report', 'R2026', '--lang', 'ja']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^# 総点検\n\nサンプル銀行\n\n> \*\*案（未公表）\*\*/)]);
    expect(out).toContain('- 状況: **点検完了**');
    const pdf = await hikeshi(env, ['round', 'report', 'R2026', '--format', 'pdf']);
    expect([pdf.code, pdf.err]).toEqual([1, expect.stringMatching(/^A PDF needs a file/)]);
  }, 60_000);

  test('is proposed by one, shown by its digest, and released by another', async () => {
    const args = ['round', 'report-propose', 'R2026', '--by', 'provider-manager-1'];
    expect((await hikeshi(env, [...args, '--dry-run'])).out).toMatch(/as it stands would be proposed/);
    expect((await status()).reports).toEqual([]);
    digest = (await hikeshiJson<{ digest: string }>(env, args)).data.digest;
    expect((await report('proposed.md', '--digest', digest)).out).toMatch(/marked as a draft/);
    expect(bytes('proposed.md').toString()).toContain('This is proposed for publication.');
    const released = await hikeshi(env, ['round', 'publish', 'R2026', ...as('commander-1'), '--digest', digest]);
    expect([released.code, released.err]).toEqual([0, '']);
    expect((await status()).reports).toMatchObject([{ digest, release: { kind: 'published', slipDays: 0 } }]);
  }, 60_000);

  test('that was published stays the same byte by byte in every format, whatever happens to the units', async () => {
    const formats = ['md', 'html', 'csv', 'pdf'];
    for (const format of formats) expect((await report(`first.${format}`, '--digest', digest)).code).toBe(0);
    expect(bytes('first.pdf').subarray(0, 5).toString()).toBe('%PDF-');
    expect(bytes('first.md').toString()).toMatch(/- Published: .* \(on target\)/);
    expect(bytes('first.md').toString()).not.toContain('Draft');

    const reopened = ['inspection', 'reopen', 'c1', ...as('compliance-1', 'New cases at this provider')];
    expect((await hikeshi(env, [...reopened, '--dry-run'])).out).toMatch(/The result SATISFIED .* would be taken back/);
    expect((await hikeshi(env, reopened)).code).toBe(0);
    await eventually('the round follows', async () => (await status()).result.incomplete.includes('c1'));

    for (const format of formats) {
      await report(`second.${format}`, '--digest', digest);
      expect([format, bytes(`second.${format}`).equals(bytes(`first.${format}`))]).toEqual([format, true]);
    }
    await report('now.md');
    expect(bytes('now.md').toString()).toContain('incomplete (1 unit)');
  }, 120_000);

  test('of an unknown digest names those that there are; one that was changed from outside is not passed on', async () => {
    const unknown = await hikeshi(env, ['round', 'report', 'R2026', '--digest', 'f'.repeat(32)]);
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining(`There are: ${digest}.`)]);
    const { db } = world.store;
    const write = (to: boolean) =>
      sql`update round_report set content = jsonb_set(content, '{complete}', ${JSON.stringify(to)}::jsonb) where digest = ${digest}`;
    await expect(write(false).execute(db)).rejects.toThrow(/rows of round_report never change/);
    // Whoever owns the database can still do it.
    const change = (to: boolean) =>
      db.transaction().execute(async (trx) => {
        await sql`alter table round_report disable trigger round_report_append_only`.execute(trx);
        await write(to).execute(trx);
        await sql`alter table round_report enable trigger round_report_append_only`.execute(trx);
      });
    await change(false);
    const changed = await hikeshi(env, ['round', 'report', 'R2026', '--digest', digest]);
    await change(true);
    expect([changed.code, changed.err]).toEqual([1, expect.stringMatching(/no longer what was proposed/)]);
  }, 60_000);

  test('is marked 再現・訓練 in a drill', async () => {
    const mode = (value: string) =>
      world.store.db
        .insertInto('setting')
        .values({ name: 'mode', value })
        .onConflict((c) => c.column('name').doUpdateSet({ value }))
        .execute();
    await mode('drill');
    const { out } = await hikeshi(env, ['round', 'report', 'R2026', '--digest', digest, '--lang', 'ja']);
    const standing = await hikeshi(env, ['round', 'status', 'R2026']);
    await mode('live');
    expect(out).toContain('> **再現・訓練**');
    expect(standing.out).toContain('再現・訓練 DRILL');
  }, 60_000);
});

test('a link is issued, opens the unit’s page, and opens nothing once it is revoked', async () => {
  const issue = [
    'inspection',
    'link',
    'issue',
    'R2026/c1',
    ...as('provider-manager-1', 'Their mail server refuses us'),
  ];
  const barred = await hikeshi(env, ['inspection', 'link', 'issue', 'c1', ...as('pr-1')]);
  expect([barred.code, barred.err]).toEqual([1, expect.stringMatching(/"pr-1" does not hold a role/)]);
  const { data } = await hikeshiJson<{ url: string; id: string }>(env, issue);
  expect((await fetch(data.url)).status).toBe(200);
  const listed = await hikeshi(env, ['inspection', 'link', 'list', 'c1']);
  expect(listed.out).toContain(data.id);
  // The secret is shown once, and never again.
  expect(listed.out).not.toContain(data.url.split('/').at(-1));

  const revoke = ['inspection', 'link', 'revoke', 'c1', '--id', data.id, ...as('duty-1', 'It was forwarded')];
  expect((await hikeshi(env, [...revoke, '--dry-run'])).code).toBe(0);
  expect((await fetch(data.url)).status).toBe(200);
  expect((await hikeshiJson<{ revoked: string[] }>(env, revoke)).data.revoked).toEqual([data.id]);
  expect((await fetch(data.url)).status).toBe(410);
  expect((await hikeshiJson<{ revoked: string[] }>(env, revoke)).data.revoked).toEqual([]);
  const lines = await world.store.db
    .selectFrom('timeline')
    .select(['kind', 'content'])
    .where('workflow_id', '=', `accessLink/${data.id}`)
    .orderBy('sequence')
    .execute();
  expect(lines).toMatchObject([
    { kind: 'linkIssued', content: { by: 'provider-manager-1' } },
    { kind: 'linkRevoked', content: { by: 'duty-1', reason: 'It was forwarded' } },
  ]);
}, 60_000);

test('a reported round is closed; what has no result goes on', async () => {
  const { waitsFor } = await status();
  const digest = waitsFor.find(({ subject }) => subject === 'close')!.digest;
  const closed = await hikeshi(env, ['round', 'close', 'R2026', ...as('commander-1'), '--digest', digest]);
  expect([closed.code, closed.err]).toEqual([0, '']);
  await phaseIs('providerInspection/R2026/n1', 'CLOSED');
  expect((await status()).result).toMatchObject({ phase: 'CLOSED', incomplete: ['c1'] });
  const { out } = await hikeshi(env, ['inspection', 'show', 'R2026/c1', '--lang', 'ja']);
  expect(out).toMatch(/providerInspection\/R2026\/c1 {3}UNDER_EVALUATION/);
}, 60_000);

test('a result that its round closed is reopened by the second line', async () => {
  const N1 = 'providerInspection/R2026/n1';
  const reopen = (by: string) => hikeshi(env, ['inspection', 'reopen', 'n1', ...as(by, 'It charges now')]);
  const refused = await reopen('evaluator-1');
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/"evaluator-1" does not hold a role/)]);
  const { code, out } = await reopen('compliance-1');
  expect([code, out]).toEqual([0, expect.stringContaining(`${N1} is open again (SCOPED)`)]);
  // It goes on: what it asks is answered.
  await decide(N1, 'notApplicable', 'confirm', 'compliance-1');
  await eventually('and closes again', async () => (await show('n1')).inspection.phase === 'CLOSED');
}, 90_000);

test('a newer framework leaves a gap list; the command names its review, and how to decide it', async () => {
  const { db } = world.store;
  const documents = await currentDocuments(db);
  const starter = documents.frameworks['starter-2020']!;
  const { appliesIf: _always, askIf: _ever, ...item } = { ...starter.items[0]!, id: 'asked-later' };
  const newer = { ...starter, version: '第2版', items: [...starter.items, item] };
  await publishDocuments(db, { ...documents, frameworks: { ...documents.frameworks, [newer.id]: newer } }, now());
  const workflowId = `gapReview/starter-2020/${encodeURIComponent('第2版')}`;
  const gaps = () =>
    hikeshiJson<{ gaps: object[]; reviews: { workflowId: string; stage?: string; command?: string }[] }>(env, [
      'framework',
      'gaps',
    ]);
  expect((await gaps()).data.reviews).toEqual([{ workflowId, standing: expect.anything() }]);

  // A worker goes on for a quarter of a second with documents that were current a moment ago.
  await sleep(300);
  await (await world.operator.start('guardSweep', 'guardSweep', { v: 1 })).result();
  await world.operator.stage(workflowId, 'REVIEWING');
  const { data } = await gaps();
  expect(data.reviews).toMatchObject([{ workflowId, stage: 'REVIEWING' }]);
  const { command } = data.reviews[0]!;
  expect(command).toMatch(/decide gapReview\/starter-2020\/\S+ --subject gapList --verdict 'askAgain\|keep'/);
  expect((await hikeshi(env, ['framework', 'gaps', '--lang', 'ja'])).out).toContain(command);
  const tasks = await hikeshiJson<{ tasks: { workflowId: string; command: string }[] }>(env, ['tasks']);
  expect(tasks.data.tasks.find((task) => task.workflowId === workflowId)).toMatchObject({ command });
  const known = await hikeshiJson<{ known: { decisions: { workflowId: string; mayDecide: object }[] } }>(env, [
    'status',
  ]);
  expect(known.data.known.decisions.find((waits) => waits.workflowId === workflowId)).toMatchObject({
    mayDecide: { askAgain: ['ciso-1', 'compliance-1'], keep: ['ciso-1', 'compliance-1'] },
  });
  for (const by of ['ciso-1', 'compliance-1']) await world.operator.decide(workflowId, 'gapList', 'keep', by);
  await world.operator.stage(workflowId, 'REVIEWED');
  expect((await gaps()).data.reviews).toEqual([{ workflowId, stage: 'REVIEWED', standing: expect.anything() }]);
}, 60_000);

test.each<[string, string[], RegExp]>([
  ['a round of another form', ['round', 'status', 'next round'], /^The round must be its code, for example R2020/],
  ['an unknown round', ['round', 'report', 'R1999'], /holds no round R1999\. Name one of: R2026/],
  ['an unknown unit', ['inspection', 'show', 'R2026/x9'], /The round R2026 has no unit x9\. Name one of: c1, n1, o1/],
  ['a unit of no round', ['inspection', 'show', 'x9'], /^No round has a unit x9/],
  ['a unit of another form', ['inspection', 'show', 'A B'], /^The unit must be named as R2020\/c1/],
  ['an unknown item', ['inspection', 'show', 'c1', '--item', 'x'], /is not asked such an item\. It has: /],
  ['no file', ['inspection', 'evaluate', 'c1'], /^Missing: --file/],
  [
    'a file that is not there',
    ['inspection', 'import', 'c1', '/nowhere.csv', '--by', 'x'],
    /cannot be read \(ENOENT\)/,
  ],
  ['no name', ['inspection', 'link', 'revoke', 'c1'], /^Missing: --by, --reason/],
  ['a plan without a day', ['round', 'plan', 'R2', ...as('provider-manager-1')], /^Missing: --target, --title-ja/],
  [
    'a date word that nobody knows',
    [...PLAN.map((word) => (word === 'R2026' ? 'R2' : word)), '--target', 'soon', '--dry-run'],
    /\./,
  ],
])('%s is refused in one sentence', async (_what, args, sentence) => {
  const { code, err } = await hikeshi(env, args);
  expect([code, err]).toEqual([1, expect.stringMatching(sentence)]);
  expect(err.trim().split('\n')).toHaveLength(1);
});
