import type { Deadline } from '../deadline.js';
import { earliest, type Instant } from '../instant.js';
import type { Change, Row } from '../transition.js';
import { wordsFor } from '../wording/providerInspection.js';
import { publishedResult, type Asked, type InspectionPlan, type InspectionState } from './state.js';
import {
  after,
  closeAll,
  closeTask,
  enter,
  entry,
  evaluateTask,
  noteItems,
  questionDigest,
  sendDecision,
  task,
  toMail,
  unchanged,
} from './steps.js';

/** Due instants of one request, worked out on a calendar by an activity. */
export interface AskDates {
  readonly due: Deadline;
  readonly reminders: readonly Instant[];
  readonly escalateAt: Instant;
}

/** Scoping: which items apply by the unit's service form. None: a second person confirms that. */
export function openInspection(id: string, plan: InspectionPlan, at: Instant): Change<InspectionState> {
  const { input } = plan;
  return scoped(
    {
      v: 1,
      id,
      incident: input.round,
      sequence: 0,
      unit: input.unit,
      group: plan.group,
      own: plan.own,
      ...(plan.owner !== undefined && { owner: plan.owner }),
      by: input.by,
      basis: input.basis,
      framework: plan.framework,
      digest: plan.digest,
      phase: 'SCOPED',
      items: plan.items,
      leftOut: plan.leftOut,
      submissions: [],
      evaluations: 0,
      proposals: 0,
      followUps: 0,
      followUpsInRow: 0,
      questions: 1,
      promised: [],
      risks: 0,
      mails: 0,
      votes: [],
      receipts: {},
      terms: plan.terms,
    },
    'scoped',
    at,
    { by: input.by },
  );
}

/**
 * Nothing applied, and somebody of the second line does not agree: the unit's form as it stands now says what applies.
 * @param why who wants it, and the reason
 */
export function scopeAgain(
  state: InspectionState,
  plan: Pick<InspectionPlan, 'items' | 'leftOut' | 'framework' | 'digest'>,
  why: { readonly by: string; readonly reason: string },
  at: Instant,
  rows: Row[] = [],
): Change<InspectionState> {
  const { items, leftOut, framework, digest } = plan;
  return scoped(enter(state, 'SCOPED', { items, leftOut, framework, digest }), 'scopedAgain', at, why, rows);
}

function scoped(
  state: InspectionState,
  kind: string,
  at: Instant,
  why: Readonly<Record<string, string>>,
  rows: Row[] = [],
): Change<InspectionState> {
  const applicable = Object.keys(state.items).length;
  const next = applicable > 0 ? toMail(state, 'request') : state;
  const confirm = sendDecision('notApplicable', 'confirm', questionDigest(next));
  return {
    state: next,
    entries: [
      entry(
        next,
        kind,
        at,
        {
          ...why,
          framework: `${state.framework.id} ${state.framework.version}`,
          applicable,
          leftOut: state.leftOut,
        },
        [
          noteItems(next),
          ...rows,
          ...(applicable > 0 ? [] : [task('notApplicable', ['compliance'], wordsFor(next).notApplicable, confirm)]),
        ],
      ),
    ],
  };
}

/**
 * The mail went out: what it says holds from now on.
 * @param n the mail that went out; another one may be wanted by now
 */
export function mailed(
  state: InspectionState,
  n: number,
  at: Instant,
  dates: AskDates | undefined,
  ambiguous = false,
): Change<InspectionState> {
  const { mail } = state;
  if (mail?.n !== n) return unchanged(state);
  const { mail: _mail, undelivered: _undelivered, ...rest } = state;
  const rows = [...(mail.told ? [closeTask('mail')] : []), ...(state.undelivered ? [closeTask('bounced')] : [])];
  const twice = ambiguous && { ambiguous };
  if (!dates) return { state: rest, entries: [entry(rest, 'mailed', at, { mail: mail.kind, ...twice }, rows)] };
  const asked: Asked = { at, ...dates };
  const phase = mail.kind === 'follow-up' ? 'FOLLOW_UP_REQUESTED' : 'REQUESTED';
  const { overdueSince: _overdue, ...fresh } = rest;
  const next = enter(fresh, phase, { asked, askedAt: at });
  return {
    state: next,
    entries: [
      entry(
        next,
        phase === 'REQUESTED' ? 'requested' : 'followUpRequested',
        at,
        {
          due: dates.due.at,
          arithmetic: dates.due.arithmetic,
          ...(mail.kind === 'follow-up' && { followUp: state.followUps }),
          ...twice,
        },
        [...rows, closeTask('overdue')],
      ),
    ],
  };
}

const isAsked = ({ phase }: InspectionState) => ['REQUESTED', 'OVERDUE', 'FOLLOW_UP_REQUESTED'].includes(phase);

