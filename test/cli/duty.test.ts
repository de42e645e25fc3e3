import { sql } from 'kysely';
import type { DutyReceipt, OwedDuty } from '../../src/domain/duty.js';
import { instant } from '../../src/domain/instant.js';
import { oneCloser } from '../../src/store/duties.js';
import { eventually } from '../support/liveOperator.js';
import { openLiveWorld, type LiveWorld } from '../support/liveWorld.js';
import { bareEnvironment, hikeshi, hikeshiJson } from './support.js';

/** Duties from the command line, against a real server, register and worker. */
let world: LiveWorld;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  world = await openLiveWorld({ name: 'duty' });
  const { connectionString } = world.store.pool.options as { connectionString: string };
  env = bareEnvironment(world.stateDir, {
    DATABASE_URL: connectionString,
    TEMPORAL_ADDRESS: world.temporalAddress,
    TEMPORAL_NAMESPACE: world.namespace,
  });
  await world.startWorker();
  world.operator.incident = 'D';
}, 120_000);

afterAll(() => world?.close());

const list = async (...more: string[]) =>
  (await hikeshiJson<{ duties: OwedDuty[] }>(env, ['duty', 'list', ...more])).data.duties;
const close = (id: string, by: string, ...more: string[]) => [
  'duty',
  'close',
  id,
  ...['--by', by, '--reason', 'The notice went out', ...more],
];
const idOf = async (workflowId: string, duty: string) =>
  (await list('--all')).find((each) => each.workflowId === workflowId && each.duty === duty)!.id;
const lines = (id: string) =>
  world.store.db
    .selectFrom('timeline')
    .select(['workflow_id', 'sequence', 'incident', 'content'])
    .where('entity', '=', `duty/${id}`)
    .where('kind', '=', 'dutyClosed')
    .execute();

