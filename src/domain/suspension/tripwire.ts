import type { LossConfirmed } from '../containment/state.js';
import { withDuties } from '../duty.js';
import type { Measure } from '../holds.js';
import type { Instant } from '../instant.js';
import { lookAtLossAfterStop } from '../lossAfterStop.js';
import { lossMisdirected } from '../notUnderstood.js';
import type { Sentence } from '../sentence.js';
import type { Change, Entry, Row } from '../transition.js';
import { wordsFor } from '../wording/suspension.js';
import { isPersonOnly, isRedecidedHere, isSettled, type SuspensionState, whoStops } from './state.js';
import { entry, mapTargets, nextReview, openDuties, ordered, placeHold, reviewAgain } from './steps.js';

/**
 * During the watch after a lift, the next confirmed case or a drift stops the function again (policy permitting).
 * A confirmed case goes to `lossTold`, but for runs of before it.
 */
export function trip(
  state: SuspensionState,
  cause: 'lossConfirmed' | 'drift',
  at: Instant,
  content: Entry['content'],
): Change<SuspensionState> {
  if (state.phase !== 'watching') return { state, entries: [] };
  return heldAgain(state, { cause, measure: state.measure }, at, content);
}

/**
 * A loss that was told to a suspension. While a target is let go or watched, the next case suspends, also what was only
 * restricted before (K-03, DOMAIN 3.3), and so does the next case on what is restricted here without a containment; a loss
 * on what is stopped is recorded and alarmed (C-08); one that is not looked after here is told to people, with where it
 * belongs.
 * @param callsAfterStop not in runs of before: the call is an event of the history
 */
export function lossTold(
  state: SuspensionState,
  told: LossConfirmed,
  at: Instant,
  { callsAfterStop = true } = {},
): Change<SuspensionState> {
  const { target, reference, count, occurredAt, incident } = told;
  const tripwire = state.phase === 'lifting' || state.phase === 'watching';
  // What its watch could not stop without a person runs on.
  const runsOn = state.watchTripped && isPersonOnly(state, target);
  const stopped = state.phase === 'ordered' && state.measure === 'suspend' && !runsOn;
  const restricted = state.phase === 'ordered' && isRedecidedHere(state);
  if (!Object.hasOwn(state.targets, target) || !(tripwire || stopped || restricted))
    return lossMisdirected(state, told, at);
  const confirmedAt = told.confirmedAt > at ? at : told.confirmedAt;
  const fact: Entry = {
    ...entry(
      state,
      'lossConfirmed',
      confirmedAt,
      { reference, count, occurredAt, confirmedAt },
      // The containment that passes a loss on has recorded it already: one row a finding.
      [{ do: 'recordLoss', target, reference, count, occurredAt }],
      target,
    ),
    ...(incident !== state.incident && { incident }),
  };
  const content = { target, reference, count };
  if (tripwire) {
    const tripped = heldAgain(state, { cause: 'lossConfirmed', measure: 'suspend' }, at, content);
    return { state: tripped.state, entries: [fact, ...tripped.entries] };
  }
  if (restricted) {
    const failed = restrictionFailed(state, { kind: 'alarm.tripwire', at: confirmedAt, reference, target }, at);
    return { state: failed.state, entries: [fact, ...failed.entries] };
  }
  const rows = callsAfterStop ? [lookAtLossAfterStop(target, occurredAt, state.terms.zone)] : [];
  return { state, entries: [fact, entry(state, 'alarm.lossAfterStop', at, content, rows, target)] };
}

