import { instant, millis, plus, type Duration } from '../../src/domain/instant.js';
import { stoppedInVain } from '../../src/domain/lossAfterStop.js';
import * as machine from '../../src/domain/suspension.js';
import type { SuspensionPreview, SuspensionState } from '../../src/domain/suspension.js';
import { suspensionQuestions } from '../../src/domain/suspension.js';
import { standingOf } from '../../src/domain/wording/suspension.js';
import { previewTables } from '../../src/domain/wording/suspensionPreview.js';
import {
  at,
  authority,
  decision,
  DIGEST,
  expectComplete,
  inEffect,
  kinds,
  plan,
  refusalOf,
  rows,
  tasks,
  terms,
} from './support.js';

const ID = 'suspension/B/mijica-transfer-1';
const T0 = at('2020-09-16T11:45:00Z'); // 20:45 in Japan
const after = (duration: string) => plus(T0, duration as Duration);
const DRIFT = { v: 1, target: 'mijica-transfer', readBack: 'ACTIVE' } as const;

const question = (state: SuspensionState, subject: string) => {
  const found = suspensionQuestions(state).find((candidate) => candidate.subject === subject);
  if (!found) throw new Error(`nobody asks ${subject}`);
  return found;
};
const subjects = (state: SuspensionState) => suspensionQuestions(state).map(({ subject }) => subject);
const decide = (
  state: SuspensionState,
  subject: string,
  verdict: string,
  when = T0,
  by = 'commander-1',
  complete = true,
) => machine.decide(state, decision(question(state, subject), verdict, by), authority(complete), when);

const PREVIEW: SuspensionPreview = {
  measure: 'suspend',
  incident: 'B',
  reason: 'Losses *go on*',
  serviceMap: 'map-4',
  targets: [
    {
      target: 'mijica-transfer',
      connector: 'channel',
      stopOrder: 2,
      inFlight: 'reject',
      customers: { value: 200_000, approx: true },
      substitutes: [{ en: 'counter', ja: '窓口' }],
      sharesControlWith: ['mijica-web'],
    },
  ],
  siblings: [],
};
const proposed = (input = {}, siblings: string[] = [], its = terms(), preview?: SuspensionPreview) =>
  machine.propose(ID, { ...plan(input, siblings, its), ...(preview && { preview }) }, T0).state;
const approved = (...args: Parameters<typeof proposed>) => decide(proposed(...args), 'approve', 'approve').state;
const ordered = (...args: Parameters<typeof proposed>) => machine.order(approved(...args), T0).state;
const emergency = (when = T0, siblings: string[] = []) =>
  machine.order(machine.propose(ID, plan({ emergency: true }, siblings), when).state, when).state;
const settleAll = (state: SuspensionState, when = T0) =>
  Object.entries(state.targets).reduce(
    (s, [id, { goal }]) => machine.settle(s, id, inEffect(goal === 'held' ? 'SUSPENDED' : 'ACTIVE', when), when).state,
    state,
  );
const inForce = (...args: Parameters<typeof proposed>) => machine.inForce(settleAll(ordered(...args)), T0).state;
const liftProposed = (state: SuspensionState, by = 'owner-1', when = T0) =>
  machine.proposeLift(state, by, 'the control is in place', DIGEST, when).state;
const watching = (...args: Parameters<typeof proposed>) => {
  const lifting = decide(liftProposed(inForce(...args)), 'lift', 'approve').state;
  return machine.released(settleAll(lifting), T0).state;
};

describe('a proposal', () => {
  test('waits for an approval and places no hold', () => {
    const change = machine.propose(ID, plan(), T0);
    expect(machine.stageOf(change.state)).toBe('PROPOSED');
    expect(subjects(change.state)).toEqual(['approve']);
    expect(rows(change).map((row) => row.do)).toEqual(['openTask']);
  });

  test('is ordered only after its approval', () => {
    expectComplete(refusalOf(() => machine.order(proposed(), T0)));
    const change = machine.order(approved(), T0);
    expect(rows(change).filter((row) => row.do === 'placeHold')).toEqual([
      { do: 'placeHold', target: 'mijica-transfer', measure: 'suspend' },
    ]);
    expect(machine.stageOf(change.state)).toBe('EXECUTING');
  });

  test('that was approved is not approved or refused again', () => {
    expect(machine.stageOf(approved())).toBe('APPROVED');
    expect(subjects(approved())).toEqual([]);
    expectComplete(
      refusalOf(() => machine.decide(approved(), decision(question(proposed(), 'approve'), 'refuse'), authority(), T0)),
    );
  });

  test('that was refused does nothing and is over', () => {
    const { state } = decide(proposed(), 'approve', 'refuse');
    expect(machine.stageOf(state)).toBe('REFUSED');
    expect(machine.isOver(state)).toBe(true);
    expectComplete(refusalOf(() => machine.order(state, T0)));
  });

  test('expires after 24 hours, and an approval that comes then is refused with the way out', () => {
    const state = proposed();
    expect(decide(state, 'approve', 'approve', at('2020-09-17T11:44:59.999Z')).state.phase).toBe('proposed');
    const sentence = refusalOf(() => decide(state, 'approve', 'approve', at('2020-09-17T11:45:00Z')));
    expectComplete(sentence);
    expect(sentence.en).toContain('2020-09-17 20:45 +09:00');
    expect(machine.stageOf(machine.expire(state, at('2020-09-17T11:45:00Z')).state)).toBe('EXPIRED');
  });

  test('that is approved, or not yet due, does not expire', () => {
    expect(machine.expire(approved(), after('P2D')).entries).toEqual([]);
    expect(machine.expire(proposed(), after('PT23H')).entries).toEqual([]);
  });

  test('the vote of one of two persons is recorded and does not approve', () => {
    const change = decide(proposed(), 'approve', 'approve', T0, 'commander-1', false);
    expect(kinds(change)).toEqual(['voted']);
    expect(machine.stageOf(change.state)).toBe('PROPOSED');
    expect(change.state.votes).toEqual([
      { subject: 'approve', verdict: 'approve', by: 'commander-1', role: 'incidentCommander', digest: DIGEST, at: T0 },
    ]);
  });

  test('shows what its digest covers until it is judged', () => {
    const shown = (state: SuspensionState) => previewTables(state);
    const waits = proposed({}, [], terms(), PREVIEW);
    expect(shown(waits)).toMatch(/reason ／ 理由 \| Losses \\\*go on\\\* \|/);
    expect(shown(waits)).toMatch(
      /\| 2 \| mijica-transfer \| ≈ 200,000 \| rejected ／ 取り消し \| counter ／ 窓口 \| mijica-web \|/,
    );
    expect(shown(waits)).toContain(DIGEST);
    expect(shown(decide(waits, 'approve', 'approve', T0, 'commander-1', false).state)).not.toBe('');
    for (const verdict of ['approve', 'refuse'])
      expect(decide(waits, 'approve', verdict).state).not.toHaveProperty('preview');
    expect(machine.expire(waits, after('PT24H')).state).not.toHaveProperty('preview');
  });

  test('with another digest is not approved', () => {
    const state = proposed();
    const stale = { ...decision(question(state, 'approve'), 'approve'), digest: 'f'.repeat(32) };
    expectComplete(refusalOf(() => machine.decide(state, stale, authority(), T0)));
  });
});