test('the list shows what a stop opened, with ids, and is narrowed by role and incident', async () => {
  await world.operator.suspend('running', ['mijica-transfer'], { emergency: true });
  await world.operator.stage('suspension/D/running', 'EMERGENCY_IN_FORCE');
  expect(await list()).toHaveLength(6);
  expect((await list('--role', 'pr')).map(({ duty }) => duty)).toEqual(['disclosureDecision']);
  expect(await list('--incident', 'E')).toEqual([]);
  const { out } = await hikeshi(env, ['duty', 'list']);
  expect(out).toMatch(/notice to customers +head of customer service +suspension\/D\/running#\d+\.\d+/);
  expect(out).toMatch(/npx hikeshi duty close 'suspension\/D\/running#\d+\.\d+' --by YOUR-ID --reason WHY/);
}, 60_000);

test('the dry run says what would be recorded, refuses another role, and records nothing', async () => {
  const id = await idOf('suspension/D/running', 'customerNotice');
  const { code, out } = await hikeshi(env, close(id, 'customer-service-1', '--dry-run'));
  expect([code, out]).toEqual([0, expect.stringMatching(/DRY RUN[\s\S]*would be closed by customer-service-1/)]);
  const { code: no, err } = await hikeshi(env, close(id, 'pr-1', '--dry-run'));
  expect([no, err]).toEqual([1, expect.stringMatching(/"pr-1" does not hold a role/)]);
  expect(await lines(id)).toEqual([]);
  expect(await list()).toHaveLength(6);
}, 60_000);

test('the owner closes it as a transition of its stop; nobody else can; the second time it shows the first receipt', async () => {
  const id = await idOf('suspension/D/running', 'customerNotice');
  const wrong = await hikeshi(env, close(id, 'commander-1'));
  expect([wrong.code, wrong.err]).toEqual([
    1,
    expect.stringMatching(/"commander-1" does not hold a role .*customer-service-1/),
  ]);
  const { data } = await hikeshiJson<{ receipt: DutyReceipt }>(env, close(id, 'customer-service-1'));
  expect(data.receipt).toMatchObject({ duty: id, by: 'customer-service-1', late: false });
  expect(await lines(id)).toMatchObject([{ workflow_id: 'suspension/D/running' }]);

  const again = await hikeshiJson<{ receipt: DutyReceipt }>(env, close(id, 'pr-1'));
  expect([again.code, again.data.receipt]).toEqual([0, data.receipt]);
  expect(await lines(id)).toHaveLength(1);
  expect(await list()).toHaveLength(5);
  expect((await hikeshi(env, ['duty', 'list', '--all'])).out).toMatch(/closed \d{4}-.* notice to customers/);
}, 60_000);

test('a duty that has outlived its stop is closed under a key of its own, once, without a workflow; late is recorded as late', async () => {
  const workflow = 'suspension/D/reversed';
  await world.operator.suspend('reversed', ['mijica-web'], { emergency: true });
  await world.operator.stage(workflow, 'EMERGENCY_IN_FORCE');
  await world.operator.decide(workflow, 'reverse', 'reverse', 'duty-1');
  await world.operator.decide(workflow, 'reverse', 'reverse', 'commander-1');
  await world.operator.stage(workflow, 'REVERSED');
  const id = await idOf(workflow, 'callDeskScript');
  await world.store.db
    .updateTable('duty')
    .set({ due: instant(Date.now() - 60_000) })
    .where('id', '=', id)
    .execute();

  const wrong = await hikeshi(env, close(id, 'pr-1'));
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/"pr-1" does not hold a role/)]);
  // Two come at the same moment: both have seen it open, and wait for each other.
  let closing: Promise<{ code: number | null; data: { receipt: DutyReceipt } }>[] = [];
  await oneCloser(world.store, id, async () => {
    closing = [1, 2].map(() => hikeshiJson<{ receipt: DutyReceipt }>(env, close(id, 'customer-service-1')));
    await eventually('both wait', async () => {
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from pg_locks
        where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`.execute(
        world.store.db,
      );
      return rows[0]?.n === 2;
    });
  });
  const receipts = await Promise.all(closing);
  expect(receipts.map(({ code }) => code)).toEqual([0, 0]);
  expect(new Set(receipts.map(({ data }) => JSON.stringify(data.receipt))).size).toBe(1);
  expect(receipts[0]!.data.receipt).toMatchObject({ late: true });
  expect(await lines(id)).toMatchObject([
    { workflow_id: `duty/${id}`, sequence: 1, incident: 'D', content: { late: true, role: 'customerService' } },
  ]);
  expect((await list()).map((duty) => duty.id)).not.toContain(id);
  const asked = await world.store.db.selectFrom('task').select('id').where('subject', '=', 'reconcile').execute();
  expect(asked).toEqual([]);
}, 90_000);

test('the task of an overdue duty comes with the command that closes it, and goes with it', async () => {
  const workflow = 'suspension/D/reversed';
  const id = await idOf(workflow, 'partnerNotice');
  const task = { id: 'guardSweep/x#1.1', workflow_id: 'guardSweep/x', incident: 'D', subject: `duty:${id}` };
  const words = { asks_en: 'It is overdue.', asks_ja: '期限を過ぎています。', opened_at: instant(Date.now()) };
  await world.store.db
    .insertInto('task')
    .values({ ...task, ...words, roles: ['providerManager'], call: false, send: null })
    .execute();
  const { out } = await hikeshi(env, ['tasks', '--role', 'providerManager']);
  expect(out).toMatch(/suspension\/D\/reversed {3}duty\n/);
  expect(out).toContain(`npx hikeshi duty close '${id}' --by YOUR-ID --reason WHY`);
  expect((await hikeshi(env, close(id, 'provider-manager-1', '--lang', 'ja'))).out).toMatch(/義務を期限内に完了/);
  expect((await hikeshi(env, ['tasks', '--role', 'providerManager'])).out).not.toContain(id);
}, 60_000);

test.each([
  [
    'an unknown duty',
    close('suspension/D/none#1.1', 'pr-1'),
    /^There is no duty suspension\/D\/none#1\.1 here\. Open: /,
  ],
  ['an id of another form', close('customerNotice', 'pr-1'), /"duty" must be the id of a duty/],
  ['no name', ['duty', 'close', 'suspension/D/none#1.1'], /^Missing: --by, --reason/],
  ['an unknown role', ['duty', 'list', '--role', 'boss'], /no role "boss"/],
])('%s is refused in one sentence', async (_what, args, sentence) => {
  const { code, err } = await hikeshi(env, args);
  expect([code, err]).toEqual([1, expect.stringMatching(sentence)]);
  expect(err.trim().split('\n')).toHaveLength(1);
});
