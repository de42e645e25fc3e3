import type { Instant } from '../instant.js';
import type { Change, Row } from '../transition.js';
import { measureNotStarted } from '../wording/standing.js';
import { wordsFor } from '../wording/suspension.js';
import { isOver, isRedecidedHere, siblingSuspension, type SuspensionState } from './state.js';
import { entry, reviewAgain, sendDecision } from './steps.js';
import { restrictionFailed } from './tripwire.js';

/** Functions that share the failed control were not judged in time (K-04): one escalation. */
export function escalateSiblings(state: SuspensionState): Change<SuspensionState> {
  if (!state.siblingsDue || state.phase !== 'ordered') return { state, entries: [] };
  const { siblingsDue: due, ...rest } = state;
  const next: SuspensionState = { ...rest, siblingsOverdue: due.at };
  const open = Object.entries(state.siblings)
    .filter(([, { verdict }]) => !verdict)
    .map(([id]) => id);
  if (open.length === 0) return { state: next, entries: [] };
  const task: Extract<Row, { do: 'openTask' }> = {
    do: 'openTask',
    subject: `sibling:${open[0]}`,
    roles: ['incidentCommander'],
    call: true,
    asks: wordsFor(state).siblingsOverdue(open),
    due: due.at,
    send: sendDecision(`sibling:${open[0]}`, 'keep', state.proposal.digest),
  };
  return {
    state: next,
    entries: [
      entry(next, 'alarm.siblingsNotReviewed', due.at, { functions: open }, [
        { do: 'closeTasks', subject: task.subject },
        task,
      ]),
    ],
  };
}

/** Nobody reviewed it in time: a stop stays and is escalated once; a restriction suspends, policy permitting (K-03). */
export function askReview(state: SuspensionState, at: Instant): Change<SuspensionState> {
  const { review } = state;
  if (!review || review.escalated || state.phase !== 'ordered') return { state, entries: [] };
  if (isRedecidedHere(state)) {
    const { at: due, arithmetic } = review.due;
    return restrictionFailed(state, { kind: 'alarm.redecisionOverdue', at: due, due, arithmetic }, at);
  }
  const next: SuspensionState = { ...state, review: { ...review, escalated: true } };
  const content = { due: review.due.at, expectedEnd: state.expectedEnd ?? 'undetermined' };
  return {
    state: next,
    entries: [entry(next, 'alarm.reviewDue', review.due.at, content, reviewAgain(state, wordsFor(state).review))],
  };
}

export function siblingStarted(
  state: SuspensionState,
  sibling: string,
  opened: boolean,
  at: Instant,
): Change<SuspensionState> {
  const judged = state.siblings[sibling];
  if (judged?.verdict !== 'stop' || judged.started || isOver(state)) return { state, entries: [] };
  const next: SuspensionState = {
    ...state,
    siblings: { ...state.siblings, [sibling]: { ...judged, started: true } },
  };
  const content = { suspension: siblingSuspension(state, sibling) };
  if (opened) return { state: next, entries: [entry(next, 'siblingSuspensionStarted', at, content, [], sibling)] };
  const task: Row = {
    do: 'openTask',
    subject: `start:${sibling}`,
    roles: ['dutyOfficer'],
    call: true,
    asks: measureNotStarted(sibling),
  };
  return { state: next, entries: [entry(next, 'alarm.measureNotStarted', at, content, [task], sibling)] };
}
