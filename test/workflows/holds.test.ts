import { DAY, HOUR, plus } from '../../src/domain/instant.js';
import type { SuspensionState } from '../../src/domain/suspension.js';
import { limitedLinks } from '../support/documents.js';
import { expectReadable, refusal, testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();

describe('several suspensions of one function', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await ground.open({ change: limitedLinks });
  });

  test('the function is active only when nothing holds it', async () => {
    const [one, other] = [await bench.inForce('one', ['link-c1']), await bench.inForce('other', ['link-c1'])];
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED', applied: 1 });

    await bench.lift(one);
    expect(await bench.stage(one)).toBe('WATCHED');
    expect((await bench.line(one, 'released'))!.content).toMatchObject({ readBack: 'SUSPENDED', alsoHeldBy: [other] });
    expect(await bench.holds('link-c1')).toEqual([other]);
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED', applied: 1 });

    await bench.lift(other);
    expect(await bench.holds('link-c1')).toEqual([]);
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'OPEN', applied: 2 });
    expect(await bench.readBack('link-c1')).toBe('ACTIVE');
  });

  test('lifting a stop over a restriction leaves the restriction, with the lowest limit', async () => {
    await bench.inForce('limit-20', ['link-c2'], { measure: 'restrict', limitYen: 20_000 });
    await bench.inForce('limit-50', ['link-c2'], { measure: 'restrict', limitYen: 50_000 });
    const stop = await bench.inForce('stop', ['link-c2']);
    expect(await bench.bank('LINK_C2')).toMatchObject({ status: 'CLOSED' });
    await bench.lift(stop);
    expect(await bench.bank('LINK_C2')).toMatchObject({ status: 'LIMITED', limit: 20_000 });
    await bench.lift('suspension/B/limit-20');
    expect(await bench.bank('LINK_C2')).toMatchObject({ status: 'LIMITED', limit: 50_000 });
  });

  test('a stop that comes while a lift runs wins', async () => {
    const lifted = await bench.inForce('being-lifted', ['link-c3']);
    await bench.misbehave({ code: 'LINK_C3', mode: 'drop-before' });
    await bench.lift(lifted);
    expect(await bench.stage(lifted)).toBe('LIFTING');
    const stop = await bench.emergency('comes-between', ['link-c3']);
    await bench.behave();
    await bench.pass('PT5M');
    expect(await bench.stage(stop)).toBe('EMERGENCY_IN_FORCE');
    expect(await bench.stage(lifted)).toBe('WATCHED');
    expect(await bench.bank('LINK_C3')).toMatchObject({ status: 'CLOSED', applied: 1 });
    expect(await bench.readBack('link-c3')).toBe('SUSPENDED');
  });

  test('a lift that was refused leaves the stop in force; who proposed it cannot approve it', async () => {
    const id = await bench.inForce('stays', ['link-c4']);
    await bench.update(id, 'proposeLift', [{ v: 1, by: 'commander-1', reason: 'The control works' }]);
    expect(await bench.stage(id)).toBe('LIFT_PROPOSED');
    const approve = { subject: 'lift', verdict: 'approve', by: 'commander-1' };
    expectReadable(await refusal(bench.decide(id, approve)));
    await bench.decide(id, { ...approve, by: 'commander-2', verdict: 'refuse' });
    expect(await bench.stage(id)).toBe('IN_FORCE');
    expect(await bench.bank('LINK_C4')).toMatchObject({ status: 'CLOSED', applied: 1 });
    // A later proposal is another question: the old digest approves nothing.
    const [before, after] = [await bench.line(id, 'liftProposed'), 0];
    await bench.update(id, 'proposeLift', [{ v: 1, by: 'owner-links', reason: 'The control works now' }]);
    const old = String(before!.content['digest']);
    expectReadable(await refusal(bench.decide(id, { ...approve, digest: old })));
    expect(await bench.bank('LINK_C4')).toMatchObject({ status: 'CLOSED', applied: 1 + after });
  });

  test('a cancel request lifts nothing: it proposes a lift, which two persons must approve', async () => {
    const id = await bench.inForce('cancelled', ['link-c5']);
    await bench.handle(id).cancel();
    bench.runner.touch(id);
    await bench.runner.settle();
    expect(await bench.stage(id)).toBe('LIFT_PROPOSED');
    expect((await bench.line(id, 'liftProposed'))!.content).toMatchObject({ by: 'cancel-request' });
    expect(await bench.bank('LINK_C5')).toMatchObject({ status: 'CLOSED', applied: 1 });
    const approve = { subject: 'lift', verdict: 'approve' };
    expect((await bench.decide(id, { ...approve, by: 'commander-1' })).complete).toBe(false);
    expect(await bench.holds('link-c5')).toEqual([id]);
    expect((await bench.decide(id, { ...approve, by: 'board-1' })).complete).toBe(true);
    expect(await bench.stage(id)).toBe('WATCHED');
  });

  test('a cancel request before the approval withdraws nothing: the lift is proposed when there is something to lift', async () => {
    const id = await bench.propose('cancelled-early', ['link-c6']);
    await bench.handle(id).cancel();
    bench.runner.touch(id);
    await bench.runner.settle();
    expect(await bench.stage(id)).toBe('PROPOSED');
    await bench.decide(id, { subject: 'approve', verdict: 'approve', by: 'commander-1' });
    expect(await bench.stage(id)).toBe('LIFT_PROPOSED');
    expect(await bench.bank('LINK_C6')).toMatchObject({ status: 'CLOSED', applied: 1 });
  });
});

