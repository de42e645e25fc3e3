import { z } from 'zod';
import { DateSchema } from '../date.js';
import type { Deadline } from '../deadline.js';
import type { Vote } from '../decision.js';
import type { ItemClass, Phase } from '../framework/schema.js';
import { IncidentCode, KeyPart, PersonId } from '../ids.js';
import type { Instant, Zone } from '../instant.js';
import type { Json } from '../json.js';
import type { InspectionPolicy } from '../policy.js';
import type { NotApplicable } from './notApplicable.js';

/** On what the result of a unit rests: after its hardening, or as it is (DOMAIN 1.5). */
export const BASES = ['AFTER_HARDENING', 'AS_IS', 'NOT_STATED'] as const;
export type Basis = (typeof BASES)[number];

/** Starts the inspection of one unit; a round starts one for each of its units. */
export const ProviderInspectionInput = z.strictObject({
  v: z.literal(1),
  round: IncidentCode,
  unit: KeyPart,
  by: PersonId,
  basis: z.enum(BASES).default('NOT_STATED'),
});
export type ProviderInspectionInput = z.output<typeof ProviderInspectionInput>;

/** Answers are in the register under this submission: published shape of the signal `answersGiven`. */
export const AnswersGiven = z.strictObject({
  v: z.literal(1),
  submission: z.string().min(8).max(80),
  // With these it is the whole Answers document, as a person or a system signals it; an activity reads and keeps it.
  inspection: z.string().max(200).optional(),
  by: z.string().max(200).optional(),
  items: z
    .array(z.custom<Json>(() => true))
    .max(500)
    .optional(),
});
export type AnswersGiven = z.output<typeof AnswersGiven>;

/** What evaluators say of an item. */
export const ITEM_RESULTS = ['SATISFIED', 'INSUFFICIENT', 'NOT_IMPLEMENTED', 'NOT_APPLICABLE', 'DISPUTED'] as const;
export type ItemVerdict = (typeof ITEM_RESULTS)[number];
export type ItemResult = ItemVerdict | 'UNANSWERED' | 'ANSWERED';

const Reason = z.string().trim().min(3, 'a reason of at least three characters').max(2000);

/** First of two evaluators: one object for the whole batch; a second evaluator confirms it by `decide`. */
export const ProposeEvaluationInput = z.strictObject({
  v: z.literal(1),
  by: PersonId,
  reason: Reason,
  results: z
    .array(
      z.strictObject({
        item: KeyPart,
        result: z.enum(ITEM_RESULTS),
        /** Evidence that the evaluator looked at, by its hash. A mandatory item is satisfied only with some. */
        reviewed: z
          .array(z.string().regex(/^sha256:[0-9a-f]{64}$/))
          .max(20)
          .default([]),
        /** What is missing or unclear: the provider reads it in a follow-up. */
        note: z.string().trim().max(2000).optional(),
      }),
    )
    .min(1)
    .max(500),
  /** The newest submission that the evaluator looked at: when another has come since, the proposal is refused. */
  lookedAt: z.string().max(80).optional(),
});
export type ProposeEvaluationInput = z.output<typeof ProposeEvaluationInput>;

/** The provider's promise to mend what failed: the date is his, who enters it is ours. */
export const CommitRemediationInput = z.strictObject({
  v: z.literal(1),
  by: PersonId,
  /** A day or a word such as 12月中. */
  due: z.string().min(2).max(60),
  reason: Reason,
});
export type CommitRemediationInput = z.output<typeof CommitRemediationInput>;

/** First of two persons: failing items are lived with until a day. The second decides `acceptRisk`. */
export const AcceptRiskInput = z.strictObject({
  v: z.literal(1),
  by: PersonId,
  items: z
    .array(KeyPart)
    .min(1)
    .max(500)
    .refine((items) => new Set(items).size === items.length, 'each item once ／ 項目は一度ずつ'),
  /** The last day on which it stands. */
  until: DateSchema,
  reason: Reason,
});
export type AcceptRiskInput = z.output<typeof AcceptRiskInput>;

/** A mail of ours came back; what came back is in the register, under the mail's key. */
export const MailBounced = z.strictObject({ v: z.literal(1), key: z.string().min(1).max(250) });
export type MailBounced = z.output<typeof MailBounced>;

