import { forwardSubmissions, takeAnswers } from '../../src/activities/answers.js';
import { takeMail } from '../../src/activities/inboundMail.js';
import { sweep } from '../../src/activities/guardSweep.js';
import { zoneAt } from '../../src/activities/zone.js';
import { NobodyListens, type Answers } from '../../src/domain/answers.js';
import { applicableItems } from '../../src/domain/framework/applicable.js';
import type { Json } from '../../src/domain/json.js';
import type { InspectionState, ItemVerdict } from '../../src/domain/providerInspection.js';
import { currentDocuments, publishDocuments, type AllDocuments } from '../../src/store/documents.js';
import { HOUR, instant, localText, plus, type Instant } from '../../src/domain/instant.js';
import { frameworkGaps } from '../../src/store/gaps.js';
import { questionnairesIn } from '../../src/store/questionnaires.js';
import { openKeyRing } from '../../src/worker/keyRing.js';
import { expectComplete } from '../domain/support.js';
import { expectReadable, refusal, testGround, type Bench, type BenchOptions } from '../support/drillWorld.js';

const ground = testGround();

const ROUND = 'inspectionRound/R2020';
/** Of the round R2020, unless the name has another one: `R2021/c1`. */
const unit = (name: string) => `providerInspection/${name.includes('/') ? name : `R2020/${name}`}`;
const FILE = `sha256:${'a'.repeat(64)}`;
/** Handed in once something had failed. */
const NEW_FILE = `sha256:${'c'.repeat(64)}`;
/** Handed in by another unit. */
const FOREIGN = `sha256:${'b'.repeat(64)}`;

/** A round over c1, o1 and n1 that is open; what the example playbook asks, by its bank days. */
async function openRound(bench: Bench): Promise<void> {
  await bench.start(ROUND, {
    v: 1,
    round: 'R2020',
    title: { ja: '総点検', en: 'Inspection' },
    by: 'provider-manager-1',
    reason: 'Led by the president',
    target: '10月末',
    basis: { code: 'AFTER_HARDENING' },
  });
  await bench.decide(ROUND, { subject: 'open', verdict: 'open', by: 'commander-1' });
}

async function items(bench: Bench, name: string, only?: string) {
  let query = bench.db.selectFrom('item_result').select(['item', 'class']).where('workflow_id', '=', unit(name));
  if (only !== undefined) query = query.where('result', '=', only);
  return query.orderBy('item').execute();
}

async function handIn(bench: Bench, name: string, hash: string): Promise<void> {
  await bench.db
    .insertInto('evidence')
    .values({ hash, size: 1, content: Buffer.from('x'), stored_at: bench.now })
    .onConflict((c) => c.doNothing())
    .execute();
  await bench.db
    .insertInto('evidence_of')
    .values({ workflow_id: unit(name), hash, name: 'a.pdf', media_type: 'application/pdf', stored_at: bench.now })
    .onConflict((c) => c.doNothing())
    .execute();
}

/** Answers, as a provider's system signals them; each item with one file. */
async function answer(
  bench: Bench,
  name: string,
  submission: string,
  more: {
    only?: readonly string[];
    text?: string;
    file?: string;
    claims?: Record<string, Answers['items'][number]['claim']>;
  } = {},
): Promise<void> {
  const file = more.file ?? FILE;
  await handIn(bench, name, file);
  const asked = await items(bench, name);
  await bench.signal(unit(name), 'answersGiven', {
    v: 1,
    inspection: unit(name),
    by: 'contact',
    submission,
    items: asked
      .filter(({ item }) => item !== CONDITIONAL && (more.only?.includes(item) ?? true))
      .map(({ item }) => ({
        item,
        claim: more.claims?.[item] ?? 'implemented',
        text: more.text ?? 'done',
        evidence: [file],
      })),
  });
}

/** The starter asks this one only after "partly" to the two factors. */
let CONDITIONAL: string;

async function propose(
  bench: Bench,
  name: string,
  gaps: Record<string, ItemVerdict> = {},
  { by = 'evaluator-1', reviewed = FILE } = {},
) {
  const answered = await items(bench, name, 'ANSWERED');
  return bench.update<{ digest: string }>(unit(name), 'proposeEvaluation', [
    {
      v: 1,
      by,
      reason: 'All answers looked at',
      results: answered.map(({ item }) => ({
        item,
        result: gaps[item] ?? 'SATISFIED',
        reviewed: [reviewed],
        ...(gaps[item] && { note: `please say more of ${item}` }),
      })),
    },
  ]);
}

async function evaluate(
  bench: Bench,
  name: string,
  gaps: Record<string, ItemVerdict> = {},
  more: Parameters<typeof propose>[3] = {},
): Promise<void> {
  await propose(bench, name, gaps, more);
  await bench.decide(unit(name), { subject: 'evaluation', verdict: 'confirm', by: 'evaluator-2' });
}

const row = (bench: Bench, name: string) =>
  bench.db.selectFrom('inspection').selectAll().where('workflow_id', '=', unit(name)).executeTakeFirstOrThrow();
async function pageItems(bench: Bench, name: string): Promise<string[]> {
  const { content } = await bench.db
    .selectFrom('questionnaire')
    .select('content')
    .where('workflow_id', '=', unit(name))
    .executeTakeFirstOrThrow();
  return (content as { items: { item: string; text: object }[] }).items.map(
    ({ item, text }) => `${item} ${JSON.stringify(text)}`,
  );
}

/** What the round shows in the Web UI of a unit that owes something: its line, without the unit. */
async function owes(bench: Bench, name: string): Promise<string | undefined> {
  const { currentDetails } = await bench
    .handle(ROUND)
    .query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return new RegExp(`^\\| ${name} \\| (.*) \\|$`, 'm').exec(currentDetails)?.[1];
}

const taskSubjects = async (bench: Bench, id: string) => (await bench.tasks(id)).map(({ subject }) => subject);
const mailsTo = async (bench: Bench, name: string) =>
  (await bench.mails()).filter(({ to }) => to[0] === `inspection@${name}.example`);