describe('while a stop is in force', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await ground.open();
  });
  const review = (verdict: string) => ({ subject: 'review', verdict, by: 'commander-1' });
  const reviewDue = async (id: string) => (await bench.questions(id)).find(({ subject }) => subject === 'review')?.due;

  test('it is reviewed every seven days; unanswered it stays and is escalated once', async () => {
    const id = await bench.inForce('review', ['link-c1']);
    const ordered = bench.now;
    expect(await reviewDue(id)).toBe(plus(ordered, 7 * DAY));
    await bench.runner.moveTo(plus(ordered, 7 * DAY - 1));
    expect(await bench.alarms(id)).toEqual([]);
    await bench.pass('P30D');
    expect((await bench.timeline(id)).filter(({ kind }) => kind === 'alarm.reviewDue')).toMatchObject([
      { effective_at: plus(ordered, 7 * DAY), content: { expectedEnd: 'undetermined' } },
    ]);
    expect(await bench.stage(id)).toBe('IN_FORCE');
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED', applied: 1 });

    await bench.decide(id, review('keep'));
    expect(await bench.decisions(id)).toMatchObject([{ subject: 'approve' }, { subject: 'review', late: true }]);
    expect(await reviewDue(id)).toBe(plus(bench.now, 7 * DAY));
    await bench.pass('P7D');
    expect((await bench.alarms(id)).filter((kind) => kind === 'alarm.reviewDue')).toHaveLength(2);
  });

  test('a review may ask for a change, which somebody then has on the list, or propose the lift', async () => {
    const id = 'suspension/B/review';
    await bench.decide(id, review('change'));
    expect((await bench.tasks(id)).map(({ subject }) => subject)).toEqual(['change']);
    await bench.decide(id, { ...review('lift'), by: 'ciso-1' });
    expect(await bench.stage(id)).toBe('LIFT_PROPOSED');
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED' });
    await bench.decide(id, { subject: 'lift', verdict: 'approve', by: 'commander-1' });
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'OPEN' });
  });

  test('functions that share the failed control are kept or stopped by name; a stop starts at once', async () => {
    const id = await bench.inForce('siblings', ['mijica-transfer'], {
      failedControl: 'member-login-detection',
      alsoReview: ['mijica-debit'],
    });
    const sibling = (name: string, verdict: string) => ({ subject: `sibling:${name}`, verdict, by: 'commander-1' });
    expect((await bench.tasks(id)).map(({ subject, due }) => [subject, due])).toEqual([
      ['sibling:mijica-debit', plus(bench.now, 24 * HOUR)],
      ['sibling:mijica-web', plus(bench.now, 24 * HOUR)],
    ]);
    const owner = { ...sibling('mijica-web', 'keep'), by: 'owner-mijica' };
    expectReadable(await refusal(bench.decide(id, owner)));
    await bench.decide(id, { ...sibling('mijica-debit', 'keep'), reason: 'No security problem was found' });
    await bench.decide(id, sibling('mijica-web', 'stop'));

    const next = `${id}-and-mijica-web`;
    expect(await bench.stage(next)).toBe('IN_FORCE');
    expect((await bench.line(next, 'decided'))!.content).toMatchObject({ by: 'commander-1', decidedIn: id });
    expect(await bench.bank('MIJICA_WEB')).toMatchObject({ status: 'CLOSED', applied: 1 });
    expect(await bench.bank('MIJICA_DEBIT')).toMatchObject({ status: 'OPEN', applied: 0 });
    expect((await bench.line(id, 'siblingKept'))!.content).toMatchObject({ reason: 'No security problem was found' });
    await bench.pass('P2D');
    expect(await bench.alarms(id)).toEqual([]);
  });

  test('siblings that nobody judged within 24 hours are escalated once and go on running', async () => {
    const id = await bench.inForce('unjudged', ['link-c2'], { failedControl: 'link-two-factor' });
    const ordered = bench.now;
    await bench.decide(id, { subject: 'sibling:link-c3', verdict: 'keep', by: 'commander-1' });
    await bench.pass('P5D');
    const escalated = (await bench.timeline(id)).filter(({ kind }) => kind === 'alarm.siblingsNotReviewed');
    expect(escalated).toMatchObject([{ effective_at: plus(ordered, 24 * HOUR) }]);
    expect(escalated[0]!.content['functions']).toHaveLength(10);
    expect(escalated[0]!.content['functions']).not.toContain('link-c3');
    expect(await bench.bank('LINK_C4')).toMatchObject({ status: 'OPEN', applied: 0 });
    await bench.decide(id, { subject: 'sibling:link-c4', verdict: 'stop', by: 'commander-1' });
    expect((await bench.decisions(id)).at(-1)).toMatchObject({ late: true });
    expect(await bench.bank('LINK_C4')).toMatchObject({ status: 'CLOSED', applied: 1 });
  });

  test('a suspension that only claims to be decided elsewhere is refused', async () => {
    const id = 'suspension/B/forged';
    const input = {
      v: 1,
      incident: 'B',
      measure: 'suspend',
      targets: ['link-o6'],
      by: 'commander-1',
      reason: 'Because',
    };
    await bench.start(id, { ...input, decidedIn: 'suspension/B/unjudged' });
    expectReadable(await refusal(bench.handle(id).result()));
    expect(await bench.bank('LINK_O6')).toMatchObject({ status: 'OPEN', applied: 0 });
  });

  test('drift is alarmed and mended by a new order, at most twice in 24 hours; then a person', async () => {
    const id = await bench.inForce('drift', ['link-o1']);
    for (const round of [1, 2]) {
      await bench.drift('LINK_O1', 'OPEN');
      await bench.pass('PT1H');
      expect(await bench.bank('LINK_O1')).toMatchObject({ status: 'OPEN' });
      await bench.sweep();
      expect(await bench.bank('LINK_O1')).toMatchObject({ status: 'CLOSED', applied: 1 + round });
      expect(await bench.stage(id)).toBe('IN_FORCE');
    }
    expect(await bench.alarms(id)).toEqual(['alarm.drift', 'alarm.drift']);

    await bench.drift('LINK_O1', 'OPEN');
    await bench.pass('PT1H');
    await bench.sweep();
    expect((await bench.alarms(id)).slice(2)).toEqual(['alarm.driftRepeated']);
    expect(await bench.bank('LINK_O1')).toMatchObject({ status: 'OPEN', applied: 3 });
    expect(await bench.stage(id)).toBe('PARTIALLY_FAILED');
    expect((await bench.tasks(id)).map(({ subject }) => subject)).toEqual(['target:link-o1']);

    await bench.decide(id, { subject: 'target:link-o1', verdict: 'retry', by: 'duty-1' });
    expect(await bench.bank('LINK_O1')).toMatchObject({ status: 'CLOSED', applied: 4 });
    expect(await bench.stage(id)).toBe('IN_FORCE');
    // A day later the count begins anew.
    await bench.pass('PT25H');
    await bench.drift('LINK_O1', 'OPEN');
    await bench.sweep();
    expect(await bench.bank('LINK_O1')).toMatchObject({ status: 'CLOSED', applied: 5 });
  });

  test('a function that sweep after sweep cannot read is a task, once, until it can be read again', async () => {
    const open = async () =>
      (await bench.db.selectFrom('task').selectAll().where('subject', '=', 'unreadable:link-o1').execute()).map(
        ({ closed_at }) => closed_at === null,
      );
    await bench.misbehave({ code: 'LINK_O1', mode: 'down' });
    await bench.sweep();
    expect((await bench.timeline()).filter(({ kind }) => kind === 'alarm.notReadable')).toMatchObject([
      { content: { target: 'link-o1' } },
    ]);
    // Once may be a blink of the network.
    expect(await open()).toEqual([]);
    for (const tasks of [[true], [true]]) {
      await bench.pass('PT5M');
      await bench.sweep();
      expect(await open()).toEqual(tasks);
    }
    await bench.behave();
    await bench.pass('PT5M');
    await bench.sweep();
    expect(await open()).toEqual([false]);
    // A day later it is the first time again.
    await bench.pass('P1D');
    await bench.misbehave({ code: 'LINK_O1', mode: 'down' });
    await bench.sweep();
    await bench.behave();
    expect(await open()).toEqual([false]);
  });
});