/** The provider answered a mail by mail; what he wrote is in the register under this id. */
export const ReplyReceived = z.strictObject({
  v: z.literal(1),
  reply: z.string().regex(/^[0-9a-f]{16,64}$/, 'the id of a kept reply ／ 保存した返信のID'),
});
export type ReplyReceived = z.output<typeof ReplyReceived>;

/** The second line reopens a result. */
export const ReopenInput = z.strictObject({ v: z.literal(1), by: PersonId, reason: Reason });
export type ReopenInput = z.output<typeof ReopenInput>;

/** Starts an inspection that is closed once more: the second line reopens its result. */
export const ReopenedInspectionInput = z.strictObject({
  v: z.literal(1),
  resume: z.literal(true),
  reopen: ReopenInput,
});
export const isReopening = (input: unknown) => typeof input === 'object' && input !== null && 'reopen' in input;

/** The round is over: what is settled ends, what is not goes on until it is. */
export const RoundClosed = z.strictObject({ v: z.literal(1), round: IncidentCode });

/** DOMAIN 3.3. */
export type InspectionPhase =
  | 'SCOPED'
  | 'NOT_APPLICABLE'
  | 'REQUESTED'
  | 'OVERDUE'
  | 'ANSWERED'
  | 'UNDER_EVALUATION'
  | 'FOLLOW_UP_REQUESTED'
  | 'UNDER_DISCUSSION'
  | 'ESCALATED'
  | 'SATISFIED'
  | 'NOT_SATISFIED'
  | 'REMEDIATION_COMMITTED'
  | 'RE_INSPECTION'
  | 'CLOSED';

export type EndingPhase = 'SATISFIED' | 'NOT_APPLICABLE';

export interface ItemStanding {
  readonly phase: Phase;
  readonly class: ItemClass;
  readonly result: ItemResult;
  /** Functions of the unit that it protects: what its failure proposes to stop. */
  readonly protects?: readonly string[];
  /** Asked only after an answer to another item. */
  readonly conditional?: true;
  /** A conditional item that the answers so far ask: until then it counts in nothing. */
  readonly asked?: true;
  /** Was judged to fail, and nobody has judged since that it does not: a new answer alone mends nothing. */
  readonly failed?: true;
  /** How many submissions had come when evaluators last judged it to fail: what came later is new. */
  readonly failedAfter?: number;
}

/** A due instant with the reminders before and after it. */
export interface Asked {
  readonly at: Instant;
  readonly due: Deadline;
  /** Reminders that are still to come, in order. */
  readonly reminders: readonly Instant[];
  readonly escalateAt: Instant;
}

export interface Remediation {
  readonly due: Deadline;
  readonly reminders: readonly Instant[];
  /** Absent once it was escalated. */
  readonly escalateAt?: Instant;
  readonly standing: 'ON_TRACK' | 'AT_RISK' | 'MISSED';
  /** What is promised. */
  readonly text: string;
  readonly madeAt: Instant;
}

/** Failing items that two persons live with for a time (DOMAIN 3.3, invariant 12). */
export interface RiskAcceptance {
  readonly n: number;
  readonly items: readonly string[];
  /** The last instant at which it stands. */
  readonly until: Instant;
  readonly by: readonly string[];
  readonly reason: string;
  readonly acceptedAt: Instant;
}

/** A mail that still has to go out; `n` is its key within the inspection. */
export interface PendingMail {
  readonly kind: MailKind;
  readonly n: number;
  /** When it first did not go out. */
  readonly failingSince?: Instant;
  /** People were called because it does not go out. */
  readonly told?: true;
}

export interface InspectionTerms {
  readonly policyVersion: string;
  readonly acts: boolean;
  readonly zone: Zone;
  readonly drill: boolean;
  readonly inspection: InspectionPolicy;
}