describe('a stop', () => {
  test('is in force when every target is read back, and not before', () => {
    const both = ordered({ targets: ['link-01', 'link-02'] });
    const one = machine.settle(both, 'link-01', inEffect('SUSPENDED', T0), T0).state;
    expect(machine.stageOf(one)).toBe('EXECUTING');
    expect(machine.inForce(one, T0).entries).toEqual([]);
    const two = machine.settle(one, 'link-02', inEffect('SUSPENDED', T0), T0).state;
    expect(machine.stageOf(two)).toBe('IN_FORCE');
    expect(kinds(machine.inForce(two, T0))).toEqual(['inForce']);
  });

  test('opens its duties: the disclosure decision is due two hours later', () => {
    const duties = rows(machine.order(approved(), T0)).filter((row) => row.do === 'openDuty');
    expect(duties.map(({ duty }) => duty).sort()).toEqual([
      'callDeskScript',
      'customerNotice',
      'disclosureDecision',
      'filingAssessment',
      'partnerNotice',
      'stopScreenText',
    ]);
    expect(duties.find(({ duty }) => duty === 'disclosureDecision')).toMatchObject({
      owner: 'pr',
      due: '2020-09-16T13:45:00.000Z',
    });
  });

  test('that is not read back within 15 minutes is partly failed, says which, and goes on', () => {
    const state = ordered({ targets: ['link-01', 'link-02'] });
    expect(machine.late(state, 'link-02', after('PT14M')).entries).toEqual([]);
    const settled = machine.settle(state, 'link-01', inEffect('SUSPENDED', T0), T0).state;
    const change = machine.late(settled, 'link-02', after('PT15M'));
    expect(machine.stageOf(change.state)).toBe('PARTIALLY_FAILED');
    expect(change.entries[0]).toMatchObject({
      kind: 'alarm.targetNotVerified',
      entity: `${ID}#link-02`,
      effectiveAt: after('PT15M'),
    });
    expect(tasks(change)).toHaveLength(1);
    expect(subjects(change.state)).toContain('target:link-02');
    expect(machine.stageOf(settleAll(change.state, after('PT1H')))).toBe('IN_FORCE');
  });

  test('that the channel system refuses asks a person at once', () => {
    const change = machine.settle(ordered(), 'mijica-transfer', { kind: 'refused', problem: 'HTTP 403' }, T0);
    expect(kinds(change)).toEqual(['alarm.targetNeedsPerson']);
    expect(machine.stageOf(change.state)).toBe('PARTIALLY_FAILED');
  });

  test('waits with a target until every one that stops before it in its service was asked, or is late', () => {
    const turns = Object.fromEntries(
      [3, 1, 2, 1].map((order, n) => [`link-${n}`, { service: n === 3 ? 'other' : 'links', order }]),
    );
    const targets = ['link-0', 'link-1', 'link-2', 'link-3', 'link-4'];
    const order = (state: SuspensionState) => machine.order(decide(state, 'approve', 'approve').state, T0).state;
    const stop = order(machine.propose(ID, { ...plan({ targets }), turns }, T0).state);
    const waiting = (state: SuspensionState) => targets.filter((id) => machine.waitsItsTurn(state, id));
    expect(waiting(stop)).toEqual(['link-0', 'link-2']);
    // No answer is an answer too: an outage of one keeps no other open.
    const first = machine.settle(stop, 'link-1', { kind: 'not-yet', problem: 'TIMEOUT 10s' }, T0).state;
    expect(waiting(first)).toEqual(['link-0']);
    const second = machine.settle(first, 'link-2', inEffect('SUSPENDED', T0), T0).state;
    expect(waiting(second)).toEqual([]);
    expect(
      waiting(machine.late(machine.late(stop, 'link-1', after('PT15M')).state, 'link-2', after('PT15M')).state),
    ).toEqual([]);
    const lifting = decide(liftProposed(stop), 'lift', 'approve').state;
    expect(waiting(lifting)).toEqual([]);
  });

  test('honours the Retry-After of the channel system', () => {
    const { state } = machine.settle(
      ordered(),
      'mijica-transfer',
      { kind: 'not-yet', problem: 'HTTP 429', afterSeconds: 120 },
      T0,
    );
    expect(state.targets['mijica-transfer']!.notBefore).toBe(after('PT2M'));
  });

  test('done by hand carries the name of whoever did it', () => {
    const failed = machine.settle(ordered(), 'mijica-transfer', { kind: 'refused', problem: 'HTTP 403' }, T0).state;
    const change = decide(failed, 'target:mijica-transfer', 'done-by-hand', after('PT5M'), 'duty-2');
    expect(kinds(change)).toEqual(['targetDoneByHand']);
    expect(rows(change)[0]).toMatchObject({ do: 'recordDecision', by: 'duty-2', verdict: 'done-by-hand' });
    expect(machine.stageOf(change.state)).toBe('IN_FORCE');
  });

  test('that only a person can do says to that person what to do, until it is answered or asked anew', () => {
    const instruction = { en: 'Close the counter.', ja: '窓口を閉めてください。' };
    const change = machine.settle(
      ordered(),
      'mijica-transfer',
      { kind: 'by-hand', problem: 'BY_HAND', instruction },
      T0,
    );
    const [task] = tasks(change);
    const asked = question(change.state, 'target:mijica-transfer');
    for (const { asks } of [task!, asked]) {
      expectComplete(asks);
      expect(asks.en).toMatch(
        /^mijica-transfer needs a hand\. Close the counter\. .*done-by-hand \(your name stands for it\)/,
      );
      expect(asks.ja).toMatch(/^mijica-transfer .*窓口を閉めてください。.*done-by-hand/);
    }
    expect(asked.otherwise.en).toContain('no system does it by itself');
    const done = decide(change.state, 'target:mijica-transfer', 'done-by-hand', T0, 'duty-2').state;
    expect(done.targets['mijica-transfer']).not.toHaveProperty('instruction');
    const failed = machine.settle(change.state, 'mijica-transfer', { kind: 'not-yet', problem: 'HTTP 500' }, T0).state;
    expect(question(failed, 'target:mijica-transfer').asks.en).toMatch(/^mijica-transfer is not proven to obey/);
  });

  test('may be retried as often as somebody decides it: each time is a decision of its own', () => {
    const fail = (state: SuspensionState) =>
      machine.settle(state, 'mijica-transfer', { kind: 'refused', problem: 'HTTP 403' }, T0).state;
    const first = fail(ordered());
    const again = fail(decide(first, 'target:mijica-transfer', 'retry').state);
    expect(question(again, 'target:mijica-transfer').digest).not.toBe(question(first, 'target:mijica-transfer').digest);
    expect(decide(again, 'target:mijica-transfer', 'retry').state.targets['mijica-transfer']!.status).toBe('waiting');
  });

  test('a retry that fails again asks again', () => {
    const late = machine.late(ordered(), 'mijica-transfer', after('PT15M')).state;
    const retried = decide(late, 'target:mijica-transfer', 'retry', after('PT20M')).state;
    expect(tasks(machine.late(retried, 'mijica-transfer', after('PT35M')))).toHaveLength(1);
  });

  test('an answer that comes after a person settled the target changes nothing', () => {
    const state = inForce();
    expect(machine.settle(state, 'mijica-transfer', { kind: 'refused', problem: 'x' }, T0)).toEqual({
      state,
      entries: [],
    });
  });
});

