import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_ROOT } from '../../src/config.js';
import { instant } from '../../src/domain/instant.js';
import { Refusal } from '../../src/domain/refusal.js';
import type { Sentence } from '../../src/domain/sentence.js';
import { ensurePostgres, type Postgres } from '../../src/stack/postgres.js';
import {
  currentDocuments,
  documentOf,
  publishDocuments,
  readPlaybook,
  versionsOf,
  type AllDocuments,
} from '../../src/store/documents.js';
import { migrate } from '../../src/store/migrate.js';
import { openStore, type Store } from '../../src/store/open.js';
import { expectComplete } from '../domain/support.js';
import { cleanUp, silent, stateFolder } from '../stack/support.js';

const EXAMPLE = path.join(PROJECT_ROOT, 'playbooks', 'example');
const NOW = instant(Date.parse('2020-09-24T00:00:00Z'));
let postgres: Postgres;
let store: Store;
let example: AllDocuments;

beforeAll(async () => {
  const stateDir = stateFolder();
  postgres = await ensurePostgres({ stateDir, port: 0, database: 'hikeshi', log: silent, settings: { fsync: 'off' } });
  store = openStore(postgres.url, { max: 2 });
  await migrate(store.db);
  example = await readPlaybook(EXAMPLE);
}, 90_000);

afterAll(async () => {
  await store?.close();
  await postgres?.stop();
  await cleanUp();
});

/** Current documents, older than the moment that a process may go on with them. */
async function current(): Promise<AllDocuments> {
  await sleep(300);
  return currentDocuments(store.db);
}

async function refusalOf(work: () => Promise<unknown>): Promise<Sentence> {
  const error: unknown = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refusal)) throw error instanceof Error ? error : new Error('it was not refused');
  expectComplete(error.sentence);
  return error.sentence;
}

const starterOf = (documents: AllDocuments) => documents.frameworks['starter-2020']!;
const withStarter = (documents: AllDocuments, change: object): AllDocuments => ({
  ...documents,
  frameworks: { ...documents.frameworks, 'starter-2020': { ...starterOf(documents), ...change } },
});

/** A copy of the example playbook, changed by the test. */
function copied(change: (folder: string) => void): string {
  const folder = path.join(stateFolder(), 'playbook');
  fs.cpSync(EXAMPLE, folder, { recursive: true });
  change(folder);
  return folder;
}

test('a playbook brings the frameworks and calendars of the project, and its units', () => {
  expect(Object.keys(example.frameworks)).toContain('starter-2020');
  expect(Object.keys(example.calendars).sort()).toEqual(['japan-bank', 'japan-government']);
  expect(example.providers?.units.map(({ id }) => id)).toEqual(['c1', 'o1', 'n1']);
});

test('what is published is current, family by family, as it was read', async () => {
  await publishDocuments(store.db, example, NOW);
  expect(await current()).toEqual(example);
});

test('a version of a framework once stored never changes', async () => {
  await publishDocuments(store.db, example, NOW);
  const sentence = await refusalOf(() =>
    publishDocuments(store.db, withStarter(example, { title: { ja: '別', en: 'Other' } }), NOW),
  );
  expect(sentence.en).toContain('framework/starter-2020');
  expect(starterOf(await current())).toEqual(starterOf(example));
});

test('a text of a mail is published like any document: changed words need a version of their own', async () => {
  await publishDocuments(store.db, example, NOW);
  const request = example.notices['inspection-request.ja']!;
  const texts = (change: object) => ({
    ...example,
    notices: { ...example.notices, 'inspection-request.ja': { ...request, ...change } },
  });
  const sentence = await refusalOf(() => publishDocuments(store.db, texts({ body: 'Other words' }), NOW));
  expect(sentence.en).toContain('notice/inspection-request.ja');
  expect((await current()).notices['inspection-request.ja']).toEqual(request);
  await publishDocuments(store.db, texts({ body: 'Other words', version: 'own-1' }), NOW);
  expect((await current()).notices['inspection-request.ja']).toMatchObject({ body: 'Other words', version: 'own-1' });
  expect(await documentOf(store.db, 'notice/inspection-request.ja', request.version)).toEqual(request);
});

test.each([
  ['document', `'k', '1', '{}', 'hash-k', now()`, `content = '{"a":1}'`],
  ['evidence', `'sha256:0', 1, 'x', now()`, `content = 'y'`],
  ['evidence_of', `'providerInspection/R1/c1', 'sha256:0', 'a.pdf', 'application/pdf', now()`, `name = 'b.pdf'`],
  ['round_report', `'inspectionRound/R1', 'digest', '{}', now()`, `content = '{"a":1}'`],
  [
    'submission',
    `'c1-0000001', 'providerInspection/R1/c1', 1, 'page', 'c1', '{}', 'hash', false, now(), null, null`,
    `content = '{"a":1}'`,
  ],
])('what stands in %s cannot be changed or taken out, by whatever way', async (table, row, change) => {
  const { pool } = store;
  await pool.query(`insert into ${table} values (${row})`);
  const all = async () => (await pool.query(`select * from ${table} order by 1, 2`)).rows as object[];
  const before = await all();
  for (const statement of [`update ${table} set ${change}`, `delete from ${table}`, `truncate ${table} cascade`])
    await expect(pool.query(statement)).rejects.toThrow(/never change: add a newer one/);
  expect(await all()).toEqual(before);
});