export interface InspectionState {
  readonly v: 1;
  readonly id: string;
  /** The round's code: inspections stand under it as suspensions stand under an incident. */
  readonly incident: string;
  readonly sequence: number;
  readonly unit: string;
  readonly group: string;
  readonly own: boolean;
  /** Own units: nobody evaluates a unit that he owns. */
  readonly owner?: string;
  readonly by: string;
  readonly basis: Basis;
  readonly framework: { readonly id: string; readonly version: string };
  readonly digest: string;
  readonly phase: InspectionPhase;
  /** Applicable items. */
  readonly items: Readonly<Record<string, ItemStanding>>;
  /** Items that the unit's form leaves out: never counted as satisfied. */
  readonly leftOut: number;
  /** The open request: first question or follow-up. */
  readonly asked?: Asked;
  /** When the unit was last asked. */
  readonly askedAt?: Instant;
  readonly overdueSince?: Instant;
  readonly answeredAt?: Instant;
  /** Submissions taken in, newest last; a repeat is the same. */
  readonly submissions: readonly string[];
  /** Items answered anew after the result stood: judged when somebody reopens it. */
  readonly lateAnswers?: readonly string[];
  readonly evaluationDue?: Deadline;
  /** Nobody evaluated in time, and people were called. */
  readonly evaluationLate?: true;
  /** Proposals of evaluators so far: the digest of an old one fits no new one. */
  readonly proposals: number;
  /** The evaluation that waits for its second evaluator. */
  readonly proposed?: {
    readonly by: string;
    readonly digest: string;
    readonly results: Readonly<Record<string, ItemVerdict>>;
  };
  readonly evaluations: number;
  /** Digest of the last evaluation that two persons agreed on: its open points are what is asked again. */
  readonly lastEvaluation?: string;
  /** Confirmed; what becomes of it is decided next. */
  readonly evaluated?: true;
  readonly followUps: number;
  /** Follow-ups since the last discussion. */
  readonly followUpsInRow: number;
  /** Counts what was asked of people: what was decided before answers no later question. */
  readonly questions: number;
  /** Where the unit was when it was escalated. */
  readonly escalatedFrom?: 'answer' | 'discussion';
  readonly discussion?: { readonly due: Deadline };
  readonly remediation?: Remediation;
  /** Days that were promised before the present promise: kept, never overwritten. */
  readonly promised: readonly string[];
  readonly riskProposed?: Omit<RiskAcceptance, 'n' | 'acceptedAt'> & { readonly digest: string };
  readonly risk?: RiskAcceptance;
  readonly risks: number;
  /** That nothing applies, while it is the result. Absent in decisions of before. */
  readonly notApplicable?: NotApplicable;
  readonly mail?: PendingMail;
  readonly mails: number;
  /** A mail that came back, and what becomes of it is not decided. */
  readonly undelivered?: { readonly kind: MailKind; readonly n: number };
  /** Replies by mail, oldest first, and how many of them somebody has read. */
  readonly replies?: readonly string[];
  readonly repliesRead?: number;
  readonly roundClosed?: true;
  /** The result that stays. */
  readonly closedAs?: EndingPhase;
  readonly votes: readonly Vote[];
  readonly receipts: Readonly<Record<string, string>>;
  readonly notUnderstood?: readonly string[];
  readonly terms: InspectionTerms;
}

export type MailKind = 'request' | 'reminder' | 'overdue' | 'follow-up' | 'remediation-reminder';

/** What the register says of a unit when its inspection opens. */
export interface InspectionPlan {
  readonly input: ProviderInspectionInput;
  readonly group: string;
  readonly own: boolean;
  readonly owner?: string;
  readonly framework: { readonly id: string; readonly version: string };
  readonly items: InspectionState['items'];
  readonly leftOut: number;
  readonly digest: string;
  readonly terms: InspectionTerms;
}

/** How a unit's result is counted and published; stages on the way are one (DOMAIN 1.7). */
export const PUBLISHED_RESULTS = [
  'NOT_ANSWERED',
  'UNDER_EVALUATION',
  'UNDER_DISCUSSION',
  'ESCALATED',
  'SATISFIED',
  'NOT_SATISFIED',
  'REMEDIATION_COMMITTED',
  'NOT_APPLICABLE',
] as const;
export type PublishedResult = (typeof PUBLISHED_RESULTS)[number];

export function publishedResult(phase: Exclude<InspectionPhase, 'CLOSED'>): PublishedResult {
  switch (phase) {
    case 'SCOPED':
    case 'REQUESTED':
    case 'OVERDUE':
      return 'NOT_ANSWERED';
    case 'ANSWERED':
    case 'UNDER_EVALUATION':
    case 'FOLLOW_UP_REQUESTED':
    case 'RE_INSPECTION':
      return 'UNDER_EVALUATION';
    default:
      return phase;
  }
}

