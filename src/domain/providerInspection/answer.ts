import type { Deadline } from '../deadline.js';
import type { Instant } from '../instant.js';
import type { Change, Row } from '../transition.js';
import { wordsFor } from '../wording/providerInspection.js';
import { discussionTask, escalationTask } from './ask.js';
import { isShort, isVisible, openPoints, type InspectionState, type ItemStanding } from './state.js';
import { closeAll, closeTask, enter, entry, evaluateTask, noteItems, task, unchanged } from './steps.js';

/** What a submission answered, as the register took it in. */
export interface TakenAnswers {
  readonly submission: string;
  /** Items that this submission answers. */
  readonly items: readonly string[];
  /** Those of them whose answer is, to the letter, the one that was given before. */
  readonly same: readonly string[];
  /** Items still asked, conditional ones by the answers so far included, without an answer. */
  readonly missing: readonly string[];
  /** Conditional items that the answers so far do not ask. */
  readonly notAsked: readonly string[];
  readonly evaluationDue: Deadline;
}

/**
 * Answers are kept whenever they come. The unit is answered when nothing that is asked is missing; asked again, when each
 * open point is answered anew. What evaluators proposed or agreed on before a new answer does not judge it.
 */
export function answered(state: InspectionState, taken: TakenAnswers, at: Instant): Change<InspectionState> {
  if (state.submissions.includes(taken.submission)) return unchanged(state);
  const submissions = [...state.submissions, taken.submission];
  const fresh = taken.items.filter((item) => isNews(state.items[item], taken.same.includes(item)));
  const content = { submission: taken.submission, items: fresh.length, missing: taken.missing.length };
  if (['SATISFIED', 'NOT_APPLICABLE', 'CLOSED'].includes(state.phase))
    return late(state, submissions, fresh, content, at);

  const noted: InspectionState = { ...state, submissions, items: itemsAfter(state, fresh, taken.notAsked) };
  const rows = [noteItems(noted, fresh)];
  const keeps = (): Change<InspectionState> => ({
    state: noted,
    entries: [entry(noted, 'answered', at, content, rows)],
  });
  if (fresh.length === 0) return keeps();
  const complete = taken.missing.every((item) => noted.items[item] === undefined);
  switch (state.phase) {
    case 'SCOPED':
    case 'REQUESTED':
    case 'OVERDUE':
    case 'FOLLOW_UP_REQUESTED':
    case 'ESCALATED':
      if (complete && openPoints(noted).length === 0) return toJudge(noted, 'ANSWERED', 'answered', taken, content, at);
      return state.phase === 'ESCALATED' ? asksAnew(noted, 'escalation', escalationTask, content, at, rows) : keeps();
    case 'NOT_SATISFIED':
    case 'REMEDIATION_COMMITTED':
      if (complete && openPoints(noted).every((item) => noted.items[item]!.class !== 'mandatory'))
        return toJudge(noted, 'RE_INSPECTION', 'evidenceSubmitted', taken, content, at);
      return keeps();
    case 'UNDER_DISCUSSION':
      return asksAnew(noted, 'discussion', discussionTask, content, at, rows);
    default: {
      const phase = state.remediation ? 'RE_INSPECTION' : 'ANSWERED';
      return toJudge(
        noted,
        phase,
        state.proposed || state.evaluated ? 'answeredAgain' : 'answered',
        taken,
        content,
        at,
      );
    }
  }
}

/** The same words twice tell nothing new, unless something was asked of them. */
function isNews(item: ItemStanding | undefined, same: boolean): boolean {
  return item !== undefined && (!same || item.result === 'UNANSWERED' || isShort(item.result));
}

function itemsAfter(state: InspectionState, fresh: readonly string[], notAsked: readonly string[]) {
  const items: Record<string, ItemStanding> = {};
  for (const [id, { asked: _asked, ...item }] of Object.entries(state.items))
    items[id] = {
      ...item,
      ...(item.conditional && !notAsked.includes(id) && { asked: true }),
      ...(fresh.includes(id) && { result: 'ANSWERED' }),
    };
  return items;
}

type Content = Readonly<Record<string, string | number>>;

function toJudge(
  noted: InspectionState,
  phase: 'ANSWERED' | 'RE_INSPECTION',
  kind: string,
  { evaluationDue }: TakenAnswers,
  content: Content,
  at: Instant,
): Change<InspectionState> {
  const {
    evaluationLate: _late,
    undelivered: _undelivered,
    ...next
  } = enter(noted, phase, {
    answeredAt: at,
    evaluationDue,
  });
  const rows: Row[] = [noteItems(next), ...closeAll(), closeTask('bounced'), evaluateTask(next)];
  return { state: next, entries: [entry(next, kind, at, { ...content, evaluateBy: evaluationDue.at }, rows)] };
}

/** Whoever decides has to see what came: the question is another one now. */
function asksAnew(
  noted: InspectionState,
  subject: string,
  asks: (state: InspectionState) => Row,
  content: Content,
  at: Instant,
  rows: readonly Row[],
): Change<InspectionState> {
  const next: InspectionState = { ...noted, questions: noted.questions + 1 };
  return { state: next, entries: [entry(next, 'answered', at, content, [...rows, closeTask(subject), asks(next)])] };
}

/** The result stands; what came after it is judged when the second line reopens it. */
function late(
  state: InspectionState,
  submissions: readonly string[],
  fresh: readonly string[],
  content: Content,
  at: Instant,
): Change<InspectionState> {
  const known = fresh.filter((item) => isVisible(state.items[item]!));
  const next: InspectionState = {
    ...state,
    submissions,
    ...(known.length > 0 && { lateAnswers: [...new Set([...(state.lateAnswers ?? []), ...known])] }),
  };
  const look =
    known.length > 0 && state.phase !== 'CLOSED'
      ? [
          closeTask('lateAnswers'),
          task('lateAnswers', ['compliance', 'providerManager'], wordsFor(next).lateAnswers, {
            update: 'reopen',
            json: { v: 1, by: '<your id>', reason: '<why>' },
          }),
        ]
      : [];
  return { state: next, entries: [entry(next, 'answeredLate', at, content, look)] };
}
