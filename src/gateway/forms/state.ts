import { createHash } from 'node:crypto';
import type { Claim } from '../../domain/answers.js';
import { draftOf, sameDraft, unsubmittable, type DraftProblem } from '../../domain/draft.js';
import type { Instant } from '../../domain/instant.js';
import { canonicalJson } from '../../domain/json.js';
import { askedItems, type Questionnaire, type QuestionnaireItem } from '../../domain/questionnaire.js';
import { draftsOf, type ItemDraft } from '../../store/drafts.js';
import { evidenceOf, type EvidenceFile } from '../../store/evidence.js';
import type { Db } from '../../store/open.js';

/** An item as it stands now: what was asked, and what was written. */
export interface ItemState {
  readonly item: QuestionnaireItem;
  /** Counts the asked items from 1. */
  readonly number: number;
  readonly draft: ItemDraft;
  /** Written and not submitted. */
  readonly pending: boolean;
  /** Answered, submitted or not. */
  readonly answered: boolean;
}

/** All that is asked of a provider now, with all that he wrote. */
export interface FormState {
  readonly questionnaire: Questionnaire;
  readonly items: readonly ItemState[];
  readonly files: ReadonlyMap<string, EvidenceFile>;
}

export async function readState(db: Db, questionnaire: Questionnaire): Promise<FormState> {
  const [drafts, files] = await Promise.all([
    draftsOf(db, questionnaire.inspection),
    evidenceOf(db, questionnaire.inspection),
  ]);
  const draftFor = (item: QuestionnaireItem): ItemDraft => {
    const known = drafts.get(item.item);
    const taken = { version: 0, value: draftOf(item), updatedAt: '' as Instant, submitted: true };
    return known && known.version > 0 ? known : { ...taken, aside: known?.aside ?? [] };
  };
  const claims = new Map<string, Claim | undefined>();
  for (const item of questionnaire.items) claims.set(item.item, draftFor(item).value.claim);
  const items = askedItems(questionnaire, claims).map((item, index) => {
    const draft = draftFor(item);
    // Somebody who wrote something and took it back has nothing to submit.
    const pending = !draft.submitted && !sameDraft(draft.value, draftOf(undefined));
    return { item, number: index + 1, draft, pending, answered: draft.value.claim !== undefined };
  });
  return { questionnaire, items, files };
}

export interface ItemProblem extends DraftProblem {
  readonly item: string;
}

/** What keeps the written answers from being submitted. */
export function problemsOf({ items }: FormState): ItemProblem[] {
  return items
    .filter(({ pending }) => pending)
    .flatMap(({ item, draft }) => unsubmittable(draft.value).map((problem) => ({ ...problem, item: item.item })));
}

/** Items with answers of two people between which nobody has chosen. */
export function conflictsOf({ items }: FormState): ItemState[] {
  return items.filter(({ draft }) => draft.aside.length > 0);
}

export function pendingOf({ items }: FormState): ItemState[] {
  return items.filter(({ pending }) => pending);
}

/**
 * The id of a submission of exactly these versions: pressing twice, or going back, submits once. Derived, not drawn, so
 * that a drill repeats to the letter.
 */
export function submissionOf(state: FormState): string {
  const { inspection } = state.questionnaire;
  const content = pendingOf(state).map(({ item, draft }) => [item.item, draft.version, draft.value]);
  const hash = createHash('sha256')
    .update(canonicalJson([inspection, content]))
    .digest('hex');
  return `page-${hash.slice(0, 40)}`;
}
