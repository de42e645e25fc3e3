import { elapsed } from '../deadline.js';
import { suspensionId } from '../ids.js';
import { type Instant, plus } from '../instant.js';
import { sendDecision } from '../suspension/steps.js';
import type { Change, Entry, Row } from '../transition.js';
import { containmentWords } from '../wording/containment.js';
import { measureNotStarted } from '../wording/standing.js';
import { type ContainmentState, digestOf } from './state.js';

export const rule = (name: string, startEvent: string, state: ContainmentState) => ({
  rule: `containment.${name}`,
  ruleVersion: state.terms.policyVersion,
  startEvent,
});

export function entry(
  state: ContainmentState,
  kind: string,
  at: Instant,
  content: Entry['content'],
  rows: Row[] = [],
): Entry {
  return { entity: state.id, kind, effectiveAt: at, content, rows };
}

export function decisionTask(state: ContainmentState, subject: 'decide', asks = containmentWords(state).decide): Row {
  return {
    do: 'openTask',
    subject,
    roles: ['incidentCommander', 'dutyOfficer'],
    call: true,
    asks,
    ...(state.decideBy && { due: state.decideBy.at }),
    send: sendDecision('decide', 'suspend', digestOf(state)),
  };
}

/** The hour clocks run from the first confirmed loss; learning of it late shortens the time left. */
export function decisionClocks(state: ContainmentState, from: Instant) {
  const { containment, zone } = state.terms;
  return {
    decideBy: elapsed(rule('decideWithin', 'lossConfirmed', state), from, containment.decideWithin, zone),
    warnings: containment.warnAfter.map((after) => plus(from, after)).sort(),
  };
}

export function overdue(state: ContainmentState, at: Instant): ContainmentState {
  return { ...state, phase: 'overdue', warnings: [], nextReminder: plus(at, state.terms.containment.remindEvery) };
}

export function suspendByPolicy(state: ContainmentState, trigger: string, at: Instant): Change<ContainmentState> {
  const next: ContainmentState = {
    ...state,
    phase: 'suspending',
    toStart: measure(state, 'suspend', 'policy', `policy ${state.terms.policyVersion}: ${trigger}`, trigger),
  };
  return {
    state: next,
    entries: [
      entry(next, 'suspendedByPolicy', at, { suspension: next.toStart!.id, trigger }, [
        { do: 'closeTasks', subject: 'decide' },
      ]),
    ],
  };
}

export function measure(
  state: ContainmentState,
  kind: 'suspend' | 'restrict',
  by: string,
  reason: string,
  trigger: string,
): NonNullable<ContainmentState['toStart']> {
  const name = `${state.target.replace('/', '-')}-r${state.round}`.toLowerCase();
  return {
    id: suspensionId(state.incident, name),
    input: {
      v: 1,
      incident: state.incident,
      measure: kind,
      targets: [state.target],
      by,
      reason,
      trigger,
      decidedIn: state.id,
      ...(state.failedControl !== undefined && { failedControl: state.failedControl }),
    },
  };
}

export function overdueWords(state: ContainmentState) {
  const words = containmentWords(state);
  if (state.notStarted) return measureNotStarted(state.target);
  return state.tripped ? words.tripped : words.overdue;
}
