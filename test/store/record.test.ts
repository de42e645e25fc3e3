import { instant, plus } from '../../src/domain/instant.js';
import type { Row } from '../../src/domain/transition.js';
import { ensurePostgres, type Postgres } from '../../src/stack/postgres.js';
import { migrate } from '../../src/store/migrate.js';
import { openStore, type Store } from '../../src/store/open.js';
import { record, type Recording } from '../../src/store/record.js';
import { cleanUp, silent, stateFolder } from '../stack/support.js';

const NOW = instant(Date.parse('2020-09-16T01:00:00Z'));
const hold: Row = { do: 'placeHold', target: 'mijica-web', measure: 'suspend' };
let postgres: Postgres;
let store: Store;

beforeAll(async () => {
  const stateDir = stateFolder();
  postgres = await ensurePostgres({ stateDir, port: 0, database: 'hikeshi', log: silent, settings: { fsync: 'off' } });
  store = openStore(postgres.url, { max: 4 });
  await migrate(store.db);
}, 90_000);

afterAll(async () => {
  await store?.close();
  await postgres?.stop();
  await cleanUp();
});

let stories = 0;
/** A workflow of the test's own. */
const story = () => `suspension/B/story-${++stories}`;

interface Line {
  readonly kind: string;
  readonly rows?: readonly Row[];
}

/** The lines of a workflow from this number on, as it would record them. */
function lines(workflowId: string, first: number, ...those: Line[]): Recording {
  const sequence = first + those.length - 1;
  return {
    workflowId,
    job: 'suspension',
    incident: 'B',
    stage: `AFTER_${sequence}`,
    closed: false,
    needsHuman: false,
    state: { told: those.map(({ kind }) => kind) },
    sequence,
    transitions: those.map(({ kind, rows = [] }, index) => ({
      entity: workflowId,
      kind,
      effectiveAt: NOW,
      content: { kind },
      rows,
      sequence: first + index,
      recordedAt: NOW,
    })),
  };
}

/** Everything that the register holds of a workflow. */
async function held(workflowId: string) {
  const of = (table: 'timeline' | 'job' | 'hold' | 'task', order: string) =>
    store.pool
      .query<Record<string, unknown>>(`select * from ${table} where workflow_id = $1 order by ${order}`, [workflowId])
      .then(({ rows }) => rows);
  const [timeline, job, holds, tasks] = [
    await of('timeline', 'sequence'),
    await of('job', 'job'),
    await of('hold', 'target'),
    await of('task', 'id'),
  ];
  return { timeline, job, holds, tasks };
}

const kinds = async (workflowId: string) => (await held(workflowId)).timeline.map(({ kind }) => kind);

test('lines, what they bring and the state are in the register together', async () => {
  const id = story();
  expect(await record(store, lines(id, 1, { kind: 'proposed' }, { kind: 'ordered', rows: [hold] }))).toEqual({
    kind: 'recorded',
  });
  expect(await held(id)).toMatchObject({
    timeline: [
      { sequence: 1, kind: 'proposed', effective_at: NOW, recorded_at: NOW },
      { sequence: 2, kind: 'ordered' },
    ],
    job: [{ stage: 'AFTER_2', sequence: 2, state: { told: ['proposed', 'ordered'] } }],
    holds: [{ target: 'mijica-web', placed_sequence: 2, released_at: null }],
  });
});

test('the same lines again, known a moment later, are a retry and change nothing', async () => {
  const id = story();
  const first = lines(id, 1, { kind: 'proposed' }, { kind: 'ordered', rows: [hold] });
  await record(store, first, 'run-1');
  const before = await held(id);
  const again = {
    ...first,
    transitions: first.transitions.map((line) => ({ ...line, recordedAt: plus(NOW, 60_000) })),
  };
  expect(await record(store, again, 'run-2')).toEqual({ kind: 'recorded' });
  expect(await held(id)).toEqual(before);
});

test('of lines that the register knows in part, the rest is written', async () => {
  const id = story();
  await record(store, lines(id, 1, { kind: 'proposed' }));
  await record(store, lines(id, 1, { kind: 'proposed' }, { kind: 'ordered', rows: [hold] }));
  expect(await held(id)).toMatchObject({
    timeline: [{ kind: 'proposed' }, { kind: 'ordered' }],
    job: [{ sequence: 2 }],
    holds: [{ placed_sequence: 2 }],
  });
});

test('another line under a known number is another story: nothing of it is written, and a person is asked once', async () => {
  const id = story();
  await record(store, lines(id, 1, { kind: 'proposed' }, { kind: 'refused' }), 'run-1');
  const before = await held(id);
  // The first line is the same; what follows would stop a function.
  const other = lines(id, 1, { kind: 'proposed' }, { kind: 'ordered', rows: [hold] }, { kind: 'verified' });
  for (let time = 1; time <= 2; time++)
    expect(await record(store, other, 'run-2')).toEqual({ kind: 'diverged', sequence: 2 });
  const { tasks, ...rest } = await held(id);
  expect(rest).toEqual({ timeline: before.timeline, job: before.job, holds: [] });
  expect(tasks).toMatchObject([{ subject: 'reconcile', roles: ['dutyOfficer'], call: true, closed_at: null }]);
});

test('a run that finds another line of its own is behind: nothing is written, and nobody is asked', async () => {
  const id = story();
  await record(store, lines(id, 1, { kind: 'proposed' }, { kind: 'approved' }), 'run-1');
  const before = await held(id);
  expect(await record(store, lines(id, 2, { kind: 'expired' }), 'run-1')).toEqual({ kind: 'behind' });
  expect(await held(id)).toEqual(before);
});

