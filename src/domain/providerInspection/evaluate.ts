import type { Deadline } from '../deadline.js';
import type { Instant } from '../instant.js';
import { Refusal } from '../refusal.js';
import type { Change, Row } from '../transition.js';
import { wordsFor } from '../wording/providerInspection.js';
import { escalate, resultOf } from './ask.js';
import { gateRows, riskAfter } from './risk.js';
import {
  allSatisfied,
  hasUnjudged,
  isVisible,
  mandatoryCounts,
  openPoints,
  type InspectionState,
  type ItemStanding,
  type ItemVerdict,
  type ProposeEvaluationInput,
} from './state.js';
import { dayOf, noteCommitment } from './promise.js';
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

/** Nobody evaluated in time: one reminder to those who should. The deadline stays, so that what comes late is shown as late. */
export function evaluationClock(state: InspectionState, at: Instant): Change<InspectionState> {
  const { evaluationDue: due, evaluationLate } = state;
  if (!EVALUATED.includes(state.phase) || !due || evaluationLate || after(due) > at) return unchanged(state);
  const next: InspectionState = { ...state, evaluationLate: true };
  const words = wordsFor(next);
  const rows = state.proposed
    ? [
        closeTask('evaluation'),
        task(
          'evaluation',
          ['ciso', 'evaluator'],
          words.evaluation,
          sendDecision('evaluation', 'confirm', state.proposed.digest),
          due.at,
        ),
      ]
    : [closeTask('evaluate'), task('evaluate', ['ciso', 'evaluator'], words.evaluationOverdue, undefined, due.at)];
  return {
    state: next,
    entries: [entry(next, 'alarm.evaluationOverdue', due.at, { arithmetic: due.arithmetic }, rows)],
  };
}

/** Phases in which evaluators have something to judge. */
const EVALUATED: readonly InspectionState['phase'][] = ['ANSWERED', 'UNDER_EVALUATION', 'RE_INSPECTION'];

/** The first evaluator's proposal; refuses what does not fit the answers. A second evaluator confirms or returns it. */
export function proposeEvaluation(
  state: InspectionState,
  input: ProposeEvaluationInput,
  digest: string,
  at: Instant,
): Change<InspectionState> {
  if (!EVALUATED.includes(state.phase)) throw new Refusal(wordsFor(state).nothingToEvaluate);
  if (input.lookedAt !== undefined && input.lookedAt !== state.submissions.at(-1))
    throw new Refusal(wordsFor(state).answersMoved(state.submissions.at(-1) ?? '-'));
  const results: Record<string, ItemVerdict> = {};
  for (const { item, result, reviewed, note } of input.results) {
    const standing = state.items[item];
    if (!standing || !isVisible(standing) || results[item] !== undefined)
      throw new Refusal(notAsked(item, results[item] !== undefined));
    if (result === 'SATISFIED' && standing.class === 'mandatory' && reviewed.length === 0)
      throw new Refusal(noEvidence(item));
    if (result !== 'SATISFIED' && !note) throw new Refusal(noNote(item));
    results[item] = result;
  }
  const open = Object.entries(state.items).filter(([id, standing]) => isOpen(standing) && results[id] === undefined);
  if (open.length > 0) throw new Refusal(notAll(open.map(([id]) => id)));
  const next = enter(state, 'UNDER_EVALUATION', {
    proposed: { by: input.by, digest, results },
    proposals: state.proposals + 1,
  });
  return {
    state: next,
    entries: [
      entry(next, 'evaluationProposed', at, { by: input.by, digest, counts: counted(results) }, [
        ...closeAll(),
        task(
          'evaluation',
          ['evaluator'],
          wordsFor(next).evaluation,
          sendDecision('evaluation', 'confirm', digest),
          next.evaluationDue?.at,
        ),
      ]),
    ],
  };
}

/** A file of an item, and the submission that it came with. */
export interface ItemFile {
  readonly item: string;
  readonly submission: string;
  readonly hash: string;
}

/** Of each item that was judged to fail, the submissions that had come by then. */
export function seenWhenFailed({
  items,
  submissions,
}: Pick<InspectionState, 'items' | 'submissions'>): Readonly<Record<string, readonly string[]>> {
  const failed = Object.entries(items).filter(([, { failedAfter }]) => failedAfter !== undefined);
  return Object.fromEntries(failed.map(([id, { failedAfter }]) => [id, submissions.slice(0, failedAfter)]));
}

/**
 * What an evaluator looked at came for that very item, and what was judged to fail is satisfied by a file that was not there
 * when it failed: the same evidence does not mend it.
 * @param seen as of `seenWhenFailed`
 * @param files of all answers that were given
 * @throws Refusal that names the item
 */
