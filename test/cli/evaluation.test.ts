import { instant } from '../../src/domain/instant.js';
import { openLiveWorld, type LiveWorld } from '../support/liveWorld.js';
import { bareEnvironment, hikeshi, hikeshiJson } from './support.js';

/** Third-party evaluation and improvements from the command line, against a real server, register and worker. */
let world: LiveWorld;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  world = await openLiveWorld({ name: 'evaluation' });
  const { connectionString } = world.store.pool.options as { connectionString: string };
  env = bareEnvironment(world.stateDir, {
    DATABASE_URL: connectionString,
    TEMPORAL_ADDRESS: world.temporalAddress,
    TEMPORAL_NAMESPACE: world.namespace,
  });
  await world.startWorker();
  const planned = await hikeshi(env, [
    ...['round', 'plan', 'R1', '--target', '年内', '--units', 'o1', '--title-ja', '総点検', '--title-en', 'Inspection'],
    ...['--by', 'provider-manager-1', '--reason', 'Led by the president'],
  ]);
  expect([planned.code, planned.err]).toEqual([0, expect.any(String)]);
}, 120_000);

afterAll(() => world?.close());

interface Shown {
  stage: string;
  questions: { subject: string; digest: string; mayDecide: Record<string, string[]> }[];
}

const commission = (...more: string[]) => [
  ...['evaluation', 'commission', 'R1', '--assessor', 'assessor-1', '--due', '年内'],
  ...['--by', 'commander-1', '--reason', 'A third party is to look', ...more],
];
const decide = async (subject: string, verdict: string, by: string) => {
  const { data } = await hikeshiJson<Shown>(env, ['evaluation', 'show', 'R1']);
  const { digest } = data.questions.find((question) => question.subject === subject)!;
  const given = [
    '--subject',
    subject,
    '--verdict',
    verdict,
    '--digest',
    digest,
    '--by',
    by,
    '--reason',
    'It is right so',
  ];
  return hikeshi(env, ['decide', 'evaluation/R1', ...given]);
};

test('an evaluation is proposed, once its dry run showed what it would be', async () => {
  const dry = await hikeshiJson<{ dryRun: boolean; due: { date: string } }>(env, commission('--dry-run'));
  expect(dry).toMatchObject({ code: 0, data: { dryRun: true, due: { date: expect.stringMatching(/-12-31$/) } } });
  const { code, data } = await hikeshiJson<Shown>(env, commission());
  expect([code, data.stage]).toEqual([0, 'PROPOSED']);
  expect(data.questions).toMatchObject([{ subject: 'commission', mayDecide: { commission: ['audit-1'] } }]);
  const again = await hikeshi(env, commission());
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('hikeshi evaluation show R1')]);
}, 60_000);

test('audit and compliance decide, and only the assessor goes on', async () => {
  expect((await decide('commission', 'commission', 'audit-1')).code).toBe(0);
  expect((await decide('independence', 'confirm', 'compliance-1')).code).toBe(0);
  const review = (by: string) =>
    hikeshi(env, ['evaluation', 'review-plan', 'R1', '--by', by, '--reason', 'It covers everything']);
  const wrong = await review('ciso-1');
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('assessor-1')]);
  const right = await review('assessor-1');
  expect([right.code, right.out]).toEqual([0, expect.stringContaining('PLAN_REVIEWED')]);
  const early = await hikeshi(env, ['evaluation', 'start-fieldwork', 'R1', '--by', 'assessor-1']);
  expect([early.code, early.err]).toEqual([1, expect.stringContaining('is not open yet')]);
}, 60_000);

test('an opinion and a fact check that are not due are refused in a sentence', async () => {
  const check = await hikeshi(env, [
    'evaluation',
    'fact-check',
    'R1',
    '--by',
    'ciso-1',
    '--remark',
    'o1: it is stopped',
  ]);
  expect([check.code, check.err]).toEqual([1, expect.stringMatching(/does not have: o1|no draft/)]);
  const none = await hikeshi(env, ['evaluation', 'submit', 'R1', '--lang', 'ja']);
  expect([none.code, none.err]).toEqual([1, expect.stringMatching(/直してください/)]);
}, 60_000);