/** When this inspection next does something by itself. Every instant that it names is one at which a clock strikes. */
export function nextClock(state: InspectionState): Instant | undefined {
  return earliest(phaseClock(state), state.risk && after({ at: state.risk.until }));
}

function phaseClock(state: InspectionState): Instant | undefined {
  const { asked, evaluationDue, discussion, remediation, phase } = state;
  if (isAsked(state) && asked)
    return earliest(asked.reminders[0], state.overdueSince ? asked.escalateAt : after(asked.due));
  if (phase === 'ANSWERED' || phase === 'UNDER_EVALUATION' || phase === 'RE_INSPECTION')
    return evaluationDue && !state.evaluationLate ? after(evaluationDue) : undefined;
  if (phase === 'UNDER_DISCUSSION') return discussion && after(discussion.due);
  if (phase === 'REMEDIATION_COMMITTED' && remediation)
    return earliest(
      remediation.reminders[0],
      remediation.standing === 'MISSED' ? remediation.escalateAt : after(remediation.due),
    );
  return undefined;
}

/** A reminder, the due instant or the escalation of an open request: whichever was first, when several are past. */
export function askClock(state: InspectionState, at: Instant): Change<InspectionState> {
  const { asked } = state;
  const first = phaseClock(state);
  if (!isAsked(state) || !asked || first === undefined || first > at) return unchanged(state);
  const [reminder, ...reminders] = asked.reminders;
  if (reminder === first) {
    const reminded = toMail({ ...state, asked: { ...asked, reminders } }, state.overdueSince ? 'overdue' : 'reminder');
    return { state: reminded, entries: [entry(reminded, 'reminded', reminder, { due: asked.due.at })] };
  }
  if (state.overdueSince) return escalate(state, 'answer', 'answer-overdue', asked.escalateAt);
  const next: InspectionState = {
    ...state,
    ...(state.phase === 'REQUESTED' && { phase: 'OVERDUE' as const }),
    overdueSince: asked.due.at,
  };
  return {
    state: next,
    entries: [
      entry(next, 'alarm.answerOverdue', asked.due.at, { due: asked.due.at, arithmetic: asked.due.arithmetic }, [
        closeTask('overdue'),
        task('overdue', ['providerManager'], wordsFor(next).overdue, undefined, asked.due.at),
      ]),
    ],
  };
}

/** The commander decides what becomes of a unit that does not answer, or with which no agreement is found. */
export function escalate(
  state: InspectionState,
  from: 'answer' | 'discussion',
  why: string,
  at: Instant,
): Change<InspectionState> {
  const next = enter(state, 'ESCALATED', { escalatedFrom: from });
  return {
    state: next,
    entries: [entry(next, 'alarm.escalated', at, { why }, [...closeAll(), escalationTask(next)])],
  };
}

export function escalationTask(state: InspectionState): Row {
  return task(
    'escalation',
    ['incidentCommander'],
    wordsFor(state).escalation,
    sendDecision('escalation', 'wait', questionDigest(state)),
  );
}

export function discussionTask(state: InspectionState): Row {
  return task(
    'discussion',
    ['providerManager'],
    wordsFor(state).discussion,
    sendDecision('discussion', 'evaluate', questionDigest(state)),
    state.discussion?.due.at,
  );
}

/**
 * The commander waits: for the answer, with a new due instant that the provider is told, or for an agreement, with a new
 * limit. The instant that was missed is over.
 */
export function waitOn(
  state: InspectionState,
  dates: { readonly asks: AskDates; readonly discussion: Deadline },
  at: Instant,
): { readonly state: InspectionState; readonly rows: Row[]; readonly due: Deadline } {
  const { escalatedFrom, overdueSince: _overdue, asked: _asked, ...rest } = state;
  if (escalatedFrom === 'discussion') {
    const next = enter(rest, 'UNDER_DISCUSSION', { discussion: { due: dates.discussion } });
    return { state: next, rows: [discussionTask(next)], due: dates.discussion };
  }
  const phase = state.evaluations > 0 ? 'FOLLOW_UP_REQUESTED' : 'REQUESTED';
  const next = toMail(enter(rest, phase, { asked: { at, ...dates.asks }, askedAt: at }), 'reminder');
  return { state: next, rows: [], due: dates.asks.due };
}

/** To be evaluated, with a day by which. */
export function toEvaluation(
  state: InspectionState,
  evaluationDue: Deadline,
): { readonly state: InspectionState; readonly rows: Row[] } {
  const { evaluationLate: _late, ...next } = enter(state, 'UNDER_EVALUATION', { evaluationDue });
  return { state: next, rows: [evaluateTask(next)] };
}

/** How a unit stands in the round's table. */
export const resultOf = ({ phase, closedAs }: InspectionState) =>
  publishedResult(phase === 'CLOSED' ? closedAs! : phase);