describe('an emergency stop', () => {
  test('needs no approval, takes effect at once and is to be ratified', () => {
    const state = emergency();
    expect(state.phase).toBe('ordered');
    expect(subjects(state)).toEqual(['ratify', 'reverse', 'review']);
    expect(machine.stageOf(settleAll(state))).toBe('EMERGENCY_IN_FORCE');
  });

  test.each([
    ['a stop ordered at 20:45 is to be ratified by 00:45', '2020-09-16T20:45:00+09:00', '2020-09-17T00:45:00+09:00'],
    [
      'a stop ordered at 23:10 need not be ratified before 09:00',
      '2020-09-16T23:10:00+09:00',
      '2020-09-17T09:00:00+09:00',
    ],
  ])('%s', (_, start, due) => {
    expect(emergency(at(start)).ratification!.due.at).toBe(at(due));
  });

  test('calls the second person at once and every 30 minutes', () => {
    const state = emergency();
    expect(state.ratification!.nextCall).toBe(T0);
    const called = machine.callSecond(state, T0);
    expect(tasks(called)).toMatchObject([{ subject: 'ratify', call: true }]);
    expect(called.state.ratification!.nextCall).toBe(after('PT30M'));
  });

  test('that nobody ratifies is escalated once, and stays', () => {
    const escalated = machine.escalateRatification(settleAll(emergency()));
    expect(kinds(escalated)).toEqual(['alarm.ratificationOverdue']);
    expect(machine.escalateRatification(escalated.state).entries).toEqual([]);
    expect(machine.stageOf(escalated.state)).toBe('EMERGENCY_IN_FORCE');
    expect(rows(escalated).some((row) => row.do === 'releaseHold')).toBe(false);
  });

  test('ratified after its escalation is ratified, and recorded as late', () => {
    const { state } = machine.escalateRatification(emergency());
    const change = decide(state, 'ratify', 'ratify', after('PT4H1M'));
    expect(rows(change)[0]).toMatchObject({ do: 'recordDecision', subject: 'ratify', late: true });
    expect(machine.stageOf(settleAll(change.state))).toBe('IN_FORCE');
    expect(rows(decide(state, 'ratify', 'ratify', after('PT4H')))[0]).toMatchObject({ late: false });
  });

  test('shows what its digest covers until it is ratified, reversed or lifted', () => {
    const stopped = machine.order(
      machine.propose(ID, { ...plan({ emergency: true }), preview: PREVIEW }, T0).state,
      T0,
    ).state;
    const lift = liftProposed(stopped);
    for (const state of [stopped, settleAll(stopped), lift, decide(lift, 'lift', 'refuse').state])
      expect(state.preview).toEqual(PREVIEW);
    for (const { state } of [
      decide(stopped, 'ratify', 'ratify'),
      decide(stopped, 'reverse', 'reverse'),
      decide(lift, 'lift', 'approve'),
    ])
      expect(previewTables(state)).toBe('');
  });

  test('once ratified is reversed no more and calls nobody', () => {
    const { state } = decide(emergency(), 'ratify', 'ratify');
    expect(subjects(state)).toEqual(['review']);
    expect(machine.callSecond(state, after('PT30M')).entries).toEqual([]);
    expect(machine.escalateRatification(state).entries).toEqual([]);
  });

  test('is reversed only by two persons, at once, and no watch follows', () => {
    const one = decide(emergency(), 'reverse', 'reverse', T0, 'duty-1', false);
    expect(one.state.phase).toBe('ordered');
    expect(rows(one).some((row) => row.do === 'releaseHold')).toBe(false);
    const two = decide(one.state, 'reverse', 'reverse', T0, 'commander-1', true);
    expect(rows(two)).toContainEqual({ do: 'releaseHold', target: 'mijica-transfer' });
    expect(two.state.phase).toBe('lifting');
    const over = machine.released(settleAll(two.state), T0);
    expect(kinds(over)).toEqual(['reversed']);
    expect(machine.stageOf(over.state)).toBe('REVERSED');
  });

  test('reversed while the channel system had asked to wait does not wait for it', () => {
    const waiting = machine.settle(
      emergency(),
      'mijica-transfer',
      { kind: 'not-yet', problem: 'x', afterSeconds: 3600 },
      T0,
    ).state;
    expect(decide(waiting, 'reverse', 'reverse').state.targets['mijica-transfer']).not.toHaveProperty('notBefore');
  });

  test('reversed leaves no task open that nobody can answer', () => {
    const closed = rows(decide(emergency(T0, ['mijica-web']), 'reverse', 'reverse')).flatMap((row) =>
      row.do === 'closeTasks' ? [row.subject] : [],
    );
    expect(closed).toEqual(expect.arrayContaining(['ratify', 'sibling:mijica-web', 'target:mijica-transfer']));
  });
});

