import { z } from 'zod';
import type { Deadline } from '../deadline.js';
import type { Vote } from '../decision.js';
import { IncidentCode, KeyPart, PersonId } from '../ids.js';
import { InstantSchema, type Instant } from '../instant.js';
import {
  BASES,
  PUBLISHED_RESULTS,
  type Basis,
  type InspectionTerms,
  isInspected,
  type PublishedResult,
} from '../providerInspection/state.js';
import type { Sentence } from '../sentence.js';

/** Starts a round over units of `providers.yaml`: the one JSON object of the Web UI's start form. */
export const InspectionRoundInput = z.strictObject({
  v: z.literal(1),
  round: IncidentCode,
  title: z.strictObject({ ja: z.string().min(1).max(200), en: z.string().min(1).max(200) }),
  by: PersonId,
  reason: z.string().trim().min(3, 'a reason of at least three characters').max(2000),
  /** All units without it. */
  units: z.array(KeyPart).min(1).max(2000).optional(),
  /** By when it is to be finished: a word such as 10月末, and how hard that is. */
  target: z.string().min(2).max(60),
  firmness: z.enum(['statutory', 'committed', 'target', 'principle']).default('target'),
  /** On what results rest, by unit or by group; what is not named is not stated. */
  basis: z.record(KeyPart, z.enum(BASES)).default({}),
});
export type InspectionRoundInput = z.output<typeof InspectionRoundInput>;

/** An inspection tells its round that its result changed. */
export const UnitMoved = z.strictObject({
  v: z.literal(1),
  unit: KeyPart,
  result: z.enum(PUBLISHED_RESULTS),
  /** How far the inspection was when it said so: what is told again, or late, is known by it. */
  sequence: z.number().int().min(1).optional(),
  /** What the unit, or we, owe next; or since when it owes the answer that was escalated. */
  due: InstantSchema.optional(),
});
export type UnitMoved = z.output<typeof UnitMoved>;

export const ProposeReportInput = z.strictObject({ v: z.literal(1), by: PersonId });
export type ProposeReportInput = z.output<typeof ProposeReportInput>;

/** DOMAIN 3.3; `REFUSED` is a plan that was not approved. */
export type RoundPhase = 'PLANNED' | 'REFUSED' | 'OPEN' | 'ALL_ANSWERED' | 'EVALUATED' | 'REPORTED' | 'CLOSED';

export interface RoundState {
  readonly v: 1;
  readonly id: string;
  readonly incident: string;
  readonly sequence: number;
  readonly title: Sentence;
  readonly by: string;
  readonly digest: string;
  readonly phase: RoundPhase;
  readonly units: Readonly<Record<string, PublishedResult>>;
  /** Groups of the units, as the release prints them. Absent in rounds of before they were kept. */
  readonly groups?: readonly RoundGroup[];
  /** What was last heard of when each unit owes something. */
  readonly dues?: Readonly<Record<string, Instant>>;
  /** How far each inspection was when it was last heard. */
  readonly heard?: Readonly<Record<string, number>>;
  readonly basis: Readonly<Record<string, Basis>>;
  readonly target: Deadline;
  /** By when the plan is to be approved. */
  readonly approval: Deadline;
  readonly approvalLate?: true;
  readonly openedAt?: Instant;
  /** Instants at which the slip is predicted, in order. */
  readonly warnings: readonly Instant[];
  readonly predicted?: { readonly date: string; readonly slipDays: number; readonly by: readonly string[] };
  readonly targetMissed?: true;
  /** A report that waits for its release. */
  readonly proposed?: { readonly by: string; readonly digest: string; readonly incomplete: readonly string[] };
  /** Reports proposed so far: the digest of an old one fits no new one. */
  readonly proposals: number;
  readonly reports: number;
  readonly reportedAt?: Instant;
  readonly slipDays?: number;
  /** The plan names no units: all of the list are meant. */
  readonly all: boolean;
  /** Inspections that were started. */
  readonly started: boolean;
  readonly votes: readonly Vote[];
  readonly receipts: Readonly<Record<string, string>>;
  readonly notUnderstood?: readonly string[];
  readonly terms: InspectionTerms;
}

export interface RoundGroup {
  readonly name: Sentence;
  readonly units: readonly string[];
}

/** What the register says when a round is planned. */
export interface RoundPlan {
  readonly input: InspectionRoundInput;
  readonly units: readonly string[];
  readonly groups: readonly RoundGroup[];
  readonly basis: Readonly<Record<string, Basis>>;
  readonly target: Deadline;
  readonly approval: Deadline;
  readonly digest: string;
  readonly terms: InspectionTerms;
}

export const roundOver = ({ phase }: RoundState) => phase === 'CLOSED' || phase === 'REFUSED';
export const isRunning = ({ phase }: Pick<RoundState, 'phase'>) => !['PLANNED', 'REFUSED', 'CLOSED'].includes(phase);

/** Units without a result yet: named in every report (K-16). */
export const incompleteUnits = ({ units }: Pick<RoundState, 'units'>): string[] =>
  Object.keys(units)
    .filter((unit) => !isInspected(units[unit]!))
    .sort();
