import { z } from 'zod';
import {
  CLAIMS,
  CLAIMS_WITH_DATE,
  CLAIMS_WITH_REASON,
  MAX_FILES,
  MAX_TEXT,
  type Answer,
  type Claim,
} from './answers.js';
import { isDate } from './date.js';
import { canonicalJson } from './json.js';
import type { QuestionnaireItem } from './questionnaire.js';
import type { Sentence } from './sentence.js';

/** An item's answer as far as somebody has written it. */
export const DraftSchema = z.strictObject({
  claim: z.enum(CLAIMS).optional(),
  text: z.string(),
  evidence: z.array(z.string()),
  dueBy: z.string().optional(),
});
export type Draft = z.output<typeof DraftSchema>;

export const EMPTY_DRAFT: Draft = { text: '', evidence: [] };

export const sameDraft = (a: Draft, b: Draft) => canonicalJson(a) === canonicalJson(b);

/** The answer that the inspection took, as a draft to go on from. */
export function draftOf(item: Pick<QuestionnaireItem, 'current'> | undefined): Draft {
  return item?.current ?? EMPTY_DRAFT;
}

/** A draft without what its claim does not take: a date is kept only where something is still to be done. */
export function tidyDraft({ claim, text, evidence, dueBy }: Draft): Draft {
  return {
    ...(claim && { claim }),
    text,
    evidence: [...new Set(evidence)],
    ...(dueBy && claim && CLAIMS_WITH_DATE.has(claim) && { dueBy }),
  };
}

export type DraftField = 'claim' | 'text' | 'dueBy' | 'file';
export interface DraftProblem {
  readonly field: DraftField;
  readonly sentence: Sentence;
}

/** What would not even be kept: too long, no date, too many files. */
export function unkeepable(draft: Draft): DraftProblem[] {
  const problems: DraftProblem[] = [];
  if (draft.text.length > MAX_TEXT) {
    problems.push({
      field: 'text',
      sentence: {
        en: `The explanation has ${draft.text.length} characters; at most ${MAX_TEXT} are possible. Shorten it, or attach a document.`,
        ja: `説明が ${draft.text.length} 文字あります（上限 ${MAX_TEXT} 文字）。短くするか、資料を添付してください。`,
      },
    });
  }
  if (draft.dueBy !== undefined && !isDate(draft.dueBy)) {
    problems.push({
      field: 'dueBy',
      sentence: {
        en: 'The date does not exist or has another form. Write it as 2020-10-31.',
        ja: '日付が正しくありません。2020-10-31 のように入力してください。',
      },
    });
  }
  if (draft.evidence.length > MAX_FILES) {
    problems.push({
      field: 'file',
      sentence: {
        en: `One item takes at most ${MAX_FILES} files. Remove some, or put them together into one PDF.`,
        ja: `一つの項目に添付できるファイルは ${MAX_FILES} 個までです。減らすか、一つの PDF にまとめてください。`,
      },
    });
  }
  return problems;
}

/** What keeps a draft from being submitted as an answer. */
export function unsubmittable(draft: Draft): DraftProblem[] {
  const problems = unkeepable(draft);
  if (!draft.claim) {
    problems.push({
      field: 'claim',
      sentence: {
        en: 'Choose one of the answers for this item.',
        ja: 'この項目の回答を一つ選んでください。',
      },
    });
  } else if (CLAIMS_WITH_REASON.has(draft.claim) && draft.text.trim() === '') {
    problems.push({ field: 'text', sentence: REASONS[draft.claim] ?? REASONS.partly! });
  }
  return problems;
}

const REASONS: Partial<Record<Claim, Sentence>> = {
  partly: {
    en: 'Explain what is implemented and what is still missing.',
    ja: '実施済みの内容と、まだ実施していない内容を説明してください。',
  },
  'not-applicable': {
    en: 'Explain why this item does not apply to your service.',
    ja: 'この項目が貴社のサービスに該当しない理由を説明してください。',
  },
  disputed: {
    en: 'Explain what you object to.',
    ja: '異議の内容を説明してください。',
  },
};

/** The answer that a draft makes; only for one without problems. */
export function answerOf(item: string, draft: Draft & { readonly claim: Claim }): Answer {
  const { claim, text, evidence, dueBy } = tidyDraft(draft);
  return { item, claim: claim!, text, evidence, ...(dueBy && { dueBy }) };
}