describe('functions that share the failed control', () => {
  test('are each asked for by name within 24 hours of the stop', () => {
    const state = inForce({ failedControl: 'member-login' }, ['mijica-debit', 'mijica-web']);
    expect(subjects(state)).toEqual(['sibling:mijica-debit', 'sibling:mijica-web', 'review']);
    expect(question(state, 'sibling:mijica-web').due).toBe('2020-09-17T11:45:00.000Z');
  });

  test('one that may not go on is stopped by a suspension of its own, started once', () => {
    const change = decide(inForce({}, ['mijica-web']), 'sibling:mijica-web', 'stop');
    expect(change.entries[0]).toMatchObject({
      kind: 'siblingStopped',
      content: { suspension: `${ID}-and-mijica-web` },
    });
    const started = machine.siblingStarted(change.state, 'mijica-web', true, T0);
    expect(kinds(started)).toEqual(['siblingSuspensionStarted']);
    expect(machine.siblingStarted(started.state, 'mijica-web', true, T0).entries).toEqual([]);
  });

  test('one whose suspension did not start is alarmed, with the way to stop it', () => {
    const { state } = decide(inForce({}, ['mijica-web']), 'sibling:mijica-web', 'stop');
    const change = machine.siblingStarted(state, 'mijica-web', false, T0);
    expect(kinds(change)).toEqual(['alarm.measureNotStarted']);
    expectComplete(tasks(change)[0]!.asks);
    expect(tasks(change)[0]!.asks.ja).toContain('hikeshi suspend emergency');
  });

  test('one that stands for single cards is kept, or single ones are stopped: "stop" is refused with how', () => {
    const singles = { 'mijica-card': 'card' } as const;
    const planned = { ...plan({ emergency: true }, ['mijica-card', 'mijica-web']), singles };
    const change = machine.order(machine.propose(ID, planned, T0).state, T0);
    const asked = question(change.state, 'sibling:mijica-card');
    expect(asked.verdicts).toEqual(['keep']);
    for (const { asks } of [asked, tasks(change).find(({ subject }) => subject === asked.subject)!]) {
      expectComplete(asks);
      expect(asks.en).toMatch(/cannot be stopped as a whole\. Stop single ones: --targets mijica-card\/<reference>\.$/);
    }
    const refused = refusalOf(() => machine.decide(change.state, decision(asked, 'stop'), authority(), T0));
    expectComplete(refused);
    expect(refused.en).toMatch(/must be one of: keep\. .* --targets mijica-card\/<reference>\.$/);
    expect(refused.ja).toMatch(/keep。.*--targets mijica-card\/<番号>/);
    const kept = decide(change.state, 'sibling:mijica-card', 'keep').state;
    expect(kept.siblings['mijica-card']).toMatchObject({ verdict: 'keep', single: 'card' });
    expect(question(kept, 'sibling:mijica-web').verdicts).toEqual(['keep', 'stop']);
  });

  test('one that is kept starts nothing', () => {
    const { state } = decide(inForce({}, ['mijica-web']), 'sibling:mijica-web', 'keep');
    expect(machine.siblingStarted(state, 'mijica-web', true, T0).entries).toEqual([]);
    expect(subjects(state)).toEqual(['review']);
  });

  test('judged too late are escalated once, asked on with their due time, and recorded as late', () => {
    const escalated = machine.escalateSiblings(inForce({}, ['mijica-web']));
    expect(kinds(escalated)).toEqual(['alarm.siblingsNotReviewed']);
    expect(machine.escalateSiblings(escalated.state).entries).toEqual([]);
    expectComplete(question(escalated.state, 'sibling:mijica-web').asks);
    expect(rows(decide(escalated.state, 'sibling:mijica-web', 'keep', after('PT24H1M')))[0]).toMatchObject({
      late: true,
    });
  });
});

describe('drift', () => {
  test('is mended by an order at most twice in 24 hours, then a person is asked', () => {
    let state = inForce();
    for (const when of [after('PT1H'), after('PT2H')]) {
      const change = machine.drift(state, { ...DRIFT, at: when }, when);
      expect(kinds(change)).toEqual(['alarm.drift']);
      expect(change.state.targets['mijica-transfer']).toMatchObject({
        status: 'waiting',
        orderedAt: when,
        readBack: 'ACTIVE',
      });
      state = settleAll(change.state, when);
    }
    const third = machine.drift(state, { ...DRIFT, at: after('PT3H') }, after('PT3H'));
    expect(kinds(third)).toEqual(['alarm.driftRepeated']);
    expect(subjects(third.state)).toContain('target:mijica-transfer');
    const nextDay = machine.drift(state, { ...DRIFT, at: after('PT25H') }, after('PT25H'));
    expect(kinds(nextDay)).toEqual(['alarm.drift']);
  });

  test('found before the last proof is a repeat and orders nothing', () => {
    const mended = settleAll(
      machine.drift(inForce(), { ...DRIFT, at: after('PT1H') }, after('PT1H')).state,
      after('PT2H'),
    );
    expect(machine.drift(mended, { ...DRIFT, at: after('PT1H') }, after('PT3H')).entries).toEqual([]);
  });

  test('of a target that this suspension does not hold is nothing', () => {
    expect(machine.drift(inForce(), { ...DRIFT, target: 'mijica-web', at: T0 }, T0).entries).toEqual([]);
  });
});

