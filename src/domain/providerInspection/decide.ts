import { recordDecision, voteOf } from '../decided.js';
import { answered as answersQuestion, type Decision, type Question } from '../decision.js';
import type { Deadline } from '../deadline.js';
import type { Instant } from '../instant.js';
import type { Json } from '../json.js';
import { Refusal } from '../refusal.js';
import type { Authorised } from '../roster.js';
import type { Change, Row } from '../transition.js';
import { wordsFor } from '../wording/providerInspection.js';
import { discussionTask, escalationTask, scopeAgain, toEvaluation, waitOn, type AskDates } from './ask.js';
import {
  confirmEvaluation,
  discuss,
  discussionVerdicts,
  escalationVerdicts,
  followUp,
  nextIsDiscussion,
  nothingApplies,
  outcomes,
  resultDigest,
  type Outcome,
} from './evaluate.js';
import { decideMail, mailVerdicts, openMail, replyDigest, unreadReplies } from './mail.js';
import { noteCommitment } from './promise.js';
import { gateRows, riskDecided } from './risk.js';
import { unsatisfied, type InspectionPlan, type InspectionState, type ItemStanding } from './state.js';
import { after, closeAll, closeTask, enter, entry, evaluateTask, noteItems, questionDigest, task } from './steps.js';

/** Deadlines that a decision may start, worked out beforehand. */
export interface DecisionDates {
  readonly evaluation: Deadline;
  readonly discussion: Deadline;
  /** Of a request that begins with the decision. */
  readonly asks: AskDates;
  /** On which day "not applicable" is looked at again. Absent in older histories. */
  readonly review?: string;
  /** Functions that are stopped now. Absent in older histories. */
  readonly held?: readonly string[];
  /** What applies by the unit's form as it stands now, where that is looked at again. */
  readonly scope?: Pick<InspectionPlan, 'items' | 'leftOut' | 'framework' | 'digest'>;
}

export function inspectionQuestions(state: InspectionState): Question[] {
  const words = wordsFor(state);
  const questions: Question[] = [];
  const ask = (
    subject: string,
    verdicts: readonly string[],
    digest = questionDigest(state),
    asks = words.evaluation,
    due?: Instant,
  ) =>
    questions.push({
      subject,
      rule: `providerInspection.${subject}`,
      verdicts,
      digest,
      asks,
      otherwise: words.otherwise,
      ...(due && { due }),
    });
  const { proposed, evaluationDue, discussion, riskProposed } = state;
  if (state.phase === 'SCOPED' && Object.keys(state.items).length === 0)
    ask('notApplicable', ['confirm', 'return'], questionDigest(state), words.notApplicable);
  if (proposed) ask('evaluation', ['confirm', 'return'], proposed.digest, words.evaluation, evaluationDue?.at);
  if (state.evaluated) {
    if (nothingApplies(state)) ask('notApplicable', ['confirm'], questionDigest(state), words.notApplicable);
    ask('result', outcomes(state), resultDigest(state), words.result);
  }
  if (state.phase === 'UNDER_DISCUSSION')
    ask('discussion', discussionVerdicts(state), questionDigest(state), words.discussion, discussion?.due.at);
  if (state.phase === 'ESCALATED')
    ask('escalation', escalationVerdicts(state), questionDigest(state), words.escalation);
  if (riskProposed) ask('acceptRisk', ['accept', 'refuse'], riskProposed.digest, words.acceptRisk);
  if (openMail(state)) ask('mail', mailVerdicts(state), questionDigest(state), words.mailOpen);
  if (unreadReplies(state).length > 0 && state.phase !== 'CLOSED')
    ask('reply', ['read'], replyDigest(state), words.reply);
  return questions;
}