describe('a restriction that was proposed directly', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await ground.open({ change: limitedLinks });
  });
  const limited = { measure: 'restrict' };

  test('that nobody decides again becomes a stop after 24 hours; a decision to keep it starts the next 24', async () => {
    const id = await bench.inForce('limit', ['link-c1'], limited);
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'LIMITED', limit: 30_000 });
    await bench.pass('PT20H');
    await bench.decide(id, { subject: 'review', verdict: 'keep', by: 'commander-1' });
    await bench.runner.moveTo(plus(bench.now, DAY - 1));
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'LIMITED' });
    await bench.runner.moveTo(plus(bench.now, 1));
    expect((await bench.kinds(id)).slice(-3)).toEqual(['alarm.redecisionOverdue', 'verified', 'inForce']);
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED', applied: 2 });
    expect(await bench.holds('link-c1')).toEqual([id]);
    await bench.lift(id);
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'OPEN' });
  });

  test('is not in force while the bank keeps another limit, and one that changes behind our back is drift', async () => {
    await bench.drift('LINK_C4', 'OPEN', 90_000);
    await bench.misbehave({ code: 'LINK_C4', mode: 'keep-limit' });
    const id = await bench.inForce('limit-kept', ['link-c4'], limited);
    await bench.pass('PT10M');
    expect(await bench.stage(id)).toBe('EXECUTING');
    expect(await bench.bank('LINK_C4')).toMatchObject({ status: 'LIMITED', limit: 90_000 });
    const { targets } = await bench.handle(id).query<SuspensionState>('standing');
    expect(targets['link-c4']).toMatchObject({ status: 'waiting', problem: 'READ_BACK RESTRICTED 90000' });
    await bench.behave();
    await bench.pass('PT1M');
    expect(await bench.stage(id)).toBe('IN_FORCE');
    expect(await bench.bank('LINK_C4')).toMatchObject({ status: 'LIMITED', limit: 30_000 });

    await bench.sweep();
    expect(await bench.alarms(id)).toEqual([]);
    await bench.drift('LINK_C4', 'LIMITED', 500_000);
    await bench.pass('PT5M');
    await bench.sweep();
    expect((await bench.line(id, 'alarm.drift'))!.content).toMatchObject({ readBack: 'RESTRICTED 500000' });
    expect(await bench.bank('LINK_C4')).toMatchObject({ status: 'LIMITED', limit: 30_000 });
  });

  test('is a stop at the next case, by the usual door, and no second decision is opened beside it', async () => {
    const id = await bench.inForce('limit-tripped', ['link-c2'], limited);
    const fire = await bench.loss('link-c2', 'limited-1');
    expect((await bench.kinds(id)).slice(-4)).toEqual(['lossConfirmed', 'alarm.tripwire', 'verified', 'inForce']);
    expect(await bench.bank('LINK_C2')).toMatchObject({ status: 'CLOSED', applied: 2 });
    expect([await bench.stage(id), await bench.stage(fire)]).toEqual(['IN_FORCE', 'CLOSED']);
    expect((await bench.line(fire, 'closed'))!.content).toEqual({ why: 'restriction-tripped' });
    expect(await bench.tasks(fire)).toEqual([]);
    expect(await bench.duties(id)).toHaveLength(6);
    expect(await bench.db.selectFrom('loss').select('reference').where('target', '=', 'link-c2').execute()).toEqual([
      { reference: 'limited-1' },
    ]);
  });

  test('of a function that is not autoStop calls the commander, and goes on', async () => {
    const id = await bench.inForce('limit-debit', ['mijica-debit'], { ...limited, limitYen: 10_000 });
    const fire = await bench.loss('mijica-debit', 'limited-2');
    expect((await bench.line(id, 'alarm.tripwire'))!.content).toMatchObject({ acted: false });
    expect(await bench.stage(fire)).toBe('CLOSED');
    expect((await bench.tasks(id)).map(({ subject, roles }) => [subject, roles])).toEqual([
      ['review', ['incidentCommander']],
    ]);
    await bench.pass('P2D');
    expect(await bench.alarms(id)).toEqual(['alarm.tripwire', 'alarm.redecisionOverdue']);
    expect(await bench.bank('MIJICA_DEBIT')).toMatchObject({ status: 'LIMITED', applied: 1 });
  });

  test('whose run is lost leaves the loss to a decision like any other', async () => {
    const id = await bench.inForce('limit-lost', ['link-c3'], limited);
    await bench.handle(id).terminate('by mistake');
    bench.runner.touch(id);
    expect(await bench.stage(await bench.loss('link-c3', 'limited-3'))).toBe('DECIDING');
  });
});