describe('a review', () => {
  test('is due seven days after the order, and again seven days after the last answer', () => {
    const state = inForce();
    expect(state.review!.due.at).toBe('2020-09-23T11:45:00.000Z');
    const kept = decide(state, 'review', 'keep', at('2020-09-24T00:00:00Z'));
    expect(kept.state.review!.due.at).toBe('2020-10-01T00:00:00.000Z');
    expect(rows(kept)[0]).toMatchObject({ late: true });
  });

  test('kept again a week later is a decision of its own, not a repeat of the first', () => {
    const first = inForce();
    const second = decide(first, 'review', 'keep').state;
    expect(question(second, 'review').digest).not.toBe(question(first, 'review').digest);
    expectComplete(
      refusalOf(() => machine.decide(second, decision(question(first, 'review'), 'keep'), authority(), T0)),
    );
  });

  test('that nobody answers leaves the stop and is escalated once', () => {
    const asked = machine.askReview(inForce(), after('P7D'));
    expect(kinds(asked)).toEqual(['alarm.reviewDue']);
    expect(machine.stageOf(asked.state)).toBe('IN_FORCE');
    expect(machine.askReview(asked.state, after('P8D')).entries).toEqual([]);
  });

  test('"change" keeps the stop and puts the new proposal on somebody\'s desk', () => {
    const change = decide(inForce(), 'review', 'change');
    expect(machine.stageOf(change.state)).toBe('IN_FORCE');
    expect(tasks(change)).toMatchObject([{ subject: 'change' }]);
    expectComplete(tasks(change)[0]!.asks);
  });

  test('"lift" proposes the lift and lifts nothing', () => {
    const change = decide(inForce(), 'review', 'lift');
    expect(kinds(change)).toEqual(['reviewed', 'liftProposed']);
    expect(machine.stageOf(change.state)).toBe('LIFT_PROPOSED');
    expect(change.state.lift!.by).toBe('commander-1');
    expect(rows(change).some((row) => row.do === 'releaseHold')).toBe(false);
  });

  test('due while a lift waits reminds of the lift', () => {
    expect(tasks(machine.askReview(liftProposed(inForce()), after('P7D')))).toMatchObject([
      { subject: 'lift', call: true },
    ]);
  });

  test('an expected end that nobody knows is said to be undetermined', () => {
    const { asks } = question(inForce(), 'review');
    expect(asks.en).toContain('undetermined');
    expect(asks.ja).toContain('未定');
  });
});

describe('a lift', () => {
  test('of what is not in force is refused', () => {
    for (const state of [proposed(), approved(), watching()]) expectComplete(refusalOf(() => liftProposed(state)));
  });

  test('is proposed once at a time', () => {
    expectComplete(refusalOf(() => liftProposed(liftProposed(inForce()))));
  });

  test('asked for by a cancel request is proposed once; further requests leave a line that says what they did', () => {
    const first = machine.cancelRequested(inForce(), T0);
    expect(first.entries).toMatchObject([{ kind: 'liftProposed', content: { by: 'cancel-request' } }]);
    const lifting = decide(first.state, 'lift', 'approve').state;
    const why = [first.state, lifting, machine.released(settleAll(lifting), T0).state].map((state) => {
      const again = machine.cancelRequested(state, T0);
      expect([again.state, kinds(again)]).toEqual([state, ['cancelRequested']]);
      return again.entries[0]!.content;
    });
    expect(why).toMatchObject([
      { did: 'nothing', why: expect.stringContaining('a lift is proposed already') },
      { did: 'nothing', why: expect.stringContaining('it is being lifted already') },
      { did: 'nothing', why: expect.stringContaining('it is lifted already, and its watch goes on') },
    ]);
  });

  test('refused leaves the stop, and a second proposal is decided anew', () => {
    const first = liftProposed(inForce());
    const refused = decide(first, 'lift', 'refuse');
    expect(machine.stageOf(refused.state)).toBe('IN_FORCE');
    const second = liftProposed(refused.state);
    expect(question(second, 'lift').digest).not.toBe(question(first, 'lift').digest);
    expectComplete(
      refusalOf(() => machine.decide(second, decision(question(first, 'lift'), 'approve'), authority(), T0)),
    );
  });

  test('lets go of every hold, is read back, and is watched for 14 days', () => {
    const change = decide(liftProposed(inForce({ targets: ['link-01', 'link-02'] })), 'lift', 'approve');
    expect(rows(change).filter((row) => row.do === 'releaseHold')).toHaveLength(2);
    expect(machine.stageOf(change.state)).toBe('LIFTING');
    expect(machine.released(change.state, T0).entries).toEqual([]);
    const released = machine.released(settleAll(change.state), T0);
    expect(released.state.watchEnds!.at).toBe('2020-09-30T11:45:00.000Z');
    expect(machine.stageOf(machine.endWatch(released.state).state)).toBe('LIFTED');
  });

  test('while another suspension holds the function tells who still holds it', () => {
    const lifting = decide(liftProposed(inForce()), 'lift', 'approve').state;
    const change = machine.settle(lifting, 'mijica-transfer', inEffect('SUSPENDED', T0, ['suspension/B/other']), T0);
    expect(change.entries[0]).toMatchObject({
      kind: 'released',
      content: { readBack: 'SUSPENDED', alsoHeldBy: ['suspension/B/other'] },
    });
  });
});

