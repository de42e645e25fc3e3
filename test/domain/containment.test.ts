import fc from 'fast-check';
import * as machine from '../../src/domain/containment.js';
import { LossConfirmed, type ContainmentState } from '../../src/domain/containment.js';
import { SuspensionInput } from '../../src/domain/suspension.js';
import { plus, type Duration, type Instant } from '../../src/domain/instant.js';
import { Refusal } from '../../src/domain/refusal.js';
import { containmentWords, standingOf } from '../../src/domain/wording/containment.js';
import type { Change } from '../../src/domain/transition.js';
import {
  at,
  authority,
  containmentTerms,
  decision,
  DIGEST,
  expectComplete,
  kinds,
  refusalOf,
  rows,
  tasks,
} from './support.js';

const ID = 'containment/B/mijica-transfer';
const SUNDAY = at('2020-08-09T10:00:00+09:00');
const after = (duration: string) => plus(SUNDAY, duration as Duration);
const loss = (reference: string, confirmedAt = SUNDAY, its: object = {}) =>
  LossConfirmed.parse({
    v: 1,
    incident: 'B',
    target: 'mijica-transfer',
    reference,
    count: 4,
    occurredAt: '2020-08-08T09:00:00+09:00',
    confirmedAt,
    ...its,
  });
const opened = (its = containmentTerms(), losses?: ContainmentState['losses']) =>
  machine.openContainment(
    ID,
    {
      incident: 'B',
      target: 'mijica-transfer',
      digest: DIGEST,
      terms: its,
      sequence: 0,
      round: 1,
      ...(losses && { losses }),
    },
    SUNDAY,
  ).state;
const deciding = (its = containmentTerms()) => machine.lossConfirmed(opened(its), loss('case-1'), SUNDAY).state;
const decide = (state: ContainmentState, verdict: string, when = SUNDAY, by = 'commander-1', complete = true) =>
  machine.decideContainment(
    state,
    decision(machine.containmentQuestions(state)[0]!, verdict, by),
    authority(complete),
    when,
  );
/** Decided, and what was decided has been started. */
const measured = (verdict: 'restrict' | 'continue', its = containmentTerms()) =>
  machine.measureStarted(decide(deciding(its), verdict, SUNDAY).state, true, SUNDAY).state;

/** Lets every clock strike up to an instant. */
function until(
  state: ContainmentState,
  end: Instant,
): { state: ContainmentState; kinds: string[]; changes: Change<ContainmentState>[] } {
  const changes: Change<ContainmentState>[] = [];
  let now = machine.nextClock(state);
  while (now !== undefined && now <= end) {
    const change = machine.clockStruck(state, now);
    changes.push(change);
    state = change.state;
    now = machine.nextClock(state);
  }
  return { state, kinds: changes.flatMap(kinds), changes };
}