/** Holds what policy may hold without a person, and calls one for the rest. */
function heldAgain(
  state: SuspensionState,
  { cause, measure }: { cause: 'lossConfirmed' | 'drift'; measure: Measure },
  at: Instant,
  content: Entry['content'],
): Change<SuspensionState> {
  const { policy, person } = whoStops(state);
  // A sweep finds the same drift every few minutes: the alarm repeats, the call does not.
  const calls = person.length > 0 && !state.watchTripped ? [runsOnTask(wordsFor(state).watchTripped(person))] : [];
  if (policy.length === 0) {
    const alarmed: SuspensionState = { ...state, watchTripped: true };
    return {
      state: alarmed,
      entries: [entry(alarmed, 'alarm.watchTripped', at, { cause, acted: false, about: content }, calls)],
    };
  }
  const { state: next, rows } = heldByPolicy(state, measure, at);
  return withDuties({
    state: next,
    entries: [
      entry(next, 'alarm.watchTripped', at, { cause, acted: true, measure, about: content }, [...rows, ...calls]),
    ],
  });
}

/** Why a restriction is not enough: the next case, or nobody who decided again. */
type Failed =
  | { readonly kind: 'alarm.tripwire'; readonly at: Instant; readonly reference: string; readonly target: string }
  | {
      readonly kind: 'alarm.redecisionOverdue';
      readonly at: Instant;
      readonly due: Instant;
      readonly arithmetic: string;
    };

/**
 * A restriction that no containment looks after, and that is not enough: it becomes a stop of what policy may stop without
 * a person, and the commander is called for the rest (K-03).
 */
export function restrictionFailed(
  state: SuspensionState,
  { kind, at: since, ...about }: Failed,
  at: Instant,
): Change<SuspensionState> {
  const { policy, person } = whoStops(state);
  const acted = policy.length > 0;
  const content = { ...about, current: 'restrict', acted };
  if (!acted) {
    const review = { ...state.review!, escalated: true };
    const next: SuspensionState = {
      ...state,
      ...(kind === 'alarm.tripwire' ? { restrictionTripped: true } : { review }),
    };
    return { state: next, entries: [entry(next, kind, since, content, reviewAgain(next, wordsFor(next).review))] };
  }
  const { state: next, rows } = heldByPolicy(state, 'suspend', at);
  const asked = ['ratify', 'review', 'lift', 'change'].map((subject): Row => ({ do: 'closeTasks', subject }));
  const calls = person.length > 0 ? [runsOnTask(wordsFor(state).restrictedOnly(person))] : [];
  return withDuties({ state: next, entries: [entry(next, kind, since, content, [...asked, ...rows, ...calls])] });
}

const runsOnTask = (asks: Sentence): Row => ({
  do: 'openTask',
  subject: 'watch',
  roles: ['incidentCommander'],
  call: true,
  asks,
});

/** This measure is policy's, in force anew: nothing of an earlier emergency is left to ratify, and nothing of a lift to decide. */
function heldByPolicy(state: SuspensionState, measure: Measure, at: Instant): { state: SuspensionState; rows: Row[] } {
  const {
    lift: _lift,
    watchEnds: _watch,
    inForceSince: _since,
    ratification: _ratification,
    reversal: _reversal,
    restrictionTripped: _tripped,
    limitYen,
    ...rest
  } = state;
  const { policy, person } = whoStops(state);
  const held: SuspensionState = {
    ...rest,
    ...(limitYen !== undefined && measure === 'restrict' && { limitYen }),
    measure,
    phase: 'ordered',
    emergency: false,
    votes: state.votes.filter(({ subject }) => subject.startsWith('sibling:')),
    ...(person.length > 0 && { watchTripped: true }),
    targets: mapTargets(state, (t, id) => (policy.includes(id) ? ordered(state, t, 'held', at) : t)),
  };
  const next = { ...held, ...nextReview(held, 'reSuspended', at) };
  const rows = [
    // What could not be let go is not to be let go any more.
    ...policy.flatMap((id): Row[] =>
      isSettled(state.targets[id]!) ? [] : [{ do: 'closeTasks', subject: `target:${id}` }],
    ),
    ...policy.flatMap((target): Row[] => (state.phase === 'ordered' ? [{ do: 'releaseHold', target }] : [])),
    ...policy.map((target) => placeHold(next, target)),
    ...(measure === 'suspend' && state.measure === 'restrict' ? openDuties(next, at) : []),
  ];
  return { state: next, rows };
}