describe('the watch after a lift', () => {
  const trip = (state: SuspensionState) => machine.trip(state, 'lossConfirmed', after('P1D'), { reference: 'case-9' });

  test('stops the function again at the next confirmed case', () => {
    const change = trip(watching());
    expect(change.entries[0]).toMatchObject({ kind: 'alarm.watchTripped', content: { acted: true } });
    expect(rows(change)).toEqual([{ do: 'placeHold', target: 'mijica-transfer', measure: 'suspend' }]);
    expect(machine.stageOf(change.state)).toBe('EXECUTING');
    expect(machine.stageOf(settleAll(change.state))).toBe('IN_FORCE');
    expect(kinds(machine.inForce(settleAll(change.state), T0))).toEqual(['inForce']);
  });

  test('stops it again when the channel drifts', () => {
    const change = machine.drift(watching(), { ...DRIFT, readBack: 'RESTRICTED', at: after('PT1H') }, after('PT1H'));
    expect(change.state.phase).toBe('ordered');
  });

  test('under as-happened alarms, calls a person once, and nothing acts', () => {
    const change = trip(watching({}, [], terms(false)));
    expect(change.entries[0]).toMatchObject({ kind: 'alarm.watchTripped', content: { acted: false } });
    expect(change.state.phase).toBe('watching');
    expect(rows(change).some((row) => row.do === 'placeHold')).toBe(false);
    expect(tasks(change)).toHaveLength(1);
    expectComplete(tasks(change)[0]!.asks);
    const again = trip(change.state);
    expect(kinds(again)).toEqual(['alarm.watchTripped']);
    expect(tasks(again)).toEqual([]);
  });

  test('a function that is not autoStop is never stopped without a person', () => {
    const change = trip(watching({ targets: ['mijica-debit'] }, [], terms(true, ['mijica-debit'])));
    expect(change.state.phase).toBe('watching');
    expect(rows(change).some((row) => row.do === 'placeHold')).toBe(false);
    expect(tasks(change)).toMatchObject([{ roles: ['incidentCommander'], call: true }]);
  });

  test('of several functions only those that are autoStop are stopped, and a person is asked about the rest', () => {
    const targets = ['atm/AB-1', 'link-01', 'mijica-debit'];
    const change = trip(watching({ targets }, [], terms(true, ['mijica-debit', 'atm'])));
    expect(rows(change).filter((row) => row.do === 'placeHold')).toMatchObject([{ target: 'link-01' }]);
    expect(tasks(change)[0]!.asks.en).toContain('atm/AB-1, mijica-debit');
    expect(Object.entries(change.state.targets).map(([id, { goal }]) => [id, goal])).toEqual([
      ['atm/AB-1', 'released'],
      ['link-01', 'held'],
      ['mijica-debit', 'released'],
    ]);
  });

  test('of an emergency that was lifted before its ratification leaves nothing to ratify', () => {
    const lifting = decide(liftProposed(settleAll(emergency())), 'lift', 'approve').state;
    const change = trip(machine.released(settleAll(lifting), T0).state);
    expect(subjects(change.state)).not.toContain('ratify');
    expect(machine.stageOf(settleAll(change.state))).toBe('IN_FORCE');
  });

  const told = (state: SuspensionState, more = {}) => {
    const when = after('P1D');
    const loss = { v: 1, incident: 'B', target: 'mijica-transfer', reference: 'case-9', count: 2 } as const;
    return machine.lossTold(state, { ...loss, occurredAt: T0, confirmedAt: when, ...more }, when);
  };
  const limited = { measure: 'restrict', limitYen: 30_000 };
  const lifting = (...args: Parameters<typeof proposed>) =>
    decide(liftProposed(inForce(...args)), 'lift', 'approve').state;
  const placed = (change: ReturnType<typeof told>) => rows(change).filter((row) => row.do === 'placeHold');

  test('a confirmed case after a restriction was lifted suspends the function, and opens the duties of a stop', () => {
    const change = told(watching(limited));
    expect(kinds(change)).toEqual(['lossConfirmed', 'alarm.watchTripped']);
    expect(placed(change)).toEqual([{ do: 'placeHold', target: 'mijica-transfer', measure: 'suspend' }]);
    expect(rows(change).filter((row) => row.do === 'openDuty')).toHaveLength(6);
    expect(Object.values(change.state.duties!)).toHaveLength(6);
    expect(change.state).toMatchObject({ phase: 'ordered', measure: 'suspend' });
    expect(change.state).not.toHaveProperty('limitYen');
    // A stop owed them when it was ordered.
    expect(rows(told(watching())).some((row) => row.do === 'openDuty')).toBe(false);
  });

  test('a drift after a restriction was lifted restricts again', () => {
    const change = machine.drift(watching(limited), { ...DRIFT, readBack: 'SUSPENDED', at: T0 }, T0);
    expect(placed(change)).toEqual([
      { do: 'placeHold', target: 'mijica-transfer', measure: 'restrict', limitYen: 30_000 },
    ]);
  });

  test('a restricted function that is not autoStop is not suspended by it: the commander is called', () => {
    const change = told(watching({ ...limited, targets: ['mijica-debit'] }, [], terms(true, ['mijica-debit'])), {
      target: 'mijica-debit',
    });
    expect(placed(change)).toEqual([]);
    expect(tasks(change)).toMatchObject([{ subject: 'watch', roles: ['incidentCommander'], call: true }]);
    expectComplete(tasks(change)[0]!.asks);
  });

  test('a confirmed case while the lift is carried out stops the function again, and asks nothing of the lift any more', () => {
    const stuck = machine.late(lifting(), 'mijica-transfer', after('PT1H')).state;
    const change = told(stuck);
    expect(kinds(change)).toEqual(['lossConfirmed', 'alarm.watchTripped']);
    expect(placed(change)).toHaveLength(1);
    expect(rows(change)).toContainEqual({ do: 'closeTasks', subject: 'target:mijica-transfer' });
    expect(machine.stageOf(change.state)).toBe('EXECUTING');
    const reversing = told(decide(emergency(), 'reverse', 'reverse').state).state;
    expect(machine.stageOf(machine.inForce(settleAll(reversing), T0).state)).toBe('IN_FORCE');
    expect(reversing).not.toHaveProperty('reversal');
  });

  test('under as-happened a case while the lift is carried out calls a person, once, and the lift goes on', () => {
    const change = told(lifting({}, [], terms(false)));
    expect(change.state.phase).toBe('lifting');
    expect(placed(change)).toEqual([]);
    expect(tasks(change)).toHaveLength(1);
    expectComplete(tasks(change)[0]!.asks);
    expect(tasks(told(change.state))).toEqual([]);
  });

  test('whatever the phase, a loss that is told is on record, by when it was confirmed', () => {
    const states = [proposed(), inForce(), inForce(limited), lifting(), watching(), machine.endWatch(watching()).state];
    for (const state of states)
      expect(JSON.stringify(told(state).entries.map(({ content }) => content))).toContain('case-9');
    expect(kinds(told(inForce()))).toEqual(['lossConfirmed', 'alarm.lossAfterStop']);
    const early = told(inForce(), { confirmedAt: after('PT1H'), incident: 'C' }).entries[0];
    expect(early).toMatchObject({ effectiveAt: after('PT1H'), incident: 'C', rows: [{ do: 'recordLoss', count: 2 }] });
    expect(told(inForce(), { confirmedAt: after('P9D') }).entries[0]!.effectiveAt).toBe(after('P1D'));
  });

  test('a loss on what is not stopped here is told to people, with where it belongs', () => {
    const partly = told(watching({ targets: ['link-01', 'mijica-debit'] }, [], terms(true, ['mijica-debit'])), {
      target: 'mijica-debit',
    }).state;
    const byContainment = { ...limited, decidedIn: 'containment/B/mijica-transfer' };
    const itsOwn = machine.order(machine.propose(ID, plan(byContainment), T0).state, T0).state;
    const ofBefore = inForce(limited, [], { ...terms(), redecideWithin: undefined as never });
    const others = [told(proposed()), told(itsOwn), told(ofBefore), told(inForce(), { target: 'link-01' })];
    for (const change of others) {
      expect(kinds(change)).toEqual(['alarm.lossMisdirected']);
      expect(tasks(change)[0]!.asks.en).toMatch(/containment\/B\/(mijica-transfer|link-01)/);
    }
    expect(kinds(told(partly, { target: 'mijica-debit', reference: 'case-10' }))).toEqual(['alarm.lossMisdirected']);
    expect(kinds(told(partly, { target: 'link-01', reference: 'case-10' }))).toContain('alarm.lossAfterStop');
  });

  test('a loss on what is stopped calls people to look whether the stop holds', () => {
    const change = told(inForce());
    expect(tasks(change)).toMatchObject([
      { subject: 'lossAfterStop:mijica-transfer', roles: ['dutyOfficer', 'incidentCommander'], call: true, once: true },
    ]);
    expectComplete(tasks(change)[0]!.asks);
    expect(tasks(change)[0]!.asks.en).toContain('it occurred 2020-09-16 20:45');
    // A run of before has no call in its history.
    const loss = { v: 1, incident: 'B', target: 'mijica-transfer', reference: 'case-9', count: 2 } as const;
    const before = { callsAfterStop: false };
    expect(tasks(machine.lossTold(inForce(), { ...loss, occurredAt: T0, confirmedAt: T0 }, T0, before))).toEqual([]);
  });

  test('nothing trips before or after it', () => {
    for (const state of [proposed(), inForce(), machine.endWatch(watching()).state])
      expect(trip(state).entries).toEqual([]);
  });
});

