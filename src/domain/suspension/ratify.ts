import { type Instant, plus } from '../instant.js';
import type { Role } from '../roster.js';
import type { Sentence } from '../sentence.js';
import type { Change, Row } from '../transition.js';
import { wordsFor } from '../wording/suspension.js';
import type { SuspensionState } from './state.js';
import { entry, sendDecision } from './steps.js';

export function callSecond(state: SuspensionState, at: Instant): Change<SuspensionState> {
  const { ratification: open } = state;
  if (!open || open.by || state.phase !== 'ordered') return { state, entries: [] };
  const next: SuspensionState = {
    ...state,
    ratification: { ...open, nextCall: plus(at, state.terms.suspension.callEvery) },
  };
  const rows = callAgain(state, ['dutyOfficer', 'incidentCommander'], wordsFor(state).ratify);
  return { state: next, entries: [entry(next, 'secondCalled', at, {}, rows)] };
}

/** Nobody ratified in time: one escalation, and the stop stays. */
export function escalateRatification(state: SuspensionState): Change<SuspensionState> {
  const open = state.ratification;
  if (!open || open.by || open.escalated || state.phase !== 'ordered') return { state, entries: [] };
  const next: SuspensionState = { ...state, ratification: { ...open, escalated: true } };
  const rows = callAgain(state, ['incidentCommander', 'board'], wordsFor(state).ratifyOverdue);
  const content = { due: open.due.at, arithmetic: open.due.arithmetic };
  return { state: next, entries: [entry(next, 'alarm.ratificationOverdue', open.due.at, content, rows)] };
}

/** The question of ratification in place of the one asked before, with a call of its own. */
function callAgain(state: SuspensionState, roles: readonly Role[], asks: Sentence): Row[] {
  return [
    { do: 'closeTasks', subject: 'ratify' },
    {
      do: 'openTask',
      subject: 'ratify',
      roles,
      call: true,
      asks,
      due: state.ratification!.due.at,
      send: sendDecision('ratify', 'ratify', state.proposal.digest),
    },
  ];
}
