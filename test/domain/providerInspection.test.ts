import fc from 'fast-check';
import { DAY, HOUR, plus, type Instant } from '../../src/domain/instant.js';
import * as machine from '../../src/domain/providerInspection.js';
import type { InspectionState, ItemVerdict } from '../../src/domain/providerInspection.js';
import { Refusal } from '../../src/domain/refusal.js';
import type { Change } from '../../src/domain/transition.js';
import { inspectionStanding } from '../../src/domain/wording/providerInspection.js';
import { at, authority, decision, expectComplete, JST, kinds, policy, refusalOf, rows, tasks } from './support.js';
import {
  ALL,
  answer,
  answeredAll,
  asked,
  asks,
  change,
  dates,
  decide,
  due,
  evaluated,
  evaluation,
  FINE,
  ITEMS,
  NOW,
  opened,
  question,
  strike,
  UNIT,
} from './inspectionSupport.js';

const day = (days: number) => plus(NOW, days * DAY);
const subjects = (done: Change<unknown>) => tasks(done).map((row) => (row as { subject: string }).subject);
const promise = (by = 'provider-manager-1') => ({ v: 1 as const, by, due: '12月中', reason: 'the limit is promised' });

describe('asking', () => {
  test('a deadline is kept up to its last instant, and missed right after', () => {
    const state = asked();
    expect(strike({ ...state, asked: { ...state.asked!, reminders: [] } }, day(10)).entries).toEqual([]);
    expect(kinds(strike({ ...state, asked: { ...state.asked!, reminders: [] } }, plus(day(10), 1)))).toEqual([
      'alarm.answerOverdue',
    ]);
  });

  test('clocks that are past together strike in the order in which they were due', () => {
    const struck = strike(asked(), day(20));
    expect(kinds(struck)).toEqual(['reminded', 'alarm.answerOverdue', 'reminded', 'reminded', 'alarm.escalated']);
    expect(struck.entries.map(({ effectiveAt }) => effectiveAt)).toEqual(
      [...struck.entries.map((e) => e.effectiveAt)].sort(),
    );
    expect(struck.state.phase).toBe('ESCALATED');
  });

  test('a reminder after the due day is an overdue notice', () => {
    expect(strike(asked(), day(11)).state.mail?.kind).toBe('overdue');
  });

  test('to wait brings a new due instant, and waiting again is another question', () => {
    const first = strike(asked(), day(15)).state;
    const digest = question(first, 'escalation').digest;
    const waiting = change(first, 'escalation', 'wait', day(16));
    expect(waiting.state).toMatchObject({
      phase: 'REQUESTED',
      asked: { due: { at: day(26) } },
      mail: { kind: 'reminder' },
    });
    expect(waiting.state.overdueSince).toBeUndefined();
    expect(strike(waiting.state, day(20)).entries).toEqual([]);
    const second = strike(waiting.state, day(40)).state;
    expect(second.phase).toBe('ESCALATED');
    expect(question(second, 'escalation').digest).not.toBe(digest);
  });

  test('a unit that answers thirty days late is overdue and escalated once, its answer is kept, and it is evaluated', () => {
    let state = asked();
    const told: string[] = [];
    for (let hours = 0; hours <= 40 * 24; hours += 6) {
      const done = strike(state, plus(NOW, hours * HOUR));
      told.push(...kinds(done).filter((kind) => kind.startsWith('alarm.')));
      ({ state } = done);
    }
    expect(told.slice(0, 2)).toEqual(['alarm.answerOverdue', 'alarm.escalated']);
    expect(told.filter((kind) => kind === 'alarm.escalated')).toHaveLength(1);
    expect([state.phase, state.overdueSince]).toEqual(['ESCALATED', day(10)]);
    const answered = answer(state, ALL, day(40));
    expect([answered.state.phase, answered.state.overdueSince]).toEqual(['ANSWERED', undefined]);
    expect(subjects(answered)).toContain('evaluate');
  });

  test('an answer ends reminders that did not go out yet', () => {
    const late = strike(asked(), day(12)).state;
    expect(late.mail).toBeDefined();
    const state = answer(late, ALL, day(12)).state;
    expect([state.phase, state.mail, state.asked, state.overdueSince]).toEqual([
      'ANSWERED',
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('a unit that answers before its request went out is not asked for it any more', () => {
    const state = answer(opened(), ALL).state;
    expect([state.phase, state.mail]).toEqual(['ANSWERED', undefined]);
  });

  test('a mail that went out settles only itself', () => {
    const state = opened();
    expect(machine.mailed({ ...state, mail: { kind: 'reminder', n: 2 } }, 1, NOW, undefined).entries).toEqual([]);
  });

  test('a mail that does not go out calls people: at once when refused, after hours when the relay is down, once', () => {
    const refused = machine.mailFailed(opened(), 1, { kind: 'refused', problem: '5.1.1' }, NOW);
    expect(subjects(refused)).toEqual(['mail']);
    const first = machine.mailFailed(opened(), 1, { kind: 'later', problem: 'UNREACHABLE' }, NOW);
    expect(first.entries).toEqual([]);
    const later = machine.mailFailed(first.state, 1, { kind: 'later', problem: 'UNREACHABLE' }, plus(NOW, DAY / 4));
    expect(subjects(later)).toEqual(['mail']);
    expect(machine.mailFailed(later.state, 1, { kind: 'later', problem: 'X' }, day(1)).entries).toEqual([]);
    const sent = machine.mailed(later.state, 1, day(1), asks(day(1)));
    expect(rows(sent)).toContainEqual({ do: 'closeTasks', subject: 'mail' });
  });

  test('a bounced request is a task, and is sent again with a due day of its own', () => {
    const bounced = machine.mailBounced(asked(), `${UNIT}/request/1`, day(1));
    expect(subjects(bounced)).toEqual(['bounced']);
    expect(machine.mailBounced(bounced.state, `${UNIT}/request/1`, day(1)).entries).toEqual([]);
    const again = decide(bounced.state, 'mail', 'again', day(2));
    expect(again.mail).toMatchObject({ kind: 'request', n: 2 });
    expect(machine.mailed(again, 2, day(2), asks(day(2))).state.asked!.due.at).toBe(day(12));
    const byHand = decide(bounced.state, 'mail', 'by-hand', day(3));
    expect([byHand.asked!.due.at, byHand.mail]).toEqual([day(13), undefined]);
  });

  test('a bounce of somebody else’s mail is nothing of ours', () => {
    expect(machine.mailBounced(asked(), 'providerInspection/R2020/c2/request/1', NOW).entries).toEqual([]);
    expect(machine.knowsMail(asked(), `${UNIT}/request/9`)).toBe(false);
  });

  test('a reply waits for a person until he says that he has read it, and is not asked twice', () => {
    const state = machine.replied(asked(), 'a'.repeat(32), NOW).state;
    const read = decide(state, 'reply', 'read');
    expect(question(read, 'reply')).toBeUndefined();
    expect(machine.replied(read, 'a'.repeat(32), NOW).entries).toEqual([]);
    expect(machine.closeIfSettled({ ...state, phase: 'SATISFIED', roundClosed: true }, NOW).entries).toEqual([]);
  });
});

describe('answers', () => {
  test('answers in parts are complete when nothing is missing', () => {
    const part = answer(asked(), ['two-factor']).state;
    expect(part.phase).toBe('REQUESTED');
    expect(answer(part, ['limits', 'monitoring']).state.phase).toBe('ANSWERED');
  });

  test('a follow-up is answered when every open point is answered anew', () => {
    const open = evaluated(answeredAll(), { ...FINE, limits: 'INSUFFICIENT', 'two-factor': 'INSUFFICIENT' });
    const again = decide(open, 'result', 'follow-up');
    const state = machine.mailed(again, again.mail!.n, NOW, asks(NOW)).state;
    const part = answer(state, ['limits'], NOW, { missing: [] }).state;
    expect(part.phase).toBe('FOLLOW_UP_REQUESTED');
    expect(answer(part, ['two-factor'], NOW, { missing: [] }).state.phase).toBe('ANSWERED');
  });

  test('what came in after a proposal is not judged by it', () => {
    const proposed = machine.proposeEvaluation(answeredAll(), evaluation(FINE), 'e-1', NOW).state;
    const moved = answer(proposed, ['limits'], day(1), { missing: [] }).state;
    expect(question(moved, 'evaluation')).toBeUndefined();
    expect(moved.items['limits']!.result).toBe('ANSWERED');
  });

  test('what came in before the CISO decided is evaluated first', () => {
    const moved = answer(evaluated(answeredAll(), FINE), ['limits'], day(1), { missing: [] }).state;
    expect([moved.phase, moved.evaluated, question(moved, 'result')]).toEqual(['ANSWERED', undefined, undefined]);
    expect(moved.items['two-factor']!.result).toBe('SATISFIED');
  });

  test('the same words sent twice undo nothing', () => {
    const state = evaluated(answeredAll(), FINE);
    expect(answer(state, ALL, NOW, { same: ALL, missing: [] }).state.evaluated).toBe(true);
  });

  test('an answer after the result changes no item, and is judged when the second line reopens', () => {
    const satisfied = decide(evaluated(answeredAll(), FINE), 'result', 'satisfied');
    const late = answer(satisfied, ['limits'], day(1), { missing: [] });
    expect(kinds(late)).toEqual(['answeredLate']);
    expect(machine.allSatisfied(late.state)).toBe(true);
    const reopened = machine.reopen(late.state, 'compliance-1', 'new answers', due(day(1), 5), day(1)).state;
    expect(reopened.items['limits']!.result).toBe('ANSWERED');
  });

  test('a result that was closed with its round is reopened too, and closes again once it is settled', () => {
    const satisfied = decide(evaluated(answeredAll(), FINE), 'result', 'satisfied');
    const closed = machine.closeIfSettled({ ...satisfied, roundClosed: true }, NOW).state;
    const late = answer(closed, ['limits'], day(1), { missing: [] }).state;
    const reopened = machine.reopen(late, 'compliance-1', 'new answers', due(day(1), 5), day(1));
    expect(reopened.entries[0]!.content).toMatchObject({ by: 'compliance-1', was: 'SATISFIED' });
    expect([reopened.state.phase, reopened.state.closedAs]).toEqual(['UNDER_EVALUATION', undefined]);
    expect(reopened.state.items['limits']!.result).toBe('ANSWERED');
    const again = decide(evaluated(reopened.state, { limits: 'SATISFIED' }), 'result', 'satisfied');
    expect(machine.closeIfSettled(again, day(2)).state).toMatchObject({ phase: 'CLOSED', closedAs: 'SATISFIED' });
  });

  test('an answer during a discussion makes it another question', () => {
    const state = decide(evaluated(answeredAll(), { ...FINE, limits: 'DISPUTED' }), 'result', 'discuss');
    const before = question(state, 'discussion');
    const after = answer(state, ['limits'], day(1), { missing: [] });
    expect(question(after.state, 'discussion').digest).not.toBe(before.digest);
    expect(question(after.state, 'discussion').verdicts).toEqual(['evaluate', 'escalate']);
    expect(subjects(after)).toEqual(['discussion']);
  });

  test('a complete answer ends an escalation', () => {
    const state = strike(asked(), day(15)).state;
    expect(answer(state, ALL, day(16)).state.phase).toBe('ANSWERED');
  });
});

describe('evaluation', () => {
  test('a conditional item counts in nothing until an answer asks it', () => {
    const state = evaluated(answeredAll(), FINE);
    expect(machine.mandatoryCounts(state)).toEqual({ mandatory: 2, satisfied: 2, failing: 0 });
    const withIt = answer(asked(), ALL, NOW, { notAsked: [], missing: ['when-done'] }).state;
    expect([withIt.phase, machine.mandatoryCounts(withIt).mandatory]).toEqual(['REQUESTED', 3]);
    refusalOf(() =>
      machine.proposeEvaluation(answeredAll(), evaluation({ ...FINE, 'when-done': 'SATISFIED' }), 'e', NOW),
    );
  });

  test('mandatory items are satisfied only with reviewed evidence, and every answered item is judged', () => {
    const bare = evaluation(FINE);
    const without = { ...bare, results: bare.results.map((result) => ({ ...result, reviewed: [] })) };
    expect(refusalOf(() => machine.proposeEvaluation(answeredAll(), without, 'e', NOW)).en).toContain('evidence');
    const { limits: _limits, ...rest } = FINE;
    expect(refusalOf(() => machine.proposeEvaluation(answeredAll(), evaluation(rest), 'e', NOW)).en).toContain(
      'limits',
    );
  });

  test.each(['INSUFFICIENT', 'NOT_IMPLEMENTED', 'NOT_APPLICABLE', 'DISPUTED'] as const)(
    'an evaluator who says %s says what is missing: the provider reads it',
    (result) => {
      const input = evaluation({ ...FINE, limits: result });
      const results = input.results.map(({ note: _note, ...rest }) => rest);
      const silent = refusalOf(() => machine.proposeEvaluation(answeredAll(), { ...input, results }, 'e', NOW));
      expectComplete(silent);
      expect(silent.en).toContain('limits');
      expect(kinds(machine.proposeEvaluation(answeredAll(), input, 'e', NOW))).toEqual(['evaluationProposed']);
    },
  );

  test('an evaluator who looked at older answers has to look again', () => {
    const state = answeredAll();
    const input = { ...evaluation(FINE), lookedAt: 'submission-0' };
    expectComplete(refusalOf(() => machine.proposeEvaluation(state, input, 'e', NOW)));
    expect(kinds(machine.proposeEvaluation(state, { ...input, lookedAt: state.submissions.at(-1) }, 'e', NOW))).toEqual(
      ['evaluationProposed'],
    );
  });

  const hash = (digit: string) => `sha256:${digit.repeat(64)}`;
  const [seen, fresh, elsewhere] = [hash('0'), hash('1'), hash('2')];
  const says = (item: string, result: ItemVerdict, ...reviewed: string[]) => ({ item, result, reviewed });

  test('what failed is satisfied by a file that came for it afterwards, and by nothing that was there', () => {
    const first = answeredAll();
    const one = first.submissions.at(-1)!;
    const failed = evaluated(first, { ...FINE, limits: 'INSUFFICIENT' });
    expect(machine.seenWhenFailed(failed)).toEqual({ limits: [one] });
    const again = answer(decide(failed, 'result', 'not-satisfied'), ['limits'], day(1), { missing: [] }).state;
    const two = again.submissions.at(-1)!;
    const files = [
      { item: 'limits', submission: one, hash: seen },
      { item: 'limits', submission: two, hash: seen },
      { item: 'two-factor', submission: two, hash: elsewhere },
    ];
    const judge = (result: ItemVerdict, reviewed: string[], given = files) =>
      machine.requireEvidence({ results: [says('limits', result, ...reviewed)] }, machine.seenWhenFailed(again), given);
    const same = refusalOf(() => judge('SATISFIED', [seen]));
    expectComplete(same);
    expect(same.en).toContain('"limits" was judged to fail');
    judge('INSUFFICIENT', [seen]);
    const other = refusalOf(() => judge('SATISFIED', [elsewhere]));
    expectComplete(other);
    expect(other.en).toContain('of the item "limits" names a file that the unit did not hand in for this item');
    judge('SATISFIED', [seen, fresh], [...files, { item: 'limits', submission: two, hash: fresh }]);
    // Judged to fail once more, the new file is an old one too; disputed it stays so; satisfied it is forgotten.
    expect(machine.seenWhenFailed(evaluated(again, { limits: 'INSUFFICIENT' }))).toEqual({ limits: [one, two] });
    expect(machine.seenWhenFailed(evaluated(again, { limits: 'DISPUTED' }))).toEqual({ limits: [one] });
    expect(machine.seenWhenFailed(evaluated(again, { limits: 'SATISFIED' }))).toEqual({});
  });

  test('what never failed is satisfied by any file of its own', () => {
    const state = answeredAll();
    const files = [{ item: 'limits', submission: state.submissions.at(-1)!, hash: seen }];
    const proposal = { results: [says('limits', 'SATISFIED', seen)] };
    expect(() => machine.requireEvidence(proposal, machine.seenWhenFailed(state), files)).not.toThrow();
  });

  test('no unit is satisfied because nothing of it applies', () => {
    const none = { 'two-factor': 'NOT_APPLICABLE', limits: 'NOT_APPLICABLE', monitoring: 'SATISFIED' } as const;
    const state = evaluated(answeredAll(), none);
    expect(machine.outcomes(state)).not.toContain('satisfied');
    expect(decide(state, 'notApplicable', 'confirm', NOW, 'compliance-1').phase).toBe('NOT_APPLICABLE');
  });

  test('the third follow-up in a row is a discussion', () => {
    const bad = { ...FINE, limits: 'INSUFFICIENT' } as const;
    let state = answeredAll();
    for (const expected of ['FOLLOW_UP_REQUESTED', 'FOLLOW_UP_REQUESTED', 'UNDER_DISCUSSION']) {
      state = decide(evaluated(state, state.evaluations > 0 ? { limits: 'INSUFFICIENT' } : bad), 'result', 'follow-up');
      expect(state.phase).toBe(expected);
      if (expected === 'UNDER_DISCUSSION') break;
      state = machine.mailed(state, state.mail!.n, NOW, asks(NOW)).state;
      state = answer(state, ['limits'], NOW, { missing: [] }).state;
    }
  });

  test('what is decided after its due instant is shown as late, though the alarm has been', () => {
    const state = strike(answeredAll(), day(6)).state;
    const proposed = machine.proposeEvaluation(state, evaluation(FINE), 'e', day(6)).state;
    const confirmed = change(proposed, 'evaluation', 'confirm', day(6));
    expect(rows(confirmed)).toContainEqual(expect.objectContaining({ do: 'recordDecision', late: true }));
  });

  test('an evaluation that waits for its second evaluator in vain calls for the second evaluator', () => {
    const proposed = machine.proposeEvaluation(answeredAll(), evaluation(FINE), 'e', NOW).state;
    expect(subjects(strike(proposed, day(6)))).toEqual(['evaluation']);
  });

  test('a unit that nobody answers for fails in every item that it did not show', () => {
    const escalated = strike(asked(), day(15)).state;
    const state = decide(escalated, 'escalation', 'not-satisfied', day(16));
    expect(machine.mandatoryCounts(state)).toEqual({ mandatory: 2, satisfied: 0, failing: 2 });
    expect(Object.keys(machine.functionsAtRisk(state)).sort()).toEqual(['charge-c1', 'link-c1']);
  });

  test('that nothing applies names two persons, a reason and the day of its review, until it is reopened', () => {
    const none = opened({});
    const decided = machine.decideInspection(
      none,
      { ...decision(question(none, 'notApplicable'), 'confirm', 'compliance-1'), reason: 'no charge function' },
      authority(),
      { ...dates(NOW), review: '2021-09-24' },
      NOW,
    );
    const said = { by: ['provider-manager-1', 'compliance-1'], reason: 'no charge function', review: '2021-09-24' };
    expect(decided.state.notApplicable).toEqual(said);
    expect(decided.entries[0]!.content).toMatchObject({ review: '2021-09-24' });
    expect(rows(decided)).toContainEqual(expect.objectContaining({ do: 'noteInspection', notApplicable: said }));
    const closed = machine.closeIfSettled({ ...decided.state, roundClosed: true }, NOW).state;
    expect(closed.notApplicable).toEqual(said);
    const scope = { items: ITEMS, leftOut: 0, framework: { id: 'starter', version: '1' }, digest: 'd2' };
    const again = machine.scopeAgain(closed, scope, { by: 'compliance-1', reason: 'it charges now' }, NOW);
    expect(again.state.notApplicable).toBeUndefined();
    expect(rows(again)).toContainEqual(expect.objectContaining({ do: 'noteInspection', notApplicable: null }));
  });

  test.each([
    ['P1Y', '2020-09-24T23:30:00+09:00', '2021-09-24'],
    [undefined, '2020-09-24T00:30:00+09:00', '2021-09-24'],
    ['P1Y', '2020-02-29T10:00:00+09:00', '2021-02-28'],
    ['P6M', '2020-08-31T10:00:00+09:00', '2021-02-28'],
    ['P90D', '2020-09-24T10:00:00+09:00', '2020-12-23'],
  ])('its review is a calendar day: %s from %s is %s', (period, from, day_) => {
    const { inspection: rules, version } = policy;
    const inspection = period === undefined ? rules : { ...rules, notApplicableReview: period };
    expect(machine.notApplicableReview({ version, inspection }, at(from), {}, JST)).toBe(day_);
  });

  test('where nothing applied, a reopened unit is scoped by its form as it stands now', () => {
    const none = opened({});
    const confirmed = decide(none, 'notApplicable', 'confirm', NOW, 'compliance-1');
    machine.requireReopenable(confirmed);
    const scope = { items: ITEMS, leftOut: 0, framework: { id: 'starter', version: '1' }, digest: 'd2' };
    const again = machine.scopeAgain(confirmed, scope, { by: 'compliance-1', reason: 'it charges now' }, NOW).state;
    expect([again.phase, again.mail?.kind]).toEqual(['SCOPED', 'request']);
    const returned = machine.decideInspection(
      none,
      decision(question(none, 'notApplicable'), 'return', 'compliance-1'),
      authority(),
      { ...dates(NOW), scope: { ...scope, items: {} } },
      NOW,
    ).state;
    expect(question(returned, 'notApplicable').digest).not.toBe(question(none, 'notApplicable').digest);
  });
});

describe('discussion', () => {
  const disputed = () => evaluated(answeredAll(), { ...FINE, limits: 'DISPUTED' });
  const discussed = () => decide(disputed(), 'result', 'discuss', NOW, 'provider-manager-1');

  test('is over at its limit and not before: the commander is called, once', () => {
    const state = discussed();
    expect(machine.nextClock(state)).toBe(plus(day(20), 1));
    expect(strike(state, day(20)).entries).toEqual([]);
    const struck = strike(state, plus(day(20), 1));
    expect(kinds(struck)).toEqual(['alarm.escalated']);
    expect(struck.entries[0]!.effectiveAt).toBe(day(20));
    expect(struck.state.phase).toBe('ESCALATED');
    expect(tasks(struck)).toMatchObject([{ subject: 'escalation', roles: ['incidentCommander'] }]);
    expect(question(struck.state, 'escalation').verdicts).toEqual(['wait', 'evaluate', 'not-satisfied']);
    expect(question(struck.state, 'discussion')).toBeUndefined();
    expect(strike(struck.state, day(200)).entries).toEqual([]);
  });

  test('has its limit after twenty bank days, unless the policy says otherwise', () => {
    expect(policy.inspection.discussWithin).toBe(20);
  });

  test('goes back to the evaluators, who have their days from then on', () => {
    const back = change(discussed(), 'discussion', 'evaluate', day(3), 'provider-manager-1');
    expect(kinds(back)).toEqual(['discussionEnded']);
    expect(back.state).toMatchObject({ phase: 'UNDER_EVALUATION', evaluationDue: { at: day(8) } });
    expect(back.state.discussion).toBeUndefined();
    expect(subjects(back)).toEqual(['evaluate']);
    expect(kinds(strike(back.state, plus(day(8), 1)))).toEqual(['alarm.evaluationOverdue']);
  });

  test('with new answers goes on until they are evaluated', () => {
    const answered = answer(discussed(), ['limits'], day(1), { missing: [] }).state;
    expect(question(answered, 'discussion').due).toBe(day(20));
    expect(strike(answered, plus(day(20), 1)).state.phase).toBe('ESCALATED');
  });
});

describe('remediation', () => {
  const failing = () =>
    decide(evaluated(answeredAll(), { ...FINE, limits: 'NOT_IMPLEMENTED' }), 'result', 'not-satisfied');
  const committed = () => machine.commitRemediation(failing(), promise(), asks(NOW), NOW).state;

  test('the gate proposes to stop exactly the functions that the failing items protect', () => {
    const state = evaluated(answeredAll(), { ...FINE, limits: 'NOT_IMPLEMENTED' });
    expect(Object.keys(machine.functionsAtRisk(state))).toEqual(['charge-c1']);
    const proposed = machine.proposeEvaluation(
      answeredAll(),
      evaluation({ ...FINE, limits: 'NOT_IMPLEMENTED', monitoring: 'INSUFFICIENT' }),
      'e',
      NOW,
    ).state;
    const gate = tasks(change(proposed, 'evaluation', 'confirm')).find(
      (row) => 'subject' in row && row.subject === 'gate',
    );
    expect(gate).toMatchObject({ send: { json: { targets: ['charge-c1'], trigger: 'inspection' } } });
  });

  test('the gate proposes nothing for what is stopped already, and tells all that is at risk', () => {
    const both = { ...FINE, limits: 'NOT_IMPLEMENTED', 'two-factor': 'NOT_IMPLEMENTED' } as const;
    const proposed = machine.proposeEvaluation(answeredAll(), evaluation(both), 'e', NOW).state;
    const confirm = (held: readonly string[]) =>
      machine.decideInspection(
        proposed,
        decision(question(proposed, 'evaluation'), 'confirm', 'evaluator-2'),
        authority(),
        { ...dates(NOW), held },
        NOW,
      );
    const gate = (done: Change<unknown>) =>
      tasks(done).flatMap((row) => ('subject' in row && row.subject === 'gate' ? [row] : []));
    const one = confirm(['link-c1']);
    expect(gate(one)).toMatchObject([
      { send: { json: { targets: ['charge-c1'], reason: 'failed mandatory items: limits' } } },
    ]);
    expect(one.entries[0]!.content).toMatchObject({ functionsAtRisk: ['charge-c1', 'link-c1'] });
    expect(gate(confirm(['charge-c1', 'link-c1', 'link-o1']))).toEqual([]);
  });

  test('a new answer mends nothing until it is judged', () => {
    const state = answer(failing(), ['limits'], day(1), { missing: [] }).state;
    expect(state.phase).toBe('RE_INSPECTION');
    expect(Object.keys(machine.functionsAtRisk(state))).toEqual(['charge-c1']);
    expect(Object.keys(machine.functionsAtRisk(evaluated(state, { limits: 'SATISFIED' })))).toEqual([]);
  });

  test('a promise is reminded of, at risk, missed, escalated once, and its date is kept when another is made', () => {
    const state = committed();
    const struck = strike(state, day(40));
    expect(kinds(struck)).toEqual([
      'remediationReminded',
      'alarm.remediationMissed',
      'remediationReminded',
      'remediationReminded',
      'alarm.remediationEscalated',
    ]);
    expect(machine.nextClock(struck.state)).toBeUndefined();
    const standings = rows(struck).flatMap((row) => (row.do === 'noteCommitment' ? [row.standing] : []));
    expect(standings).toContain('MISSED');
    const again = machine.commitRemediation(struck.state, promise(), asks(day(40)), day(40));
    expect(again.state.promised).toHaveLength(1);
    expect(rows(again).flatMap((row) => (row.do === 'noteCommitment' ? [[row.n, row.standing]] : []))).toEqual([
      [1, 'RE_COMMITTED'],
      [2, 'ON_TRACK'],
    ]);
  });

  test('a promise is on track until the last reminder before its day, at risk from then on, and missed after its day', () => {
    const early = { ...asks(NOW), reminders: [day(3), day(7)] };
    const state = machine.commitRemediation(failing(), promise(), early, NOW).state;
    const standing = (at: Instant) => strike(state, at).state.remediation!.standing;
    expect([day(2), day(3), day(6), day(7), day(10), plus(day(10), 1)].map(standing)).toEqual([
      ...['ON_TRACK', 'ON_TRACK', 'ON_TRACK'],
      ...['AT_RISK', 'AT_RISK', 'MISSED'],
    ]);
    const noted = rows(strike(state, plus(day(10), 1))).flatMap((row) =>
      row.do === 'noteCommitment' ? [row.standing] : [],
    );
    expect(noted).toEqual(['ON_TRACK', 'AT_RISK', 'MISSED']);
  });

  test('a promise survives a reopening on record, and the next one is another', () => {
    const reopened = machine.reopen(committed(), 'compliance-1', 'look again', due(NOW, 5), NOW).state;
    const again = decide(evaluated(reopened, { limits: 'NOT_IMPLEMENTED' }), 'result', 'not-satisfied');
    const recommitted = machine.commitRemediation(again, promise(), asks(NOW), NOW);
    expect(rows(recommitted).flatMap((row) => (row.do === 'noteCommitment' ? [row.n] : []))).toEqual([2]);
  });

  test('new evidence that is judged to be enough meets the promise', () => {
    const inspected = answer(committed(), ['limits'], day(1), { missing: [] });
    expect(kinds(inspected)).toEqual(['evidenceSubmitted']);
    const satisfied = change(evaluated(inspected.state, { limits: 'SATISFIED' }), 'result', 'satisfied', day(2));
    expect(rows(satisfied)).toContainEqual(expect.objectContaining({ do: 'noteCommitment', standing: 'MET' }));
    expect(satisfied.state.remediation).toBeUndefined();
  });

  test('gaps outlive the round', () => {
    const closed = machine.closeIfSettled({ ...failing(), roundClosed: true }, NOW);
    expect(closed.entries).toEqual([]);
  });
});

describe('accepted risk', () => {
  const failing = () =>
    decide(evaluated(answeredAll(), { ...FINE, limits: 'NOT_IMPLEMENTED' }), 'result', 'not-satisfied');
  const input = { v: 1 as const, by: 'ciso-1', items: ['limits'], until: '2020-12-31', reason: 'watched by hand' };
  const proposed = () => machine.proposeRisk(failing(), input, 'r-1', authority(false), NOW).state;
  const accepted = () => decide(proposed(), 'acceptRisk', 'accept', NOW, 'board-1');

  test('two persons let a failing item pass until a day, and then it does not pass any more', () => {
    expect(machine.liftBars(failing(), ['charge-c1', 'link-c1'], NOW)).toEqual([
      { function: 'charge-c1', unit: 'c1', items: ['limits'] },
    ]);
    expect(machine.liftBars(proposed(), ['charge-c1'], NOW)).toHaveLength(1);
    const state = accepted();
    expect(state.risk).toMatchObject({ by: ['ciso-1', 'board-1'], until: '2020-12-31T14:59:59.999Z' });
    expect(machine.liftBars(state, ['charge-c1'], NOW)).toEqual([]);
    expect(machine.liftBars(state, ['charge-c1'], plus(state.risk!.until, 1))).toHaveLength(1);
    expect(machine.nextClock(state)).toBe(plus(state.risk!.until, 1));
    const expired = strike(state, plus(state.risk!.until, 1));
    expect(kinds(expired)).toEqual(['alarm.riskAcceptanceExpired']);
    expect(subjects(expired)).toEqual(['risk', 'gate']);
  });

  test('an unfinished inspection lets nothing run, whatever is accepted', () => {
    const state = answer(accepted(), ['limits'], NOW, { missing: [] }).state;
    expect(machine.liftBars(state, ['charge-c1', 'link-c1'], NOW).map(({ items }) => items)).toEqual([[], []]);
    expectComplete(machine.liftRefused(machine.liftBars(asked(), ['link-c1'], NOW)));
    expectComplete(machine.liftRefused(machine.liftBars(failing(), ['charge-c1'], NOW)));
  });

  test('only what fails is accepted, and not for ever', () => {
    expectComplete(
      refusalOf(() => machine.proposeRisk(failing(), { ...input, items: ['two-factor'] }, 'r', authority(false), NOW)),
    );
    expectComplete(
      refusalOf(() => machine.proposeRisk(failing(), { ...input, until: '2020-09-01' }, 'r', authority(false), NOW)),
    );
    expectComplete(
      refusalOf(() => machine.proposeRisk(failing(), { ...input, until: '2030-01-01' }, 'r', authority(false), NOW)),
    );
  });

  test('an acceptance ends when what it accepts is mended', () => {
    const inspected = answer(accepted(), ['limits'], day(1), { missing: [] }).state;
    const proposed_ = machine.proposeEvaluation(inspected, evaluation({ limits: 'SATISFIED' }), 'e', day(1)).state;
    const mended = change(proposed_, 'evaluation', 'confirm', day(1));
    expect(rows(mended)).toContainEqual(expect.objectContaining({ do: 'noteRisk', ended: 'MENDED' }));
    expect(mended.state.risk).toBeUndefined();
  });
});

// --- any sequence of events

type Event = (state: InspectionState, now: Instant) => Change<InspectionState>;
const ids = Object.keys(ITEMS);
const verdicts: fc.Arbitrary<ItemVerdict> = fc.constantFrom(
  'SATISFIED',
  'SATISFIED',
  'SATISFIED',
  'INSUFFICIENT',
  'NOT_IMPLEMENTED',
  'NOT_APPLICABLE',
  'DISPUTED',
);
const givenVerdicts = fc.oneof(
  fc.constant<ItemVerdict[]>(['SATISFIED', 'SATISFIED', 'SATISFIED', 'SATISFIED']),
  fc.array(verdicts, { minLength: 4, maxLength: 4 }),
);
const nothing = (state: InspectionState): Change<InspectionState> => ({ state, entries: [] });

/** What comes next by itself, as long as everybody does his part; well or badly. */
const onward =
  (well: boolean): Event =>
  (s, now) => {
    const first = machine.inspectionQuestions(s).find(({ subject }) => subject !== 'reply');
    const take = (verdict: string) =>
      machine.decideInspection(s, decision(first!, verdict), authority(), dates(now), now);
    switch (s.phase) {
      case 'SCOPED':
        return s.mail ? machine.mailed(s, s.mail.n, now, asks(now)) : take('confirm');
      case 'REQUESTED':
      case 'OVERDUE':
      case 'FOLLOW_UP_REQUESTED':
        return s.mail && !s.asked ? machine.mailed(s, s.mail.n, now, asks(now)) : answer(s, ALL, now, { missing: [] });
      case 'REMEDIATION_COMMITTED':
        return well ? answer(s, ALL, now, { missing: [] }) : machine.mailBounced(s, `${UNIT}/request/1`, now);
      case 'NOT_SATISFIED':
        return machine.commitRemediation(s, promise(), asks(now), now);
      case 'ANSWERED':
      case 'RE_INSPECTION':
      case 'UNDER_EVALUATION': {
        if (first) return take(first.verdicts[well ? 0 : first.verdicts.length - 1]!);
        const all = ids.filter((id) => s.items[id] && machine.isVisible(s.items[id]));
        const results = all.map((id): [string, ItemVerdict] => [id, well ? 'SATISFIED' : 'NOT_IMPLEMENTED']);
        return machine.proposeEvaluation(s, evaluation(Object.fromEntries(results)), `e-${s.proposals + 1}`, now);
      }
      case 'ESCALATED':
      case 'UNDER_DISCUSSION':
        return take(first!.verdicts[well ? 1 : 0]!);
      default:
        return machine.closeIfSettled(machine.roundClosed(s, now).state, now);
    }
  };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 30, arbitrary: fc.boolean().map(onward) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.oneof(fc.constant(ids), fc.subarray(ids, { minLength: 1 })), fc.boolean(), fc.boolean())
      .map(([items, hides, same]): Event => (s, now) => {
        const notAsked = hides ? ['when-done'] : [];
        return answer(s, items, now, {
          notAsked,
          ...(same && { same: items.slice(1) }),
          missing: Object.keys(s.items).filter(
            (id) => s.items[id]!.result === 'UNANSWERED' && !items.includes(id) && !notAsked.includes(id),
          ),
        });
      }),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(givenVerdicts, fc.boolean()).map(([given, all]): Event => (s, now) => {
      const judged = ids.filter((id) => {
        const item = s.items[id];
        return item && machine.isVisible(item) && (all || item.result === 'ANSWERED' || item.result === 'UNANSWERED');
      });
      const results = Object.fromEntries(judged.map((id) => [id, given[ids.indexOf(id)]!]));
      if (judged.length === 0) return nothing(s);
      return machine.proposeEvaluation(s, evaluation(results), `e-${s.proposals + 1}`, now);
    }),
  },
  {
    weight: 14,
    arbitrary: fc
      .tuple(fc.nat(), fc.oneof(fc.constant(0), fc.nat()), fc.boolean())
      .map(([q, v, complete]): Event => (s, now) => {
        const questions = machine.inspectionQuestions(s);
        const asks_ = questions[q % Math.max(1, questions.length)];
        if (!asks_) return nothing(s);
        return machine.decideInspection(
          s,
          decision(asks_, asks_.verdicts[v % asks_.verdicts.length]!),
          authority(complete || q % 4 > 0),
          dates(now),
          now,
        );
      }),
  },
  { weight: 8, arbitrary: fc.constant<Event>((s, now) => strike(s, now)) },
  {
    weight: 8,
    arbitrary: fc.constant<Event>((s, now) => {
      const kind = s.mail?.kind;
      if (!s.mail) return nothing(s);
      return machine.mailed(s, s.mail.n, now, kind === 'request' || kind === 'follow-up' ? asks(now) : undefined);
    }),
  },
  fc.constantFrom('refused' as const, 'later' as const).map(
    (kind): Event =>
      (s, now) =>
        machine.mailFailed(s, s.mail?.n ?? 0, { kind, problem: 'X' }, now),
  ),
  fc.tuple(fc.constantFrom('request', 'reminder', 'overdue', 'follow-up'), fc.integer({ min: 1, max: 6 })).map(
    ([kind, n]): Event =>
      (s, now) =>
        machine.mailBounced(s, `${UNIT}/${kind}/${n}`, now),
  ),
  fc.constantFrom('a', 'b').map(
    (id): Event =>
      (s, now) =>
        machine.replied(s, id.repeat(32), now),
  ),
  {
    weight: 10,
    arbitrary: fc.constant<Event>((s, now) => machine.commitRemediation(s, promise(), asks(now), now)),
  },
  { weight: 2, arbitrary: fc.constant<Event>((s, now) => machine.reopen(s, 'compliance-1', 'look', due(now, 5), now)) },
  {
    weight: 2,
    arbitrary: fc.nat().map((n): Event => (s, now) => {
      const items = ids.filter((id) => s.items[id]?.class === 'mandatory' && machine.fails(s.items[id]));
      const until = plus(now, 30 * DAY).slice(0, 10);
      return machine.proposeRisk(
        s,
        { v: 1, by: 'ciso-1', items: items.length > 0 ? items : ids, until, reason: 'we live with it' },
        `risk-${s.sequence}-${s.risks}-${n}-${now}`,
        authority(false),
        now,
      );
    }),
  },
  fc.constant<Event>((s, now) => machine.roundClosed(s, now)),
  fc.constant<Event>((s, now) => machine.closeIfSettled(s, now)),
);

const history = fc.array(
  fc.tuple(event, fc.oneof(fc.integer({ min: 1, max: 6 * DAY }), fc.integer({ min: 1, max: DAY }))),
  {
    minLength: 10,
    maxLength: 90,
  },
);

const mandatory = (s: InspectionState) =>
  Object.values(s.items).filter(
    (item) => item.class === 'mandatory' && machine.isVisible(item) && item.result !== 'NOT_APPLICABLE',
  );

/** What must hold of every state, wherever it came from. */
function sound(s: InspectionState, now: Instant): void {
  const result = machine.resultOf(s);
  if (result === 'SATISFIED') {
    expect(mandatory(s).length).toBeGreaterThan(0);
    expect(mandatory(s).every((item) => item.result === 'SATISFIED')).toBe(true);
    expect(machine.functionsAtRisk(s)).toEqual({});
  }
  if (result === 'NOT_SATISFIED') expect(mandatory(s).some((item) => item.result !== 'SATISFIED')).toBe(true);
  expect(machine.mandatoryCounts(s).mandatory).toBe(mandatory(s).length);
  // Asked, and either told so by a mail, or a mail is on its way.
  if (['REQUESTED', 'OVERDUE', 'FOLLOW_UP_REQUESTED'].includes(s.phase)) expect(s.asked ?? s.mail).toBeDefined();
  // A mail always has something to say.
  if (s.mail && ['reminder', 'overdue'].includes(s.mail.kind)) expect(s.asked).toBeDefined();
  if (s.mail?.kind === 'remediation-reminder') expect(s.remediation).toBeDefined();
  // Nobody is left waiting for nothing.
  const questions = machine.inspectionQuestions(s);
  if (s.phase === 'ESCALATED' || s.phase === 'UNDER_DISCUSSION') expect(questions.length).toBeGreaterThan(0);
  // A clock that names a past instant and never strikes would spin for ever.
  const rest = strike(s, now).state;
  const next = machine.nextClock(rest);
  if (next !== undefined) expect(next > now).toBe(true);
  for (const { asks: text } of questions) expectComplete(text);
  expectComplete(inspectionStanding(s));
}

const PHASES = [
  'NOT_APPLICABLE',
  'REQUESTED',
  'OVERDUE',
  'ANSWERED',
  'UNDER_EVALUATION',
  'FOLLOW_UP_REQUESTED',
  'UNDER_DISCUSSION',
  'ESCALATED',
  'SATISFIED',
  'NOT_SATISFIED',
  'REMEDIATION_COMMITTED',
  'RE_INSPECTION',
  'CLOSED',
  'risk',
];
const reached = new Set<string>();

test('a bounce that names a mail which never was does not swallow the one that has to go out', () => {
  const state = opened(ITEMS);
  expect(state.mail).toEqual({ kind: 'request', n: 1 });
  const bounced = machine.mailBounced(state, `${UNIT}/reminder/1`, NOW).state;
  const asked = machine.inspectionQuestions(bounced).find(({ subject }) => subject === 'mail')!;
  const decided = machine.decideInspection(bounced, decision(asked, 'by-hand'), authority(), dates(NOW), NOW).state;
  expect(decided.mail).toEqual({ kind: 'request', n: 1 });
});

test('whatever happens, in whatever order, nothing is satisfied that is not, nothing is lost, and nothing hangs', () => {
  fc.assert(
    fc.property(fc.constantFrom(ITEMS, {}), history, (items, events) => {
      let state = opened(items);
      let now = NOW;
      const gone = new Set<string>();
      for (const [what, pause] of events) {
        now = plus(now, pause);
        const before = state;
        let done: Change<InspectionState>;
        try {
          done = what(state, now);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          expectComplete(error.sentence);
          continue;
        }
        state = { ...done.state, sequence: before.sequence + done.entries.length };
        sound(state, now);
        reached.add(state.phase).add(state.risk ? 'risk' : '');
        // What was answered, promised and read stays so.
        expect(state.submissions.slice(0, before.submissions.length)).toEqual(before.submissions);
        expect(state.promised.slice(0, before.promised.length)).toEqual(before.promised);
        if (state.submissions.length > before.submissions.length) {
          expect(done.entries.length).toBeGreaterThan(0);
          // An answer by itself sets nothing free.
          expect(machine.functionsAtRisk(state)).toEqual(machine.functionsAtRisk(before));
        }
        // A question that is no more never comes back under its old digest.
        const open = new Set(machine.inspectionQuestions(state).map(({ subject, digest }) => `${subject} ${digest}`));
        for (const { subject, digest } of machine.inspectionQuestions(before))
          if (!open.has(`${subject} ${digest}`)) gone.add(`${subject} ${digest}`);
        for (const key of open) expect(gone.has(key) ? `again: ${key}` : '').toBe('');
        // Every line tells how the unit stands after it.
        for (const { rows: written } of done.entries) expect(written[0]).toMatchObject({ do: 'noteInspection' });
      }
    }),
    { numRuns: 1_200 },
  );
  // The histories above go everywhere, or they prove little.
  for (const phase of PHASES) expect([...reached]).toContain(phase);
}, 120_000);
