import type { Instant } from '../instant.js';
import type { Change } from '../transition.js';
import { unreadReplies } from './mail.js';
import { endsWithRound, type EndingPhase, type InspectionState } from './state.js';
import { closeAll, closeTask, enter, entry, unchanged } from './steps.js';

/** The round is over. */
export function roundClosed(state: InspectionState, at: Instant): Change<InspectionState> {
  if (state.roundClosed) return unchanged(state);
  const next: InspectionState = { ...state, roundClosed: true };
  return { state: next, entries: [entry(next, 'roundClosed', at, {})] };
}

/** What is settled ends with its round; what is not goes on until it is, and ends then. */
export function closeIfSettled(state: InspectionState, at: Instant): Change<InspectionState> {
  // A reply that nobody has read keeps it: whoever reads it may want to reopen.
  if (!state.roundClosed || !endsWithRound(state) || unreadReplies(state).length > 0) return unchanged(state);
  const next = enter(state, 'CLOSED', { closedAs: state.phase as EndingPhase });
  return {
    state: next,
    entries: [entry(next, 'closed', at, { result: state.phase }, [...closeAll(), closeTask('bounced')])],
  };
}