test('an improvement is started, listed, moved and given another day', async () => {
  const acting = ['--by', 'provider-manager-1', '--reason', 'So it was agreed'];
  const start = [
    ...['improvement', 'start', 'R1/ivr-o1', '--units', 'o1', '--subject', 'ivr-callback', '--due', '年内'],
    ...acting,
  ];
  expect((await hikeshi(env, [...start, '--dry-run'])).out).toContain('DRY RUN');
  const started = await hikeshi(env, start);
  expect([started.code, started.out]).toEqual([0, expect.stringMatching(/R1\/ivr-o1 +in talks \(TALKS\)/)]);
  const skipped = await hikeshi(env, ['improvement', 'move', 'R1/ivr-o1', '--stage', 'IN_FORCE', ...acting]);
  expect([skipped.code, skipped.err]).toEqual([1, expect.stringContaining('AGREED')]);
  const moved = await hikeshi(env, ['improvement', 'move', 'R1/ivr-o1', '--stage', 'AGREED', ...acting]);
  expect([moved.code, moved.out]).toEqual([0, expect.stringContaining('(AGREED)')]);
  const later = await hikeshi(env, ['improvement', 'due', 'R1/ivr-o1', '--due', '30日以内', ...acting]);
  expect([later.code, later.out]).toEqual([0, expect.stringContaining('promised before')]);
  const given = await hikeshi(env, ['improvement', 'move', 'R1/ivr-o1', '--stage', 'DROPPED', ...acting]);
  expect([given.code, given.out]).toEqual([0, expect.stringContaining('--subject drop')]);
  const wrong = await hikeshi(env, ['improvement', 'list', 'r1']);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('R2020')]);
}, 60_000);

describe('the status', () => {
  interface Clocks {
    known: { overdue: { at: string; what: { en: string; ja: string } }[] };
  }
  const clocks = async () => (await hikeshiJson<Clocks>(env, ['status'])).data.known;
  const IMPROVEMENT = { en: 'R1 promised improvement: o1', ja: 'R1 改善の取り組みの期限: o1' };
  const OPINION = { en: 'R1 third-party evaluation', ja: 'R1 第三者評価' };
  const RISK = { en: 'o1 end of the accepted risk', ja: 'o1 リスク受容の期限' };

  /** In the register the days are over; the workflows know nothing of it. */
  async function daysOver(): Promise<() => Promise<void>> {
    const { db } = world.store;
    const improvement = await db
      .selectFrom('improvement')
      .select(['date', 'standing', 'stage'])
      .executeTakeFirstOrThrow();
    const evaluation = () => db.updateTable('job').where('workflow_id', '=', 'evaluation/R1');
    const { state } = await db
      .selectFrom('job')
      .select('state')
      .where('workflow_id', '=', 'evaluation/R1')
      .executeTakeFirstOrThrow();
    const commissioned = state as unknown as { watched: { due: object } };
    const due = { ...commissioned.watched.due, at: '2020-12-25T08:00:00.000Z' };
    const over = { ...commissioned, watched: { ...commissioned.watched, due } };
    await db.updateTable('improvement').set({ date: '2020-11-30', standing: 'MISSED' }).execute();
    await evaluation()
      .set({ state: JSON.stringify(over) })
      .execute();
    await db
      .insertInto('risk_acceptance')
      .values({
        ...{ workflow_id: 'providerInspection/R1/o1', n: 1, unit: 'o1', items: ['charge-limits'], functions: [] },
        ...{ by: ['ciso-1', 'board-1'], reason: 'Watched by hand', ended: null, ended_at: null },
        accepted_at: instant(Date.parse('2020-12-01T09:00:00+09:00')),
        until: instant(Date.parse('2021-01-15T23:59:59.999+09:00')),
      })
      .execute();
    return async () => {
      await db.updateTable('improvement').set(improvement).execute();
      await evaluation()
        .set({ state: JSON.stringify(state) })
        .execute();
      await db.deleteFrom('risk_acceptance').execute();
    };
  }

  test('tells what is over of an improvement, an opinion and an accepted risk, to the instant, until each is settled', async () => {
    const restore = await daysOver();
    const { db } = world.store;
    try {
      // The last millisecond of 30 November and of 15 January in Japan; 17:00 of 25 December there.
      expect((await clocks()).overdue).toEqual([
        { at: '2020-11-30T14:59:59.999Z', what: IMPROVEMENT },
        { at: '2020-12-25T08:00:00.000Z', what: OPINION },
        { at: '2021-01-15T14:59:59.999Z', what: RISK },
      ]);
      const { out } = await hikeshi(env, ['status']);
      expect(out).toMatch(/2020-11-30 23:59 \S*\(OVERDUE, [^)]+\) +R1 promised improvement: o1\n/);
      const ja = (await hikeshi(env, ['status', '--lang', 'ja'])).out;
      expect(ja).toMatch(/2020-12-25 17:00\S*（期限超過・[^）]+） +R1 第三者評価\n/);
      expect(ja).toMatch(/2021-01-15 23:59\S*（期限超過・[^）]+） +o1 リスク受容の期限\n/);

      await db
        .updateTable('risk_acceptance')
        .set({ ended: 'EXPIRED', ended_at: instant(Date.now()) })
        .execute();
      // Late or given up, nobody owes it any more.
      for (const stage of ['IN_FORCE', 'DROPPED']) {
        await db.updateTable('improvement').set({ stage }).execute();
        expect((await clocks()).overdue).toEqual([{ at: '2020-12-25T08:00:00.000Z', what: OPINION }]);
      }
    } finally {
      await restore();
    }
  }, 60_000);
});
