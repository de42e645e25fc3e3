import type { AllDocuments } from '../../src/store/documents.js';
import { publishDocuments } from '../../src/store/documents.js';
import { DAY, plus } from '../../src/domain/instant.js';
import { JST } from '../domain/support.js';
import { addAccessLink } from '../../src/store/accessLinks.js';
import { reportsOf } from '../../src/store/roundReports.js';
import { expectReadable, refusal, testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
const ROUND = 'inspectionRound/R2020';
const unit = (name: string) => `providerInspection/R2020/${name}`;
const PLAN = {
  v: 1,
  round: 'R2020',
  title: { ja: '総点検', en: 'Inspection' },
  by: 'provider-manager-1',
  reason: 'Led by the president',
  target: '10月末',
};
const open = { subject: 'open', verdict: 'open', by: 'commander-1' };
const taskSubjects = async (bench: Bench, id: string) => (await bench.tasks(id)).map(({ subject }) => subject);
const round = (bench: Bench) =>
  bench.db.selectFrom('round').selectAll().where('round', '=', 'R2020').executeTakeFirstOrThrow();

/** Why each report is not the one to go by, the newest first. */
const outdated = async ({ db }: Bench) => (await reportsOf(db, 'R2020', JST)).map(({ release }) => release.outdated);

/** The list of units as it is published while the round is under way. */
function publish(bench: Bench, version: string, change: (units: Units) => Units): Promise<void> {
  const { documents } = bench.world;
  const providers = { ...documents.providers!, version, units: change(documents.providers!.units) };
  return publishDocuments(bench.db, { ...documents, providers }, bench.now);
}
type Units = NonNullable<AllDocuments['providers']>['units'];

test('only who may plans a round, for a day to come; a plan that nobody approves is told of once', async () => {
  const bench = await ground.open();
  await bench.start(ROUND, { ...PLAN, by: 'evaluator-1' });
  expectReadable(await refusal(bench.handle(ROUND).result()));
  await bench.start(ROUND, { ...PLAN, target: '2020年8月末' });
  expectReadable(await refusal(bench.handle(ROUND).result()));
  await bench.start(ROUND, PLAN);
  expect(await bench.stage(ROUND)).toBe('PLANNED');
  // Nobody is asked before the round's lead has opened it.
  await bench.start(unit('c1'), { v: 1, round: 'R2020', unit: 'c1', by: 'provider-manager-1', basis: 'AS_IS' });
  expectReadable(await refusal(bench.handle(unit('c1')).result()));
  await bench.pass('P14D');
  expect(await bench.alarms(ROUND)).toEqual(['alarm.planNotApproved']);
  expectReadable(await refusal(bench.decide(ROUND, { ...open, by: 'provider-manager-1' })));
  await bench.decide(ROUND, open);
  const [decision] = await bench.decisions(ROUND);
  expect([await bench.stage(ROUND), decision!.late]).toEqual(['OPEN', true]);
});

test('units that came or went between plan and opening are named, and one that is inspected after all widens the round', async () => {
  const bench = await ground.open();
  await bench.start(ROUND, PLAN);
  await publish(bench, 'providers-2', (units) => [
    ...units.filter(({ id }) => id !== 'o1'),
    { ...units.find(({ id }) => id === 'c1')!, id: 'c2', functions: ['link-c2'], authentication: [] },
  ]);
  await bench.decide(ROUND, open);
  expect(await bench.alarms(ROUND)).toEqual(['alarm.unitsNotAsked', 'alarm.unitsNotPlanned']);
  expect(await taskSubjects(bench, ROUND)).toEqual(expect.arrayContaining(['notAsked', 'notPlanned']));
  expect(await bench.stage(unit('c1'))).toBe('REQUESTED');
  expect(await bench.stage(unit('o1'))).toBeUndefined();
  await bench.start(unit('c2'), { v: 1, round: 'R2020', unit: 'c2', by: 'provider-manager-1', basis: 'AS_IS' });
  expect((await bench.line(ROUND, 'unitAdded'))!.content).toMatchObject({ unit: 'c2', result: 'NOT_ANSWERED' });
  await publish(bench, 'providers-3', (units) => units);
  await bench.start(unit('o1'), { v: 1, round: 'R2020', unit: 'o1', by: 'provider-manager-1', basis: 'AS_IS' });
  expect(await bench.stage(unit('o1'))).toBe('REQUESTED');

  // A unit that is taken out of the list while it is asked: its inspection goes on, and people hear of its mails.
  await publish(bench, 'providers-4', (units) => units.filter(({ id }) => id !== 'c1'));
  await bench.pass('P30D');
  expect(await bench.alarms(unit('c1'))).toEqual(
    expect.arrayContaining(['alarm.mailFailed', 'alarm.answerOverdue', 'alarm.escalated']),
  );
  expect(await bench.brokenTasks(unit('c1'))).toBe(0);
});

describe('a round that misses its day', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await ground.open();
    await bench.start(ROUND, PLAN);
    await bench.decide(ROUND, open);
    await bench.decide(unit('n1'), { subject: 'notApplicable', verdict: 'confirm', by: 'compliance-1' });
    // A person gave a link to somebody else besides, and then the contact of o1 changed.
    await addAccessLink(bench.db, {
      id: 'f'.repeat(32),
      inspection: unit('o1'),
      contact: 'auditor@o1.example',
      issuedAt: bench.now,
      expiresAt: plus(bench.now, 90 * DAY),
    });
    await publish(bench, 'providers-2', (units) =>
      units.map((each) =>
        each.id === 'o1' ? { ...each, contact: { ...each.contact, mail: 'successor@o1.example' } } : each,
      ),
    );
  });

  test('is warned of it before, at shares of its time', async () => {
    await bench.pass('P44D');
    const lines = await bench.timeline(ROUND);
    const warned = lines.filter(({ kind }) => kind === 'alarm.roundWillSlip' || kind === 'onTrack');
    expect(warned).toHaveLength(3);
    expect(warned.at(-1)!.kind).toBe('alarm.roundWillSlip');
    expect(warned.every(({ effective_at: at }) => at < '2020-10-31')).toBe(true);
  });

  test('a contact who is new gets a link of his own with the next mail; the link of the one before opens nothing', async () => {
    const mails = await bench.mails();
    const linksTo = (contact: string) => [
      ...new Set(
        mails.filter(({ to }) => to[0] === contact).flatMap(({ text }) => text.match(/http:\S+\/a\/\S+/g) ?? []),
      ),
    ];
    const [before, now] = [linksTo('inspection@o1.example'), linksTo('successor@o1.example')];
    expect([before.length, now.length, linksTo('inspection@c1.example').length]).toEqual([1, 1, 1]);
    const opens = async ([link]: string[]) => (await fetch(link!)).status;
    expect([await opens(now), await opens(linksTo('inspection@c1.example'))]).toEqual([200, 200]);
    expect(await opens(before)).toBe(410);
    const links = await bench.db
      .selectFrom('access_link')
      .select(['contact', 'revoked_at'])
      .where('workflow_id', '=', unit('o1'))
      .execute();
    const revoked = Object.fromEntries(links.map((link) => [link.contact, link.revoked_at !== null]));
    expect(revoked).toEqual({
      'inspection@o1.example': true,
      'successor@o1.example': false,
      'auditor@o1.example': false,
    });
  });

  test('a report of a part names who is missing, and does not silence the target', async () => {
    await bench.update(ROUND, 'proposeReport', [{ v: 1, by: 'provider-manager-1' }]);
    await bench.decide(ROUND, { subject: 'report', verdict: 'publish', by: 'commander-1' });
    expect(await bench.stage(ROUND)).toBe('REPORTED');
    expect((await bench.line(ROUND, 'reported'))!.content).toMatchObject({ incomplete: ['c1', 'o1'], slipDays: 0 });
    await bench.pass('P3D');
    expect((await bench.alarms(ROUND)).filter((kind) => kind === 'alarm.roundTargetMissed')).toHaveLength(1);
  });

  test('a report that waits for its release is void as soon as a unit moves on', async () => {
    await bench.update(ROUND, 'proposeReport', [{ v: 1, by: 'provider-manager-1' }]);
    const [question] = await bench.questions(ROUND);
    await bench.decide(unit('o1'), { subject: 'escalation', verdict: 'not-satisfied', by: 'commander-1' });
    const late = { subject: 'report', verdict: 'publish', by: 'commander-1', digest: question!.digest };
    expectReadable(await refusal(bench.decide(ROUND, late)));
    expect(await taskSubjects(bench, ROUND)).toContain('report');
    const inspection = await bench.db
      .selectFrom('inspection')
      .select(['failing', 'mandatory', 'satisfied'])
      .where('workflow_id', '=', unit('o1'))
      .executeTakeFirstOrThrow();
    expect(inspection.failing).toBe(inspection.mandatory);
    const [newest, published] = await outdated(bench);
    expect([newest, published]).toEqual([{ why: 'moved' }, undefined]);
  });

  test('a returned report can be proposed and returned again, to the letter', async () => {
    for (let time = 0; time < 2; time++) {
      await bench.update(ROUND, 'proposeReport', [{ v: 1, by: 'provider-manager-1' }]);
      await bench.decide(ROUND, { subject: 'report', verdict: 'return', by: 'commander-1' });
    }
    const returned = (await bench.kinds(ROUND)).filter((kind) => kind === 'reportReturned');
    expect(returned).toHaveLength(2);
    expect((await outdated(bench)).slice(0, 2)).toEqual([{ why: 'returned' }, { why: 'returned' }]);
  });

  test('a round that was lost goes on with what its units did meanwhile', async () => {
    await bench.handle(ROUND).terminate('lost');
    await bench.decide(unit('c1'), { subject: 'escalation', verdict: 'not-satisfied', by: 'commander-1' });
    // What the lost run had still to read is older than what the register holds.
    const input = { v: 1, unit: 'c1', result: 'UNDER_DISCUSSION', sequence: 2 };
    await bench.start(ROUND, { v: 1, resume: true, unread: [{ signal: 'unitMoved', input }] });
    const moved = (await bench.timeline(ROUND)).filter(({ kind }) => kind === 'unitMoved');
    expect(moved.at(-1)!.content).toMatchObject({ unit: 'c1', result: 'NOT_SATISFIED' });
    await bench.update(ROUND, 'proposeReport', [{ v: 1, by: 'provider-manager-1' }]);
    await bench.decide(ROUND, { subject: 'report', verdict: 'publish', by: 'commander-1' });
    const reports = (await bench.timeline(ROUND)).filter(({ kind }) => kind === 'reported');
    expect(reports.at(-1)!.content).toMatchObject({ incomplete: [] });
    // Every report before it names the one to read, the first one that was published included.
    const [now, ...before] = await outdated(bench);
    expect([now, before.length]).toEqual([undefined, 4]);
    const by = (reports.at(-1)!.content as { digest: string }).digest;
    for (const each of before) expect(each).toMatchObject({ why: 'superseded', by });
    expect((await round(bench)).slip_days).toBeGreaterThan(0);
  });

  test('its end ends what is settled; gaps are kept open until they are mended', async () => {
    await bench.decide(ROUND, { subject: 'close', verdict: 'close', by: 'commander-1' });
    expect(await bench.stage(ROUND)).toBe('CLOSED');
    expect(await bench.stage(unit('n1'))).toBe('CLOSED');
    expect(await bench.stage(unit('c1'))).toBe('NOT_SATISFIED');
    for (const id of [ROUND, unit('c1'), unit('n1')]) expect(await bench.brokenTasks(id)).toBe(0);
  });
});
