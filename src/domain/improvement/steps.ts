import type { Instant } from '../instant.js';
import type { Json } from '../json.js';
import type { Role } from '../roster.js';
import type { Sentence } from '../sentence.js';
import type { Change, Row } from '../transition.js';
import { improvementStanding, type ImprovementState } from './state.js';

/** One line of the timeline; the improvement's row in the register always tells the state after it. */
export const changed = (
  state: ImprovementState,
  kind: string,
  at: Instant,
  content: Json,
  rows: readonly Row[] = [],
): Change<ImprovementState> => ({
  state,
  entries: [{ entity: state.id, kind, effectiveAt: at, content, rows: [noteImprovement(state), ...rows] }],
});

export const unchanged = (state: ImprovementState): Change<ImprovementState> => ({ state, entries: [] });

function noteImprovement(state: ImprovementState): Row {
  const due = state.watched?.due;
  return {
    do: 'noteImprovement',
    round: state.incident,
    name: state.name,
    units: state.units,
    subject: state.subject,
    text: state.text,
    stage: state.stage,
    due: due?.at ?? null,
    date: due ? (due.date ?? due.at.slice(0, 10)) : null,
    lastOpenDay: due?.lastOpenDay ?? null,
    firmness: due?.firmness ?? null,
    standing: improvementStanding(state),
    earlier: state.earlier,
  };
}

export function task(
  subject: string,
  roles: readonly Role[],
  asks: Sentence,
  send?: { update: string; json: Json },
  due?: Instant,
): Row {
  return { do: 'openTask', subject, roles, call: true, asks, ...(due && { due }), ...(send && { send }) };
}

export const closeTask = (subject: string): Row => ({ do: 'closeTasks', subject });

export const sendDecision = (subject: string, verdict: string, digest: string) => ({
  update: 'decide',
  json: { v: 1, subject, verdict, by: '<your id>', reason: '<why>', digest },
});