describe('the first confirmed loss', () => {
  test('opens a decision that is due four hours later, on a Sunday before a holiday too', () => {
    const change = machine.lossConfirmed(opened(), loss('case-1'), SUNDAY);
    expect(machine.containmentStage(change.state)).toBe('DECIDING');
    expect(change.state.decideBy!.at).toBe(at('2020-08-09T14:00:00+09:00'));
    expect(change.state.warnings).toEqual([at('2020-08-09T12:00:00+09:00'), at('2020-08-09T13:00:00+09:00')]);
  });

  test('opens the disclosure decision, due the next day', () => {
    const duties = rows(machine.lossConfirmed(opened(), loss('case-1'), SUNDAY)).filter((row) => row.do === 'openDuty');
    expect(duties).toMatchObject([
      { duty: 'lossDisclosureDecision', owner: 'pr', due: at('2020-08-10T10:00:00+09:00') },
    ]);
  });

  test('reported several times under the same reference is one loss', () => {
    const state = deciding();
    expect(machine.lossConfirmed(state, loss('case-1', after('PT1H')), after('PT1H'))).toEqual({ state, entries: [] });
  });

  test('that an earlier containment took in already is no new case', () => {
    const state = opened(containmentTerms(), { 'case-1': { count: 4, confirmedAt: SUNDAY } });
    expect(machine.lossConfirmed(state, loss('case-1'), after('P30D')).entries).toEqual([]);
  });

  test('meant for another function is told and counted nowhere', () => {
    const change = machine.lossConfirmed(opened(), loss('case-1', SUNDAY, { target: 'mijica-web' }), SUNDAY);
    expect(kinds(change)).toEqual(['alarm.lossMisdirected']);
    expect(change.state.losses).toEqual({});
    expect(change.state.phase).toBe('awaiting-loss');
    // Its sender hears nothing: people are called, once.
    expect(tasks(change)).toMatchObject([{ subject: 'signal:lossConfirmed', call: true }]);
    const again = machine.lossConfirmed(change.state, loss('case-1', SUNDAY, { target: 'mijica-web' }), SUNDAY);
    expect([kinds(again), tasks(again)]).toEqual([['alarm.lossMisdirected'], []]);
  });

  test('that is told before it is confirmed leaves nobody more time', () => {
    const ahead = loss('case-1', at('2036-08-09T10:00:00+09:00'));
    const { state, entries } = machine.lossConfirmed(opened(), ahead, SUNDAY);
    expect(state.decideBy!.at).toBe(at('2020-08-09T14:00:00+09:00'));
    expect(entries.map(({ effectiveAt }) => effectiveAt)).toEqual([SUNDAY, SUNDAY]);
  });

  test('learned late shortens the time left, and never moves the deadline', () => {
    const learned = at('2020-08-09T13:30:00+09:00');
    const { state } = machine.lossConfirmed(opened(), loss('case-1'), learned);
    expect(state.decideBy!.at).toBe(at('2020-08-09T14:00:00+09:00'));
    expect(until(state, learned).kinds).toEqual(['alarm.decisionWarning', 'alarm.decisionWarning']);
  });

  test('is the one confirmed first, in whatever order the reports come', () => {
    const early = loss('case-1', SUNDAY);
    const later = loss('case-2', after('PT1H'));
    const take = (...losses: LossConfirmed[]) =>
      losses.reduce((state, next) => machine.lossConfirmed(state, next, after('PT90M')).state, opened());
    expect(take(later, early).decideBy).toEqual(take(early, later).decideBy);
    expect(take(later, early).warnings).toEqual(take(early, later).warnings);
  });

  test('followed by another before the decision moves nothing', () => {
    const state = machine.lossConfirmed(deciding(), loss('case-2', after('PT3H')), after('PT3H')).state;
    expect(state.decideBy!.at).toBe(after('PT4H'));
  });
});

describe('a decision that nobody takes', () => {
  test('is warned of at two and three hours, and suspends after four by policy', () => {
    const { state, kinds: all } = until(deciding(), after('PT4H'));
    expect(all).toEqual([
      'alarm.decisionWarning',
      'alarm.decisionWarning',
      'alarm.decisionOverdue',
      'suspendedByPolicy',
    ]);
    expect(state.toStart).toMatchObject({
      input: { measure: 'suspend', targets: ['mijica-transfer'], by: 'policy', decidedIn: ID },
    });
    expect(SuspensionInput.safeParse(state.toStart!.input).success).toBe(true);
  });

  test('suspends not a moment before its four hours', () => {
    const { state } = until(deciding(), at('2020-08-09T13:59:59+09:00'));
    expect(state.phase).toBe('deciding');
    expect(machine.clockStruck(state, at('2020-08-09T13:59:59+09:00')).entries).toEqual([]);
  });

  test.each([
    ['under as-happened a time-out alarms and nothing acts', containmentTerms(false, true)],
    ['a function that is not autoStop is never stopped without a person', containmentTerms(true, false)],
  ])('%s', (_, its) => {
    const { state, kinds: all } = until(deciding(its), after('P3D'));
    expect(all.slice(0, 3)).toEqual(['alarm.decisionWarning', 'alarm.decisionWarning', 'alarm.decisionOverdue']);
    expect(all.slice(3).every((kind) => kind === 'alarm.decisionStillOpen')).toBe(true);
    expect(machine.containmentStage(state)).toBe('OVERDUE');
    expect(state.toStart).toBeUndefined();
  });

  test('goes up to the commander, again every day', () => {
    const { changes } = until(deciding(containmentTerms(true, false)), after('P2D'));
    for (const change of changes) {
      expect(tasks(change)).toHaveLength(1);
      expect(tasks(change)[0]!.call).toBe(true);
      expect(tasks(change)[0]!.roles).toContain('incidentCommander');
    }
  });

  test('taken after its time is taken, and recorded as late', () => {
    const { state } = until(deciding(containmentTerms(false)), after('PT5H'));
    expect(rows(decide(state, 'suspend', after('PT5H')))[0]).toMatchObject({ do: 'recordDecision', late: true });
    expect(rows(decide(deciding(), 'suspend', after('PT4H')))[0]).toMatchObject({ late: false });
  });
});

