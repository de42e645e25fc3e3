import { z } from 'zod';
import type { Vote } from '../decision.js';
import type { Deadline } from '../deadline.js';
import type { Watched } from '../deadline/watch.js';
import { IncidentCode, KeyPart, PersonId } from '../ids.js';
import type { InspectionTerms } from '../providerInspection/state.js';
import type { Sentence } from '../sentence.js';

/** What the assessor looks at. */
export const SCOPES = ['plan', 'execution', 'improvement-plan'] as const;
export type Scope = (typeof SCOPES)[number];

const Reason = z.string().trim().min(3, 'a reason of at least three characters').max(2000);
const Text = z.string().trim().min(1).max(2000);
const Bilingual = z.strictObject({ ja: Text, en: Text });

/** Proposes a third-party evaluation of a round; the audit role commissions it. */
export const EvaluationInput = z.strictObject({
  v: z.literal(1),
  round: IncidentCode,
  /** A person of the roster with the role assessor and no other. */
  assessor: PersonId,
  scope: z
    .array(z.enum(SCOPES))
    .min(1)
    .max(SCOPES.length)
    .default([...SCOPES]),
  /** By when the final opinion is due by contract: a day, or a word such as 11月上旬. */
  due: z.string().min(2).max(60),
  firmness: z.enum(['committed', 'target']).default('committed'),
  /** The assessor's own statement of independence, or where it lies; compliance confirms it. */
  statement: Text.optional(),
  by: PersonId,
  reason: Reason,
});
export type EvaluationInput = z.output<typeof EvaluationInput>;

/** Assessor: the plan of the round was looked at. */
export const ReviewPlanInput = z.strictObject({
  v: z.literal(1),
  by: PersonId,
  reason: Reason,
  remarks: z.array(Bilingual).max(100).default([]),
});
export type ReviewPlanInput = z.output<typeof ReviewPlanInput>;

/** Assessor: fieldwork begins. */
export const StartFieldworkInput = z.strictObject({ v: z.literal(1), by: PersonId });
export type StartFieldworkInput = z.output<typeof StartFieldworkInput>;

export const OPINIONS = ['clean', 'with-exceptions', 'adverse'] as const;
export type Opinion = (typeof OPINIONS)[number];

/** Assessor: a version of the opinion. The final one ends the evaluation. */
export const SubmitOpinionInput = z
  .strictObject({
    v: z.literal(1),
    by: PersonId,
    stage: z.enum(['draft', 'final']),
    opinion: z.enum(OPINIONS),
    exceptions: z
      .array(
        z.strictObject({
          unit: KeyPart,
          reason: z.union([Text, Bilingual]),
          /** The assessor says that the unit's functions are stopped. */
          suspended: z.boolean(),
        }),
      )
      .max(2000)
      .default([]),
    recommendations: z.array(Bilingual).max(100).default([]),
    /** Digest of the round's report that it is about. */
    digest: z.string().regex(/^[0-9a-f]{32}$/, 'the digest of a report of this round ／ この点検の報告の要約値'),
  })
  .refine(({ opinion, exceptions }) => opinion !== 'clean' || exceptions.length === 0, {
    path: ['exceptions'],
    error: 'empty for a clean opinion ／ 除外事項のない見解では空',
  })
  .refine(({ opinion, exceptions }) => opinion !== 'with-exceptions' || exceptions.length > 0, {
    path: ['exceptions'],
    error: 'a list of at least one unit for an opinion with exceptions ／ 除外事項のある見解では一つ以上の対象',
  });
export type SubmitOpinionInput = z.output<typeof SubmitOpinionInput>;

/** Operator: what is not right in the draft, in fact. It stands beside the opinion and changes nothing in it. */
export const FactCheckInput = z.strictObject({
  v: z.literal(1),
  by: PersonId,
  /** Without any the facts are right. */
  remarks: z.array(z.strictObject({ unit: KeyPart.optional(), text: Text })).max(500),
});
export type FactCheckInput = z.output<typeof FactCheckInput>;

/** DOMAIN 3.3; before it is commissioned it is proposed, and `REFUSED` was not, or was not independent. */
export type EvaluationPhase =
  | 'PROPOSED'
  | 'REFUSED'
  | 'COMMISSIONED'
  | 'INDEPENDENCE_CHECKED'
  | 'PLAN_REVIEWED'
  | 'FIELDWORK'
  | 'DRAFT_OPINION'
  | 'FACT_CHECK'
  | 'FINAL';

/** As reports print it (DOMAIN 4.2). */
export type OpinionResult = 'FINAL' | 'FINAL_WITH_EXCEPTIONS' | 'FINAL_ADVERSE';

/** An exception that says something else of a unit than was read back of its functions. */
export interface Contradiction {
  readonly unit: string;
  readonly said: 'suspended' | 'not-suspended';
  readonly states: readonly { readonly function: string; readonly state: string }[];
}

export interface EvaluationState {
  readonly v: 1;
  readonly id: string;
  /** The round's code. */
  readonly incident: string;
  readonly sequence: number;
  readonly assessor: string;
  readonly scope: readonly Scope[];
  readonly statement?: string;
  readonly by: string;
  readonly digest: string;
  readonly phase: EvaluationPhase;
  readonly watched: Watched;
  /** How many versions of the opinion there are. */
  readonly versions: number;
  readonly last?: { readonly version: number; readonly hash: string };
  readonly factCheckDue?: Deadline;
  readonly factChecks: number;
  readonly result?: OpinionResult;
  /** Waits for somebody of audit or compliance to look into it. */
  readonly contradicted?: readonly Contradiction[];
  readonly votes: readonly Vote[];
  readonly receipts: Readonly<Record<string, string>>;
  readonly terms: InspectionTerms;
}

/** What the register says when an evaluation is proposed. */
export interface EvaluationPlan {
  readonly input: EvaluationInput;
  readonly watched: Watched;
  readonly digest: string;
  /** An earlier proposal that was refused gives the number of timeline lines to go on from. */
  readonly sequence: number;
  readonly terms: InspectionTerms;
}

/** What the register says of a version of the opinion. */
export interface ExaminedOpinion {
  /** SHA-256 of the version, hexadecimal. */
  readonly hash: string;
  readonly contradictions: readonly Contradiction[];
  readonly factCheckDue: Deadline;
}

export interface OpinionReceipt {
  readonly version: number;
  readonly hash: string;
  readonly contradictions: readonly Contradiction[];
  readonly message: Sentence;
}

const RESULTS: Record<Opinion, OpinionResult> = {
  clean: 'FINAL',
  'with-exceptions': 'FINAL_WITH_EXCEPTIONS',
  adverse: 'FINAL_ADVERSE',
};
export const opinionResult = (opinion: Opinion): OpinionResult => RESULTS[opinion];

export const evaluationStage = ({ phase, result }: EvaluationState): string => result ?? phase;

/** A final opinion that the register contradicts waits until somebody looked into it. */
export const evaluationOver = ({ phase, contradicted }: EvaluationState) =>
  phase === 'REFUSED' || (phase === 'FINAL' && !contradicted);

/** Is an opinion still to come? */
export const opinionOwed = ({ phase }: EvaluationState) => phase !== 'REFUSED' && phase !== 'FINAL';
