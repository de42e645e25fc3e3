import { nextStrike, strike, type Watched } from '../deadline/watch.js';
import type { Instant } from '../instant.js';
import { Refusal } from '../refusal.js';
import type { Change } from '../transition.js';
import { improvementWords } from '../wording/improvement.js';
import { underWay, type ImprovementState, type SetDueInput } from './state.js';
import { changed, closeTask, task, unchanged } from './steps.js';

/** Another day, or the first one. The old one is kept. */
export function setDue(
  state: ImprovementState,
  { by, reason }: SetDueInput,
  watched: Watched,
  at: Instant,
): Change<ImprovementState> {
  if (!underWay(state)) throw new Refusal(improvementWords(state).settled);
  const before = state.watched?.due;
  const earlier = before ? [...state.earlier, before.date ?? before.at] : state.earlier;
  const next: ImprovementState = { ...state, watched, earlier };
  return changed(
    next,
    before ? 'dueChanged' : 'dueSet',
    at,
    { by, reason, due: watched.due.at, arithmetic: watched.due.arithmetic, earlier },
    [closeTask('due')],
  );
}

export function nextImprovementClock(state: ImprovementState): Instant | undefined {
  return state.watched && underWay(state) ? nextStrike(state.watched) : undefined;
}

/** Reminders before the day, the day itself, and its escalation. */
export function improvementClock(state: ImprovementState, at: Instant): Change<ImprovementState> {
  const struck = state.watched && underWay(state) ? strike(state.watched, at) : undefined;
  if (!struck) return unchanged(state);
  const next: ImprovementState = { ...state, watched: struck.watched };
  const words = improvementWords(next);
  const { due, standing } = struck.watched;
  const send = { update: 'setDue', json: { v: 1, by: '<your id>', due: '<day or word>', reason: '<why>' } };
  switch (struck.what) {
    case 'reminded':
      return changed(next, 'reminded', struck.at, { due: due.at, standing }, [
        closeTask('due'),
        task('due', ['providerManager'], words.reminder, undefined, due.at),
      ]);
    case 'missed':
      return changed(next, 'alarm.improvementOverdue', struck.at, { arithmetic: due.arithmetic, stage: state.stage }, [
        closeTask('due'),
        task('due', ['providerManager'], words.overdue, send),
      ]);
    case 'escalated':
      return changed(next, 'alarm.improvementEscalated', struck.at, { stage: state.stage }, [
        closeTask('due'),
        task('due', ['incidentCommander', 'ciso'], words.overdue, send),
      ]);
  }
}