test('a line whose predecessor is missing, as after a restore, is not written', async () => {
  const id = story();
  await record(store, lines(id, 1, { kind: 'proposed' }));
  const before = await held(id);
  expect(await record(store, lines(id, 3, { kind: 'ordered', rows: [hold] }))).toEqual({
    kind: 'diverged',
    sequence: 3,
  });
  const { tasks, ...rest } = await held(id);
  expect(rest).toEqual({ timeline: before.timeline, job: before.job, holds: [] });
  expect(tasks).toHaveLength(1);
});

test('lines of which one cannot be written leave nothing behind', async () => {
  const id = story();
  await record(store, lines(id, 1, { kind: 'ordered', rows: [hold] }));
  const before = await held(id);
  // The function is held by this workflow already.
  const twice = lines(id, 2, { kind: 'approved' }, { kind: 'ordered', rows: [hold] });
  await expect(record(store, twice)).rejects.toThrow('hold_open');
  expect(await held(id)).toEqual(before);
});

test('two at once with the same lines write them once', async () => {
  const id = story();
  const same = lines(id, 1, { kind: 'proposed' }, { kind: 'ordered', rows: [hold] });
  const both = await Promise.all([record(store, same, 'run-1'), record(store, same, 'run-2')]);
  expect(both).toEqual([{ kind: 'recorded' }, { kind: 'recorded' }]);
  expect(await held(id)).toMatchObject({ timeline: [{ sequence: 1 }, { sequence: 2 }], holds: [{}], tasks: [] });
});

test('of two at once with different stories one is written, and the other finds it', async () => {
  const id = story();
  const both = await Promise.all([
    record(store, lines(id, 1, { kind: 'approved' }), 'run-1'),
    record(store, lines(id, 1, { kind: 'expired' }), 'run-2'),
  ]);
  expect(both.map(({ kind }) => kind).sort()).toEqual(['diverged', 'recorded']);
  expect(await kinds(id)).toEqual([both[0].kind === 'recorded' ? 'approved' : 'expired']);
});

test('what a later recording brings does not turn the state back', async () => {
  const id = story();
  await record(store, lines(id, 1, { kind: 'proposed' }));
  await record(store, lines(id, 2, { kind: 'approved' }));
  // A retry of the first, after a lost answer.
  await record(store, lines(id, 1, { kind: 'proposed' }));
  expect((await held(id)).job).toMatchObject([{ stage: 'AFTER_2', sequence: 2 }]);
});

describe('a register that an older build left', () => {
  let older: Store;
  beforeAll(async () => {
    await store.pool.query('create database older');
    older = openStore(Object.assign(new URL(postgres.url), { pathname: '/older' }).href, { max: 2 });
    await migrate(older.db, '0003_timeline_run');
  }, 60_000);
  afterAll(() => older?.close());

  test('keeps the stop that it holds, and takes the next line of it', async () => {
    const id = 'suspension/B/older';
    const { rows } = await older.pool.query(`select 1 from information_schema.tables where table_name = 'round'`);
    expect(rows).toEqual([]);
    await older.pool.query(`
      insert into job values ('${id}', 'suspension', 'B', 'IN_FORCE', false, false, null, 3, '{"v":1}', '${NOW}');
      insert into timeline (workflow_id, sequence, entity, kind, incident, effective_at, recorded_at, content, hash, run_id) values
        ('${id}', 1, '${id}', 'proposed', 'B', '${NOW}', '${NOW}', '{}', 'h1', 'run-1'),
        ('${id}', 2, '${id}', 'ordered', 'B', '${NOW}', '${NOW}', '{}', 'h2', 'run-1'),
        ('${id}', 3, '${id}#mijica-web', 'verified', 'B', '${NOW}', '${NOW}', '{"readBack":"SUSPENDED"}', 'h3', 'run-1');
      insert into hold values ('${id}', 'mijica-web', 2, 'suspend', null, 'finish', '${NOW}', null);
      insert into function_order values ('mijica-web', 1, 'SUSPENDED', null, 'confirmed', '${NOW}', '${NOW}', null, '${NOW}');
      insert into function_state values ('mijica-web', '${NOW}', 1, 'SUSPENDED');
      insert into duty values ('${id}#2.1', '${id}', 'B', 'customerNotice', 'customerService', '${NOW}', '${NOW}', 'a day', null, null);
      insert into decision values ('${id}', 2, 'approve', 'approve', 'commander-1', 'incidentCommander', 'Yes', 'd', false, '${NOW}', 'r1', 't1');
      insert into loss values ('B', 'mijica-web', 'case-1', 1, '${NOW}', '${NOW}', '${NOW}');`);
    const tables = ['job', 'timeline', 'hold', 'function_order', 'function_state', 'duty', 'decision', 'loss'];
    const all = async () => {
      const found: Record<string, unknown[]> = {};
      for (const table of tables) found[table] = (await older.pool.query(`select * from ${table}`)).rows;
      return found;
    };
    const before = await all();
    await migrate(older.db);
    // A later build may add columns; what was written stays as it was.
    expect(await all()).toMatchObject(before);

    const next = lines(id, 4, { kind: 'liftProposed', rows: [{ do: 'releaseHold', target: 'mijica-web' }] });
    expect(await record(older, next, 'run-2')).toEqual({ kind: 'recorded' });
    const { rows: open } = await older.pool.query('select 1 from hold where released_at is null');
    expect(open).toEqual([]);
    await migrate(older.db);
    expect((await older.pool.query('select 1 from timeline')).rowCount).toBe(4);
  });
});