export function requireEvidence(
  { results }: Pick<ProposeEvaluationInput, 'results'>,
  seen: Readonly<Record<string, readonly string[]>>,
  files: readonly ItemFile[],
): void {
  for (const { item, result, reviewed } of results) {
    const own = files.filter((file) => file.item === item);
    const known = new Set(own.map(({ hash }) => hash));
    if (reviewed.some((hash) => !known.has(hash))) throw new Refusal(foreignEvidence(item));
    const since = newEvidence(item, seen, own);
    if (result === 'SATISFIED' && since && !reviewed.some((hash) => since.includes(hash)))
      throw new Refusal(noNewEvidence(item));
  }
}

/** Files of an item that were not there when it was judged to fail; undefined for one that was not. */
export function newEvidence(
  item: string,
  seen: Readonly<Record<string, readonly string[]>>,
  files: readonly ItemFile[],
): readonly string[] | undefined {
  const before = seen[item];
  if (!before) return undefined;
  const own = files.filter((file) => file.item === item);
  const old = new Set(own.filter(({ submission }) => before.includes(submission)).map(({ hash }) => hash));
  return [...new Set(own.map(({ hash }) => hash))].filter((hash) => !old.has(hash));
}

/** Asked, and not judged yet. What was answered without being asked cannot be judged, and holds up nothing. */
const isOpen = (item: ItemStanding) =>
  isVisible(item) === true && (item.result === 'ANSWERED' || item.result === 'UNANSWERED');

function counted(results: Readonly<Record<string, ItemVerdict>>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const result of Object.values(results)) counts[result] = (counts[result] ?? 0) + 1;
  return counts;
}

/**
 * Two evaluators agree: the items have their results; what becomes of the unit is the CISO's to say. What fails puts the
 * functions that it protects at risk from now on.
 */
export function confirmEvaluation(
  state: InspectionState,
  at: Instant,
  held: readonly string[] = [],
): { readonly state: InspectionState; readonly rows: Row[]; readonly functions: readonly string[] } {
  const items = { ...state.items };
  for (const [id, result] of Object.entries(state.proposed!.results)) {
    const { failed, failedAfter, ...item } = items[id]!;
    const fails = result === 'INSUFFICIENT' || result === 'NOT_IMPLEMENTED';
    const known = result === 'DISPUTED' && failed && { failed, ...(failedAfter !== undefined && { failedAfter }) };
    items[id] = {
      ...item,
      result,
      ...known,
      ...(fails && { failed: true, failedAfter: state.submissions.length }),
    };
  }
  const {
    evaluationDue: _due,
    evaluationLate: _late,
    ...judged
  } = enter(state, 'UNDER_EVALUATION', {
    items,
    evaluations: state.evaluations + 1,
    lastEvaluation: state.proposed!.digest,
    evaluated: true,
  });
  const risk = riskAfter(judged, at);
  const next = risk.state;
  const gate = gateRows(next, held);
  const subject = outcomes(next)[0]!;
  const asks = nothingApplies(next)
    ? task(
        'notApplicable',
        ['compliance'],
        wordsFor(next).notApplicable,
        sendDecision('notApplicable', 'confirm', questionDigest(next)),
      )
    : task('result', ['ciso'], wordsFor(next).result, sendDecision('result', subject, resultDigest(next)));
  return {
    state: next,
    rows: [noteItems(next, Object.keys(state.proposed!.results)), asks, ...risk.rows, ...gate.rows],
    functions: gate.functions,
  };
}

/** Evaluators found that no mandatory item applies: that is the second line's to confirm, and is not "satisfied". */
export const nothingApplies = (state: InspectionState) => mandatoryCounts(state).mandatory === 0;

export type Outcome = 'satisfied' | 'follow-up' | 'discuss' | 'not-satisfied';

/** Verdicts that fit: nobody declares satisfied what is not, or asks again where nothing is open. */
export function outcomes(state: InspectionState): readonly Outcome[] {
  const again: Outcome[] = openPoints(state).length > 0 ? ['follow-up'] : [];
  if (nothingApplies(state)) return [...again, 'discuss'];
  return allSatisfied(state) ? ['satisfied', ...again, 'discuss'] : [...again, 'discuss', 'not-satisfied'];
}

/** Ends of a discussion: a result only where nothing that came in meanwhile is unjudged. */
export function discussionVerdicts(state: InspectionState): readonly string[] {
  if (hasUnjudged(state)) return ['evaluate', 'escalate'];
  const rest = outcomes(state).filter((verdict) => verdict === 'follow-up' || verdict === 'not-satisfied');
  return ['evaluate', ...rest, 'escalate'];
}

export const escalationVerdicts = (state: InspectionState): readonly string[] =>
  allSatisfied(state) || nothingApplies(state) ? ['wait', 'evaluate'] : ['wait', 'evaluate', 'not-satisfied'];

/** Asked again: the request counts from the mail that tells it. */
export function followUp(state: InspectionState): InspectionState {
  const next = enter(state, 'FOLLOW_UP_REQUESTED', {
    followUps: state.followUps + 1,
    followUpsInRow: state.followUpsInRow + 1,
  });
  const { asked: _asked, overdueSince: _overdue, ...fresh } = next;
  return toMail(fresh, 'follow-up');
}