describe('after a lift', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await ground.open();
  });
  const standing = (id: string) => bench.handle(id).query<SuspensionState>('standing');

  test('the function is watched for fourteen days, and then the suspension is over', async () => {
    const id = await bench.inForce('watched', ['link-c1']);
    await bench.lift(id);
    const released = bench.now;
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'OPEN', applied: 2 });
    expect((await standing(id)).watchEnds).toMatchObject({ at: plus(released, 14 * DAY) });
    await bench.runner.moveTo(plus(released, 14 * DAY - 1));
    expect(await bench.stage(id)).toBe('WATCHED');
    await bench.runner.moveTo(plus(released, 14 * DAY));
    expect(await bench.stage(id)).toBe('LIFTED');
    expect((await bench.handle(id).describe()).status.name).toBe('COMPLETED');
    expect(await bench.kinds(id)).toEqual([
      ...['proposed', 'approved', 'ordered', 'verified', 'inForce'],
      ...['liftProposed', 'liftApproved', 'released', 'watchStarted', 'lifted'],
    ]);
  });

  test('a confirmed loss during the watch stops the function again, without a person', async () => {
    const id = await bench.inForce('tripped', ['link-c2']);
    await bench.lift(id);
    await bench.pass('P3D');
    const fire = await bench.loss('link-c2', 'again-1');
    expect(await bench.stage(id)).toBe('IN_FORCE');
    expect((await bench.line(id, 'alarm.watchTripped'))!.content).toMatchObject({
      cause: 'lossConfirmed',
      acted: true,
    });
    expect(await bench.bank('LINK_C2')).toMatchObject({ status: 'CLOSED', applied: 3 });
    expect(await bench.stage(fire)).toBe('CLOSED');
  });

  test('a confirmed loss after a restriction was lifted suspends the function', async () => {
    const id = await bench.inForce('was-limited', ['mijica-transfer'], { measure: 'restrict', limitYen: 30_000 });
    await bench.lift(id);
    await bench.pass('P3D');
    await bench.loss('mijica-transfer', 'limited-1');
    expect((await standing(id)).measure).toBe('suspend');
    expect(await bench.bank('MIJICA_TRANSFER')).toMatchObject({ status: 'CLOSED' });
    expect(await bench.duties(id)).toHaveLength(6);
  });

  test('a confirmed loss while the lift is carried out stops the function again', async () => {
    const id = await bench.inForce('lifting', ['link-o1']);
    await bench.misbehave({ code: 'LINK_O1', mode: 'drop-before' });
    await bench.lift(id);
    const fire = await bench.loss('link-o1', 'lifting-1');
    await bench.behave();
    expect([await bench.stage(id), await bench.stage(fire)]).toEqual(['IN_FORCE', 'CLOSED']);
    expect((await bench.kinds(id)).slice(-5)).toEqual([
      ...['liftApproved', 'lossConfirmed', 'alarm.watchTripped', 'verified', 'inForce'],
    ]);
    await bench.pass('PT1H');
    expect(await bench.bank('LINK_O1')).toMatchObject({ status: 'CLOSED' });
    expect(await bench.holds('link-o1')).toEqual([id]);
  });

  test('a loss told straight to a suspension that is not approved yet is on record, and people are told where it belongs', async () => {
    const id = await bench.propose('not-yet', ['link-o2']);
    const told = { v: 1, incident: 'B', target: 'link-o2', reference: 'early-1', count: 1 };
    await bench.signal(id, 'lossConfirmed', { ...told, occurredAt: bench.now, confirmedAt: bench.now });
    expect((await bench.line(id, 'alarm.lossMisdirected'))!.content).toMatchObject({ reference: 'early-1' });
    expect((await bench.tasks(id)).map(({ subject }) => subject).sort()).toEqual(['approve', 'signal:lossConfirmed']);
  });

  test('a loss on another function stops nothing, by whatever door it comes', async () => {
    const id = await bench.inForce('misdirected', ['link-c4']);
    await bench.lift(id);
    const fire = await bench.loss('link-c4', 'other-1', { target: 'link-c5' });
    expect([await bench.stage(fire), await bench.stage(id)]).toEqual(['AWAITING_LOSS', 'WATCHED']);
    const told = { v: 1, incident: 'B', target: 'link-c5', reference: 'other-2', count: 1 };
    await bench.signal(id, 'lossConfirmed', { ...told, occurredAt: bench.now, confirmedAt: bench.now });
    expect(await bench.alarms(id)).toEqual(['alarm.lossMisdirected']);
    expect([await bench.stage(id), await bench.bank('LINK_C4')]).toMatchObject(['WATCHED', { status: 'OPEN' }]);
  });

  test('a loss on a function whose watch lost its run is decided like any other', async () => {
    const id = await bench.inForce('unwatched', ['link-c6']);
    await bench.lift(id);
    await bench.handle(id).terminate('by mistake');
    const fire = await bench.loss('link-c6', 'again-1');
    expect((await bench.handle(fire).describe()).status.name).toBe('RUNNING');
    expect(await bench.stage(fire)).toBe('DECIDING');
    await bench.pass('PT4H');
    expect(await bench.bank('LINK_C6')).toMatchObject({ status: 'CLOSED', applied: 3 });
  });

  test('drift during the watch stops the function again, too', async () => {
    const id = await bench.inForce('watch-drift', ['link-c3']);
    await bench.lift(id);
    await bench.drift('LINK_C3', 'LIMITED');
    await bench.pass('P1D');
    await bench.sweep();
    expect((await bench.line(id, 'alarm.watchTripped'))!.content).toMatchObject({ cause: 'drift', acted: true });
    expect(await bench.bank('LINK_C3')).toMatchObject({ status: 'CLOSED', applied: 3 });
  });

  test('a function that is not autoStop is not stopped by its watch: a person is called, once', async () => {
    const id = await bench.inForce('debit', ['mijica-debit']);
    await bench.lift(id);
    await bench.loss('mijica-debit', 'debit-1');
    await bench.loss('mijica-debit', 'debit-2');
    expect((await bench.line(id, 'alarm.watchTripped'))!.content).toMatchObject({ acted: false });
    expect(await bench.stage(id)).toBe('WATCHED');
    expect(await bench.bank('MIJICA_DEBIT')).toMatchObject({ status: 'OPEN', applied: 2 });
    expect((await bench.tasks(id)).map(({ subject }) => subject)).toEqual(['watch']);
  });
});