async function opened(options?: BenchOptions): Promise<Bench> {
  const bench = await ground.open(options);
  CONDITIONAL = bench.world.documents.frameworks['starter-2020']!.items.find(({ askIf }) => askIf)!.id;
  return bench;
}

async function inspected(): Promise<Bench> {
  const bench = await opened();
  await openRound(bench);
  return bench;
}

describe('a round of three units', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await inspected();
  });

  test('asks every unit to which something applies, once its lead has opened it', async () => {
    expect(await bench.stage(ROUND)).toBe('OPEN');
    expect(await row(bench, 'c1')).toMatchObject({
      phase: 'REQUESTED',
      result: 'NOT_ANSWERED',
      basis: 'AFTER_HARDENING',
    });
    expect(await row(bench, 'n1')).toMatchObject({ phase: 'SCOPED', mandatory: 0 });
    const mails = await bench.mails();
    const asked = mails.filter(({ to }) => to[0]?.includes('.example') && /inspection@/.test(to[0]));
    expect(asked.map(({ to }) => to[0]).sort()).toEqual(['inspection@c1.example', 'inspection@o1.example']);
    expect(asked[0]!.text).toContain(bench.world.formsUrl);
    const { institution, desk } = bench.world.documents.playbook;
    for (const { text } of asked) {
      const japanese = text.includes(institution!.ja);
      expect(text).toContain(institution![japanese ? 'ja' : 'en']);
      expect(text).toContain(desk!.mail);
    }
    // Which text each mail had, to the letter: as it was published.
    const texts = await bench.db
      .selectFrom('provider_mail as m')
      .leftJoin('document as d', 'd.hash', 'm.notice_hash')
      .select(['m.notice', 'm.notice_version', 'd.kind', 'd.version', 'm.ambiguous'])
      .execute();
    expect(texts).toHaveLength(2);
    for (const text of texts)
      expect(text).toMatchObject({
        notice: expect.stringMatching(/^inspection-request\.(ja|en)$/),
        kind: `notice/${text.notice}`,
        version: text.notice_version,
        ambiguous: false,
      });
    const page = await questionnairesIn(bench.db).of('providerInspection/R2020/c1');
    expect([page!.from, page!.ask!.ja]).toEqual([institution, expect.stringContaining(desk!.mail)]);
  });

  test('nobody inspects a unit outside an open round', async () => {
    const id = 'providerInspection/R9/c1';
    await bench.start(id, { v: 1, round: 'R9', unit: 'c1', by: 'duty-1', basis: 'AS_IS' });
    expectReadable(await refusal(bench.handle(id).result()));
  });

  test('that nothing applies is confirmed by the second line, and looked at again when it is not', async () => {
    await bench.decide(unit('n1'), { subject: 'notApplicable', verdict: 'return', by: 'compliance-1' });
    expect(await bench.kinds(unit('n1'))).toEqual(['scoped', 'scopedAgain']);
    await bench.decide(unit('n1'), { subject: 'notApplicable', verdict: 'confirm', by: 'compliance-1' });
    expect(await row(bench, 'n1')).toMatchObject({ phase: 'NOT_APPLICABLE', result: 'NOT_APPLICABLE', satisfied: 0 });
    await bench.update(unit('n1'), 'reopen', [{ v: 1, by: 'compliance-1', reason: 'It charges now' }]);
    expect((await bench.questions(unit('n1'))).map(({ subject }) => subject)).toEqual(['notApplicable']);
    await bench.decide(unit('n1'), { subject: 'notApplicable', verdict: 'confirm', by: 'compliance-1' });
  });

  test('without a newer version nobody owes a look at a gap list', async () => {
    await bench.sweep();
    expect(await bench.db.selectFrom('job').select('stage').where('job', '=', 'gapReview').execute()).toEqual([]);
  });

  test('a newer framework leaves the open round as it was asked, and its gap list names what nobody asked', async () => {
    const { documents } = bench.world;
    const [first] = documents.frameworks['starter-2020']!.items;
    const { appliesIf: _always, askIf: _ever, ...everywhere } = { ...first!, id: 'asked-later', protects: [] };
    const before = { c1: await items(bench, 'c1'), page: await pageItems(bench, 'c1') };
    const starter = documents.frameworks['starter-2020']!;
    const newer = {
      ...starter,
      version: 'starter-newer',
      items: [
        ...starter.items.map((item) => ({ ...item, text: { ja: '改訂', en: 'Reworded' } })),
        { ...everywhere, class: 'mandatory' as const },
      ],
    };
    await publishDocuments(
      bench.db,
      { ...documents, frameworks: { ...documents.frameworks, 'starter-2020': newer } },
      bench.now,
    );
    // A part of the answers makes the page anew: by the version that was asked.
    await answer(bench, 'c1', 'c1-under-a-newer-framework', { only: [before.c1[0]!.item] });
    expect(await bench.stage(unit('c1'))).toBe('REQUESTED');
    expect([await items(bench, 'c1'), await pageItems(bench, 'c1')]).toEqual([before.c1, before.page]);
    const gaps = await frameworkGaps(bench.db, await currentDocuments(bench.db));
    const ofC1 = gaps.find((each) => each.unit === 'c1');
    expect(ofC1).toMatchObject({ round: 'R2020', open: true, to: 'starter-newer' });
    expect(ofC1!.gaps).toContainEqual(expect.objectContaining({ item: 'asked-later', because: 'added' }));
  });

  test('a unit that a later round asked by the newer version owes nothing of the older one', async () => {
    const units = async () => {
      const gaps = await frameworkGaps(bench.db, await currentDocuments(bench.db));
      return gaps.map(({ round, unit: id }) => `${round}/${id}`);
    };
    expect(await units()).toContain('R2020/c1');
    const ofC1 = bench.db.selectFrom('inspection').selectAll().where('workflow_id', '=', unit('c1'));
    const [asked, round] = [
      await ofC1.executeTakeFirstOrThrow(),
      await bench.db.selectFrom('round').selectAll().where('round', '=', 'R2020').executeTakeFirstOrThrow(),
    ];
    const later = { workflow_id: 'providerInspection/R2021/c1', round: 'R2021', framework_version: 'starter-newer' };
    const json = { target: JSON.stringify(round.target), title: JSON.stringify(round.title) };
    const none = { remediation: null, not_applicable: null };
    await bench.db
      .insertInto('round')
      .values({ ...round, ...json, workflow_id: 'inspectionRound/R2021', round: 'R2021' })
      .execute();
    const ask = (asked_at: Instant | null) =>
      bench.db
        .insertInto('inspection')
        .values({ ...asked, ...none, ...later, asked_at })
        .onConflict((known) => known.column('workflow_id').doUpdateSet({ asked_at }))
        .execute();
    try {
      await ask(null);
      expect(await units()).toContain('R2020/c1');
      await ask(plus(bench.now, HOUR));
      expect(await units()).not.toContain('R2020/c1');
      expect(await units()).toContain('R2020/o1');
    } finally {
      await bench.db.deleteFrom('inspection').where('round', '=', 'R2021').execute();
      await bench.db.deleteFrom('round').where('round', '=', 'R2021').execute();
    }
  });

  test.each<[what: string, says: string, review: string, change: (documents: AllDocuments) => Partial<AllDocuments>]>([
    [
      'cannot be made',
      'nowhere',
      'gapReview',
      ({ frameworks }) => {
        const starter = { ...frameworks['starter-2020']!, version: 'starter-broken' };
        const nowhere = [{ framework: 'nowhere', version: '1' }];
        return { frameworks: { ...frameworks, 'starter-2020': { ...starter, extends: nowhere } } };
      },
    ],
    [
      'has no day by which it is due, since the calendar ends before,',
      'japan-bank',
      'gapReview/starter-2020/starter-newer',
      ({ calendars }) => {
        const [whole, until] = [calendars['japan-bank']!, '2020-09-18'];
        const closed = whole.closed.filter((day) => day <= until);
        return { calendars: { ...calendars, 'japan-bank': { ...whole, version: 'ends-soon', until, closed } } };
      },
    ],
  ])('a gap list that %s becomes a task, once, until the documents are mended', async (_what, says, review, change) => {
    // A worker goes on for a quarter of a second with documents that were current a moment ago.
    const published = async (documents: AllDocuments) => {
      await publishDocuments(bench.db, documents, bench.now);
      await new Promise((resolve) => setTimeout(resolve, 400));
    };
    const unasked = () =>
      bench.db
        .selectFrom('task')
        .select(['subject', 'roles', 'asks_en', 'asks_ja'])
        .where('subject', 'like', 'gaps:%')
        .where('closed_at', 'is', null)
        .execute();
    const current = await currentDocuments(bench.db);
    await published({ ...current, ...change(current) });
    await bench.sweep();
    const found = await unasked();
    expect(found).toMatchObject([{ subject: `gaps:${review}`, roles: ['ciso', 'compliance'] }]);
    expectComplete({ en: found[0]!.asks_en, ja: found[0]!.asks_ja });
    expect(found[0]!.asks_en).toContain(says);
    await bench.sweep();
    expect(await unasked()).toEqual(found);
    const alarms = (await bench.timeline()).filter(({ entity }) => entity === review).map(({ kind }) => kind);
    expect(alarms).toEqual(['alarm.gapListNotAsked']);
    // Nor is a run begun that would be refused.
    expect(await bench.db.selectFrom('job').select('stage').where('job', '=', 'gapReview').execute()).toEqual([]);
    await published(current);
  });

  test('the gap list is looked at by somebody: one sweep asks the CISO and the second line, and only both decide', async () => {
    const review = 'gapReview/starter-2020/starter-newer';
    // A worker goes on for a quarter of a second with documents that were current a moment ago.
    await new Promise((resolve) => setTimeout(resolve, 400));
    await bench.sweep();
    expect(await bench.kinds(review)).toEqual(['gapListOwed']);
    // Two holidays lie within the five bank days.
    const due = '2020-09-25T14:59:59.999Z';
    const [task] = await bench.tasks(review);
    expect(task).toMatchObject({ subject: 'gapList', roles: ['ciso', 'compliance'], due });
    expect(await bench.attributes(review)).toMatchObject({ Job: 'gapReview', Stage: 'REVIEWING', NeedsHuman: true });
    expect((await bench.line(review, 'gapListOwed'))!.content).toMatchObject({
      openRounds: { units: 2 },
      closedRounds: { units: 0 },
    });
    await bench.sweep();
    expect(await bench.kinds(review)).toEqual(['gapListOwed']);

    const askAgain = { subject: 'gapList', verdict: 'askAgain' };
    const first = await bench.decide(review, { ...askAgain, by: 'ciso-1' });
    expect([first.complete, await bench.stage(review)]).toEqual([false, 'REVIEWING']);
    // Said once more by the same person it is the same vote.
    expect(await bench.decide(review, { ...askAgain, by: 'ciso-1' })).toEqual(first);
    const second = await bench.decide(review, { ...askAgain, by: 'compliance-1' });
    expect(second.message.en).toContain('npx hikeshi round plan ROUND --units c1,o1');
    expect(await bench.handle(review).result()).toEqual({ stage: 'REVIEWED' });
    expect([await bench.stage(review), await bench.tasks(review)]).toEqual(['REVIEWED', []]);
    await bench.sweep();
    expect(await bench.kinds(review)).toEqual(['gapListOwed', 'voted', 'gapListDecided']);
    // Nor is a run begun that would be refused.
    expect((await bench.handle(review).describe()).status.name).toBe('COMPLETED');
    const reviews = await bench.db.selectFrom('job').select('workflow_id').where('job', '=', 'gapReview').execute();
    expect(reviews).toEqual([{ workflow_id: review }]);
  });

  test.each([
    ['a version that is not the current one', 'gapReview/starter-2020/2', '2', 'not the current one'],
    ['another id', 'gapReview/starter-2020/3', 'starter-newer', 'gapReview/starter-2020/starter-newer'],
    ['a version that was reviewed', 'gapReview/starter-2020/starter-newer', 'starter-newer', 'decided before'],
  ])('no review begins under %s', async (_what, id, version, says) => {
    await bench.start(id, { v: 1, framework: 'starter-2020', version });
    const refused = await refusal(bench.handle(id).result());
    expectReadable(refused);
    expect(refused.message).toContain(says);
  });

  test('a part of the answers leaves the unit asked; all of them have it evaluated by two, and the CISO says the result', async () => {
    await answer(bench, 'c1', 'c1-part-one', { only: ['link-two-factor'] });
    expect(await row(bench, 'c1')).toMatchObject({ phase: 'REQUESTED' });
    await answer(bench, 'c1', 'c1-whole');
    expect(await row(bench, 'c1')).toMatchObject({ phase: 'ANSWERED', result: 'UNDER_EVALUATION' });
    await handIn(bench, 'o1', FOREIGN);
    const foreign = await refusal(propose(bench, 'c1', {}, { reviewed: FOREIGN }));
    expectReadable(foreign);
    expect(foreign.message).toContain('did not hand in');
    await propose(bench, 'c1');
    expectReadable(
      await refusal(bench.decide(unit('c1'), { subject: 'evaluation', verdict: 'confirm', by: 'evaluator-1' })),
    );
    await bench.decide(unit('c1'), { subject: 'evaluation', verdict: 'confirm', by: 'evaluator-2' });
    expectReadable(
      await refusal(bench.decide(unit('c1'), { subject: 'result', verdict: 'satisfied', by: 'evaluator-2' })),
    );
    await bench.decide(unit('c1'), { subject: 'result', verdict: 'satisfied', by: 'ciso-1' });
    const { mandatory, satisfied } = await row(bench, 'c1');
    expect([await bench.stage(unit('c1')), satisfied]).toEqual(['SATISFIED', mandatory]);
  });

  test('an answer after the result is kept, and judged only when the second line reopens it', async () => {
    await answer(bench, 'c1', 'c1-afterwards', { only: ['link-two-factor'], text: 'switched off for a while' });
    expect(await bench.stage(unit('c1'))).toBe('SATISFIED');
    expect(await taskSubjects(bench, unit('c1'))).toContain('lateAnswers');
    await bench.update(unit('c1'), 'reopen', [{ v: 1, by: 'compliance-1', reason: 'It was switched off' }]);
    expect((await items(bench, 'c1', 'ANSWERED')).map(({ item }) => item)).toEqual(['link-two-factor']);
    await evaluate(bench, 'c1', { 'link-two-factor': 'NOT_IMPLEMENTED' });
    expect(await taskSubjects(bench, unit('c1'))).toEqual(expect.arrayContaining(['gate', 'result']));
  });

  const STOPPED_AT_ONCE = 'suspension/B/link-c1-at-once';
  const reverse = (by: string) => bench.decide(STOPPED_AT_ONCE, { subject: 'reverse', verdict: 'reverse', by });

  test('an emergency stop is not reversed while such an item fails, and taking the unit off the list changes nothing', async () => {
    await bench.emergency('link-c1-at-once', ['link-c1']);
    const expectBarred = async () => {
      const barred = await refusal(reverse('commander-1'));
      expectReadable(barred);
      expect(barred.message).toContain('link-two-factor');
    };
    await expectBarred();
    const documents = await currentDocuments(bench.db);
    const { providers } = documents;
    const units = providers!.units.filter(({ id }) => id !== 'c1');
    await publishDocuments(
      bench.db,
      { ...documents, providers: { ...providers!, version: 'without-c1', units } },
      bench.now,
    );
    // A worker goes on for a quarter of a second with documents that were current a moment ago.
    await new Promise((resolve) => setTimeout(resolve, 400));
    await expectBarred();
    await publishDocuments(bench.db, documents, bench.now);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await bench.holds('link-c1')).toEqual([STOPPED_AT_ONCE]);
  });

  test('functions may not run again while a mandatory item that protects them fails, unless two persons accept it for a time', async () => {
    const stop = await bench.inForce('link-c1-1', ['link-c1'], { trigger: 'inspection' });
    await bench.update(stop, 'proposeLift', [{ v: 1, by: 'provider-manager-1', reason: 'The provider asks for it' }]);
    const lift = () => bench.decide(stop, { subject: 'lift', verdict: 'approve', by: 'commander-1' });
    const failing = await refusal(lift());
    expectReadable(failing);
    expect(failing.message).toContain('link-two-factor');
    const accept = { v: 1, items: ['link-two-factor'], until: '2020-10-05', reason: 'watched by hand' };
    await bench.update(unit('c1'), 'acceptRisk', [{ ...accept, by: 'ciso-1' }]);
    expectReadable(await refusal(bench.decide(unit('c1'), { subject: 'acceptRisk', verdict: 'accept', by: 'ciso-1' })));
    await bench.decide(unit('c1'), { subject: 'acceptRisk', verdict: 'accept', by: 'board-1' });
    // An unfinished inspection lets nothing pass, whatever is accepted.
    expect((await refusal(lift())).message).toContain('not finished');
    // To take back a stop that nobody ratified yet resumes nothing.
    for (const by of ['commander-1', 'duty-1']) await reverse(by);
    expect([await bench.stage(STOPPED_AT_ONCE), await bench.holds('link-c1')]).toEqual(['REVERSED', [stop]]);
    await bench.decide(unit('c1'), { subject: 'result', verdict: 'not-satisfied', by: 'ciso-1' });
    await lift();
    expect(await bench.stage(stop)).toBe('WATCHED');
    const risk = () => bench.db.selectFrom('risk_acceptance').selectAll().where('unit', '=', 'c1').execute();
    expect(await risk()).toMatchObject([{ by: ['ciso-1', 'board-1'], functions: ['link-c1'], ended: null }]);
    await bench.pass('P20D');
    expect(await risk()).toMatchObject([{ ended: 'EXPIRED' }]);
    expect(await bench.alarms(unit('c1'))).toContain('alarm.riskAcceptanceExpired');
    expect(await taskSubjects(bench, unit('c1'))).toContain('gate');
  });

  test('a promise has a day; new evidence is inspected again, and meets it', async () => {
    const promise = { v: 1, by: 'provider-manager-1', due: '12月中', reason: 'Two factors are promised' };
    const remindedOn = async () =>
      (await bench.handle(unit('c1')).query<InspectionState>('standing')).remediation!.reminders;
    await bench.update(unit('c1'), 'commitRemediation', [promise]);
    // Twenty, ten and five bank days before 2020-12-31, which is closed itself.
    expect(await remindedOn()).toEqual([
      ...['2020-12-03T00:00:00.000Z', '2020-12-17T00:00:00.000Z', '2020-12-24T00:00:00.000Z'],
    ]);
    await bench.update(unit('c1'), 'commitRemediation', [{ ...promise, due: '2021-01-15' }]);
    // Closed from 12-31 to 01-03, and on 2021-01-11.
    expect(await remindedOn()).toEqual([
      ...['2020-12-15T00:00:00.000Z', '2020-12-29T00:00:00.000Z', '2021-01-07T00:00:00.000Z'],
    ]);
    const promises = () =>
      bench.db
        .selectFrom('commitment')
        .select(['n', 'date', 'standing'])
        .where('workflow_id', '=', unit('c1'))
        .orderBy('n')
        .execute();
    expect(await promises()).toEqual([
      { n: 1, date: '2020-12-31', standing: 'RE_COMMITTED' },
      { n: 2, date: '2021-01-15', standing: 'ON_TRACK' },
    ]);
    await answer(bench, 'c1', 'c1-mended', { only: ['link-two-factor'], text: 'IVR call-back since today' });
    expect(await bench.stage(unit('c1'))).toBe('RE_INSPECTION');
    expect((await row(bench, 'c1')).failing).toBe(1);
    // Other words and the same file are no new evidence; nor is a file that nobody handed in for this item.
    await handIn(bench, 'c1', NEW_FILE);
    for (const [reviewed, says] of [
      [FILE, '"link-two-factor" was judged to fail'],
      [NEW_FILE, 'did not hand in for this item'],
    ] as const) {
      const refused = await refusal(propose(bench, 'c1', {}, { reviewed }));
      expectReadable(refused);
      expect(refused.message).toContain(says);
    }
    await answer(bench, 'c1', 'c1-shown', { only: ['link-two-factor'], text: 'see the report', file: NEW_FILE });
    await evaluate(bench, 'c1', {}, { reviewed: NEW_FILE });
    await bench.decide(unit('c1'), { subject: 'result', verdict: 'satisfied', by: 'ciso-1' });
    expect((await promises()).at(-1)).toMatchObject({ standing: 'MET' });
    expect((await row(bench, 'c1')).remediation).toBeNull();
  });

  test('a unit that is silent is reminded, overdue and escalated; waiting brings a new day, and its answer ends it', async () => {
    // What the operator filters by in the Web UI; visibility follows a moment later.
    const query = 'Job = "providerInspection" AND Stage IN ("OVERDUE", "ESCALATED")';
    const listedAs = async (stage: string) => {
      for (let tries = 0; ; tries++) {
        const found: string[] = [];
        for await (const run of bench.world.client.workflow.list({ query }))
          found.push(
            `${run.workflowId} ${String(run.typedSearchAttributes.getAll().find(({ key }) => key.name === 'Stage')?.value)}`,
          );
        if (tries === 100 || found.some((each) => each.endsWith(stage))) return found;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    expect(await listedAs('OVERDUE')).toEqual([`${unit('o1')} OVERDUE`]);
    await bench.pass('P7D');
    expect(await bench.stage(unit('o1'))).toBe('ESCALATED');
    expect(await listedAs('ESCALATED')).toEqual([`${unit('o1')} ESCALATED`]);
    const kinds = await bench.kinds(unit('o1'));
    expect(kinds.filter((kind) => kind !== 'mailed')).toEqual([
      'scoped',
      'requested',
      'reminded',
      'alarm.answerOverdue',
      'reminded',
      'reminded',
      'alarm.escalated',
    ]);
    expect(await mailsTo(bench, 'o1')).toHaveLength(4);
    // Due on Friday 2020-10-02, with 2020-09-21 and 09-22 closed: three bank days before, one and three after, at 09:00 in
    // Japan; escalated on the fifth.
    const told = await bench.timeline(unit('o1'));
    const instants = (kind: string) => told.filter((line) => line.kind === kind).map((line) => line.effective_at);
    expect(instants('reminded')).toEqual([
      ...['2020-09-29T00:00:00.000Z', '2020-10-05T00:00:00.000Z', '2020-10-07T00:00:00.000Z'],
    ]);
    expect(instants('alarm.answerOverdue')).toEqual(['2020-10-02T14:59:59.999Z']);
    expect(instants('alarm.escalated')).toEqual(['2020-10-09T00:00:00.000Z']);
    // Asked on a Wednesday, ten bank days with two holidays between; escalated five bank days later.
    expect(await owes(bench, 'o1')).toBe(
      'escalated ／ 上申中 | not stated ／ 基準の記載なし | 2020-10-02 23:59 +09:00 | 7',
    );
    await bench.decide(unit('o1'), { subject: 'escalation', verdict: 'wait', by: 'commander-1' });
    const { answer_due: due, overdue_since: overdue } = await row(bench, 'o1');
    expect([due! > bench.now, overdue, await bench.stage(unit('o1'))]).toEqual([true, null, 'REQUESTED']);
    expect((await mailsTo(bench, 'o1')).at(-1)!.text).toMatch(/2020/);
    const page = await bench.db
      .selectFrom('questionnaire')
      .select('content')
      .where('workflow_id', '=', unit('o1'))
      .executeTakeFirstOrThrow();
    expect((page.content as { due: { date: string } }).due.date).toBe(
      new Date(Date.parse(due!) + 9 * 3_600_000).toISOString().slice(0, 10),
    );
    await answer(bench, 'o1', 'o1-at-last');
    expect(await bench.stage(unit('o1'))).toBe('ANSWERED');
  });

  test('a follow-up asks what is open, shows only what two evaluators agreed on, and is over when all of it is answered', async () => {
    const [first, second] = (await items(bench, 'o1', 'ANSWERED')).map(({ item }) => item);
    await propose(bench, 'o1', { [first!]: 'NOT_IMPLEMENTED' });
    await bench.decide(unit('o1'), { subject: 'evaluation', verdict: 'return', by: 'evaluator-2' });
    await evaluate(bench, 'o1', { [first!]: 'INSUFFICIENT', [second!]: 'INSUFFICIENT' });
    await bench.decide(unit('o1'), { subject: 'result', verdict: 'follow-up', by: 'provider-manager-1' });
    const page = async () => {
      const { content } = await bench.db
        .selectFrom('questionnaire')
        .select('content')
        .where('workflow_id', '=', unit('o1'))
        .executeTakeFirstOrThrow();
      return (content as { items: { item: string; asksAgain?: string; thread: { from: string }[] }[] }).items;
    };
    const said = async (from: string) =>
      (await page()).find(({ item }) => item === first)!.thread.filter((each) => each.from === from);
    const shown = async () => ({
      again: (await page()).filter(({ asksAgain }) => asksAgain).map(({ item }) => item),
      said: (await said('bank')).length,
    });
    expect(await shown()).toEqual({ again: [first, second].sort(byPage(bench)), said: 1 });
    const { next_due: due } = await row(bench, 'o1');
    expect(await owes(bench, 'o1')).toBe(
      `under evaluation ／ 評価中 | not stated ／ 基準の記載なし | ${localText(due!, zoneAt('Asia/Tokyo', due!))} | -`,
    );
    const mails = await mailsTo(bench, 'o1');
    const [request, followUp] = [mails[0]!, mails.at(-1)!];
    const linkIn = ({ text }: { text: string }) => /https?:\/\/\S+/.exec(text)![0];
    expect([followUp.to, linkIn(followUp)]).toEqual([request.to, linkIn(request)]);
    expect(followUp.headers['in-reply-to']).toBe(request.messageId);
    const answeredAt = bench.now;
    await bench.pass('PT1H');
    await answer(bench, 'o1', 'o1-again-one', {
      only: [first!],
      text: 'more about it',
      claims: { [first!]: 'partly' },
    });
    expect(await said('provider')).toEqual([
      { from: 'provider', at: answeredAt, text: 'done', claim: 'implemented', evidence: [FILE] },
      { from: 'provider', at: bench.now, text: 'more about it', claim: 'partly', evidence: [FILE] },
    ]);
    const given = bench.db.selectFrom('submission').select(['id', 'by', 'received_at']);
    expect(await given.where('workflow_id', '=', unit('o1')).orderBy('received_at').execute()).toEqual([
      { id: 'o1-at-last', by: 'contact', received_at: answeredAt },
      { id: 'o1-again-one', by: 'contact', received_at: bench.now },
    ]);
    expect([await bench.stage(unit('o1')), (await shown()).again]).toEqual(['FOLLOW_UP_REQUESTED', [second]]);
    await answer(bench, 'o1', 'o1-again-two', { only: [second!], text: 'more about that' });
    expect(await bench.stage(unit('o1'))).toBe('ANSWERED');
  });

  test('a bounced mail is a task, a reply is kept and read; neither is taken twice', async () => {
    const post = async (path: string, body: object) => {
      const response = await fetch(`${bench.world.outside.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return ((await response.json()) as { raw: string }).raw;
    };
    const mails = await mailsTo(bench, 'o1');
    const deps = {
      store: bench.world.store,
      keys: openKeyRing(ground.config.stateDir).all(bench.world.namespace),
      now: () => bench.now,
      signal: async (workflowId: string, name: string, input: Json) => {
        await bench.signal(workflowId, name, input);
        return true;
      },
    };
    const bounce = Buffer.from(await post(`/sim/mail/${mails.at(-1)!.id}/bounce`, {}));
    for (let time = 0; time < 2; time++)
      expect(await takeMail(deps, bounce)).toMatchObject({
        repeated: time > 0,
        taken: { kind: 'bounce', inspection: unit('o1'), told: true },
      });
    expect((await bench.alarms(unit('o1'))).filter((kind) => kind === 'alarm.mailBounced')).toHaveLength(1);
    expect(await taskSubjects(bench, unit('o1'))).toContain('bounced');
    const reply = Buffer.from(await post(`/sim/mail/${mails.at(-1)!.id}/reply`, { text: 'We need another week.' }));
    for (let time = 0; time < 2; time++)
      expect(await takeMail(deps, reply)).toMatchObject({
        repeated: time > 0,
        taken: { kind: 'reply', inspection: unit('o1'), told: true },
      });
    expect(await bench.db.selectFrom('provider_reply').select('text').execute()).toEqual([
      { text: expect.stringContaining('another week') as string },
    ]);
    await bench.decide(unit('o1'), { subject: 'reply', verdict: 'read', by: 'provider-manager-1' });
    await bench.decide(unit('o1'), { subject: 'mail', verdict: 'by-hand', by: 'provider-manager-1' });
    expect(await bench.questions(unit('o1'))).toEqual([]);
    expect(await takeMail(deps, Buffer.from('Subject: hello\r\n\r\nnobody'))).toMatchObject({ stray: 'no-token' });
  });

  test('a run that was lost goes on from the register, and has heard what the round said', async () => {
    await bench.handle(unit('c1')).terminate('lost');
    await bench.update(ROUND, 'proposeReport', [{ v: 1, by: 'provider-manager-1' }]);
    await bench.decide(ROUND, { subject: 'report', verdict: 'publish', by: 'commander-1' });
    await bench.decide(ROUND, { subject: 'close', verdict: 'close', by: 'commander-1' });
    expect(await bench.stage(unit('c1'))).toBe('SATISFIED');
    await bench.start(unit('c1'), { v: 1, resume: true });
    expect(await bench.stage(unit('c1'))).toBe('CLOSED');
    expect(await row(bench, 'c1')).toMatchObject({ result: 'SATISFIED' });
    // The round is closed: what still comes in is kept, and marked late.
    const nobody = { answersGiven: () => Promise.reject(new NobodyListens()) };
    const item = { item: 'link-two-factor', claim: 'partly' as const, text: 'too late', evidence: [] };
    const late = { v: 1 as const, inspection: unit('c1'), by: 'contact', submission: 'c1-too-late', items: [item] };
    expect(await takeAnswers({ db: bench.db, signaller: nobody, now: () => bench.now }, late, 'webhook')).toMatchObject(
      { late: true },
    );
    const kept = bench.db.selectFrom('submission').select(['id', 'late']).where('workflow_id', '=', unit('c1'));
    expect(await kept.where('late', '=', true).execute()).toEqual([{ id: 'c1-too-late', late: true }]);
  });

  test('after the round the second line alone reopens a result; what came late is judged, and what was published stays', async () => {
    const published = () => bench.db.selectFrom('round_report').select(['digest', 'content']).execute();
    const before = await published();
    expect(before).toHaveLength(1);
    const again = (by: string) => ({ v: 1, resume: true, reopen: { v: 1, by, reason: 'It was switched off' } });
    await bench.start(unit('c1'), again('evaluator-1'));
    const refused = await refusal(bench.handle(unit('c1')).result());
    expectReadable(refused);
    expect(refused.message).toContain('"evaluator-1"');
    await bench.start(unit('c1'), { ...again('compliance-1'), reopen: {} });
    expectReadable(await refusal(bench.handle(unit('c1')).result()));
    expect([await bench.stage(unit('c1')), (await bench.kinds(unit('c1'))).at(-1)]).toEqual(['CLOSED', 'closed']);

    await bench.start(unit('c1'), again('compliance-1'));
    expect(await bench.stage(unit('c1'))).toBe('UNDER_EVALUATION');
    expect((await bench.line(unit('c1'), 'closed'))!.content).toEqual({ result: 'SATISFIED' });
    const told = (await bench.timeline(unit('c1'))).findLast(({ kind }) => kind === 'reopened');
    expect(told!.content).toMatchObject({ by: 'compliance-1', was: 'SATISFIED', reason: 'It was switched off' });
    // As the next sweep does live.
    const signaller = { answersGiven: (id: string, given: object) => bench.signal(id, 'answersGiven', given) };
    await forwardSubmissions({ db: bench.db, signaller, now: () => bench.now });
    expect((await items(bench, 'c1', 'ANSWERED')).map(({ item }) => item)).toEqual(['link-two-factor']);
    // "Partly" asks the other item too.
    const short = { result: 'INSUFFICIENT', reviewed: [], note: 'Not the whole of it' };
    const results = ['link-two-factor', CONDITIONAL].map((item) => ({ item, ...short }));
    const proposal = { v: 1, by: 'evaluator-1', reason: 'All answers looked at', results };
    await bench.update(unit('c1'), 'proposeEvaluation', [proposal]);
    await bench.decide(unit('c1'), { subject: 'evaluation', verdict: 'confirm', by: 'evaluator-2' });
    await bench.decide(unit('c1'), { subject: 'result', verdict: 'not-satisfied', by: 'ciso-1' });
    expect(await row(bench, 'c1')).toMatchObject({ phase: 'NOT_SATISFIED', result: 'NOT_SATISFIED' });
    expect(await published()).toEqual(before);
    for (const id of [ROUND, unit('c1'), unit('o1'), unit('n1')]) expect(await bench.brokenTasks(id)).toBe(0);
  });

  test('that nothing applies has two persons, a reason and a day; once it is past the second line is asked, once', async () => {
    const { not_applicable: said } = await row(bench, 'n1');
    // Confirmed on 2020-09-16, in Japan.
    expect(said).toEqual({
      by: ['provider-manager-1', 'compliance-1'],
      reason: 'It is right so',
      review: '2021-09-16',
    });
    const asked = () =>
      bench.db
        .selectFrom('task')
        .select(['subject', 'roles', 'asks_en', 'asks_ja'])
        .where('subject', 'like', 'review:%')
        .execute();
    const at = (text: string) => bench.withDeps((deps) => sweep(deps, { at: instant(Date.parse(text)) }));
    expect((await at('2021-09-16T23:59+09:00')).reviews).toEqual([]);
    const past = { inspection: unit('n1'), unit: 'n1', review: '2021-09-16' };
    expect((await at('2021-09-17T00:00+09:00')).reviews).toEqual([past]);
    await bench.pass('P370D');
    await bench.sweep();
    const [task, ...others] = await asked();
    expect([task, others]).toMatchObject([{ subject: `review:${unit('n1')}#2021-09-16`, roles: ['compliance'] }, []]);
    expectComplete({ en: task!.asks_en, ja: task!.asks_ja });
    // Whoever closed it has looked: it is not asked again.
    await bench.db.updateTable('task').set({ closed_at: bench.now }).where('subject', '=', task!.subject).execute();
    await bench.sweep();
    expect(await asked()).toHaveLength(1);
  });
});

/** In the order of the page. */
const byPage = (bench: Bench) => {
  const order = bench.world.documents.frameworks['starter-2020']!.items.map(({ id }) => id);
  const phase = (id: string | undefined) =>
    bench.world.documents.frameworks['starter-2020']!.items.find((item) => item.id === id)!.phase;
  return (a: string | undefined, b: string | undefined) => phase(a) - phase(b) || order.indexOf(a!) - order.indexOf(b!);
};

describe('a mail relay that is down for a day', () => {
  let bench: Bench;

  test('calls people once, is not asked for ever, and loses and doubles no request', async () => {
    bench = await opened({ change: (documents) => askingSixty(runBy('evaluator-1')(documents)) });
    await bench.misbehave({ mode: 'smtp-down' });
    await openRound(bench);
    expect(await row(bench, 'c1')).toMatchObject({ phase: 'SCOPED' });
    await bench.pass('P1D');
    expect((await bench.alarms(unit('c1'))).filter((kind) => kind === 'alarm.mailFailed')).toHaveLength(1);
    expect(await taskSubjects(bench, unit('c1'))).toContain('mail');
    await bench.behave();
    await bench.pass('PT3H');
    expect(await mailsTo(bench, 'c1')).toHaveLength(1);
    const { asked_at: askedAt, phase } = await row(bench, 'c1');
    // The days of the answer count from the mail that told of them.
    expect([phase, askedAt! > '2020-09-17']).toEqual(['REQUESTED', true]);
    expect(await taskSubjects(bench, unit('c1'))).not.toContain('mail');
    const { historyLength } = await bench.handle(unit('c1')).describe();
    expect(historyLength).toBeLessThan(400);
  });

  test('and who runs the unit that it reached at last evaluates nothing of it', async () => {
    await answer(bench, 'c1', 'c1-own-whole');
    const owner = await refusal(propose(bench, 'c1'));
    expectReadable(owner);
    expect(owner.message).toContain('evaluator-2');
    await propose(bench, 'c1', {}, { by: 'evaluator-2' });
    const confirm = (by: string) => bench.decide(unit('c1'), { subject: 'evaluation', verdict: 'confirm', by });
    for (const by of ['evaluator-1', 'evaluator-2']) expectReadable(await refusal(confirm(by)));
    expect(await bench.stage(unit('c1'))).toBe('UNDER_EVALUATION');
  });

  test('a mail after a link was revoked, or is at its end, carries another one', async () => {
    const links = async () => (await mailsTo(bench, 'o1')).map(({ text }) => /https?:\/\/\S+/.exec(text)![0]);
    const ofUnit = bench.db.selectFrom('access_link').select('id').where('workflow_id', '=', unit('o1'));
    const change = async (to: { revoked_at?: Instant; expires_at?: Instant }) => {
      const ids = (await ofUnit.execute()).map(({ id }) => id);
      await bench.db
        .updateTable('access_link')
        .set(to)
        .where('id', 'in', ids)
        .where('revoked_at', 'is', null)
        .execute();
    };
    // Asked on Thursday 2020-09-17: due on 10-05, reminded on 09-30, 10-06 and 10-08.
    await change({ revoked_at: bench.now });
    await bench.pass('P14D');
    await change({ expires_at: plus(bench.now, -HOUR) });
    await bench.pass('P5D');
    await bench.pass('P2D');
    const [request, afterRevocation, afterExpiry, next] = await links();
    expect(new Set([request, afterRevocation, afterExpiry]).size).toBe(3);
    // One that is good is kept.
    expect(next).toBe(afterExpiry);
  });

  test('a provider with sixty items that answers once and is satisfied leaves at most 200 events', async () => {
    const round = 'inspectionRound/R2021';
    await bench.start(round, {
      v: 1,
      round: 'R2021',
      title: { ja: '総点検', en: 'Inspection' },
      by: 'compliance-1',
      reason: 'Led by the second line',
      target: '10月末',
      units: ['c1', 'n1'],
    });
    await bench.decide(round, { subject: 'open', verdict: 'open', by: 'commander-1' });
    expect(await items(bench, 'R2021/c1')).toHaveLength(60);
    await answer(bench, 'R2021/c1', 'c1-sixty-items');
    await propose(bench, 'R2021/c1', {}, { by: 'evaluator-2' });
    await bench.decide(unit('R2021/c1'), { subject: 'evaluation', verdict: 'confirm', by: 'evaluator-3' });
    await bench.decide(unit('R2021/c1'), { subject: 'result', verdict: 'satisfied', by: 'ciso-1' });
    expect(await bench.stage(unit('R2021/c1'))).toBe('SATISFIED');
    const { historyLength } = await bench.handle(unit('R2021/c1')).describe();
    expect(historyLength).toBeLessThanOrEqual(200);
  });

  test('and who planned a round confirms nowhere in it that nothing applies', async () => {
    const confirm = { subject: 'notApplicable', verdict: 'confirm', by: 'compliance-1' };
    const refused = await refusal(bench.decide(unit('R2021/n1'), confirm));
    expectReadable(refused);
    expect(refused.message).toContain('"compliance-1" proposed this');
    expect(await bench.stage(unit('R2021/n1'))).toBe('SCOPED');
    // In the round that somebody else planned he may.
    await bench.decide(unit('n1'), confirm);
    expect(await bench.stage(unit('n1'))).toBe('NOT_APPLICABLE');
  });
});

/** The starter with as many items of one kind more as make sixty for c1; none of them applies to n1. */
function askingSixty(documents: AllDocuments): AllDocuments {
  const starter = documents.frameworks['starter-2020']!;
  const c1 = documents.providers!.units.find(({ id }) => id === 'c1')!;
  const model = starter.items.find(({ id }) => id === 'link-two-factor')!;
  const wanted = 60 - applicableItems(starter.items, c1.form).length;
  const more = Array.from({ length: wanted }, (_, n) => ({ ...model, id: `more-${n + 1}`, protects: [] }));
  return {
    ...documents,
    frameworks: { ...documents.frameworks, 'starter-2020': { ...starter, items: [...starter.items, ...more] } },
  };
}

/** The unit c1 as one of the bank's own. */
const runBy =
  (owner: string) =>
  (documents: AllDocuments): AllDocuments => {
    const { groups, units, ...providers } = documents.providers!;
    const own = { id: 'own', name: { ja: '自行', en: 'Own services' }, own: true };
    const { people, ...roster } = documents.roster;
    return {
      ...documents,
      // With one of three evaluators barred, there are still two.
      roster: {
        ...roster,
        people: [...people, { ...people.find(({ id }) => id === 'evaluator-2')!, id: 'evaluator-3' }],
      },
      providers: {
        ...providers,
        groups: [...groups, own],
        units: units.map((each) => (each.id === 'c1' ? { ...each, group: 'own', owner } : each)),
      },
    };
  };
