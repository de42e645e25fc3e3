import { recordDecision, voteOf } from '../decided.js';
import { answered, type Decision, type Question } from '../decision.js';
import type { Instant } from '../instant.js';
import { Refusal } from '../refusal.js';
import type { Authorised } from '../roster.js';
import type { Change, Row } from '../transition.js';
import { evaluationWords } from '../wording/evaluation.js';
import type { EvaluationPlan, EvaluationState, ReviewPlanInput } from './state.js';
import { changed, closeAll, closeTask, sendDecision, task, unchanged } from './steps.js';

/** Proposed by the bank; whether it is commissioned is decided by its audit. */
export function openEvaluation(id: string, plan: EvaluationPlan, at: Instant): Change<EvaluationState> {
  const { input, watched } = plan;
  const state: EvaluationState = {
    v: 1,
    id,
    incident: input.round,
    sequence: plan.sequence,
    assessor: input.assessor,
    scope: input.scope,
    ...(input.statement !== undefined && { statement: input.statement }),
    by: input.by,
    digest: plan.digest,
    phase: 'PROPOSED',
    watched,
    versions: 0,
    factChecks: 0,
    votes: [],
    receipts: {},
    terms: plan.terms,
  };
  const { by, reason, assessor, scope } = input;
  const { at: due, arithmetic } = watched.due;
  return changed(state, 'proposed', at, { by, reason, assessor, scope: [...scope], due, arithmetic }, [
    task(
      'commission',
      ['audit'],
      evaluationWords(state).commission,
      sendDecision('commission', 'commission', state.digest),
    ),
  ]);
}

export function evaluationQuestions(state: EvaluationState): Question[] {
  const words = evaluationWords(state);
  const { digest, versions } = state;
  const { otherwise } = words;
  if (state.phase === 'PROPOSED')
    return [
      {
        subject: 'commission',
        rule: 'evaluation.commission',
        verdicts: ['commission', 'refuse'],
        digest,
        asks: words.commission,
        otherwise,
      },
    ];
  if (state.phase === 'COMMISSIONED')
    return [
      {
        subject: 'independence',
        rule: 'evaluation.independence',
        verdicts: ['confirm', 'refuse'],
        digest: `${digest}-i`,
        asks: words.independence,
        otherwise,
      },
    ];
  if (!state.contradicted) return [];
  return [
    {
      subject: 'contradiction',
      rule: 'evaluation.contradiction',
      verdicts: ['looked-into'],
      digest: contradictionDigest(digest, versions),
      asks: words.contradiction,
      otherwise: words.contradictionOtherwise,
    },
  ];
}

export const contradictionDigest = (digest: string, version: number) => `${digest}-c${version}`;

/** Audit commissions, compliance confirms that the assessor is independent, audit or compliance looks into a contradiction. */
export function decideEvaluation(
  state: EvaluationState,
  decision: Decision,
  authority: Authorised,
  at: Instant,
): Change<EvaluationState> {
  answered(evaluationQuestions(state), decision, evaluationWords(state).notNow);
  const { subject, verdict, by, reason } = decision;
  const { role } = authority;
  const recorded = recordDecision(decision, authority, false);
  const content = { subject, verdict, by, role, reason };
  if (!authority.complete) {
    const vote = voteOf(decision, authority, at);
    return changed({ ...state, votes: [...state.votes, vote] }, 'voted', at, content, [recorded]);
  }
  const decided: EvaluationState = { ...state, votes: [] };
  const rows: Row[] = [recorded, closeTask(subject)];
  if (subject === 'contradiction') {
    const { contradicted: _contradicted, ...rest } = decided;
    return changed(rest, 'contradictionLookedInto', at, content, rows);
  }
  if (verdict === 'refuse')
    return changed(
      { ...decided, phase: 'REFUSED' },
      subject === 'commission' ? 'refused' : 'notIndependent',
      at,
      content,
      [recorded, ...closeAll()],
    );
  if (subject === 'commission') {
    const next: EvaluationState = { ...decided, phase: 'COMMISSIONED' };
    return changed(next, 'commissioned', at, content, [
      ...rows,
      task(
        'independence',
        ['compliance'],
        evaluationWords(next).independence,
        sendDecision('independence', 'confirm', `${state.digest}-i`),
      ),
    ]);
  }
  const next: EvaluationState = { ...decided, phase: 'INDEPENDENCE_CHECKED' };
  const asked = next.scope.includes('plan') ? planTask(next) : fieldworkTask(next);
  return changed(next, 'independenceChecked', at, content, [...rows, asked]);
}

const planTask = (state: EvaluationState): Row =>
  task('plan', ['assessor'], evaluationWords(state).plan, {
    update: 'reviewPlan',
    json: { v: 1, by: state.assessor, reason: '<why>', remarks: [] },
  });

const fieldworkTask = (state: EvaluationState): Row =>
  task('fieldwork', ['assessor'], evaluationWords(state).fieldwork, {
    update: 'startFieldwork',
    json: { v: 1, by: state.assessor },
  });

/** The assessor looked at the plan; where the round runs already, fieldwork begins with it. */
export function reviewPlan(
  state: EvaluationState,
  input: ReviewPlanInput,
  roundRuns: boolean,
  at: Instant,
): Change<EvaluationState> {
  if (state.phase !== 'INDEPENDENCE_CHECKED' || !state.scope.includes('plan'))
    throw new Refusal(evaluationWords(state).noPlanToReview);
  const { by, reason, remarks } = input;
  const reviewed: EvaluationState = { ...state, phase: 'PLAN_REVIEWED' };
  const change = changed(reviewed, 'planReviewed', at, { by, reason, remarks }, [
    closeTask('plan'),
    ...(roundRuns ? [] : [fieldworkTask(reviewed)]),
  ]);
  if (!roundRuns) return change;
  const begun = startFieldwork(reviewed, by, at);
  return { state: begun.state, entries: [...change.entries, ...begun.entries] };
}

/** The assessor begins; begun twice is begun. */
export function startFieldwork(state: EvaluationState, by: string, at: Instant): Change<EvaluationState> {
  if (state.phase === 'FIELDWORK') return unchanged(state);
  const ready =
    state.phase === 'PLAN_REVIEWED' || (state.phase === 'INDEPENDENCE_CHECKED' && !state.scope.includes('plan'));
  if (!ready) throw new Refusal(evaluationWords(state).noFieldwork);
  return changed({ ...state, phase: 'FIELDWORK' }, 'fieldworkStarted', at, { by }, [closeTask('fieldwork')]);
}
