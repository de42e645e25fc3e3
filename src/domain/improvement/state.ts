import { z } from 'zod';
import type { Vote } from '../decision.js';
import type { Watched } from '../deadline/watch.js';
import { IncidentCode, KeyPart, PersonId } from '../ids.js';
import type { InspectionTerms } from '../providerInspection/state.js';
import type { Sentence } from '../sentence.js';

/** What gets better (C-17 to C-22). */
export const SUBJECTS = ['ivr-callback', 'link-monitoring', 'charge-monitoring', 'link-letter', 'other'] as const;
export type Subject = (typeof SUBJECTS)[number];

/** The way from the first talk to a working control, in order. */
export const WAY = ['TALKS', 'AGREED', 'IN_PREPARATION', 'IN_FORCE'] as const;
export type Stage = (typeof WAY)[number] | 'DROPPED';

const Reason = z.string().trim().min(3, 'a reason of at least three characters').max(2000);
const Text = z.string().trim().min(1).max(2000);
const Due = z.string().min(2).max(60);
const Firmness = z.enum(['statutory', 'committed', 'target', 'principle']);

/** Starts an improvement: with whom, what, and where it stands. */
export const ImprovementInput = z
  .strictObject({
    v: z.literal(1),
    round: IncidentCode,
    /** Counterparts, whatever the result of their inspection is; own units for what the bank does itself. */
    units: z.array(KeyPart).min(1).max(2000),
    subject: z.enum(SUBJECTS),
    /** What is to get better, where the subject does not say it. */
    text: z.strictObject({ ja: Text, en: Text }).optional(),
    stage: z.enum(['TALKS', 'AGREED', 'IN_PREPARATION']).default('TALKS'),
    /** A day or a word such as 12月中. Without it nothing more is promised than to begin (C-22). */
    due: Due.optional(),
    firmness: Firmness.default('target'),
    by: PersonId,
    reason: Reason,
  })
  .refine(({ subject, text }) => subject !== 'other' || text !== undefined, {
    path: ['text'],
    error: 'given in ja and en for the subject other ／ subject が other のときは ja と en で必要',
  });
export type ImprovementInput = z.output<typeof ImprovementInput>;

export const MoveStageInput = z.strictObject({
  v: z.literal(1),
  by: PersonId,
  stage: z.enum(['AGREED', 'IN_PREPARATION', 'IN_FORCE', 'DROPPED']),
  reason: Reason,
});
export type MoveStageInput = z.output<typeof MoveStageInput>;

export const SetDueInput = z.strictObject({
  v: z.literal(1),
  by: PersonId,
  due: Due,
  /** As before without it. */
  firmness: Firmness.optional(),
  reason: Reason,
});
export type SetDueInput = z.output<typeof SetDueInput>;

export interface ImprovementState {
  readonly v: 1;
  readonly id: string;
  /** The round's code. */
  readonly incident: string;
  readonly sequence: number;
  readonly name: string;
  readonly units: readonly string[];
  readonly subject: Subject;
  readonly text: Sentence;
  readonly by: string;
  readonly digest: string;
  readonly stage: Stage;
  readonly watched?: Watched;
  /** Days that were promised before: kept, never overwritten. */
  readonly earlier: readonly string[];
  /** It is to be given up; a second person decides. */
  readonly dropping?: { readonly by: string };
  /** How often that was proposed: each proposal is a question of its own. */
  readonly drops: number;
  /** In force, and providers.yaml does not say so yet. */
  readonly methodToChange?: true;
  readonly votes: readonly Vote[];
  readonly receipts: Readonly<Record<string, string>>;
  readonly terms: InspectionTerms;
}

/** What the register says when an improvement is started. */
export interface ImprovementPlan {
  readonly name: string;
  readonly input: ImprovementInput;
  readonly watched?: Watched;
  readonly digest: string;
  readonly terms: InspectionTerms;
}

export const improvementOver = ({ stage, methodToChange }: ImprovementState) =>
  stage === 'DROPPED' || (stage === 'IN_FORCE' && !methodToChange);

/** Is something still to be done by somebody, so that its day matters? */
export const underWay = ({ stage }: Pick<ImprovementState, 'stage'>) => stage !== 'DROPPED' && stage !== 'IN_FORCE';

export const improvementStage = ({ stage }: ImprovementState): string => stage;

/** How its day stands: in force past a missed day it stays missed. */
export function improvementStanding({ stage, watched }: ImprovementState): string | null {
  if (!watched) return null;
  return stage === 'IN_FORCE' && watched.standing !== 'MISSED' ? 'MET' : watched.standing;
}
