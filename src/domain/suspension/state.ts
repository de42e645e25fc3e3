import { z } from 'zod';
import { AmountSchema } from '../amount.js';
import type { Deadline } from '../deadline.js';
import type { Vote } from '../decision.js';
import type { Duties } from '../duty.js';
import type { Measure } from '../holds.js';
import { IncidentCode, KeyPart, PersonId, TargetId } from '../ids.js';
import { type Duration, type Instant, InstantSchema, type Zone } from '../instant.js';
import type { Policy } from '../policy.js';
import type { Sentence } from '../sentence.js';
import type { Single } from '../single.js';
import type { SuspensionPreview } from './preview.js';

/** Starts a suspension: the one JSON object of the Web UI's start form. */
export const SuspensionInput = z.strictObject({
  v: z.literal(1),
  incident: IncidentCode,
  measure: z.enum(['suspend', 'restrict']),
  targets: z.array(TargetId).min(1).max(200),
  by: PersonId,
  reason: z.string().trim().min(3, 'a reason of at least three characters').max(2000),
  /** What made it necessary, e.g. `lossConfirmed` or `inspection`. */
  trigger: KeyPart.optional(),
  failedControl: KeyPart.optional(),
  legalBasis: z.string().max(500).optional(),
  /** Expected end; absent means undetermined (未定). */
  expectedEnd: InstantSchema.optional(),
  limitYen: AmountSchema.optional(),
  inFlight: z.enum(['finish', 'hold', 'reject']).optional(),
  /** Functions to be judged within the sibling review besides those that share the failed control. */
  alsoReview: z.array(TargetId).max(100).optional(),
  /** The duty officer alone, effect at once, to be ratified. */
  emergency: z.boolean().optional(),
  /** Set by a containment or a sibling review that already decided; checked against the register. */
  decidedIn: z.string().max(255).optional(),
});

export type SuspensionInput = z.output<typeof SuspensionInput>;

export const ProposeLiftInput = z.strictObject({
  v: z.literal(1),
  by: PersonId,
  reason: z.string().trim().min(3, 'a reason of at least three characters').max(2000),
});

export type ProposeLiftInput = z.output<typeof ProposeLiftInput>;

/** What the sweep found: the channel says something else than what must hold. */
export const DriftFound = z.strictObject({
  v: z.literal(1),
  target: TargetId,
  readBack: z.string().max(40),
  at: InstantSchema,
});

export type DriftFound = z.output<typeof DriftFound>;

export type Phase = 'proposed' | 'refused' | 'expired' | 'ordered' | 'lifting' | 'watching' | 'lifted' | 'reversed';

export type Stage =
  | 'PROPOSED'
  | 'REFUSED'
  | 'EXPIRED'
  | 'APPROVED'
  | 'EXECUTING'
  | 'PARTIALLY_FAILED'
  | 'EMERGENCY_IN_FORCE'
  | 'IN_FORCE'
  | 'LIFT_PROPOSED'
  | 'LIFTING'
  | 'WATCHED'
  | 'LIFTED'
  | 'REVERSED';

/** When a target is stopped, among those of its service: lower first, equal ones together. */
export interface Turn {
  readonly service: string;
  readonly order: number;
}

export interface TargetStanding {
  /** `held`: the measure must be in effect. `released`: this suspension asks for nothing any more. */
  readonly goal: 'held' | 'released';
  readonly status: 'waiting' | 'settled' | 'needs-human' | 'done-by-hand' | 'skipped';
  /** Absent: it is asked at once. */
  readonly turn?: Turn;
  readonly orderedAt: Instant;
  readonly executedAt?: Instant;
  readonly verifiedAt?: Instant;
  /** By when it must be read back; later it counts as partly failed. */
  readonly due: Instant;
  readonly late: boolean;
  readonly readBack?: string;
  readonly order?: number;
  /** Other suspensions that still hold the function after this one let go. */
  readonly alsoHeldBy?: readonly string[];
  /** A ban on trying before this instant: Retry-After, or the pace of repeats. */
  readonly notBefore?: Instant;
  readonly problem?: string;
  /** What a person is to do, where no system can be asked. */
  readonly instruction?: Sentence;
  readonly tries: number;
  /** When drift was mended by a new order, for the limit of 24 hours. */
  readonly drifts: readonly Instant[];
  /** How often people decided about it: each decision has a digest of its own, so that a second "retry" is no repeat. */
  readonly decided?: number;
}

