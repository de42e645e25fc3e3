import type { LossConfirmed } from '../containment/state.js';
import { withDuties } from '../duty.js';
import type { Measure } from '../holds.js';
import type { Instant } from '../instant.js';
import { lossMisdirected } from '../notUnderstood.js';
import type { Change, Entry, Row } from '../transition.js';
import { wordsFor } from '../wording/suspension.js';
import { isSettled, type SuspensionState } from './state.js';
import { entry, mapTargets, nextReview, openDuties, ordered, placeHold } from './steps.js';

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
 * restricted before (K-03, DOMAIN 3.3); a loss on what is stopped is recorded and alarmed (C-08); one that is not looked
 * after here is told to people, with where it belongs.
 */
export function lossTold(state: SuspensionState, told: LossConfirmed, at: Instant): Change<SuspensionState> {
  const { target, reference, count, occurredAt, incident } = told;
  const tripwire = state.phase === 'lifting' || state.phase === 'watching';
  // What its watch could not stop without a person runs on.
  const runsOn = state.watchTripped && isPersonOnly(state, target);
  const stopped = state.phase === 'ordered' && state.measure === 'suspend' && !runsOn;
  if (!Object.hasOwn(state.targets, target) || !(tripwire || stopped)) return lossMisdirected(state, told, at);
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
  return { state, entries: [fact, entry(state, 'alarm.lossAfterStop', at, content, [], target)] };
}

/** Holds what policy may hold without a person, and calls one for the rest. */
function heldAgain(
  state: SuspensionState,
  { cause, measure }: { cause: 'lossConfirmed' | 'drift'; measure: Measure },
  at: Instant,
  content: Entry['content'],
): Change<SuspensionState> {
  const byPerson = state.terms.acts
    ? Object.keys(state.targets).filter((id) => isPersonOnly(state, id))
    : Object.keys(state.targets);
  const stopped = Object.keys(state.targets).filter((id) => !byPerson.includes(id));
  const ask: Row = {
    do: 'openTask',
    subject: 'watch',
    roles: ['incidentCommander'],
    call: true,
    asks: wordsFor(state).watchTripped(byPerson),
  };
  // A sweep finds the same drift every few minutes: the alarm repeats, the call does not.
  const calls = byPerson.length > 0 && !state.watchTripped ? [ask] : [];
  if (stopped.length === 0) {
    const alarmed: SuspensionState = { ...state, watchTripped: true };
    return {
      state: alarmed,
      entries: [entry(alarmed, 'alarm.watchTripped', at, { cause, acted: false, about: content }, calls)],
    };
  }
  // This stop is policy's, in force anew: nothing of an earlier emergency is left to ratify.
  const {
    lift: _lift,
    watchEnds: _watch,
    inForceSince: _since,
    ratification: _ratification,
    reversal: _reversal,
    limitYen,
    ...rest
  } = state;
  const next: SuspensionState = {
    ...rest,
    ...(limitYen !== undefined && measure === 'restrict' && { limitYen }),
    measure,
    phase: 'ordered',
    emergency: false,
    ...(byPerson.length > 0 && { watchTripped: true }),
    targets: mapTargets(state, (t, id) => (stopped.includes(id) ? ordered(state, t, 'held', at) : t)),
    ...nextReview(state, 'reSuspended', at),
  };
  const rows = [
    // What could not be let go is not to be let go any more.
    ...stopped.flatMap((id): Row[] =>
      isSettled(state.targets[id]!) ? [] : [{ do: 'closeTasks', subject: `target:${id}` }],
    ),
    ...stopped.map((target) => placeHold(next, target)),
    ...calls,
    ...(measure === 'suspend' && state.measure === 'restrict' ? openDuties(next, at) : []),
  ];
  return withDuties({
    state: next,
    entries: [entry(next, 'alarm.watchTripped', at, { cause, acted: true, measure, about: content }, rows)],
  });
}

const isPersonOnly = ({ terms }: SuspensionState, target: string): boolean =>
  terms.personOnly?.includes(target.split('/')[0]!) ?? false;