/** Votes on one inspection; refuses what is not asked now. */
export function decideInspection(
  state: InspectionState,
  decision: Decision,
  authority: Authorised,
  dates: DecisionDates,
  at: Instant,
): Change<InspectionState> {
  const question = answersQuestion(inspectionQuestions(state), decision, wordsFor(state).notNow);
  const { subject, verdict, by, reason } = decision;
  const late = question.due !== undefined && at > question.due;
  const row = recordDecision(decision, authority, late);
  const content = { subject, verdict, by, role: authority.role, reason, late };
  if (!authority.complete) {
    const vote = voteOf(decision, authority, at);
    const voted: InspectionState = { ...state, votes: [...state.votes, vote] };
    return { state: voted, entries: [entry(voted, 'voted', at, content, [row])] };
  }
  const done = (next: InspectionState, kind: string, rows: readonly Row[] = []): Change<InspectionState> => ({
    state: next,
    entries: [entry(next, kind, at, content, [row, ...closeAll(), ...rows])],
  });
  /** Beside what the unit is at: nothing of that is over. */
  const aside = (next: InspectionState, kind: string, rows: readonly Row[]): Change<InspectionState> => ({
    state: next,
    entries: [entry(next, kind, at, content, [row, ...rows])],
  });
  switch (subject) {
    case 'acceptRisk': {
      const { items, until } = state.riskProposed!;
      const decided = riskDecided(state, verdict, by, at, dates.held);
      const kind = verdict === 'accept' ? 'riskAccepted' : 'riskAcceptanceRefused';
      const change = aside(decided.state, kind, decided.rows);
      return withContent(change, { items: [...items], until });
    }
    case 'mail': {
      const next = decideMail(state, verdict, dates.asks, at);
      const kind = verdict === 'again' ? 'mailOrderedAgain' : 'mailToldByHand';
      const due: Readonly<Record<string, Json>> =
        next.asked && next.asked !== state.asked ? { due: next.asked.due.at } : {};
      return withContent(aside(next, kind, [closeTask('mail'), closeTask('bounced')]), due);
    }
    case 'reply': {
      const read: InspectionState = { ...state, repliesRead: state.replies!.length };
      return withContent(aside(read, 'repliesRead', [closeTask('reply')]), { replies: [...unreadReplies(state)] });
    }
    case 'notApplicable':
      if (verdict === 'return') {
        if (!dates.scope) throw new Refusal(wordsFor(state).notNow);
        return scopeAgain(state, dates.scope, { by, reason }, at, [row, ...closeAll()]);
      }
      return notApplicable(state, decision, dates, done);
    case 'evaluation': {
      if (verdict === 'return') {
        const next = enter(state, 'UNDER_EVALUATION');
        return done(next, 'evaluationReturned', [evaluateTask(next)]);
      }
      const evaluated = confirmEvaluation(state, at, dates.held);
      const change = done(evaluated.state, 'evaluated', evaluated.rows);
      return withContent(change, { functionsAtRisk: [...evaluated.functions] });
    }
    case 'result':
      return result(state, verdict as Outcome, dates, done, at);
    case 'discussion': {
      if (verdict === 'escalate') {
        const next = enter(state, 'ESCALATED', { escalatedFrom: 'discussion' });
        return done(next, 'escalated', [escalationTask(next)]);
      }
      if (verdict !== 'evaluate') return result(state, verdict as Outcome, dates, done, at);
      const next = toEvaluation(state, dates.evaluation);
      return done(next.state, 'discussionEnded', next.rows);
    }
    default: {
      if (verdict === 'not-satisfied') return result(state, 'not-satisfied', dates, done, at);
      if (verdict === 'evaluate') {
        const next = toEvaluation(state, dates.evaluation);
        return done(next.state, 'escalationEnded', next.rows);
      }
      const waits = waitOn(state, dates, at);
      const change = done(waits.state, 'escalationWaits', waits.rows);
      return withContent(change, { due: waits.due.at, arithmetic: waits.due.arithmetic });
    }
  }
}

/** Two persons say so, and until a day: then the second line looks at it again. */
function notApplicable(
  state: InspectionState,
  { by, reason }: Decision,
  { review, held }: DecisionDates,
  done: (next: InspectionState, kind: string, rows?: readonly Row[]) => Change<InspectionState>,
): Change<InspectionState> {
  const said = review !== undefined && { notApplicable: { by: [state.by, by], reason, review } };
  const change = done(enter(state, 'NOT_APPLICABLE', { ...said }), 'notApplicable', gateRows(state, held).rows);
  return review === undefined ? change : withContent(change, { review });
}

/** More to tell in the line of a decision. */
function withContent(change: Change<InspectionState>, more: Readonly<Record<string, Json>>): Change<InspectionState> {
  const [first, ...rest] = change.entries;
  return {
    state: change.state,
    entries: [{ ...first!, content: { ...(first!.content as object), ...more } }, ...rest],
  };
}

function result(
  state: InspectionState,
  verdict: Outcome,
  dates: DecisionDates,
  done: (next: InspectionState, kind: string, rows?: readonly Row[]) => Change<InspectionState>,
  at: Instant,
): Change<InspectionState> {
  switch (verdict) {
    case 'satisfied': {
      const { remediation, ...mended } = enter(state, 'SATISFIED');
      const met = remediation ? [noteCommitment(state, remediation, 'MET')] : [];
      return done(mended, 'satisfied', [...met, ...gateRows(mended, dates.held).rows]);
    }
    case 'follow-up':
      // A third follow-up would say nothing that two did not.
      if (nextIsDiscussion(state)) return result(state, 'discuss', dates, done, at);
      return done(followUp(state), 'followUpDecided');
    case 'discuss': {
      const next = discuss(state, dates.discussion);
      return done(next, 'discussionOpened', [discussionTask(next)]);
    }
    case 'not-satisfied':
      return notSatisfied(state, dates, done, at);
  }
}

/** Judged: what was not shown to be satisfied fails, also where nobody answered. */
function notSatisfied(
  state: InspectionState,
  { held }: DecisionDates,
  done: (next: InspectionState, kind: string, rows?: readonly Row[]) => Change<InspectionState>,
  at: Instant,
): Change<InspectionState> {
  const short = unsatisfied(state);
  const items: Record<string, ItemStanding> = { ...state.items };
  for (const id of short) items[id] = { ...items[id]!, failed: true };
  const { remediation } = state;
  const missed = remediation && remediation.standing !== 'MISSED' && after(remediation.due) <= at;
  const next = enter(state, 'NOT_SATISFIED', {
    items,
    ...(missed && { remediation: { ...remediation, standing: 'MISSED' } }),
  });
  const { rows, functions } = gateRows(next, held);
  const remedy = task('remediation', ['providerManager'], wordsFor(next).remediation, {
    update: 'commitRemediation',
    json: { v: 1, by: '<your id>', due: '12月中', reason: '<what is promised>' },
  });
  const promise = missed ? [noteCommitment(next, next.remediation!)] : [];
  return withContent(done(next, 'notSatisfied', [noteItems(next, short), ...promise, ...rows, remedy]), {
    functionsAtRisk: [...functions],
  });
}
