import type { Instant } from '../instant.js';
import type { Json } from '../json.js';
import type { Role } from '../roster.js';
import type { Sentence } from '../sentence.js';
import type { Change, Entry, Row } from '../transition.js';
import type { EvaluationState } from './state.js';

export const entry = (
  state: EvaluationState,
  kind: string,
  at: Instant,
  content: Json,
  rows: readonly Row[] = [],
): Entry => ({
  entity: state.id,
  kind,
  effectiveAt: at,
  content,
  rows,
});

/** A change of one line. */
export const changed = (
  state: EvaluationState,
  kind: string,
  at: Instant,
  content: Json,
  rows: readonly Row[] = [],
): Change<EvaluationState> => ({ state, entries: [entry(state, kind, at, content, rows)] });

export const unchanged = (state: EvaluationState): Change<EvaluationState> => ({ state, entries: [] });

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

/** All that an open evaluation may ask of people before its final opinion. */
export const closeAll = (): Row[] =>
  ['commission', 'independence', 'plan', 'fieldwork', 'opinion', 'factCheck', 'contradiction', 'due'].map(closeTask);
