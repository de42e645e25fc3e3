import type { Firmness } from '../deadline.js';
import type { Stage, Subject } from '../improvement/state.js';
import type { Instant } from '../instant.js';
import type { Basis, PublishedResult } from '../providerInspection/state.js';
import type { Unit } from '../providers.js';
import type { Sentence } from '../sentence.js';
import type { DueDay } from '../wording/due.js';

/**
 * A result as a report prints it. `NOT_ASKED`: its questions have not gone out yet, or never will since none applies to
 * it; so it cannot be called unanswered.
 */
export type ReportedResult = PublishedResult | 'NOT_ASKED';

/** @param phase of the unit's inspection; `NOT_STARTED` where there is none */
export function reportedResult(phase: string, result: PublishedResult): ReportedResult {
  return result === 'NOT_ANSWERED' && (phase === 'NOT_STARTED' || phase === 'SCOPED') ? 'NOT_ASKED' : result;
}

/** A unit as a report prints it. Mandatory items that do not apply are apart, and never counted as satisfied. */
export interface UnitResult {
  readonly unit: string;
  readonly name: Sentence;
  readonly own: boolean;
  readonly phase: string;
  readonly result: ReportedResult;
  readonly basis: Basis;
  readonly mandatory: number;
  readonly satisfied: number;
  readonly failing: number;
  readonly notApplicable: number;
  /** By phase 1 to 5. */
  readonly failingByPhase: Readonly<Record<string, number>>;
  readonly answerDue?: Instant;
  readonly overdueDays?: number;
  readonly nextDue?: Instant;
  readonly remediationDue?: DueDay;
  /** `YYYY-MM-DD` on which "not applicable" is looked at again. */
  readonly reviewDue?: string;
  /** How a customer proves at each link that the account is his; absent where the unit has none. */
  readonly authentication?: readonly LinkAuthentication[];
  readonly serviceStates: readonly { readonly function: string; readonly state: string }[];
}

export type LinkAuthentication = Unit['authentication'][number];

/** A promise of a unit, as it stands; a date that was promised before is kept beside it. */
export interface RoundCommitment extends DueDay {
  readonly unit: string;
  readonly text: string;
  readonly firmness: Firmness;
  readonly standing: string;
  /** Dates that were promised before, the first one first. */
  readonly earlier?: readonly string[];
}

/** What the independent evaluator says of the round. The operator cannot edit it. */
export interface RoundOpinion {
  /** `FINAL`, `FINAL_WITH_EXCEPTIONS` or `FINAL_ADVERSE`. */
  readonly result: string;
  readonly exceptions: readonly {
    readonly unit: string;
    readonly reason: string | Sentence;
    readonly suspended: boolean;
  }[];
  readonly recommendations: readonly Sentence[];
}

/** What is not a gap but is to get better, with any units, whatever their result is. */
export interface RoundImprovement {
  readonly name: string;
  readonly units: readonly string[];
  readonly subject: Subject;
  readonly text: Sentence;
  readonly stage: Stage;
  /** Absent where nothing more was promised than to begin. */
  readonly due?: DueDay;
  readonly firmness?: Firmness;
  /** `ON_TRACK`, `AT_RISK`, `MISSED` or `MET`. */
  readonly standing?: string;
  /** Days that were promised before, the first one first. */
  readonly earlier: readonly string[];
}

/** The result of a round as status shows it and a report prints it; made from the register alone. */
export interface RoundResult {
  readonly v: 1;
  readonly round: string;
  readonly title: Sentence;
  /** Who inspects; absent where the playbook did not say. */
  readonly institution?: Sentence;
  readonly phase: string;
  readonly asOf: Instant;
  readonly target: DueDay;
  readonly predictedEnd?: string;
  /** `YYYY-MM-DD` of the last report that was released. */
  readonly published?: string;
  readonly slipDays?: number;
  readonly complete: boolean;
  /** Ids of units without a result. */
  readonly incomplete: readonly string[];
  readonly groups: readonly {
    readonly group: string;
    readonly name: Sentence;
    readonly units: readonly UnitResult[];
  }[];
  readonly totals: Readonly<Partial<Record<ReportedResult, number>>>;
  readonly commitments: readonly RoundCommitment[];
  readonly opinion?: RoundOpinion;
  /** Absent in results that were kept before there were any. */
  readonly improvements?: readonly RoundImprovement[];
}
