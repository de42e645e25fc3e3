import fc from 'fast-check';
import { plus, type Instant } from '../../src/domain/instant.js';
import { Refusal } from '../../src/domain/refusal.js';
import * as machine from '../../src/domain/suspension.js';
import type { Phase, Settled, SuspensionState } from '../../src/domain/suspension.js';
import { suspensionQuestions } from '../../src/domain/suspension.js';
import { standingOf, wordsFor } from '../../src/domain/wording/suspension.js';
import { standingDetails } from '../../src/domain/wording/standing.js';
import type { Change } from '../../src/domain/transition.js';
import { at, authority, decision, DIGEST, expectComplete, JST, plan, terms } from './support.js';

const TARGETS = ['link-01', 'link-02', 'mijica-debit'];
const LEGAL: Record<Phase, readonly Phase[]> = {
  proposed: ['ordered', 'refused', 'expired'],
  ordered: ['lifting'],
  lifting: ['watching', 'reversed', 'ordered'],
  watching: ['ordered', 'lifted'],
  refused: [],
  expired: [],
  lifted: [],
  reversed: [],
};

type Event = (state: SuspensionState, now: Instant) => Change<SuspensionState>;

const outcome = fc.constantFrom<((now: Instant) => Settled)[]>(
  (now) => ({ kind: 'in-effect', state: 'SUSPENDED', verifiedAt: now, alsoHeldBy: [], order: 1 }),
  (now) => ({ kind: 'in-effect', state: 'ACTIVE', verifiedAt: now, executedAt: now, alsoHeldBy: ['suspension/B/o'] }),
  () => ({ kind: 'not-yet', problem: 'TIMEOUT', afterSeconds: 30 }),
  () => ({ kind: 'refused', problem: 'HTTP 403' }),
  () => ({ kind: 'by-hand', problem: 'BY_HAND' }),
  () => ({ kind: 'by-hand', problem: 'BY_HAND', instruction: { en: 'Close it.', ja: '閉めてください。' } }),
);
const target = fc.constantFrom(...TARGETS, 'nobody-knows-it');
const person = fc.constantFrom('commander-1', 'duty-1', 'ciso-1');

/** Weighted towards what moves the machine on; everything else may come at any time. */
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.nat(), fc.nat(), person, fc.boolean()).map(([q, v, by, complete]): Event => (s, now) => {
      const questions = suspensionQuestions(s);
      const question = questions[q % Math.max(1, questions.length)];
      if (!question) return { state: s, entries: [] };
      return machine.decide(
        s,
        decision(question, question.verdicts[v % question.verdicts.length]!, by),
        authority(complete || q % 3 > 0),
        now,
      );
    }),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(target, outcome).map(
      ([id, of]): Event =>
        (s, now) =>
          machine.settle(s, id, of(now), now),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constant<Event>((s, now) =>
      TARGETS.reduce<Change<SuspensionState>>(
        (change, id) => {
          const next = machine.settle(
            change.state,
            id,
            {
              kind: 'in-effect',
              state: s.phase === 'lifting' ? 'ACTIVE' : 'SUSPENDED',
              verifiedAt: now,
              alsoHeldBy: [],
            },
            now,
          );
          return { state: next.state, entries: [...change.entries, ...next.entries] };
        },
        { state: s, entries: [] },
      ),
    ),
  },
  fc.constant<Event>((s, now) => machine.order(s, now)),
  fc.constant<Event>((s, now) => machine.inForce(s, now)),
  fc.constant<Event>((s, now) => machine.released(s, now)),
  fc.constant<Event>((s, now) => machine.expire(s, now)),
  fc.constant<Event>((s, now) => machine.callSecond(s, now)),
  fc.constant<Event>((s) => machine.escalateRatification(s)),
  fc.constant<Event>((s) => machine.escalateSiblings(s)),
  fc.constant<Event>((s, now) => machine.askReview(s, now)),
  fc.constant<Event>((s) => machine.endWatch(s)),
  fc.constant<Event>((s, now) => machine.siblingStarted(s, 'mijica-web', now > '2020-09-18', now)),
  target.map(
    (id): Event =>
      (s, now) =>
        machine.late(s, id, now),
  ),
  target.map(
    (id): Event =>
      (s, now) =>
        machine.drift(s, { v: 1, target: id, readBack: 'ACTIVE', at: now }, now),
  ),
  target.map((id): Event => (s, now) => {
    const told = { v: 1, incident: 'B', target: id, reference: 'case-1', count: 1 } as const;
    // After its end a loss is told to people, and changes nothing of the measure.
    return machine.isOver(s)
      ? { state: s, entries: [] }
      : machine.lossTold(s, { ...told, occurredAt: now, confirmedAt: now }, now);
  }),
  // Its run is over with the suspension: then nobody takes it.
  fc.constant<Event>((s, now) => (machine.isOver(s) ? { state: s, entries: [] } : machine.cancelRequested(s, now))),
  person.map(
    (by): Event =>
      (s, now) =>
        machine.proposeLift(s, by, 'it is mended', DIGEST, now),
  ),
);

const start = fc.record({
  emergency: fc.boolean(),
  measure: fc.constantFrom('suspend' as const, 'restrict' as const),
  acts: fc.boolean(),
  personOnly: fc.subarray(TARGETS),
});

const history = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 90_000_000 })), { minLength: 5, maxLength: 60 });

