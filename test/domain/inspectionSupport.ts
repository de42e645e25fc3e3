import type { Deadline } from '../../src/domain/deadline.js';
import type { Question } from '../../src/domain/decision.js';
import { DAY, plus, type Instant } from '../../src/domain/instant.js';
import * as machine from '../../src/domain/providerInspection.js';
import type {
  AskDates,
  InspectionState,
  ItemVerdict,
  ProposeEvaluationInput,
  TakenAnswers,
} from '../../src/domain/providerInspection.js';
import type { Change } from '../../src/domain/transition.js';
import { at, authority, decision, DIGEST, JST, policy } from './support.js';

export const NOW = at('2020-09-24T10:00:00+09:00');
export const UNIT = 'providerInspection/R2020/c1';
const FILE = `sha256:${'0'.repeat(64)}`;

export const terms = {
  policyVersion: policy.version,
  acts: true,
  zone: JST,
  drill: false,
  inspection: policy.inspection,
};

export const due = (from: Instant, days: number): Deadline => ({
  rule: 'test',
  ruleVersion: '1',
  startEvent: 'test',
  start: from,
  counting: 'calendar-days',
  firmness: 'target',
  at: plus(from, days * DAY),
  arithmetic: `${days} days`,
});

/** Due after ten days; reminders before and after; escalated five days later. */
export const asks = (from: Instant): AskDates => ({
  due: due(from, 10),
  reminders: [7, 11, 13].map((day) => plus(from, day * DAY)),
  escalateAt: plus(from, 15 * DAY),
});

export const dates = (from: Instant) => ({ evaluation: due(from, 5), discussion: due(from, 20), asks: asks(from) });

/** Two mandatory items that protect a function each, a mandatory one asked only after "partly", and an advanced one. */
export const ITEMS: InspectionState['items'] = {
  'two-factor': { phase: 2, class: 'mandatory', result: 'UNANSWERED', protects: ['link-c1'] },
  limits: { phase: 3, class: 'mandatory', result: 'UNANSWERED', protects: ['charge-c1'] },
  'when-done': { phase: 2, class: 'mandatory', result: 'UNANSWERED', conditional: true },
  monitoring: { phase: 5, class: 'advanced', result: 'UNANSWERED' },
};

export function opened(items: InspectionState['items'] = ITEMS, more: object = {}): InspectionState {
  return machine.openInspection(
    UNIT,
    {
      input: { v: 1, round: 'R2020', unit: 'c1', by: 'provider-manager-1', basis: 'AS_IS' },
      group: 'code',
      own: false,
      framework: { id: 'starter', version: '1' },
      items,
      leftOut: 2,
      digest: DIGEST,
      terms,
      ...more,
    },
    NOW,
  ).state;
}

export const asked = (now = NOW): InspectionState => {
  const state = opened();
  return machine.mailed(state, state.mail!.n, now, asks(now)).state;
};

let submissions = 0;
/** An answer to these items; `notAsked` as the register works it out from what is claimed. */
export function answer(
  state: InspectionState,
  items: readonly string[],
  now = NOW,
  more: Partial<TakenAnswers> = {},
): Change<InspectionState> {
  const known = Object.entries(state.items).filter(([id, item]) => item.result !== 'UNANSWERED' || items.includes(id));
  return machine.answered(
    state,
    {
      submission: `submission-${++submissions}`,
      items,
      same: [],
      missing: Object.keys(state.items).filter(
        (id) => !known.some(([other]) => other === id) && !state.items[id]!.conditional,
      ),
      notAsked: ['when-done'],
      evaluationDue: due(now, 5),
      ...more,
    },
    now,
  );
}

export const ALL = ['two-factor', 'limits', 'monitoring'];
export const answeredAll = (now = NOW) => answer(asked(now), ALL, now).state;

export function evaluation(results: Readonly<Record<string, ItemVerdict>>, by = 'evaluator-1'): ProposeEvaluationInput {
  return {
    v: 1,
    by,
    reason: 'looked at',
    results: Object.entries(results).map(([item, result]) => ({
      item,
      result,
      reviewed: [FILE],
      ...(result !== 'SATISFIED' && { note: 'say more' }),
    })),
  };
}

export const FINE = { 'two-factor': 'SATISFIED', limits: 'SATISFIED', monitoring: 'SATISFIED' } as const;

/** Proposed by one, confirmed by another. */
export function evaluated(state: InspectionState, results: Readonly<Record<string, ItemVerdict>>, now = NOW) {
  const proposed = machine.proposeEvaluation(state, evaluation(results), `e-${state.proposals + 1}`, now).state;
  return decide(proposed, 'evaluation', 'confirm', now);
}

export const question = (state: InspectionState, subject: string): Question =>
  machine.inspectionQuestions(state).find((asks_) => asks_.subject === subject)!;

export function change(state: InspectionState, subject: string, verdict: string, now = NOW, by = 'ciso-1') {
  return machine.decideInspection(state, decision(question(state, subject), verdict, by), authority(), dates(now), now);
}

export const decide = (state: InspectionState, subject: string, verdict: string, now = NOW, by = 'ciso-1') =>
  change(state, subject, verdict, now, by).state;

/** Everything that happens by itself up to an instant. */
export function strike(state: InspectionState, now: Instant): Change<InspectionState> {
  const entries: Change<InspectionState>['entries'][number][] = [];
  let is = state;
  for (let turn = 0; turn < 50; turn++) {
    const struck = machine.CLOCKS.map((clock) => clock(is, now)).find((next) => next.entries.length > 0);
    if (!struck) return { state: is, entries };
    is = struck.state;
    entries.push(...struck.entries);
  }
  throw new Error('the clocks never come to rest');
}
