import { plus, type Instant } from '../instant.js';
import type { Json } from '../json.js';
import type { Role } from '../roster.js';
import type { Sentence } from '../sentence.js';
import type { Change, Entry, Row } from '../transition.js';
import { wordsFor } from '../wording/providerInspection.js';
import {
  mandatoryCounts,
  publishedResult,
  type InspectionPhase,
  type InspectionState,
  type MailKind,
} from './state.js';

/** One line of the timeline; the unit's row in the register always tells the state after it. */
export function entry(state: InspectionState, kind: string, at: Instant, content: Json, rows: Row[] = []): Entry {
  return { entity: state.id, kind, effectiveAt: at, content, rows: [noteInspection(state), ...rows] };
}

export const unchanged = (state: InspectionState): Change<InspectionState> => ({ state, entries: [] });

/** Phases in which a promise to mend is still the unit's word. */
const PROMISING: readonly InspectionPhase[] = [
  'REMEDIATION_COMMITTED',
  'RE_INSPECTION',
  'UNDER_EVALUATION',
  'FOLLOW_UP_REQUESTED',
  'UNDER_DISCUSSION',
  'ESCALATED',
];

/** What status and report read of a unit. */
function noteInspection(state: InspectionState): Row {
  const { asked, phase } = state;
  const remediation = PROMISING.includes(phase) ? state.remediation : undefined;
  const inapplicable = Object.values(state.items).filter(
    ({ class: itemClass, result }) => itemClass === 'mandatory' && result === 'NOT_APPLICABLE',
  );
  return {
    do: 'noteInspection',
    round: state.incident,
    unit: state.unit,
    unitGroup: state.group,
    own: state.own,
    basis: state.basis,
    framework: state.framework.id,
    frameworkVersion: state.framework.version,
    phase,
    result: publishedResult(phase === 'CLOSED' ? state.closedAs! : phase),
    ...mandatoryCounts(state),
    leftOut: state.leftOut + inapplicable.length,
    followUps: state.followUps,
    askedAt: state.askedAt ?? null,
    answerDue: asked?.due.at ?? null,
    overdueSince: state.overdueSince ?? null,
    answeredAt: state.answeredAt ?? null,
    nextDue: nextDue(state) ?? null,
    remediation: remediation
      ? {
          date: remediation.due.date ?? null,
          lastOpenDay: remediation.due.lastOpenDay ?? null,
          standing: remediation.standing,
        }
      : null,
    notApplicable: state.notApplicable ?? null,
  };
}

/** What the unit, or we, owe next. */
export function nextDue({
  phase,
  asked,
  evaluationDue,
  discussion,
  remediation,
}: InspectionState): Instant | undefined {
  switch (phase) {
    case 'REQUESTED':
    case 'OVERDUE':
    case 'FOLLOW_UP_REQUESTED':
      return asked?.due.at;
    case 'ANSWERED':
    case 'UNDER_EVALUATION':
    case 'RE_INSPECTION':
      return evaluationDue?.at;
    case 'UNDER_DISCUSSION':
      return discussion?.due.at;
    case 'REMEDIATION_COMMITTED':
      return remediation?.due.at;
    default:
      return undefined;
  }
}

/** A deadline is kept up to its last instant: what follows from missing it happens right after. */
export const after = ({ at }: { readonly at: Instant }): Instant => plus(at, 1);

export function noteItems(state: InspectionState, ids: readonly string[] = Object.keys(state.items)): Row {
  return {
    do: 'noteItems',
    items: ids.map((item) => {
      const { phase, class: itemClass, result, failed } = state.items[item]!;
      return { item, phase, class: itemClass, result, failed: failed === true };
    }),
  };
}

const ASKED: readonly InspectionPhase[] = ['REQUESTED', 'OVERDUE', 'FOLLOW_UP_REQUESTED', 'ESCALATED'];
const JUDGED: readonly InspectionPhase[] = ['ANSWERED', 'UNDER_EVALUATION', 'RE_INSPECTION'];

/**
 * Moves to a phase; what belonged to the last one is over: its questions, its clocks, and a mail that did not go out yet.
 * An accepted risk goes on, whatever the phase.
 */
export function enter(
  state: InspectionState,
  phase: InspectionPhase,
  more: Partial<InspectionState> = {},
): InspectionState {
  const {
    proposed: _proposed,
    evaluated: _evaluated,
    discussion: _discussion,
    mail: _mail,
    escalatedFrom: _from,
    closedAs: _closedAs,
    asked,
    overdueSince,
    evaluationDue,
    evaluationLate,
    notApplicable,
    ...kept
  } = state;
  const isAsked = ASKED.includes(phase);
  const isJudged = JUDGED.includes(phase);
  return {
    ...kept,
    ...(isAsked && asked && { asked }),
    ...(isAsked && overdueSince && { overdueSince }),
    ...(isJudged && evaluationDue && { evaluationDue }),
    ...(isJudged && evaluationLate && { evaluationLate }),
    ...(phase === 'CLOSED' && notApplicable && { notApplicable }),
    votes: state.votes.filter(({ subject }) => subject === 'acceptRisk'),
    questions: state.questions + 1,
    phase,
    ...more,
  };
}

/** Each question of a unit has a digest of its own: what was decided before answers no later one. */
export const questionDigest = (state: InspectionState) => `${state.digest}-${state.questions}`;

/** A mail that the workflow has to get out; one at a time, each with a key of its own. */
export function toMail(state: InspectionState, kind: MailKind): InspectionState {
  return { ...state, mail: { kind, n: state.mails + 1 }, mails: state.mails + 1 };
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

/** Subjects that a unit may wait for; all are over when it moves on. */
const SUBJECTS = [
  'notApplicable',
  'evaluate',
  'evaluation',
  'result',
  'discussion',
  'escalation',
  'remediation',
  'overdue',
  'mail',
  'lateAnswers',
];
export const closeAll = (): Row[] => SUBJECTS.map(closeTask);

export function sendDecision(subject: string, verdict: string, digest: string) {
  return { update: 'decide', json: { v: 1, subject, verdict, by: '<your id>', reason: '<why>', digest } };
}

/** Somebody has to evaluate: called with the deadline, and the JSON to fill in. */
export function evaluateTask(state: InspectionState): Row {
  const lookedAt = state.submissions.at(-1);
  return task(
    'evaluate',
    ['evaluator'],
    wordsFor(state).evaluate,
    {
      update: 'proposeEvaluation',
      json: { v: 1, by: '<your id>', reason: '<why>', results: [], ...(lookedAt !== undefined && { lookedAt }) },
    },
    state.evaluationDue?.at,
  );
}