/** Plays a history; refused events change nothing. Anything thrown that is no refusal fails the test. */
function play(
  how: { emergency: boolean; measure: 'suspend' | 'restrict'; acts: boolean; personOnly: string[] },
  events: readonly (readonly [Event, number])[],
  look: (before: SuspensionState, change: Change<SuspensionState>, now: Instant) => void,
): void {
  let now = at('2020-09-16T11:45:00Z');
  const its = terms(how.acts, how.personOnly);
  const input = { targets: TARGETS, measure: how.measure, emergency: how.emergency };
  const opening = machine.propose('suspension/B/x', plan(input, ['mijica-web'], its), now);
  let { state } = opening;
  look(state, opening, now);
  for (const [happens, later] of events) {
    now = plus(now, later);
    let change: Change<SuspensionState>;
    try {
      change = happens(state, now);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      expectComplete(error.sentence);
      continue;
    }
    look(state, change, now);
    state = change.state;
  }
}

const check = (look: () => (before: SuspensionState, change: Change<SuspensionState>, now: Instant) => void) =>
  fc.assert(
    fc.property(start, history, (how, events) => play(how, events, look())),
    { numRuns: 150 },
  );

describe('whatever happens to a suspension, in whatever order', () => {
  test('its phases follow one another as the field allows, and a closed one changes no more', () => {
    check(() => (before, { state, entries }) => {
      if (machine.isOver(before)) {
        expect(state).toEqual(before);
        expect(entries).toEqual([]);
      } else if (state.phase !== before.phase) expect(LEGAL[before.phase]).toContain(state.phase);
    });
  });

  test('nothing is let go while it is ordered, and nothing is held while it is lifted', () => {
    check(() => (_, { state }) => {
      for (const [id, { goal }] of Object.entries(state.targets)) {
        const byPerson = state.terms.personOnly!.includes(id) && (state.reviews ?? 0) > 1;
        if (state.phase === 'ordered' && !byPerson) expect(goal).toBe('held');
        if (state.phase === 'lifting' || state.phase === 'watching') expect(goal).toBe('released');
      }
    });
  });

  test('a hold is placed once and let go once, and the holds are those of the targets that are held', () => {
    check(() => {
      const open = new Set<string>();
      return (_, change) => {
        for (const row of change.entries.flatMap((entry) => entry.rows)) {
          if (row.do === 'placeHold') {
            expect(open).not.toContain(row.target);
            open.add(row.target);
          }
          if (row.do === 'releaseHold') open.delete(row.target);
        }
        const held =
          change.state.phase === 'ordered'
            ? Object.entries(change.state.targets).filter(([, t]) => t.goal === 'held')
            : [];
        expect([...open].sort()).toEqual(held.map(([id]) => id).sort());
      };
    });
  });

  test('every open question can be answered, and an answer changes the state or is refused', () => {
    check(() => (_, { state }, now) => {
      for (const question of suspensionQuestions(state)) {
        expect(question.digest.length).toBeLessThanOrEqual(80);
        for (const verdict of question.verdicts) {
          let change: Change<SuspensionState>;
          try {
            change = machine.decide(state, decision(question, verdict), authority(), now);
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal);
            continue;
          }
          expect(change.state).not.toEqual(state);
          expect(change.entries.flatMap(({ rows }) => rows).filter((row) => row.do === 'recordDecision')).toHaveLength(
            1,
          );
          // The question just answered is not open under the same digest: a repeat cannot count twice.
          expect(
            suspensionQuestions(change.state).filter(
              (q) => q.subject === question.subject && q.digest === question.digest,
            ),
          ).toEqual([]);
        }
      }
    });
  });

  test('every sentence is there in both languages, with nothing left out', () => {
    check(() => (_, { state, entries }) => {
      expectComplete(standingOf(state));
      const questions = suspensionQuestions(state);
      for (const { asks, otherwise } of questions) {
        expectComplete(asks);
        expectComplete(otherwise);
      }
      for (const row of entries.flatMap((entry) => entry.rows)) if (row.do === 'openTask') expectComplete(row.asks);
      const details = standingDetails({
        stage: machine.stageOf(state),
        standing: standingOf(state),
        questions,
        zone: JST,
        diverged: false,
      });
      expect(details).not.toMatch(/undefined|NaN|\[object/);
    });
  });

  test('under as-happened nothing stops again by itself', () => {
    check(() => (before, { state }) => {
      if (!before.terms.acts && ['lifting', 'watching'].includes(before.phase)) expect(state.phase).not.toBe('ordered');
      if (!before.terms.acts && before.phase !== 'proposed') expect(state.measure).toBe(before.measure);
    });
  });

  test('a function that is not autoStop is held only by what people decided', () => {
    check(() => (before, { entries }) => {
      if (!['ordered', 'lifting', 'watching'].includes(before.phase)) return;
      const placed = entries.flatMap(({ rows }) => rows).flatMap((row) => (row.do === 'placeHold' ? [row.target] : []));
      for (const id of placed) expect(before.terms.personOnly).not.toContain(id);
    });
  });
});

test('the sentences of a suspension that has not begun are complete too', () => {
  const { state } = machine.propose('suspension/B/x', plan(), at('2020-09-16T11:45:00Z'));
  const words = wordsFor(state);
  for (const sentence of [
    words.approve,
    words.approveOtherwise,
    words.notNow,
    words.notApproved,
    words.nothingToLift,
    words.expired,
    words.alreadyProposed,
    words.cancelled,
    words.cancelledAgain,
    words.change,
  ])
    expectComplete(sentence);
});
