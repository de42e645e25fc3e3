import { z } from 'zod';
import type { Deadline } from '../deadline/value.js';
import type { Vote } from '../decision.js';
import type { UnitGaps } from '../framework/diff.js';
import { KeyPart } from '../ids.js';
import type { Zone } from '../instant.js';

/** A published version of a framework. */
export interface FrameworkVersion {
  readonly framework: string;
  readonly version: string;
}

/** Starts the review of what a version asks and units of rounds never answered. A sweep sends it. */
export const GapReviewInput = z.strictObject({
  v: z.literal(1),
  framework: KeyPart,
  // Half a character cannot stand in an id.
  version: z.string().regex(/^\P{Cs}+$/u, 'the version of a framework ／ 基準の版'),
});
export type GapReviewInput = z.output<typeof GapReviewInput>;

/** How much a gap list holds; what a unit owes in two rounds counts once. */
export interface GapCount {
  readonly units: number;
  /** Items that a unit never answered. */
  readonly items: number;
  /** Items that a unit answered in an earlier wording. */
  readonly reworded: number;
}

export interface GapReviewState extends FrameworkVersion {
  readonly v: 1;
  readonly id: string;
  /** It belongs to no incident and to no single round. */
  readonly incident: '-';
  readonly sequence: number;
  /** Units with gaps when the review began. */
  readonly units: readonly string[];
  readonly openRounds: GapCount;
  readonly closedRounds: GapCount;
  readonly due: Deadline;
  readonly digest: string;
  readonly overdue?: true;
  /** `askAgain`: the units are asked in a new round. `keep`: they are not. */
  readonly verdict?: 'askAgain' | 'keep';
  readonly votes: readonly Vote[];
  readonly receipts: Readonly<Record<string, string>>;
  readonly zone: Zone;
}

/** What the register says when a review is started. */
export interface GapReviewPlan {
  readonly input: GapReviewInput;
  readonly gaps: readonly UnitGaps[];
  readonly due: Deadline;
  readonly digest: string;
  readonly zone: Zone;
}

export const gapReviewOver = ({ verdict }: GapReviewState) => verdict !== undefined;
export const gapReviewStage = (state: GapReviewState) => (gapReviewOver(state) ? 'REVIEWED' : 'REVIEWING');
