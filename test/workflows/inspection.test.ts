import type { Answers } from '../../src/domain/answers.js';
import { testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
let bench: Bench;
beforeAll(async () => {
  bench = await ground.open();
});

const ROUND = 'inspectionRound/R2020';
const unit = (name: string) => `providerInspection/R2020/${name}`;
const approve = { subject: 'open', verdict: 'open', by: 'commander-1' };

/** What the register holds of a unit. */
const row = (name: string) =>
  bench.db.selectFrom('inspection').selectAll().where('workflow_id', '=', unit(name)).executeTakeFirstOrThrow();

async function answer(name: string, submission: string, more: Partial<Answers['items'][number]> = {}): Promise<void> {
  const content = await bench.db
    .selectFrom('questionnaire')
    .select('content')
    .where('workflow_id', '=', unit(name))
    .executeTakeFirstOrThrow();
  const { items } = content.content as { items: { item: string }[] };
  await bench.signal(unit(name), 'answersGiven', {
    v: 1,
    inspection: unit(name),
    by: 'contact',
    submission,
    items: items.map(({ item }) => ({ item, claim: 'implemented', text: 'done', evidence: [], ...more })),
  });
}

test('a round is planned, opened by its lead, and asks every unit to which something applies', async () => {
  await bench.start(ROUND, {
    v: 1,
    round: 'R2020',
    title: { ja: '総点検', en: 'Inspection' },
    by: 'provider-manager-1',
    reason: 'Led by the president',
    target: '10月末',
    basis: { code: 'AFTER_HARDENING' },
  });
  expect(await bench.stage(ROUND)).toBe('PLANNED');
  await bench.decide(ROUND, approve);
  expect(await bench.stage(ROUND)).toBe('OPEN');
  expect(await row('c1')).toMatchObject({ phase: 'REQUESTED', result: 'NOT_ANSWERED', basis: 'AFTER_HARDENING' });
  expect(await row('n1')).toMatchObject({ phase: 'SCOPED', mandatory: 0 });
  const mails = await bench.mails();
  const asked = mails.filter(({ to }) => to[0]?.includes('.example') && /inspection@/.test(to[0]));
  expect(asked.map(({ to }) => to[0]).sort()).toEqual(['inspection@c1.example', 'inspection@o1.example']);
  expect(asked[0]!.text).toContain(bench.world.formsUrl);
});

test('that nothing applies is confirmed by a second person of the second line', async () => {
  await bench.decide(unit('n1'), { subject: 'notApplicable', verdict: 'confirm', by: 'compliance-1' });
  expect(await row('n1')).toMatchObject({ phase: 'NOT_APPLICABLE', result: 'NOT_APPLICABLE', satisfied: 0 });
});

test('complete answers are evaluated by two, and the result is the CISO’s', async () => {
  await answer('c1', 'c1-first-answers');
  expect(await row('c1')).toMatchObject({ phase: 'ANSWERED', result: 'UNDER_EVALUATION' });
});