describe('a restriction that no containment decided', () => {
  const limited = { measure: 'restrict', limitYen: 30_000 };
  const DUE = '2020-09-17T11:45:00.000Z'; // a day after the order
  const told = (state: SuspensionState, target = 'mijica-transfer') => {
    const loss = { v: 1, incident: 'B', target, reference: 'case-9', count: 2 } as const;
    return machine.lossTold(state, { ...loss, occurredAt: T0, confirmedAt: after('PT1H') }, after('PT1H'));
  };
  const holds = (change: ReturnType<typeof told>) =>
    rows(change).filter((row) => row.do === 'releaseHold' || row.do === 'placeHold');

  test('is to be decided again within 24 hours, and each decision to keep it starts the next 24', () => {
    const state = inForce(limited);
    expect(question(state, 'review')).toMatchObject({ due: DUE, verdicts: ['keep', 'change', 'lift'] });
    expect(state.review!.due).toMatchObject({ rule: 'containment.redecideWithin' });
    expect(question(state, 'review').asks.en).toContain('before 2020-09-17 20:45');
    const kept = decide(state, 'review', 'keep', after('PT20H')).state;
    expect(kept.review!.due.at).toBe('2020-09-18T07:45:00.000Z');
    for (const { asks, otherwise } of [...suspensionQuestions(state), ...suspensionQuestions(liftProposed(state))]) {
      expectComplete(asks);
      expectComplete(otherwise);
    }
    // A containment that decided it asks again itself.
    const its = { ...limited, decidedIn: 'containment/B/mijica-transfer' };
    const ofContainment = machine.order(machine.propose(ID, plan(its), T0).state, T0).state;
    expect(ofContainment.review!.due.at).toBe('2020-09-23T11:45:00.000Z');
    expect(inForce().review!.due.at).toBe('2020-09-23T11:45:00.000Z');
  });

  test('that nobody decides again becomes a stop, with the duties of one', () => {
    const change = machine.askReview(inForce(limited), at(DUE));
    expect(change.entries).toMatchObject([
      { kind: 'alarm.redecisionOverdue', effectiveAt: DUE, content: { due: DUE, current: 'restrict', acted: true } },
    ]);
    expect(holds(change)).toEqual([
      { do: 'releaseHold', target: 'mijica-transfer' },
      { do: 'placeHold', target: 'mijica-transfer', measure: 'suspend' },
    ]);
    expect(rows(change).filter((row) => row.do === 'openDuty')).toHaveLength(6);
    expect(machine.stageOf(change.state)).toBe('EXECUTING');
    // It is a stop now, with the review of one.
    expect(change.state.review!.due.at).toBe('2020-09-24T11:45:00.000Z');
  });

  test('is a stop at the next case, and nothing of a lift or of an emergency is left to decide', () => {
    const change = told(liftProposed(inForce(limited)));
    expect(kinds(change)).toEqual(['lossConfirmed', 'alarm.tripwire']);
    expect(change.entries[1]).toMatchObject({ content: { reference: 'case-9', current: 'restrict', acted: true } });
    expect(holds(change)).toHaveLength(2);
    expect(change.state).toMatchObject({ phase: 'ordered', measure: 'suspend' });
    expect(change.state).not.toHaveProperty('limitYen');
    for (const subject of ['lift', 'review']) expect(rows(change)).toContainEqual({ do: 'closeTasks', subject });
    const urgent = machine.propose(ID, plan({ ...limited, emergency: true }), T0).state;
    expect(subjects(told(machine.order(urgent, T0).state).state)).toEqual(['review']);
    expect(kinds(told(change.state))).toEqual(['lossConfirmed', 'alarm.lossAfterStop']);
  });

  test('under as-happened alarms and calls the commander, and nothing acts', () => {
    const tripped = told(inForce(limited, [], terms(false)));
    const overdue = machine.askReview(tripped.state, at(DUE));
    expect([kinds(tripped).at(-1), kinds(overdue).at(-1)]).toEqual(['alarm.tripwire', 'alarm.redecisionOverdue']);
    for (const change of [tripped, overdue]) {
      expect(change.entries.at(-1)).toMatchObject({ content: { acted: false } });
      expect(holds(change)).toEqual([]);
      expect(tasks(change)).toMatchObject([{ subject: 'review', roles: ['incidentCommander'], call: true }]);
      expectComplete(tasks(change)[0]!.asks);
    }
    expect(machine.askReview(overdue.state, after('P2D')).entries).toEqual([]);
    expect(question(tripped.state, 'review').asks.en).toContain('It was not enough');
    const kept = decide(overdue.state, 'review', 'keep', after('P2D')).state;
    expect(question(kept, 'review').asks.en).toContain('Decide again');
    expect(kept.review!.due.at).toBe('2020-09-19T11:45:00.000Z');
  });

  test('of several functions only those that are autoStop are stopped, and a person is asked about the rest', () => {
    const targets = ['link-01', 'mijica-debit'];
    const change = told(inForce({ ...limited, targets }, [], terms(true, ['mijica-debit'])), 'mijica-debit');
    expect(holds(change)).toEqual([
      { do: 'releaseHold', target: 'link-01' },
      { do: 'placeHold', target: 'link-01', measure: 'suspend' },
    ]);
    expect(tasks(change)).toMatchObject([{ subject: 'watch', roles: ['incidentCommander'], call: true }]);
    expect(tasks(change)[0]!.asks.en).toContain('mijica-debit is only restricted still');
    expectComplete(tasks(change)[0]!.asks);
    const alone = told(
      inForce({ ...limited, targets: ['mijica-debit'] }, [], terms(true, ['mijica-debit'])),
      'mijica-debit',
    );
    expect([holds(alone), alone.state.measure]).toEqual([[], 'restrict']);
    expect(tasks(alone)).toMatchObject([{ subject: 'review', roles: ['incidentCommander'], call: true }]);
  });
});

