import { elapsed } from '../deadline.js';
import type { Instant } from '../instant.js';
import { Refusal } from '../refusal.js';
import type { Change, Row } from '../transition.js';
import { wordsFor } from '../wording/suspension.js';
import { allSettled, numbered, type SuspensionState } from './state.js';
import { entry, rule, sendDecision } from './steps.js';

/** Anybody of the decision table's role proposes; a cancel request proposes too, and lifts nothing. */
export function proposeLift(
  state: SuspensionState,
  by: string,
  reason: string,
  digest: string,
  at: Instant,
): Change<SuspensionState> {
  if (state.phase !== 'ordered') throw new Refusal(wordsFor(state).nothingToLift);
  if (state.lift) throw new Refusal(wordsFor(state).alreadyProposed);
  const lifts = (state.lifts ?? 0) + 1;
  const lift = { by, at, digest: numbered(digest, lifts) };
  const next: SuspensionState = {
    ...state,
    lifts,
    lift,
    votes: state.votes.filter(({ subject }) => subject !== 'lift'),
  };
  const task: Row = {
    do: 'openTask',
    subject: 'lift',
    roles: ['incidentCommander'],
    call: true,
    asks: wordsFor(state).lift,
    send: sendDecision('lift', 'approve', lift.digest),
  };
  return { state: next, entries: [entry(next, 'liftProposed', at, { by, reason, digest: lift.digest }, [task])] };
}

/** A cancel request lifts nothing: it proposes a lift. Where there is nothing to propose, the timeline says why. */
export function cancelRequested(state: SuspensionState, at: Instant): Change<SuspensionState> {
  const words = wordsFor(state);
  if (state.phase === 'ordered' && !state.lift)
    return proposeLift(state, 'cancel-request', words.cancelled.en, state.proposal.digest, at);
  return { state, entries: [entry(state, 'cancelRequested', at, { did: 'nothing', why: words.cancelledAgain.en })] };
}

/** Everything let go and read back: a reversed stop is over, a lifted one is watched. */
export function released(state: SuspensionState, at: Instant): Change<SuspensionState> {
  if (state.phase !== 'lifting' || !allSettled(state)) return { state, entries: [] };
  if (!state.reversal) return startWatch(state, at);
  const next: SuspensionState = { ...state, phase: 'reversed' };
  return { state: next, entries: [entry(next, 'reversed', at, {})] };
}

function startWatch(state: SuspensionState, at: Instant): Change<SuspensionState> {
  const watchEnds = elapsed(
    rule('suspension.watchFor', 'released', state),
    at,
    state.terms.suspension.watchFor,
    state.terms.zone,
  );
  const next: SuspensionState = { ...state, phase: 'watching', watchEnds };
  return {
    state: next,
    entries: [entry(next, 'watchStarted', at, { ends: watchEnds.at, arithmetic: watchEnds.arithmetic })],
  };
}

export function endWatch(state: SuspensionState): Change<SuspensionState> {
  if (state.phase !== 'watching' || !state.watchEnds) return { state, entries: [] };
  const next: SuspensionState = { ...state, phase: 'lifted' };
  return {
    state: next,
    entries: [entry(next, 'lifted', state.watchEnds.at, {}, [{ do: 'closeTasks', subject: 'watch' }])],
  };
}
