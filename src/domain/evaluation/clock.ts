import { nextStrike, strike } from '../deadline/watch.js';
import { earliest, type Instant } from '../instant.js';
import type { Change } from '../transition.js';
import { evaluationWords } from '../wording/evaluation.js';
import { finalTask } from './opinion.js';
import { opinionOwed, type EvaluationState } from './state.js';
import { changed, closeTask, task, unchanged } from './steps.js';

/** When this evaluation next does something by itself. */
export function nextEvaluationClock(state: EvaluationState): Instant | undefined {
  if (!opinionOwed(state)) return undefined;
  return earliest(nextStrike(state.watched), factCheckEnds(state));
}

const factCheckEnds = ({ phase, factCheckDue }: EvaluationState) =>
  phase === 'DRAFT_OPINION' ? factCheckDue?.at : undefined;

/**
 * Reminders of the day in the contract, that day, its escalation; and the end of the fact check: an operator who does not
 * answer keeps no opinion from becoming final.
 */
export function evaluationClock(state: EvaluationState, at: Instant): Change<EvaluationState> {
  const due = nextEvaluationClock(state);
  if (due === undefined || due > at) return unchanged(state);
  if (due === factCheckEnds(state)) {
    const { factCheckDue, ...kept } = state;
    const next: EvaluationState = { ...kept, phase: 'FACT_CHECK' };
    return changed(next, 'alarm.factCheckMissed', due, { arithmetic: factCheckDue!.arithmetic }, [
      closeTask('factCheck'),
      closeTask('opinion'),
      finalTask(next),
    ]);
  }
  const struck = strike(state.watched, at);
  if (!struck) return unchanged(state);
  const next: EvaluationState = { ...state, watched: struck.watched };
  const words = evaluationWords(next);
  const { due: promised, standing } = struck.watched;
  switch (struck.what) {
    case 'reminded':
      return changed(next, 'reminded', struck.at, { due: promised.at, standing }, [
        closeTask('due'),
        task('due', ['assessor'], words.reminder, undefined, promised.at),
      ]);
    case 'missed':
      return changed(next, 'alarm.opinionOverdue', struck.at, { arithmetic: promised.arithmetic }, [
        closeTask('due'),
        task('due', ['assessor', 'audit'], words.overdue),
      ]);
    case 'escalated':
      return changed(next, 'alarm.opinionEscalated', struck.at, {}, [
        closeTask('due'),
        task('due', ['audit', 'incidentCommander'], words.overdue),
      ]);
  }
}
