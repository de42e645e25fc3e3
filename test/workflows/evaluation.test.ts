import { sql } from 'kysely';
import { zoneAt } from '../../src/activities/zone.js';
import { readOpinions } from '../../src/store/opinions.js';
import { readRound } from '../../src/store/rounds.js';
import { at, expectReadable, refusal, testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
let bench: Bench;
let report: string;
const ROUND = 'inspectionRound/R2020';
const ID = 'evaluation/R2020';
/** Stays with the role and is never commissioned. */
const OTHER = 'assessor-9';
const START = at('2020-10-01T10:00:00+09:00');

beforeAll(async () => {
  bench = await ground.open({
    start: START,
    change: (documents) => {
      const [someone] = documents.roster.people;
      const other = { ...someone!, id: OTHER, roles: ['assessor' as const], ownsControls: [] };
      return { ...documents, roster: { ...documents.roster, people: [...documents.roster.people, other] } };
    },
  });
  await bench.start(ROUND, {
    v: 1,
    round: 'R2020',
    title: { ja: '総点検', en: 'Inspection' },
    by: 'provider-manager-1',
    reason: 'Led by the president',
    units: ['c1', 'o1'],
    target: '10月末',
  });
});

const proposal = {
  v: 1,
  round: 'R2020',
  assessor: 'assessor-1',
  due: '2020-11-06',
  by: 'commander-1',
  reason: 'A third party is to look',
};
const opinion = (more: object = {}) => ({
  v: 1,
  by: 'assessor-1',
  stage: 'draft',
  opinion: 'with-exceptions',
  exceptions: [{ unit: 'c1', reason: { ja: '評価が終わっていない', en: 'evaluation not finished' }, suspended: true }],
  recommendations: [{ ja: '未了の点検を完了すること。', en: 'Finish the inspections.' }],
  digest: report,
  ...more,
});
const submit = (more: object = {}) =>
  bench.update<{ version: number; hash: string }>(ID, 'submitOpinion', [opinion(more)]);
const result = async () =>
  (await readRound(bench.db, bench.world.documents.providers, {
    round: 'R2020',
    at: bench.now,
    zone: zoneAt('Asia/Tokyo', bench.now),
  }))!;

describe('an evaluation begins', () => {
  test.each([
    ['by somebody without a say', { by: 'pr-1' }, 'pr-1'],
    ['with an assessor of the bank', { assessor: 'ciso-1' }, 'ciso-1'],
    ['for a round that is not there', { round: 'R2019' }, 'R2019'],
    ['with a day that is no day', { due: 'soon' }, '"due"'],
  ])('never %s', async (_what, more, says) => {
    const input = { ...proposal, ...more };
    const id = `evaluation/${input.round}`;
    await bench.start(id, input);
    const refused = await refusal(bench.handle(id).result());
    expectReadable(refused);
    expect(refused.message).toContain(says);
  });

  test('as a proposal, which audit refuses, and another one that audit commissions', async () => {
    await bench.start(ID, { ...proposal, reason: 'The first try' });
    await bench.decide(ID, { subject: 'commission', verdict: 'refuse', by: 'audit-1' });
    expect(await bench.stage(ID)).toBe('REFUSED');
    await bench.start(ID, proposal);
    const refused = await refusal(
      bench.decide(ID, { subject: 'commission', verdict: 'commission', by: 'commander-1' }),
    );
    expectReadable(refused);
    await bench.decide(ID, { subject: 'commission', verdict: 'commission', by: 'audit-1' });
    await bench.decide(ID, { subject: 'independence', verdict: 'confirm', by: 'compliance-1' });
    expect(await bench.kinds(ID)).toEqual(['proposed', 'refused', 'proposed', 'commissioned', 'independenceChecked']);
    const mails = await bench.mails();
    expect(mails.some(({ to, text }) => to[0] === 'assessor-1@assessor.example' && text.includes('計画'))).toBe(true);
  });

  test('with the plan, and in the field once the round is open', async () => {
    const review = { v: 1, by: 'assessor-1', reason: 'It covers everything' };
    expect(await bench.update(ID, 'reviewPlan', [review])).toEqual({ phase: 'PLAN_REVIEWED' });
    const start = { v: 1, by: 'assessor-1' };
    expectReadable(await refusal(bench.update(ID, 'startFieldwork', [start])));
    await bench.decide(ROUND, { subject: 'open', verdict: 'open', by: 'commander-1' });
    expect(await bench.update(ID, 'startFieldwork', [start])).toEqual({ phase: 'FIELDWORK' });
    ({ digest: report } = await bench.update<{ digest: string }>(ROUND, 'proposeReport', [
      { v: 1, by: 'provider-manager-1' },
    ]));
  });
});

describe('nobody but the commissioned assessor gives an opinion', () => {
  test('whatever his role is, another assessor included, and nothing is kept', async () => {
    const people = bench.world.documents.roster.people.map(({ id }) => id).filter((id) => id !== 'assessor-1');
    expect(people).toContain(OTHER);
    for (const by of [...people, 'nobody-1']) {
      const refused = await refusal(submit({ by }));
      expectReadable(refused);
      expect(refused.message).toContain('assessor-1');
    }
    for (const update of ['reviewPlan', 'startFieldwork']) {
      const input = { v: 1, by: 'ciso-1', ...(update === 'reviewPlan' && { reason: 'I say so' }) };
      expectReadable(await refusal(bench.update(ID, update, [input])));
    }
    expect(await readOpinions(bench.db, 'R2020')).toEqual([]);
  });

  test('and he about a report and units that there are', async () => {
    const strange = [{ unit: 'z9', reason: 'nobody knows it', suspended: false }];
    for (const [more, says] of [
      [{ digest: '0'.repeat(32) }, '"digest"'],
      [{ exceptions: strange }, 'z9'],
      [{ stage: 'final' }, 'final'],
    ] as const) {
      const refused = await refusal(submit(more));
      expectReadable(refused);
      expect(refused.message).toContain(says);
    }
  });
});

describe('an opinion is given', () => {
  test('as a draft; that the unit is stopped is not what was read back, and is alarmed', async () => {
    const receipt = await submit();
    expect(receipt).toMatchObject({ version: 1, contradictions: [{ unit: 'c1', said: 'suspended' }] });
    expect(await submit()).toMatchObject({ version: 1, hash: receipt.hash });
    expect(await bench.stage(ID)).toBe('DRAFT_OPINION');
    expect(await bench.alarms(ID)).toEqual(['alarm.opinionContradicted']);
    expect((await bench.tasks(ID)).map(({ subject }) => subject).sort()).toEqual(['contradiction', 'factCheck']);
    expect((await result()).opinion).toBeUndefined();
  });

  test('the bank answers beside it, and the opinion stays as it is', async () => {
    const [before] = await readOpinions(bench.db, 'R2020');
    const check = { v: 1, remarks: [{ unit: 'c1', text: 'It is not stopped yet' }] };
    expectReadable(await refusal(bench.update(ID, 'factCheck', [{ ...check, by: 'assessor-1' }])));
    expectReadable(
      await refusal(bench.update(ID, 'factCheck', [{ ...check, by: 'ciso-1', remarks: [{ unit: 'z9', text: 'x' }] }])),
    );
    expect(await bench.update(ID, 'factCheck', [{ ...check, by: 'ciso-1' }])).toEqual({ version: 1 });
    const [after] = await readOpinions(bench.db, 'R2020');
    expect(after).toEqual({
      ...before,
      factChecks: [expect.objectContaining({ by: 'ciso-1', remarks: check.remarks })],
    });
    expect(after).toMatchObject({ intact: true });
  });

  test('with the unit stopped the next version has nothing against it, and becomes final', async () => {
    await bench.inForce('link-c1-1', ['link-c1']);
    expect(await submit({ recommendations: [] })).toMatchObject({ version: 2, contradictions: [] });
    expect((await bench.questions(ID)).map(({ subject }) => subject)).toEqual([]);
    // Nobody answers: that keeps it from nothing.
    await bench.pass('P14D');
    expect(await bench.stage(ID)).toBe('FACT_CHECK');
    expect(await bench.alarms(ID)).toContain('alarm.factCheckMissed');
    await submit({ stage: 'final' });
    expect(await bench.stage(ID)).toBe('FINAL_WITH_EXCEPTIONS');
    expect(await bench.handle(ID).result()).toEqual({ stage: 'FINAL_WITH_EXCEPTIONS' });
    expect((await result()).opinion).toEqual({
      result: 'FINAL_WITH_EXCEPTIONS',
      exceptions: opinion().exceptions,
      recommendations: opinion().recommendations,
    });
    expect(await bench.tasks(ID)).toEqual([]);
  });

  test('every version is there with its hash, and the register lets nobody alter one', async () => {
    const kept = await readOpinions(bench.db, 'R2020');
    expect(kept.map(({ version, stage, intact }) => [version, stage, intact])).toEqual([
      [1, 'draft', true],
      [2, 'draft', true],
      [3, 'final', true],
    ]);
    for (const statement of [
      sql`update opinion set content = '{}'`,
      sql`delete from opinion`,
      sql`truncate opinion cascade`,
      sql`update fact_check set remarks = '[]'`,
      sql`delete from fact_check`,
      sql`truncate fact_check`,
    ])
      await expect(statement.execute(bench.db)).rejects.toThrow('append-only');
    expect(await readOpinions(bench.db, 'R2020')).toEqual(kept);
  });

  test('a round has one final opinion: another evaluation of it is refused', async () => {
    await bench.start(ID, proposal);
    const refused = await refusal(bench.handle(ID).result());
    expectReadable(refused);
    expect(refused.message).toContain('final opinion');
  });
});