export interface Sibling {
  /** It stands for single cards or accounts: it is kept, or single ones are stopped by a suspension of their own. */
  readonly single?: Single;
  readonly verdict?: 'keep' | 'stop';
  readonly by?: string;
  /** The suspension of a function that may not go on runs. */
  readonly started?: true;
}

export interface SuspensionState {
  readonly v: 1;
  readonly id: string;
  readonly incident: string;
  readonly sequence: number;
  readonly phase: Phase;
  readonly measure: Measure;
  readonly limitYen?: number;
  readonly inFlight?: string;
  readonly emergency: boolean;
  readonly decidedIn?: string;
  readonly failedControl?: string;
  readonly expectedEnd?: Instant;
  /** What people see before they approve or ratify it; absent once that is done, and where nobody is asked. */
  readonly preview?: SuspensionPreview;
  readonly proposal: { readonly by: string; readonly at: Instant; readonly digest: string; readonly expires: Deadline };
  readonly votes: readonly Vote[];
  readonly targets: Readonly<Record<string, TargetStanding>>;
  readonly siblings: Readonly<Record<string, Sibling>>;
  readonly siblingsDue?: Deadline;
  /** When the sibling review was due, once its escalation is done. */
  readonly siblingsOverdue?: Instant;
  readonly ratification?: {
    readonly due: Deadline;
    readonly by?: string;
    readonly nextCall: Instant;
    readonly escalated: boolean;
  };
  readonly review?: { readonly due: Deadline; readonly digest: string; readonly escalated: boolean };
  /** Reviews and lift proposals so far: the digest of an old one fits no new one. */
  readonly reviews?: number;
  readonly lifts?: number;
  readonly lift?: { readonly by: string; readonly at: Instant; readonly digest: string };
  /** A wrong stop that is being taken back: no watch follows. */
  readonly reversal?: true;
  readonly watchEnds?: Deadline;
  /** Another case behind the restriction, and nothing acted: it is to be decided again now. */
  readonly restrictionTripped?: true;
  /** The watch was tripped and nothing acted: people were called. */
  readonly watchTripped?: true;
  readonly inForceSince?: Instant;
  readonly duties?: Duties;
  readonly receipts: Readonly<Record<string, string>>;
  /** Mistakes in signals that people were called for. */
  readonly notUnderstood?: readonly string[];
  readonly terms: Terms;
}

/** The versioned data that this suspension lives by, as read when it was opened. */
export interface Terms {
  readonly policyVersion: string;
  readonly acts: boolean;
  readonly zone: Zone;
  readonly drill: boolean;
  readonly suspension: Policy['suspension'];
  readonly duties: Policy['duties'];
  /** Functions that no time-out and no tripwire may stop without a person (`autoStop: false` in the service map). */
  readonly personOnly?: readonly string[];
  /** How long a restriction lasts without another decision. Absent in older states: theirs is reviewed like a stop. */
  readonly redecideWithin?: Duration;
}

export interface Plan {
  readonly input: SuspensionInput;
  readonly digest: string;
  readonly preview?: SuspensionPreview;
  /** Those of them that are no function to be stopped as a whole. */
  readonly singles?: Readonly<Record<string, Single>>;
  /** By target, where a service is not stopped all at once. */
  readonly turns?: Readonly<Record<string, Turn>>;
  /** Functions to be judged: those that share the failed control, and those named by the proposer. */
  readonly siblings: readonly string[];
  readonly terms: Terms;
}

/** Dealt with: read back, done by hand under a name, or skipped by a person. */
export const isSettled = (target: TargetStanding) =>
  target.status === 'settled' || target.status === 'done-by-hand' || target.status === 'skipped';

export function isOver(state: SuspensionState): boolean {
  return ['refused', 'expired', 'lifted', 'reversed'].includes(state.phase);
}

