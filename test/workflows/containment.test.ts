import { plus, type Duration } from '../../src/domain/instant.js';
import { all, alarmOnly, limitedLinks } from '../support/documents.js';
import { expectReadable, refusal, START, testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();

/** So long after the beginning. */
const after = (duration: string) => plus(START, duration as Duration);

const commander = (verdict: string) => ({ subject: 'decide', verdict, by: 'commander-1' });

describe('after a confirmed loss, under a policy that acts', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await ground.open({ change: limitedLinks });
  });

  test('nobody decides: warnings after two and three hours, and after four hours policy suspends', async () => {
    const id = await bench.loss('mijica-transfer', 'case-1', { failedControl: 'member-login-detection' });
    expect(await bench.stage(id)).toBe('DECIDING');
    await bench.runner.moveTo(plus(after('PT4H'), -1));
    expect((await bench.timeline(id)).map(({ kind, effective_at }) => [kind, effective_at])).toEqual([
      ['opened', START],
      ['lossConfirmed', START],
      ['decisionOpened', START],
      ['alarm.decisionWarning', after('PT2H')],
      ['alarm.decisionWarning', after('PT3H')],
    ]);
    expect(await bench.holds('mijica-transfer')).toEqual([]);

    await bench.runner.moveTo(after('PT4H'));
    expect((await bench.kinds(id)).slice(5)).toEqual(['alarm.decisionOverdue', 'suspendedByPolicy', 'closed']);
    const stop = 'suspension/B/mijica-transfer-r1';
    expect(await bench.stage(stop)).toBe('IN_FORCE');
    expect(await bench.kinds(stop)).toEqual(['decided', 'ordered', 'verified', 'inForce']);
    expect((await bench.line(stop, 'decided'))!.content).toMatchObject({ by: 'policy', decidedIn: id });
    expect(await bench.bank('MIJICA_TRANSFER')).toMatchObject({ status: 'CLOSED', applied: 1 });
  });

  test('a loss on a function that is stopped already is alarmed, and a repeat of a known one is harmless', async () => {
    const id = await bench.loss('mijica-transfer', 'case-2');
    expect((await bench.kinds(id)).slice(-4)).toEqual([
      'opened',
      'lossConfirmed',
      'decisionOpened',
      'alarm.lossAfterStop',
    ]);
    expect(await bench.stage(id)).toBe('CLOSED');

    await bench.loss('mijica-transfer', 'case-2');
    expect((await bench.kinds(id)).slice(-2)).toEqual(['opened', 'closed']);
    expect(await bench.alarms(id)).toHaveLength(4);
    // Whoever was called to look is called once, however many cases follow, and whoever is told of them.
    const [task, ...others] = await bench.tasks(id);
    expect([task!.subject, others]).toEqual(['lossAfterStop:mijica-transfer', []]);
    const told = { v: 1, incident: 'B', target: 'mijica-transfer', reference: 'case-2b', count: 1 };
    await bench.signal('suspension/B/mijica-transfer-r1', 'lossConfirmed', {
      ...told,
      occurredAt: bench.now,
      confirmedAt: bench.now,
    });
    expect(await bench.alarms('suspension/B/mijica-transfer-r1')).toEqual(['alarm.lossAfterStop']);
    const looks = async () =>
      (await bench.db.selectFrom('task').select('id').where('subject', 'like', 'lossAfterStop:%').execute()).length;
    const calls = async () =>
      (await bench.mails()).filter(({ subject }) => subject.includes('lossAfterStop:mijica-transfer')).length;
    const called = await calls();
    expect([await looks(), called > 0]).toEqual([1, true]);
    await bench.db.updateTable('task').set({ closed_at: bench.now }).where('id', '=', task!.id).execute();
    await bench.loss('mijica-transfer', 'case-2c');
    expect([await looks(), await calls()]).toEqual([2, 2 * called]);
    const losses = await bench.db
      .selectFrom('loss')
      .select('reference')
      .where('target', '=', 'mijica-transfer')
      .execute();
    expect(losses.map(({ reference }) => reference).sort()).toEqual(['case-1', 'case-2', 'case-2b', 'case-2c']);
    expect(await bench.bank('MIJICA_TRANSFER')).toMatchObject({ status: 'CLOSED', applied: 1 });
  });

  test('a function that is not autoStop is never stopped by a time-out or a tripwire; the commander is called', async () => {
    const id = await bench.loss('mijica-debit', 'debit-1');
    await bench.pass('PT4H');
    expect((await bench.line(id, 'alarm.decisionOverdue'))!.content).toMatchObject({ acted: false });
    expect(await bench.stage(id)).toBe('OVERDUE');
    const called = async () =>
      (await bench.mails()).filter(
        ({ to, subject }) => to.includes('commander-1@bank.example') && subject.includes(`${id} (decide)`),
      ).length;
    // The decision, two warnings, the time-out.
    expect(await called()).toBe(4);

    await bench.loss('mijica-debit', 'debit-2');
    expect((await bench.line(id, 'alarm.tripwire'))!.content).toMatchObject({ acted: false });
    expect(await called()).toBe(5);

    await bench.pass('P2D');
    expect((await bench.alarms(id)).filter((kind) => kind === 'alarm.decisionStillOpen')).toHaveLength(2);
    expect(await bench.holds('mijica-debit')).toEqual([]);
    expect(await bench.bank('MIJICA_DEBIT')).toMatchObject({ status: 'OPEN', applied: 0 });

    // A person may, at any time; that it was late stays on record.
    await bench.decide(id, commander('suspend'));
    expect(await bench.bank('MIJICA_DEBIT')).toMatchObject({ status: 'CLOSED', applied: 1 });
    expect(await bench.decisions(id)).toMatchObject([{ verdict: 'suspend', by: 'commander-1', late: true }]);
    expect((await bench.line(id, 'decided'))!.content).toMatchObject({ late: true });
  });

  test('a restriction that nobody re-decided becomes a suspension after 24 hours', async () => {
    const id = await bench.loss('link-c1', 'c1-1');
    await bench.pass('PT1H');
    await bench.decide(id, { subject: 'decide', verdict: 'restrict', by: 'owner-links' });
    const decidedAt = bench.now;
    expect(await bench.stage(id)).toBe('RESTRICTED');
    expect(await bench.stage('suspension/B/link-c1-r1')).toBe('IN_FORCE');
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'LIMITED', limit: 30_000 });
    expect(await bench.decisions(id)).toMatchObject([{ verdict: 'restrict', late: false }]);

    await bench.runner.moveTo(plus(decidedAt, 24 * 3_600_000 - 1));
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'LIMITED' });
    await bench.runner.moveTo(plus(decidedAt, 24 * 3_600_000));
    expect((await bench.kinds(id)).slice(-3)).toEqual(['alarm.redecisionOverdue', 'suspendedByPolicy', 'closed']);
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED', applied: 2 });
  });

  test('the next confirmed case suspends what was restricted, at once', async () => {
    const id = await bench.loss('link-c2', 'c2-1');
    await bench.decide(id, { subject: 'decide', verdict: 'restrict', by: 'owner-links' });
    await bench.pass('PT1H');
    await bench.loss('link-c2', 'c2-2');
    expect((await bench.kinds(id)).slice(-4)).toEqual([
      'lossConfirmed',
      'alarm.tripwire',
      'suspendedByPolicy',
      'closed',
    ]);
    expect(await bench.bank('LINK_C2')).toMatchObject({ status: 'CLOSED' });
  });

  test('a decision to continue carries the same re-decision and the same tripwire', async () => {
    const [one, other] = [await bench.loss('link-c3', 'c3-1'), await bench.loss('link-c4', 'c4-1')];
    await bench.decide(one, commander('continue'));
    await bench.decide(other, commander('continue'));
    expect(await bench.stage(one)).toBe('CONTINUED');
    await bench.pass('PT23H');
    await bench.loss('link-c3', 'c3-2');
    expect(await bench.bank('LINK_C3')).toMatchObject({ status: 'CLOSED' });
    expect(await bench.bank('LINK_C4')).toMatchObject({ status: 'OPEN' });
    await bench.pass('PT1H');
    expect(await bench.bank('LINK_C4')).toMatchObject({ status: 'CLOSED' });
    expect(await bench.alarms(other)).toEqual(['alarm.redecisionOverdue']);
  });

  test('a re-decision in time starts another 24 hours', async () => {
    const id = await bench.loss('link-o1', 'o1-1');
    await bench.decide(id, commander('continue'));
    await bench.pass('PT20H');
    await bench.decide(id, { ...commander('continue'), reason: 'Looked at again' });
    await bench.pass('PT20H');
    expect(await bench.stage(id)).toBe('CONTINUED');
    await bench.pass('PT4H');
    expect(await bench.stage(id)).toBe('CLOSED');
  });

  test('a measure whose name somebody gave to another one did not start: people are told, and decide again', async () => {
    await bench.propose('link-o6-r1', ['link-o5']);
    const id = await bench.loss('link-o6', 'o6-1');
    await bench.decide(id, commander('suspend'));
    expect((await bench.kinds(id)).at(-1)).toBe('alarm.measureNotStarted');
    expect(await bench.stage(id)).toBe('OVERDUE');
    await bench.decide(id, commander('suspend'));
    expect(await bench.stage(id)).toBe('CLOSED');
    expect(await bench.holds('link-o6')).toEqual(['suspension/B/link-o6-r3']);
    expect(await bench.bank('LINK_O6')).toMatchObject({ status: 'CLOSED', applied: 1 });
  });

  test('the same loss twice is one loss, and trips no wire', async () => {
    const id = await bench.loss('link-c5', 'c5-1');
    await bench.loss('link-c5', 'c5-1');
    await bench.decide(id, commander('continue'));
    await bench.loss('link-c5', 'c5-1');
    expect(await bench.kinds(id)).toEqual(['opened', 'lossConfirmed', 'decisionOpened', 'decided']);
    expect(await bench.stage(id)).toBe('CONTINUED');
  });

  test('a containment that was opened early waits for its loss; a decision before it is refused', async () => {
    const id = 'containment/B/link-c6';
    await bench.start(id, { v: 1, incident: 'B', target: 'link-c6' });
    expect(await bench.stage(id)).toBe('AWAITING_LOSS');
    const before = await bench.register();
    expectReadable(await refusal(bench.decide(id, commander('suspend'))));
    expect(await bench.register()).toEqual(before);
    await bench.pass('P2D');
    expect(await bench.alarms(id)).toEqual([]);
    await bench.loss('link-c6', 'c6-1');
    expect(await bench.stage(id)).toBe('DECIDING');
  });

  test('a loss that is reported late shortens the time left and moves no deadline', async () => {
    const confirmedAt = plus(bench.now, -3.5 * 3_600_000);
    const id = await bench.loss('link-o2', 'o2-1', { confirmedAt });
    await bench.pass('PT30M');
    expect((await bench.line(id, 'alarm.decisionOverdue'))!.effective_at).toBe(plus(confirmedAt, 4 * 3_600_000));
    expect(await bench.bank('LINK_O2')).toMatchObject({ status: 'CLOSED' });
  });

  test('an earlier loss that is learned of later brings the decision forward', async () => {
    const id = await bench.loss('link-o3', 'o3-1');
    await bench.loss('link-o3', 'o3-0', { confirmedAt: plus(bench.now, -3_600_000) });
    const [question] = await bench.questions(id);
    expect(question!.due).toBe(plus(bench.now, 3 * 3_600_000));
  });

  test('the owner of the failed control may restrict, and cannot decide to continue', async () => {
    const id = await bench.loss('link-o4', 'o4-1', { failedControl: 'link-two-factor' });
    expectReadable(await refusal(bench.decide(id, { subject: 'decide', verdict: 'continue', by: 'owner-links' })));
    await bench.decide(id, { subject: 'decide', verdict: 'restrict', by: 'owner-links' });
    expect(await bench.stage(id)).toBe('RESTRICTED');
  });

  test('the first loss opens the duty to decide on disclosure', async () => {
    const id = await bench.loss('link-o5', 'o5-1');
    expect(await bench.duties(id)).toMatchObject([
      { duty: 'lossDisclosureDecision', owner: 'pr', due: plus(bench.now, 24 * 3_600_000) },
    ]);
  });
});