describe('"restrict" and "continue"', () => {
  test('a restriction starts, and carries a re-decision in 24 hours', () => {
    const { state } = decide(deciding(), 'restrict', after('PT1H'));
    expect(state.toStart!.input).toMatchObject({ measure: 'restrict', by: 'commander-1', decidedIn: ID });
    expect(state.decideBy!.at).toBe(after('PT25H'));
    expect(machine.containmentStage(state)).toBe('RESTRICTED');
  });

  test('a decision to continue starts nothing, and carries the same re-decision', () => {
    const { state } = decide(deciding(), 'continue');
    expect(state.toStart).toBeUndefined();
    expect(state.decideBy!.at).toBe(after('PT24H'));
    expect(machine.containmentStage(state)).toBe('CONTINUED');
  });

  test.each(['restrict', 'continue'] as const)(
    'a decision to %s that nobody re-decided becomes a suspension after 24 hours',
    (verdict) => {
      const state = measured(verdict);
      expect(until(state, at('2020-08-10T09:59:59+09:00')).kinds).toEqual([]);
      const struck = until(state, at('2020-08-10T10:00:00+09:00'));
      expect(struck.kinds).toEqual(['alarm.redecisionOverdue', 'suspendedByPolicy']);
      expect(struck.state.toStart!.input.measure).toBe('suspend');
    },
  );

  test.each(['restrict', 'continue'] as const)('the next confirmed case after a decision to %s suspends', (verdict) => {
    const change = machine.lossConfirmed(measured(verdict), loss('case-2', after('PT2H')), after('PT2H'));
    expect(kinds(change)).toEqual(['lossConfirmed', 'alarm.tripwire', 'suspendedByPolicy']);
    expect(change.state.phase).toBe('suspending');
  });

  test.each([
    ['under as-happened the tripwire alarms and nothing acts', containmentTerms(false, true)],
    [
      'the tripwire of a function that is not autoStop calls the commander and stops nothing',
      containmentTerms(true, false),
    ],
  ])('%s', (_, its) => {
    const change = machine.lossConfirmed(measured('restrict', its), loss('case-2', after('PT2H')), after('PT2H'));
    expect(kinds(change)).toEqual(['lossConfirmed', 'alarm.tripwire']);
    expect(change.state.toStart).toBeUndefined();
    expect(tasks(change)).toMatchObject([{ call: true }]);
    const [question] = machine.containmentQuestions(change.state);
    expect(question!.asks).toEqual(containmentWords(change.state).tripped);
  });

  test('the case that was known already trips nothing', () => {
    expect(machine.lossConfirmed(measured('continue'), loss('case-1'), after('PT2H')).entries).toEqual([]);
  });

  test('decided again get a new day, and the old digest fits no more', () => {
    const first = deciding();
    const second = measured('continue');
    expect(machine.containmentQuestions(second)[0]!.digest).not.toBe(machine.containmentQuestions(first)[0]!.digest);
    const again = decide(second, 'continue', after('PT20H'));
    expect(again.state.decideBy!.at).toBe(after('PT44H'));
  });

  test('a measure that did not start is asked about again, in a sentence that says so', () => {
    const { state } = decide(deciding(), 'restrict');
    const change = machine.measureStarted(state, false, SUNDAY);
    expect(kinds(change)).toEqual(['alarm.measureNotStarted']);
    const [question] = machine.containmentQuestions(change.state);
    expectComplete(question!.asks);
    expect(question!.asks.en).toContain('did not start');
    expect(decide(change.state, 'suspend').state.phase).toBe('suspending');
  });
});

describe('a decision', () => {
  test('before any loss, or after the end, is refused', () => {
    const asked = machine.containmentQuestions(deciding())[0]!;
    const over = machine.measureStarted(decide(deciding(), 'suspend').state, true, SUNDAY).state;
    expect(over.phase).toBe('closed');
    for (const state of [opened(), over])
      expectComplete(
        refusalOf(() => machine.decideContainment(state, decision(asked, 'suspend'), authority(), SUNDAY)),
      );
  });

  test('that needs two persons acts only with the second', () => {
    const one = decide(deciding(), 'continue', SUNDAY, 'commander-1', false);
    expect(kinds(one)).toEqual(['voted']);
    expect(one.state.phase).toBe('deciding');
    expect(one.state.votes).toHaveLength(1);
    const two = decide(one.state, 'continue', SUNDAY, 'ciso-1');
    expect(two.state.phase).toBe('measured');
    expect(two.state.votes).toBeUndefined();
  });

  test('to suspend ends the containment once the suspension stands', () => {
    const { state } = decide(deciding(), 'suspend');
    expect(machine.containmentQuestions(state)).toEqual([]);
    const change = machine.measureStarted(state, true, SUNDAY);
    expect(machine.containmentStage(change.state)).toBe('CLOSED');
  });
});