/** The third follow-up in a row becomes a discussion. */
export const nextIsDiscussion = (state: InspectionState) =>
  state.followUpsInRow + 1 >= state.terms.inspection.discussionAtFollowUp;

export function discuss(state: InspectionState, due: Deadline): InspectionState {
  return enter(state, 'UNDER_DISCUSSION', { discussion: { due }, followUpsInRow: 0 });
}

/** No agreement within the limit: the commander. */
export function discussionClock(state: InspectionState, at: Instant): Change<InspectionState> {
  if (state.phase !== 'UNDER_DISCUSSION' || !state.discussion || after(state.discussion.due) > at)
    return unchanged(state);
  return escalate(state, 'discussion', 'discussion-without-result', state.discussion.due.at);
}

/** Has the unit a result that can be reopened, also after its round? @throws Refusal */
export function requireReopenable(state: InspectionState): void {
  if (!['SATISFIED', 'NOT_SATISFIED', 'REMEDIATION_COMMITTED', 'NOT_APPLICABLE', 'CLOSED'].includes(state.phase))
    throw new Refusal(wordsFor(state).nothingToReopen);
}

/** The second line reopens a result, whatever it is. A promise that was made stays on record; answers that came since are judged. */
export function reopen(
  state: InspectionState,
  by: string,
  reason: string,
  evaluationDue: Deadline,
  at: Instant,
): Change<InspectionState> {
  requireReopenable(state);
  // Where nothing applies there is nothing to evaluate: the unit is scoped again.
  if (Object.keys(state.items).length === 0) throw new Refusal(wordsFor(state).nothingToReopen);
  const { remediation, lateAnswers = [], ...rest } = state;
  const items = { ...state.items };
  for (const id of lateAnswers) items[id] = { ...items[id]!, result: 'ANSWERED' };
  const promised = remediation ? [...state.promised, dayOf(remediation)] : state.promised;
  const next = enter({ ...rest, items, promised }, 'UNDER_EVALUATION', { evaluationDue });
  return {
    state: next,
    entries: [
      entry(next, 'reopened', at, { by, reason, was: resultOf(state) }, [
        noteItems(next, lateAnswers),
        ...closeAll(),
        ...(remediation ? [noteCommitment(state, remediation, 'REOPENED')] : []),
        evaluateTask(next),
      ]),
    ],
  };
}

/** What the result question says about the unit, for its digest and its task. */
export const resultDigest = (state: InspectionState) => {
  const { satisfied, failing } = mandatoryCounts(state);
  return `${questionDigest(state)}-${satisfied}-${failing}`;
};

const notAsked = (item: string, twice: boolean) =>
  twice
    ? {
        en: `The item "${item}" stands twice in "results". Name it once.`,
        ja: `「results」に項目「${item}」が二度あります。一度だけ指定してください。`,
      }
    : {
        en: `The item "${item}" is not asked of this unit. Take the ids from its questions.`,
        ja: `項目「${item}」はこの対象に質問していません。質問票にあるIDを使ってください。`,
      };
const noEvidence = (item: string) => ({
  en: `The mandatory item "${item}" can be SATISFIED only with reviewed evidence. Name the evidence you looked at in "reviewed", or choose another result.`,
  ja: `必須項目「${item}」を充足（SATISFIED）とするには、確認した証跡が必要です。「reviewed」に証跡を指定するか、別の結果にしてください。`,
});
const foreignEvidence = (item: string) => ({
  en: `The field "reviewed" of the item "${item}" names a file that the unit did not hand in for this item. Take the hash from its answers ("hikeshi inspection show").`,
  ja: `項目「${item}」の「reviewed」に、この項目の回答として提出されていないファイルがあります。回答にあるハッシュを指定してください（hikeshi inspection show で確認）。`,
});
const noNewEvidence = (item: string) => ({
  en: `The item "${item}" was judged to fail, and "reviewed" names no file that came for it since. Ask the unit for new evidence (follow-up), or choose another result.`,
  ja: `項目「${item}」は不充足と評価済みですが、その後に提出された証跡が「reviewed」にありません。新しい証跡を求める（follow-up）か、別の結果にしてください。`,
});
const noNote = (item: string) => ({
  en: `Say in "note" what is missing or unclear in "${item}": the provider reads it.`,
  ja: `項目「${item}」の不足・不明な点を「note」に記入してください（事業者が読みます）。`,
});
const notAll = (items: readonly string[]) => ({
  en: `The evaluation leaves out answered items: ${items.slice(0, 5).join(', ')}${items.length > 5 ? ' …' : ''}. Judge all of them in one proposal.`,
  ja: `回答済みの項目に評価がありません: ${items.slice(0, 5).join('、')}${items.length > 5 ? ' …' : ''}。すべての項目を一度に評価してください。`,
});