/** The stage people read (DOMAIN 3.3). */
export function stageOf(state: SuspensionState): Stage {
  const targets = Object.values(state.targets);
  switch (state.phase) {
    case 'proposed':
      return state.emergency || state.decidedIn ? 'APPROVED' : 'PROPOSED';
    case 'refused':
      return 'REFUSED';
    case 'expired':
      return 'EXPIRED';
    case 'lifting':
      return targets.some((t) => t.late && !isSettled(t)) ? 'PARTIALLY_FAILED' : 'LIFTING';
    case 'watching':
      return 'WATCHED';
    case 'lifted':
      return 'LIFTED';
    case 'reversed':
      return 'REVERSED';
    case 'ordered':
      if (targets.some((t) => t.late && !isSettled(t)) || targets.some((t) => t.status === 'needs-human'))
        return 'PARTIALLY_FAILED';
      if (targets.some((t) => !isSettled(t))) return 'EXECUTING';
      if (state.lift) return 'LIFT_PROPOSED';
      return state.emergency && !state.ratification?.by ? 'EMERGENCY_IN_FORCE' : 'IN_FORCE';
  }
}

/** A restriction that no containment decided: it carries the re-decision and the tripwire itself (K-03). */
export const isRedecidedHere = ({ measure, decidedIn, terms }: SuspensionState) =>
  measure === 'restrict' && terms.redecideWithin !== undefined && !decidedIn?.startsWith('containment/');

/** Functions that no time-out and no tripwire may stop without a person. */
export const isPersonOnly = ({ terms }: SuspensionState, target: string): boolean =>
  terms.personOnly?.includes(target.split('/')[0]!) ?? false;

/** Targets that a time-out or a tripwire may stop, and those that only a person may: all of them where nothing acts. */
export function whoStops(state: SuspensionState): { readonly policy: string[]; readonly person: string[] } {
  const ids = Object.keys(state.targets);
  const policy = state.terms.acts ? ids.filter((id) => !isPersonOnly(state, id)) : [];
  return { policy, person: ids.filter((id) => !policy.includes(id)) };
}

/** Still waits for people: no emergency, and decided neither here nor by the workflow that started it. */
export const unapproved = (state: SuspensionState) =>
  state.phase === 'proposed' && !state.emergency && !state.decidedIn;

export const numbered = (digest: string, n: number) => (n > 1 ? `${digest}-${n}` : digest);

/** Digest of the question about one target. */
export const targetDigest = (state: SuspensionState, id: string) =>
  numbered(state.proposal.digest, (state.targets[id]?.decided ?? 0) + 1);

/** What `settle` brought back about one target. */
export type Settled =
  | {
      readonly kind: 'in-effect';
      readonly state: string;
      readonly order?: number;
      readonly executedAt?: Instant;
      readonly verifiedAt: Instant;
      readonly alsoHeldBy: readonly string[];
    }
  | { readonly kind: 'not-yet'; readonly problem: string; readonly order?: number; readonly afterSeconds?: number }
  | { readonly kind: 'refused'; readonly problem: string; readonly order?: number }
  | {
      readonly kind: 'by-hand';
      readonly problem: string;
      readonly order?: number;
      /** What the person is to do. Absent in answers of before. */
      readonly instruction?: Sentence;
    };

/** Orders are out: holds placed, or let go and not yet proven. */
export const isWorking = ({ phase }: SuspensionState) => phase === 'ordered' || phase === 'lifting';

/** `sibling:mijica-web` -> ['sibling', 'mijica-web']. */
export function splitSubject(subject: string): [string, string | undefined] {
  const colon = subject.indexOf(':');
  return colon < 0 ? [subject, undefined] : [subject.slice(0, colon), subject.slice(colon + 1)];
}

/** All targets of the current goal are dealt with. */
export const allSettled = (state: SuspensionState) => Object.values(state.targets).every(isSettled);

/** Id of the suspension that a sibling review starts for a function that may not go on. */
export function siblingSuspension(state: SuspensionState, sibling: string): string {
  return `${state.id}-and-${sibling.replace('/', '-')}`;
}