describe('a loss that is confirmed after the decision to suspend', () => {
  const suspending = () => decide(deciding(), 'suspend').state;

  test('while the stop is under way counts, and changes nothing about the stop', () => {
    const change = machine.lossConfirmed(suspending(), loss('case-9'), SUNDAY);
    expect(kinds(change)).toEqual(['lossConfirmed']);
    expect(change.state.toStart).toEqual(suspending().toStart);
    expect(change.state.phase).toBe('suspending');
  });

  test('after the stop counts and is alarmed, and opens nothing again', () => {
    const { state } = machine.measureStarted(suspending(), true, SUNDAY);
    const change = machine.lossConfirmed(state, loss('case-9'), SUNDAY);
    expect(kinds(change)).toEqual(['lossConfirmed', 'alarm.lossAfterStop']);
    expect(rows(change)).toMatchObject([
      { do: 'recordLoss', reference: 'case-9' },
      { do: 'openTask', subject: 'lossAfterStop:mijica-transfer', call: true, once: true },
    ]);
    expectComplete(tasks(change)[0]!.asks);
    expect(tasks(machine.lossConfirmed(state, loss('case-9'), SUNDAY, { callsAfterStop: false }))).toEqual([]);
    expect(change.state.phase).toBe('closed');
    expect(machine.lossConfirmed(change.state, loss('case-9'), SUNDAY).entries).toEqual([]);
  });
});

describe('whatever happens to a containment, in whatever order', () => {
  type Event = (state: ContainmentState, now: Instant) => Change<ContainmentState>;
  const event: fc.Arbitrary<Event> = fc.oneof(
    fc.tuple(fc.constantFrom('case-1', 'case-2', 'case-3'), fc.integer({ min: 0, max: 10 ** 7 })).map(
      ([reference, ago]): Event =>
        (s, now) =>
          machine.lossConfirmed(s, loss(reference, plus(now, -ago)), now),
    ),
    fc.constant<Event>((s, now) => machine.clockStruck(s, now)),
    fc
      .tuple(fc.constantFrom('suspend', 'restrict', 'continue', 'continue'), fc.boolean())
      .map(([verdict, complete]): Event => (s, now) => {
        const [question] = machine.containmentQuestions(s);
        return question
          ? machine.decideContainment(s, decision(question, verdict), authority(complete), now)
          : { state: s, entries: [] };
      }),
    fc.boolean().map(
      (ok): Event =>
        (s, now) =>
          machine.measureStarted(s, ok, now),
    ),
  );
  const history = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 30_000_000 })), { maxLength: 40 });
  const flags = fc.tuple(fc.boolean(), fc.boolean());

  test('it never stops alone what it may not, a closed one only counts losses, and it says what it waits for', () => {
    fc.assert(
      fc.property(flags, history, ([acts, autoStop], events) => {
        let now = SUNDAY;
        let state = opened(containmentTerms(acts, autoStop));
        const seen = new Set<string>();
        for (const [happens, later] of events) {
          now = plus(now, later);
          let change: Change<ContainmentState>;
          try {
            change = happens(state, now);
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            continue;
          }
          if (state.phase === 'closed') {
            expect(change.state).toEqual({ ...state, losses: change.state.losses });
            expect(rows(change).every((row) => row.do === 'recordLoss' || (row.do === 'openTask' && row.once))).toBe(
              true,
            );
          }
          for (const row of rows(change)) {
            if (row.do === 'openTask') expectComplete(row.asks);
            if (row.do === 'recordLoss') {
              expect(seen).not.toContain(row.reference);
              seen.add(row.reference);
            }
          }
          if (kinds(change).includes('suspendedByPolicy')) expect(acts && autoStop).toBe(true);
          state = change.state;
          expectComplete(standingOf(state));
          for (const { asks, otherwise } of machine.containmentQuestions(state)) {
            expectComplete(asks);
            expectComplete(otherwise);
          }
          if (state.phase === 'deciding' || state.phase === 'overdue' || state.phase === 'measured')
            expect(machine.nextClock(state)).toBeDefined();
          if (state.toStart) expect(SuspensionInput.safeParse(state.toStart.input).success).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
