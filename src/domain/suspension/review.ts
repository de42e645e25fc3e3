import type { Instant } from '../instant.js';
import type { Change, Row } from '../transition.js';
import { measureNotStarted } from '../wording/standing.js';
import { wordsFor } from '../wording/suspension.js';
import { isOver, siblingSuspension, type SuspensionState } from './state.js';
import { entry, sendDecision } from './steps.js';

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

export function askReview(state: SuspensionState): Change<SuspensionState> {
  const { review, lift } = state;
  if (!review || review.escalated || state.phase !== 'ordered') return { state, entries: [] };
  const next: SuspensionState = { ...state, review: { ...review, escalated: true } };
  // A lift that waits for its decision is the review's question by another name.
  const task: Extract<Row, { do: 'openTask' }> = {
    do: 'openTask',
    subject: lift ? 'lift' : 'review',
    roles: ['incidentCommander'],
    call: true,
    asks: lift ? wordsFor(state).lift : wordsFor(state).review,
    due: review.due.at,
    send: lift ? sendDecision('lift', 'approve', lift.digest) : sendDecision('review', 'keep', review.digest),
  };
  return {
    state: next,
    entries: [
      entry(
        next,
        'alarm.reviewDue',
        review.due.at,
        { due: review.due.at, expectedEnd: state.expectedEnd ?? 'undetermined' },
        [{ do: 'closeTasks', subject: task.subject }, task],
      ),
    ],
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
