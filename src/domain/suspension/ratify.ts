import { type Instant, plus } from '../instant.js';
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
  const task: Row = {
    do: 'openTask',
    subject: 'ratify',
    roles: ['dutyOfficer', 'incidentCommander'],
    call: true,
    asks: wordsFor(state).ratify,
    due: open.due.at,
    send: sendDecision('ratify', 'ratify', state.proposal.digest),
  };
  return {
    state: next,
    entries: [entry(next, 'secondCalled', at, {}, [{ do: 'closeTasks', subject: 'ratify' }, task])],
  };
}

/** Nobody ratified in time: one escalation, and the stop stays. */
export function escalateRatification(state: SuspensionState): Change<SuspensionState> {
  const open = state.ratification;
  if (!open || open.by || open.escalated || state.phase !== 'ordered') return { state, entries: [] };
  const next: SuspensionState = { ...state, ratification: { ...open, escalated: true } };
  const task: Row = {
    do: 'openTask',
    subject: 'ratify',
    roles: ['incidentCommander', 'board'],
    call: true,
    asks: wordsFor(state).ratifyOverdue,
    due: open.due.at,
    send: sendDecision('ratify', 'ratify', state.proposal.digest),
  };
  return {
    state: next,
    entries: [
      entry(next, 'alarm.ratificationOverdue', open.due.at, { due: open.due.at, arithmetic: open.due.arithmetic }, [
        { do: 'closeTasks', subject: 'ratify' },
        task,
      ]),
    ],
  };
}