describe('under a policy that only alarms', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await ground.open({ change: all(limitedLinks, alarmOnly) });
  });

  test('time-outs, tripwires and missed re-decisions are recorded, and nothing is stopped', async () => {
    const timeOut = await bench.loss('link-c1', 'c1-1');
    const tripwire = await bench.loss('link-c2', 'c2-1');
    await bench.decide(tripwire, commander('continue'));
    await bench.pass('PT5H');
    await bench.loss('link-c2', 'c2-2');
    const redecision = await bench.loss('link-c3', 'c3-1');
    await bench.decide(redecision, commander('continue'));
    await bench.pass('P2D');

    expect(await bench.alarms(timeOut)).toEqual([
      'alarm.decisionWarning',
      'alarm.decisionWarning',
      'alarm.decisionOverdue',
      'alarm.decisionStillOpen',
      'alarm.decisionStillOpen',
    ]);
    expect(await bench.alarms(tripwire)).toEqual([
      'alarm.tripwire',
      'alarm.decisionStillOpen',
      'alarm.decisionStillOpen',
    ]);
    expect(await bench.alarms(redecision)).toEqual(['alarm.redecisionOverdue', 'alarm.decisionStillOpen']);
    for (const { kind, content } of await bench.timeline())
      if (/Overdue|tripwire/.test(kind)) expect(content).toMatchObject({ acted: false });
    expect((await bench.simulatorLog()).orders).toEqual([]);
    expect(await bench.db.selectFrom('hold').selectAll().execute()).toEqual([]);

    await bench.decide(timeOut, commander('suspend'));
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED' });
    expect(await bench.decisions(timeOut)).toMatchObject([{ late: true }]);
  });
});
