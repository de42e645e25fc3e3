import { z } from 'zod';
import { AmountSchema } from '../amount.js';
import type { Deadline } from '../deadline.js';
import type { Vote } from '../decision.js';
import type { Duties } from '../duty.js';
import { IncidentCode, KeyPart, TargetId } from '../ids.js';
import { earliest, type Instant, InstantSchema, type Zone } from '../instant.js';
import type { Policy } from '../policy.js';
import type { SuspensionInput } from '../suspension/state.js';

/** A confirmed loss on a function: published shape of the signal `lossConfirmed`. Repeats carry the same reference. */
export const LossConfirmed = z.strictObject({
  v: z.literal(1),
  incident: IncidentCode,
  target: TargetId,
  /** Whatever the sender knows the finding by; the same reference is the same finding. */
  reference: KeyPart,
  /** Cases (件). */
  count: AmountSchema,
  occurredAt: InstantSchema,
  /** Start of the hour clocks. */
  confirmedAt: InstantSchema,
  failedControl: KeyPart.optional(),
});

export type LossConfirmed = z.output<typeof LossConfirmed>;

export const ContainmentInput = z.strictObject({
  v: z.literal(1),
  incident: IncidentCode,
  target: TargetId,
  /** The first confirmed loss; a start without one waits for the signal. */
  loss: LossConfirmed.optional(),
});

export type ContainmentInput = z.output<typeof ContainmentInput>;

export type ContainmentPhase = 'awaiting-loss' | 'deciding' | 'overdue' | 'measured' | 'suspending' | 'closed';

export const CONTAINMENT_VERDICTS = ['suspend', 'restrict', 'continue'] as const;

export interface ContainmentTerms {
  readonly policyVersion: string;
  readonly acts: boolean;
  readonly zone: Zone;
  readonly drill: boolean;
  readonly containment: Policy['containment'];
  readonly duties: Policy['duties'];
  /** May a time-out or tripwire stop the function without a person? */
  readonly autoStop: boolean;
}

export interface ContainmentState {
  readonly v: 1;
  readonly id: string;
  readonly incident: string;
  readonly target: string;
  readonly sequence: number;
  readonly phase: ContainmentPhase;
  /** Counts decisions: the digest of an old one fits no new one. */
  readonly round: number;
  readonly losses: Readonly<Record<string, { readonly count: number; readonly confirmedAt: Instant }>>;
  readonly failedControl?: string;
  readonly planDigest: string;
  readonly decideBy?: Deadline;
  readonly warnings: readonly Instant[];
  readonly nextReminder?: Instant;
  readonly current?: 'restrict' | 'continue';
  /** Another loss after the last measure: the decision is wanted now, whatever its due instant says. */
  readonly tripped?: true;
  /** What was decided did not start: the decision is wanted again, now. */
  readonly notStarted?: true;
  /** Votes for the present round, when the decision table asks for more than one person. */
  readonly votes?: readonly Vote[];
  /** A restriction or suspension that is decided and has to be started. */
  readonly toStart?: { readonly id: string; readonly input: SuspensionInput };
  readonly duties?: Duties;
  readonly receipts: Readonly<Record<string, string>>;
  /** Mistakes in signals that people were called for. */
  readonly notUnderstood?: readonly string[];
  readonly terms: ContainmentTerms;
}

export interface ContainmentPlan {
  readonly incident: string;
  readonly target: string;
  readonly digest: string;
  readonly terms: ContainmentTerms;
  /** Where numbering goes on, when an earlier containment of the same function closed. */
  readonly sequence: number;
  readonly round: number;
  /** Losses that an earlier containment of the same function took in: their repeats are no new cases. */
  readonly losses?: ContainmentState['losses'];
}

export const digestOf = (state: ContainmentState) => `${state.planDigest}-${state.round}`;

/** When this containment next does something by itself. */
export function nextClock(state: ContainmentState): Instant | undefined {
  if (state.phase === 'deciding') return earliest(state.warnings[0], state.decideBy?.at);
  if (state.phase === 'measured') return state.decideBy?.at;
  if (state.phase === 'overdue') return state.nextReminder;
  return undefined;
}

export function containmentStage(state: ContainmentState): string {
  return {
    'awaiting-loss': 'AWAITING_LOSS',
    deciding: 'DECIDING',
    overdue: 'OVERDUE',
    measured: state.current === 'restrict' ? 'RESTRICTED' : 'CONTINUED',
    suspending: 'SUSPENDING',
    closed: 'CLOSED',
  }[state.phase];
}
