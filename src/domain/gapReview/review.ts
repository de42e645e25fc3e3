import { recordDecision, voteOf } from '../decided.js';
import { answered, type Decision, type Question } from '../decision.js';
import type { UnitGaps } from '../framework/diff.js';
import type { Instant } from '../instant.js';
import type { Json } from '../json.js';
import type { Authorised, Role } from '../roster.js';
import type { Sentence } from '../sentence.js';
import type { Change, Row } from '../transition.js';
import { gapReviewWords } from '../wording/gapReview.js';
import { gapReviewOver, type GapCount, type GapReviewPlan, type GapReviewState } from './state.js';

function count(gaps: readonly UnitGaps[]): GapCount {
  const size = (ids: readonly string[]) => new Set(ids).size;
  return {
    units: size(gaps.map(({ unit }) => unit)),
    items: size(gaps.flatMap(({ unit, gaps: items }) => items.map(({ item }) => `${unit} ${item}`))),
    reworded: size(gaps.flatMap(({ unit, reworded }) => reworded.map((item) => `${unit} ${item}`))),
  };
}

export function openGapReview(id: string, { input, gaps, due, digest, zone }: GapReviewPlan): Change<GapReviewState> {
  const { framework, version } = input;
  const state: GapReviewState = {
    v: 1,
    id,
    incident: '-',
    sequence: 0,
    framework,
    version,
    units: [...new Set(gaps.map(({ unit }) => unit))].sort(),
    openRounds: count(gaps.filter(({ open }) => open)),
    closedRounds: count(gaps.filter(({ open }) => !open)),
    due,
    digest,
    votes: [],
    receipts: {},
    zone,
  };
  const { openRounds, closedRounds } = state;
  // Owed since the publication, whenever it was found.
  return changed(
    state,
    'gapListOwed',
    due.start,
    {
      framework,
      version,
      openRounds: { ...openRounds },
      closedRounds: { ...closedRounds },
      due: due.at,
      arithmetic: due.arithmetic,
    },
    [
      task('gapList', ['ciso', 'compliance'], gapReviewWords(state).asks, {
        due: due.at,
        send: {
          update: 'decide',
          json: { v: 1, subject: 'gapList', verdict: 'askAgain', by: '<your id>', reason: '<why>', digest },
        },
      }),
    ],
  );
}

export function gapReviewQuestions(state: GapReviewState): Question[] {
  if (gapReviewOver(state)) return [];
  const { asks, otherwise } = gapReviewWords(state);
  const { digest, due } = state;
  const verdicts = ['askAgain', 'keep'];
  return [{ subject: 'gapList', rule: 'gapReview.gapList', verdicts, digest, due: due.at, asks, otherwise }];
}

export const nextGapReviewClock = (state: GapReviewState): Instant | undefined =>
  state.overdue || gapReviewOver(state) ? undefined : state.due.at;

/** Its day goes by: the commander is called once, and the question stays. */
export function gapReviewClock(state: GapReviewState, at: Instant): Change<GapReviewState> {
  const next = nextGapReviewClock(state);
  if (next === undefined || next > at) return { state, entries: [] };
  const { framework, version, due } = state;
  const content = { framework, version, due: due.at, arithmetic: due.arithmetic };
  return changed({ ...state, overdue: true }, 'alarm.gapListOverdue', next, content, [
    task('gapListOverdue', ['incidentCommander'], gapReviewWords(state).overdue),
  ]);
}

/** The CISO and the second line say whether the units are asked again; the second vote for the same ends the review. */
export function decideGapReview(
  state: GapReviewState,
  decision: Decision,
  authority: Authorised,
  at: Instant,
): Change<GapReviewState> {
  answered(gapReviewQuestions(state), decision, gapReviewWords(state).notNow);
  const { subject, by, reason } = decision;
  const verdict = decision.verdict as NonNullable<GapReviewState['verdict']>;
  const content = { subject, verdict, by, role: authority.role, reason };
  const recorded = recordDecision(decision, authority, at > state.due.at);
  if (!authority.complete) {
    const votes = [...state.votes, voteOf(decision, authority, at)];
    return changed({ ...state, votes }, 'voted', at, content, [recorded]);
  }
  return changed({ ...state, verdict, votes: [] }, 'gapListDecided', at, content, [
    recorded,
    { do: 'closeTasks', subject: 'gapList' },
    { do: 'closeTasks', subject: 'gapListOverdue' },
  ]);
}

const changed = (
  state: GapReviewState,
  kind: string,
  at: Instant,
  content: Json,
  rows: readonly Row[],
): Change<GapReviewState> => ({ state, entries: [{ entity: state.id, kind, effectiveAt: at, content, rows }] });

const task = (
  subject: string,
  roles: readonly Role[],
  asks: Sentence,
  more: Pick<Extract<Row, { do: 'openTask' }>, 'due' | 'send'> = {},
): Row => ({ do: 'openTask', subject, roles, call: true, asks, ...more });
