import { z } from 'zod';
import type { Instant } from './instant.js';
import { PersonId } from './ids.js';
import { Refusal } from './refusal.js';
import type { Sentence } from './sentence.js';

/** What people send to `decide`, on every workflow that waits for them. */
export const DecisionSchema = z.strictObject({
  v: z.literal(1),
  /** What is decided: `approve`, `ratify`, `sibling:mijica-web`, ... The waiting workflow names it. */
  subject: z
    .string()
    .max(120)
    .regex(
      /^[a-zA-Z]+(?::[a-z0-9-]+(?:\/[A-Za-z0-9-]+)?)?$/,
      'a subject such as approve or sibling:mijica-web ／ approve や sibling:mijica-web のような判断の名',
    ),
  verdict: z.string().min(1).max(40),
  by: PersonId,
  reason: z.string().trim().min(3, 'a reason of at least three characters').max(2000),
  /** The digest of what was proposed, so that what is approved is what was shown. */
  digest: z.string().min(1).max(80),
});
export type Decision = z.output<typeof DecisionSchema>;

export interface DecisionReceipt {
  readonly subject: string;
  readonly verdict: string;
  readonly by: string;
  readonly acceptedAt: Instant;
  /** Was the decision complete with this vote, or does it wait for further persons? */
  readonly complete: boolean;
  /** Names are claims until the gateway signs decisions. */
  readonly identity: 'unverified';
  readonly message: Sentence;
}

/** One thing that a workflow waits for people to decide. Validation, task, current details and status all derive from it. */
export interface Question {
  readonly subject: string;
  /** Row of the decision table, e.g. `suspension.approve`. */
  readonly rule: string;
  readonly verdicts: readonly string[];
  readonly digest: string;
  readonly due?: Instant;
  readonly asks: Sentence;
  /** What happens if nobody decides. */
  readonly otherwise: Sentence;
  /** What it asks holds for no other question: it is never told together with others of its kind. */
  readonly alone?: true;
  /** Why a verdict that others of its kind offer is none here, and what to do instead. */
  readonly instead?: Sentence;
}

/** A vote that counts towards a question that needs more than one person. */
export interface Vote {
  readonly subject: string;
  readonly verdict: string;
  readonly by: string;
  readonly role: string;
  readonly digest: string;
  readonly at: Instant;
}

/** The question that a decision answers; refuses what nobody asked, another digest, and an unknown verdict. */
export function answered(questions: readonly Question[], decision: Decision, wherever: Sentence): Question {
  const question = questions.find(({ subject }) => subject === decision.subject);
  if (!question) {
    const open = questions.map(({ subject }) => subject).join(', ');
    throw new Refusal({
      en: `Nobody waits for a decision on "${decision.subject}" now. ${wherever.en} ${open ? `It waits for: ${open}.` : 'It waits for no decision.'}`,
      ja: `今は「${decision.subject}」の判断を待っていません。${wherever.ja}${open ? `待っている判断: ${open}。` : '待っている判断はありません。'}`,
    });
  }
  if (!question.verdicts.includes(decision.verdict)) {
    throw new Refusal({
      en: `The verdict on "${question.subject}" must be one of: ${question.verdicts.join(', ')}.${question.instead ? ` ${question.instead.en}` : ''}`,
      ja: `「${question.subject}」の判断は次のいずれかにしてください: ${question.verdicts.join('、')}。${question.instead?.ja ?? ''}`,
    });
  }
  if (question.digest !== decision.digest) {
    throw new Refusal({
      en: `The digest is not the one of what is proposed now: it changed, or was mistyped. Look at the proposal again and send the digest "${question.digest}".`,
      ja: `要約値が現在の提案と一致しません（提案が変わったか、入力の誤りです）。提案を見直し、要約値「${question.digest}」を送ってください。`,
    });
  }
  return question;
}