describe('a loss after the stop', () => {
  const stopped = inForce();
  const vain = (occurredAt: string, ...states: SuspensionState[]) =>
    stoppedInVain([{ target: 'mijica-transfer', occurredAt: at(occurredAt) }], states);
  const BEFORE = '2020-09-16T11:44:00Z';
  const SINCE = '2020-09-16T11:46:00Z';

  test('that occurred after it was executed was not stopped by it; one that occurred before says nothing about it', () => {
    expect(vain(SINCE, stopped)).toEqual(['mijica-transfer']);
    expect(vain(BEFORE, stopped)).toEqual([]);
    // Another measure on the same function, executed later, began no new stop.
    expect(vain(SINCE, { ...stopped, id: 'suspension/B/other', targets: settledAt('P1D') }, stopped)).toHaveLength(1);
  });

  test('a stop by hand counts from when a person did it', () => {
    const asking = machine.settle(ordered(), 'mijica-transfer', { kind: 'by-hand', problem: 'BY_HAND' }, T0).state;
    const byHand = decide(asking, 'target:mijica-transfer', 'done-by-hand').state;
    expect([vain(SINCE, byHand), vain(BEFORE, byHand)]).toEqual([['mijica-transfer'], []]);
  });

  test('a function that is only restricted, let go, or not proven to obey is not stopped', () => {
    const skipped = decide(
      machine.settle(ordered(), 'mijica-transfer', { kind: 'refused', problem: 'HTTP 403' }, T0).state,
      'target:mijica-transfer',
      'skip',
    ).state;
    for (const state of [inForce({ measure: 'restrict', limitYen: 1 }), watching(), ordered(), skipped])
      expect(vain(SINCE, state)).toEqual([]);
  });

  const settledAt = (later: string) => settleAll(ordered(), after(later)).targets;
});

describe('what a person skipped', () => {
  const skipped = (targets: string[], which: string[]) =>
    which.reduce((state, id) => {
      const asking = machine.settle(state, id, { kind: 'refused', problem: 'HTTP 403' }, T0).state;
      return decide(asking, `target:${id}`, 'skip').state;
    }, ordered({ targets }));

  test('is not said to be in force', () => {
    const all = skipped(['link-01'], ['link-01']);
    expect(machine.stageOf(all)).toBe('IN_FORCE');
    expectComplete(standingOf(all));
    expect(standingOf(all).en).toContain('every target was skipped');
    const some = settleAll(skipped(['link-01', 'link-02'], ['link-01']));
    expectComplete(standingOf(some));
    expect(standingOf(some).en).toContain('not proven for what was skipped: link-01. link-01: SKIPPED');
    expect(standingOf(some).ja).toContain('見送られた link-01 は確認されていません');
    expect(standingOf(inForce()).en).not.toMatch(/skipped/i);
  });
});

test('a target ordered again is proven again: no instant of the earlier order stays', () => {
  const [target] = Object.values(decide(liftProposed(inForce()), 'lift', 'approve', after('P1D')).state.targets);
  expect(target).toMatchObject({ orderedAt: after('P1D'), due: instant(millis(after('P1D')) + 900_000), late: false });
  expect(target).not.toHaveProperty('verifiedAt');
  expect(target).not.toHaveProperty('executedAt');
});