/** Inspected, with or without gaps; a unit that promised to mend counts as inspected with an open finding. */
export const isInspected = (result: PublishedResult | 'NOT_ASKED') =>
  ['SATISFIED', 'NOT_SATISFIED', 'REMEDIATION_COMMITTED', 'NOT_APPLICABLE'].includes(result);

/** Verdicts after which something is still to be said or mended. */
export const isShort = (result: ItemResult) =>
  result === 'INSUFFICIENT' || result === 'NOT_IMPLEMENTED' || result === 'DISPUTED';

const isDone = (result: ItemResult) => result === 'SATISFIED' || result === 'NOT_APPLICABLE';

/** Does the unit have to answer it? A conditional item counts once it is asked, or was judged to fail. */
export const isVisible = ({ conditional, asked, failed }: ItemStanding) => !conditional || asked || failed;

/** A measure that is absent or insufficient; a new answer alone does not mend it. */
export const fails = ({ result, failed }: ItemStanding) =>
  !isDone(result) && (failed === true || result === 'INSUFFICIENT' || result === 'NOT_IMPLEMENTED');

const mandatoryItems = (items: InspectionState['items']) =>
  Object.entries(items).filter(
    ([, item]) => item.class === 'mandatory' && isVisible(item) && item.result !== 'NOT_APPLICABLE',
  );

/** Mandatory items: how many apply, are satisfied, fail. Not applicable ones count in none (invariant 7). */
export function mandatoryCounts({ items }: Pick<InspectionState, 'items'>) {
  const mandatory = mandatoryItems(items).map(([, item]) => item);
  return {
    mandatory: mandatory.length,
    satisfied: mandatory.filter(({ result }) => result === 'SATISFIED').length,
    failing: mandatory.filter(fails).length,
  };
}

/** `SATISFIED` if and only if every applicable mandatory item is, and there is one (invariant of DOMAIN 3.3). */
export function allSatisfied(state: Pick<InspectionState, 'items'>): boolean {
  const { mandatory, satisfied } = mandatoryCounts(state);
  return mandatory > 0 && mandatory === satisfied;
}

/** Items about which there is something left to ask. */
export const openPoints = ({ items }: Pick<InspectionState, 'items'>) =>
  Object.keys(items).filter((id) => isVisible(items[id]!) && isShort(items[id]!.result));

/** Mandatory items that are neither satisfied nor inapplicable. */
export const unsatisfied = ({ items }: Pick<InspectionState, 'items'>) =>
  mandatoryItems(items)
    .filter(([, { result }]) => !isDone(result))
    .map(([id]) => id);

/** Is there an answer to something asked that nobody has judged? */
export const hasUnjudged = ({ items }: Pick<InspectionState, 'items'>) =>
  Object.values(items).some((item) => item.result === 'ANSWERED' && isVisible(item));

/**
 * Functions that may not run because a mandatory item that protects them fails, and by which items.
 * @param accepted items whose risk is accepted: they stop nothing
 */
export function functionsAtRisk(
  { items }: Pick<InspectionState, 'items'>,
  accepted: readonly string[] = [],
): Readonly<Record<string, readonly string[]>> {
  const risk: Record<string, string[]> = {};
  for (const [id, item] of mandatoryItems(items))
    if (fails(item) && !accepted.includes(id)) for (const fn of item.protects ?? []) (risk[fn] ??= []).push(id);
  return risk;
}

/**
 * What operators filter by: whoever owes an answer past its day is overdue, whichever answer it is, and escalated after
 * that. Escalated for want of an agreement is another stage: nobody owes an answer there.
 */
export function inspectionStage({ phase, overdueSince, escalatedFrom }: InspectionState): string {
  if (phase === 'ESCALATED') return escalatedFrom === 'discussion' ? 'DISCUSSION_ESCALATED' : phase;
  return overdueSince && phase === 'FOLLOW_UP_REQUESTED' ? 'OVERDUE' : phase;
}
export const inspectionOver = (state: InspectionState) => state.phase === 'CLOSED';

/** Ends with the round; the others go on until they are: gaps are mended after it as before (C-24). */
export const endsWithRound = ({ phase }: InspectionState) => phase === 'SATISFIED' || phase === 'NOT_APPLICABLE';