test('that a workflow was told of a submission is noted; when it came in and what it says are not changed', async () => {
  const { pool } = store;
  await pool.query(
    `insert into submission values ('c1-0000002', 'providerInspection/R1/c1', 2, 'page', 'c1', '{}', 'hash', false, now(), null, null)`,
  );
  await pool.query(`update submission set taken_at = now(), unheard_at = now() where id = 'c1-0000002'`);
  for (const change of [`late = true`, `received_at = now()`, `by = 'x'`, `hash = 'x', taken_at = now()`])
    await expect(pool.query(`update submission set ${change}`)).rejects.toThrow(/rows of submission never change/);
});

test('a newer version becomes current, and the older one stays readable', async () => {
  await publishDocuments(store.db, example, NOW);
  const title = { ja: '第2版', en: 'Second' };
  const later = instant(Date.parse(NOW) + 1);
  await publishDocuments(store.db, withStarter(example, { version: '2', title }), later);
  expect(starterOf(await current()).title).toEqual(title);
  expect(await versionsOf(store.db, 'framework/starter-2020')).toEqual(['1', '2']);
  expect(await documentOf(store.db, 'framework/starter-2020', '1')).toEqual(starterOf(example));
  expect((await documentOf(store.db, 'framework/starter-2020', '2')).title).toEqual(title);
});

test('an unknown version is refused with those that there are', async () => {
  await publishDocuments(store.db, example, NOW);
  const sentence = await refusalOf(() => documentOf(store.db, 'framework/starter-2020', '9'));
  expect(sentence.en).toMatch(/Name one of: 1/);
  await refusalOf(() => documentOf(store.db, 'framework/nobody', '1'));
});

test('a playbook without units and own frameworks takes them out of what is current, and loses no version', async () => {
  const own = { ...starterOf(example), id: 'own', version: '1' };
  await publishDocuments(store.db, { ...example, frameworks: { ...example.frameworks, own } }, NOW);
  const { providers: _, ...rest } = example;
  await publishDocuments(store.db, rest, NOW);
  const now = await current();
  expect(now.providers).toBeUndefined();
  expect(Object.keys(now.frameworks)).toEqual(['starter-2020']);
  expect(await documentOf(store.db, 'framework/own', '1')).toEqual(own);
});

test('documents of a kind that this build does not know disturb nobody, and stay', async () => {
  await publishDocuments(store.db, example, NOW);
  await store.pool.query(`insert into document values ('prophecy/x', '1', '{"a":1}', 'hash-of-x', now())`);
  await store.pool.query(`insert into current_document values ('prophecy/x', '1')`);
  expect(await current()).toEqual(example);
  await publishDocuments(store.db, example, NOW);
  const { rowCount } = await store.pool.query(`select 1 from current_document where kind = 'prophecy/x'`);
  expect(rowCount).toBe(1);
});

test('a service map without a function that a suspension looks after is refused, and nothing is published', async () => {
  await publishDocuments(store.db, example, NOW);
  const { services } = example;
  const without = (gone: string) => ({
    ...services,
    version: `without-${gone}`,
    services: services.services.map((service) => ({
      ...service,
      functions: service.functions.filter(({ id }) => id !== gone),
    })),
  });
  await store.pool.query(
    `insert into hold values ('suspension/B/held', 'link-c1', 1, 'suspend', null, null, now(), null)`,
  );
  await store.pool.query(
    `insert into job values ('suspension/B/watched', 'suspension', 'B', 'WATCHED', false, false, null, 1, '{"targets":{"link-c2":{}}}', now())`,
  );
  for (const gone of ['link-c1', 'link-c2']) {
    const sentence = await refusalOf(() => publishDocuments(store.db, { ...example, services: without(gone) }, NOW));
    expect(sentence.en).toContain(gone);
    expect((await current()).services.version).toBe(services.version);
  }
  await store.pool.query(`update hold set released_at = now()`);
  await store.pool.query(`update job set closed = true`);
  await publishDocuments(store.db, { ...example, services: without('link-c1') }, NOW);
  expect((await current()).services.version).toBe('without-link-c1');
});

describe('the folder of a playbook', () => {
  test('without frameworks, calendars and units of its own still loads', async () => {
    const folder = copied((its) => fs.rmSync(path.join(its, 'providers.yaml')));
    const documents = await readPlaybook(folder);
    expect(documents.providers).toBeUndefined();
    expect('providers' in documents).toBe(false);
    expect(documents.frameworks).toEqual(example.frameworks);
  });

  test('may bring its own version of a framework that the project ships', async () => {
    const folder = copied((its) => {
      fs.mkdirSync(path.join(its, 'frameworks'));
      const text = fs.readFileSync(path.join(PROJECT_ROOT, 'frameworks', 'starter-2020.yaml'), 'utf8');
      fs.writeFileSync(
        path.join(its, 'frameworks', 'starter-2020.yaml'),
        text.replace("version: '1'", "version: 'own-1'"),
      );
    });
    expect(starterOf(await readPlaybook(folder)).version).toBe('own-1');
  });

  test.each<[string, string, string]>([
    ['a framework under another name', 'other.yaml', 'starter-2020.yaml'],
    ['a framework that is none', 'broken.yaml', 'broken.yaml'],
  ])('with %s is refused, naming the file', async (_, name, named) => {
    const folder = copied((its) => {
      fs.mkdirSync(path.join(its, 'frameworks'));
      const text = fs.readFileSync(path.join(PROJECT_ROOT, 'frameworks', 'starter-2020.yaml'), 'utf8');
      fs.writeFileSync(path.join(its, 'frameworks', name), name === 'broken.yaml' ? 'id: broken\n' : text);
    });
    const error: unknown = await readPlaybook(folder).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).sentence.en).toContain(named);
    expect((error as Refusal).sentence.en).toContain(name);
  });
});
