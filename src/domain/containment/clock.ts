import type { Instant } from '../instant.js';
import type { Change, Row } from '../transition.js';
import { containmentWords } from '../wording/containment.js';
import { type ContainmentState, nextClock } from './state.js';
import { decisionTask, entry, overdue, overdueWords, suspendByPolicy } from './steps.js';

/** Applies the clock that is due now: a warning, the time-out of a decision or of a re-decision, or a reminder. */
export function clockStruck(state: ContainmentState, at: Instant): Change<ContainmentState> {
  const struck = nextClock(state);
  if (struck === undefined || at < struck) return { state, entries: [] };
  const warning = state.warnings[0];
  if (state.phase === 'deciding' && warning !== undefined && warning <= at && warning < state.decideBy!.at) {
    const next = { ...state, warnings: state.warnings.slice(1) };
    const rows: Row[] = [
      { do: 'closeTasks', subject: 'decide' },
      decisionTask(next, 'decide', containmentWords(next).warning),
    ];
    return { state: next, entries: [entry(next, 'alarm.decisionWarning', warning, { due: state.decideBy!.at }, rows)] };
  }
  if (state.phase === 'overdue') {
    const next = overdue(state, state.nextReminder!);
    const rows: Row[] = [{ do: 'closeTasks', subject: 'decide' }, decisionTask(next, 'decide', overdueWords(next))];
    return {
      state: next,
      entries: [
        entry(next, 'alarm.decisionStillOpen', state.nextReminder!, { current: state.current ?? 'undecided' }, rows),
      ],
    };
  }
  const due = state.decideBy!;
  const kind = state.phase === 'measured' ? 'alarm.redecisionOverdue' : 'alarm.decisionOverdue';
  const acted = state.terms.acts && state.terms.autoStop;
  const content = { due: due.at, arithmetic: due.arithmetic, current: state.current ?? 'undecided', acted };
  if (acted) {
    const stop = suspendByPolicy(state, 'timeout', at);
    return { state: stop.state, entries: [entry(state, kind, due.at, content), ...stop.entries] };
  }
  const next = overdue(state, due.at);
  const rows: Row[] = [
    { do: 'closeTasks', subject: 'decide' },
    decisionTask(next, 'decide', containmentWords(next).overdue),
  ];
  return { state: next, entries: [entry(next, kind, due.at, content, rows)] };
}
