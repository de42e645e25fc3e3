import { z } from 'zod';
import type { Deadline } from './deadline.js';
import { elapsed, ratification } from './deadline.js';
import { answered, type Decision, type Vote } from './decision.js';
import type { Measure } from './holds.js';
import { IncidentCode, KeyPart, PersonId, TargetId } from './ids.js';
import { DAY, InstantSchema, millis, plus, type Instant, type Zone } from './instant.js';
import type { Policy } from './policy.js';
import { DUTIES } from './duty.js';
import { Refusal } from './refusal.js';
import type { Role } from './roster.js';
import { suspensionQuestions } from './suspensionQuestions.js';
import type { Change, Entry, Row } from './transition.js';
import { measureNotStarted } from './wording/standing.js';
import { wordsFor } from './wording/suspension.js';

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
  limitYen: z.number().int().positive().optional(),
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

export interface TargetStanding {
  /** `held`: the measure must be in effect. `released`: this suspension asks for nothing any more. */
  readonly goal: 'held' | 'released';
  readonly status: 'waiting' | 'settled' | 'needs-human' | 'done-by-hand' | 'skipped';
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
  readonly tries: number;
  /** When drift was mended by a new order, for the limit of 24 hours. */
  readonly drifts: readonly Instant[];
  /** How often people decided about it: each decision has a digest of its own, so that a second "retry" is no repeat. */
  readonly decided?: number;
}

export interface Sibling {
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
  /** The watch was tripped and nothing acted: people were called. */
  readonly watchTripped?: true;
  readonly inForceSince?: Instant;
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
}

export interface Plan {
  readonly input: SuspensionInput;
  readonly digest: string;
  /** Functions to be judged: those that share the failed control, and those named by the proposer. */
  readonly siblings: readonly string[];
  readonly terms: Terms;
}

const rule = (name: string, startEvent: string, state: { terms: Terms }) => ({
  rule: name,
  ruleVersion: state.terms.policyVersion,
  startEvent,
});

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

/** One line of the timeline about the suspension, or about one of its targets. */
function entry(
  state: SuspensionState,
  kind: string,
  at: Instant,
  content: Entry['content'],
  rows: Row[] = [],
  part?: string,
): Entry {
  return { entity: part ? `${state.id}#${part}` : state.id, kind, effectiveAt: at, content, rows };
}

/** A proposal, an emergency stop, or a stop that a containment or sibling review already decided. */
export function propose(id: string, plan: Plan, at: Instant): Change<SuspensionState> {
  const { input, digest, terms } = plan;
  const state: SuspensionState = {
    v: 1,
    id,
    incident: input.incident,
    sequence: 0,
    phase: 'proposed',
    measure: input.measure,
    ...(input.limitYen !== undefined && { limitYen: input.limitYen }),
    ...(input.inFlight !== undefined && { inFlight: input.inFlight }),
    emergency: input.emergency ?? false,
    ...(input.decidedIn !== undefined && { decidedIn: input.decidedIn }),
    ...(input.failedControl !== undefined && { failedControl: input.failedControl }),
    ...(input.expectedEnd !== undefined && { expectedEnd: input.expectedEnd }),
    proposal: {
      by: input.by,
      at,
      digest,
      expires: elapsed(
        rule('suspension.proposalExpires', 'proposed', plan),
        at,
        terms.suspension.proposalExpires,
        terms.zone,
      ),
    },
    votes: [],
    targets: Object.fromEntries(
      input.targets.map((target) => [
        target,
        { goal: 'held', status: 'waiting', orderedAt: at, due: at, late: false, tries: 0, drifts: [] },
      ]),
    ),
    siblings: Object.fromEntries(plan.siblings.map((sibling) => [sibling, {}])),
    receipts: {},
    terms,
  };
  const content = {
    measure: input.measure,
    targets: input.targets,
    by: input.by,
    reason: input.reason,
    trigger: input.trigger,
    failedControl: input.failedControl,
    legalBasis: input.legalBasis,
    expectedEnd: input.expectedEnd ?? 'undetermined',
    digest,
    decidedIn: input.decidedIn,
  };
  const needsApproval = !state.emergency && !state.decidedIn;
  const kind = state.emergency ? 'emergencyOrdered' : needsApproval ? 'proposed' : 'decided';
  const rows: Row[] = needsApproval
    ? [
        {
          do: 'openTask',
          subject: 'approve',
          roles: ['incidentCommander'],
          call: true,
          asks: wordsFor(state).approve,
          due: state.proposal.expires.at,
          send: sendDecision('approve', 'approve', digest),
        },
      ]
    : [];
  return { state, entries: [entry(state, kind, at, content, rows)] };
}

/** The ready JSON of a decision, with the places that a person fills in. */
export function sendDecision(subject: string, verdict: string, digest: string) {
  return { update: 'decide', json: { v: 1, subject, verdict, by: '<your id>', reason: '<why>', digest } };
}

/** Holds are placed, duties opened, and the clocks of the measure start. */
export function order(state: SuspensionState, at: Instant): Change<SuspensionState> {
  if (state.phase !== 'proposed') throw new Refusal(wordsFor(state).notNow);
  if (unapproved(state)) throw new Refusal(wordsFor(state).notApproved);
  const { terms } = state;
  const targets = mapTargets(state, (target) => ordered(state, target, 'held', at));
  const stops = state.measure === 'suspend';
  const next: SuspensionState = {
    ...state,
    phase: 'ordered',
    votes: [],
    targets,
    ...nextReview(state, 'ordered', at),
    ...(Object.keys(state.siblings).length > 0 && {
      siblingsDue: elapsed(
        rule('suspension.siblingsWithin', 'ordered', state),
        at,
        terms.suspension.siblingsWithin,
        terms.zone,
      ),
    }),
    ...(state.emergency && {
      ratification: {
        due: ratification(
          rule('suspension.ratifyWithin', 'ordered', state),
          at,
          terms.suspension.ratifyWithin,
          terms.suspension.night,
          terms.zone,
        ),
        nextCall: at,
        escalated: false,
      },
    }),
  };
  const rows: Row[] = [
    ...Object.keys(targets).map((target) => placeHold(state, target)),
    { do: 'closeTasks', subject: 'approve' },
  ];
  if (stops) {
    for (const duty of DUTIES) {
      const { within, owner } = terms.duties[duty];
      const deadline = elapsed(rule(`duties.${duty}`, 'ordered', state), at, within, terms.zone);
      rows.push({ do: 'openDuty', duty, owner, due: deadline.at, arithmetic: deadline.arithmetic });
    }
  }
  const words = wordsFor(next);
  for (const sibling of Object.keys(next.siblings))
    rows.push({
      do: 'openTask',
      subject: `sibling:${sibling}`,
      roles: ['incidentCommander'],
      call: false,
      asks: words.sibling(sibling),
      due: next.siblingsDue!.at,
      send: sendDecision(`sibling:${sibling}`, 'keep', state.proposal.digest),
    });
  if (next.ratification)
    rows.push({
      do: 'openTask',
      subject: 'ratify',
      roles: ['incidentCommander'],
      call: false,
      asks: words.ratify,
      due: next.ratification.due.at,
      send: sendDecision('ratify', 'ratify', state.proposal.digest),
    });
  return {
    state: next,
    entries: [entry(next, 'ordered', at, { targets: Object.keys(targets), measure: state.measure }, rows)],
  };
}

/** Still waits for people: no emergency, and decided neither here nor by the workflow that started it. */
const unapproved = (state: SuspensionState) => state.phase === 'proposed' && !state.emergency && !state.decidedIn;

/** A fresh order for a target: bans, problems and proofs of earlier orders say nothing about it. */
function ordered(state: SuspensionState, target: TargetStanding, goal: TargetStanding['goal'], at: Instant) {
  const { executedAt: _executed, verifiedAt: _verified, notBefore: _ban, problem: _problem, ...kept } = target;
  const due = plus(at, state.terms.suspension.verifyWithin);
  return { ...kept, goal, status: 'waiting', orderedAt: at, due, late: false, tries: 0 } satisfies TargetStanding;
}

/** The next review, counted from `at`, with a digest that no earlier review had. */
function nextReview(state: SuspensionState, startEvent: string, at: Instant) {
  const { terms } = state;
  const reviews = (state.reviews ?? 0) + 1;
  const due = elapsed(rule('suspension.reviewEvery', startEvent, state), at, terms.suspension.reviewEvery, terms.zone);
  return { reviews, review: { due, digest: numbered(state.proposal.digest, reviews), escalated: false } };
}

const numbered = (digest: string, n: number) => (n > 1 ? `${digest}-${n}` : digest);

/** Digest of the question about one target. */
export const targetDigest = (state: SuspensionState, id: string) =>
  numbered(state.proposal.digest, (state.targets[id]?.decided ?? 0) + 1);

function placeHold(state: SuspensionState, target: string): Row {
  return {
    do: 'placeHold',
    target,
    measure: state.measure,
    ...(state.limitYen !== undefined && { limitYen: state.limitYen }),
    ...(state.inFlight !== undefined && { inFlight: state.inFlight }),
  };
}

function mapTargets(state: SuspensionState, change: (target: TargetStanding, id: string) => TargetStanding) {
  return Object.fromEntries(Object.entries(state.targets).map(([id, target]) => [id, change(target, id)]));
}

function withTarget(state: SuspensionState, id: string, change: Partial<TargetStanding>): SuspensionState {
  return { ...state, targets: { ...state.targets, [id]: { ...state.targets[id]!, ...change } } };
}

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
  | { readonly kind: 'by-hand'; readonly problem: string; readonly order?: number };

/** Orders are out: holds placed, or let go and not yet proven. */
const isWorking = ({ phase }: SuspensionState) => phase === 'ordered' || phase === 'lifting';

/** Repeats come at the policy's pace for the first quarter of an hour, then every five minutes: an hour's outage is twelve calls, not a hundred. */
const SLOW_PACE = 5 * 60_000;

export function settle(state: SuspensionState, id: string, outcome: Settled, at: Instant): Change<SuspensionState> {
  const target = state.targets[id];
  // An answer that comes after people decided, or after the end, is to a question of before.
  if (!target || isSettled(target) || !isWorking(state)) return { state, entries: [] };
  if (outcome.kind === 'in-effect') {
    // What an earlier order did is no execution of this one.
    const executedAt =
      outcome.executedAt !== undefined && outcome.executedAt >= target.orderedAt ? outcome.executedAt : undefined;
    const { notBefore: _ban, problem: _problem, ...proven } = target;
    const next = withTarget({ ...state, targets: { ...state.targets, [id]: proven } }, id, {
      status: 'settled',
      ...(executedAt && { executedAt }),
      verifiedAt: outcome.verifiedAt,
      readBack: outcome.state,
      ...(outcome.order !== undefined && { order: outcome.order }),
      alsoHeldBy: outcome.alsoHeldBy,
      late: false,
    });
    const content = {
      orderedAt: target.orderedAt,
      executedAt,
      verifiedAt: outcome.verifiedAt,
      readBack: outcome.state,
      order: outcome.order,
      alsoHeldBy: outcome.alsoHeldBy,
    };
    const kind = target.goal === 'held' ? 'verified' : 'released';
    return {
      state: next,
      entries: [entry(next, kind, outcome.verifiedAt, content, [{ do: 'closeTasks', subject: `target:${id}` }], id)],
    };
  }
  const pace = at < target.due ? millis(plus(at, state.terms.suspension.readBackEvery)) - millis(at) : SLOW_PACE;
  // What a person does by hand is not asked after: that person will say so.
  const patience = outcome.kind === 'by-hand' ? DAY : SLOW_PACE;
  const wait = outcome.kind === 'not-yet' ? Math.max(pace, (outcome.afterSeconds ?? 0) * 1000) : patience;
  const needsHuman = outcome.kind !== 'not-yet';
  const next = withTarget(state, id, {
    problem: outcome.problem,
    notBefore: plus(at, wait),
    tries: target.tries + 1,
    ...(needsHuman && { status: 'needs-human' }),
  });
  if (!needsHuman || target.status === 'needs-human') return { state: next, entries: [] };
  return { state: next, entries: [needsPerson(next, id, at, outcome.problem)] };
}

function needsPerson(state: SuspensionState, id: string, at: Instant, problem: string): Entry {
  return entry(state, 'alarm.targetNeedsPerson', at, { target: id, problem }, [openTargetTask(state, id)], id);
}

function openTargetTask(state: SuspensionState, id: string): Row {
  return {
    do: 'openTask',
    subject: `target:${id}`,
    roles: ['dutyOfficer'],
    call: true,
    asks: wordsFor(state).target(id),
    send: sendDecision(`target:${id}`, 'done-by-hand', targetDigest(state, id)),
  };
}

/** A target that was not read back in time makes the whole partly failed; the work goes on. */
export function late(state: SuspensionState, id: string, at: Instant): Change<SuspensionState> {
  const target = state.targets[id];
  if (!target || !isWorking(state) || target.late || isSettled(target) || at < target.due)
    return { state, entries: [] };
  const next = withTarget(state, id, { late: true });
  const rows = target.status === 'needs-human' ? [] : [openTargetTask(next, id)];
  return {
    state: next,
    entries: [entry(next, 'alarm.targetNotVerified', target.due, { target: id, problem: target.problem }, rows, id)],
  };
}

/** The channel says something else than what must hold. A new order, at most twice in 24 hours; then a person. */
export function drift(state: SuspensionState, found: DriftFound, at: Instant): Change<SuspensionState> {
  const target = state.targets[found.target];
  if (!target || state.phase === 'proposed' || isOver(state) || !isSettled(target)) return { state, entries: [] };
  // Read before the last proof: a repeat, or a finding that a new order has overtaken.
  if (found.at < (target.verifiedAt ?? target.executedAt ?? target.orderedAt)) return { state, entries: [] };
  const content = { target: found.target, readBack: found.readBack };
  if (state.phase === 'watching') return trip(state, 'drift', at, content);
  const recent = target.drifts.filter((when) => millis(at) - millis(when) < DAY);
  if (recent.length >= state.terms.suspension.driftOrdersPerDay) {
    const next = withTarget(state, found.target, {
      status: 'needs-human',
      readBack: found.readBack,
      notBefore: plus(at, DAY),
      due: plus(at, DAY),
    });
    return {
      state: next,
      entries: [
        entry(next, 'alarm.driftRepeated', found.at, content, [openTargetTask(next, found.target)], found.target),
      ],
    };
  }
  const again = { ...ordered(state, target, target.goal, at), readBack: found.readBack, drifts: [...recent, at] };
  const next: SuspensionState = { ...state, targets: { ...state.targets, [found.target]: again } };
  return { state: next, entries: [entry(next, 'alarm.drift', found.at, content, [], found.target)] };
}

/** During the watch after a lift, the next confirmed case or a drift stops the function again (policy permitting). */
export function trip(
  state: SuspensionState,
  cause: 'lossConfirmed' | 'drift',
  at: Instant,
  content: Entry['content'],
): Change<SuspensionState> {
  if (state.phase !== 'watching') return { state, entries: [] };
  const byPerson = state.terms.acts
    ? Object.keys(state.targets).filter((id) => state.terms.personOnly?.includes(id.split('/')[0]!))
    : Object.keys(state.targets);
  const stopped = Object.keys(state.targets).filter((id) => !byPerson.includes(id));
  const ask: Row = {
    do: 'openTask',
    subject: 'watch',
    roles: ['incidentCommander'],
    call: true,
    asks: wordsFor(state).watchTripped(byPerson),
  };
  // A sweep finds the same drift every few minutes: the alarm repeats, the call does not.
  const calls = byPerson.length > 0 && !state.watchTripped ? [ask] : [];
  if (stopped.length === 0) {
    const alarmed: SuspensionState = { ...state, watchTripped: true };
    return {
      state: alarmed,
      entries: [entry(alarmed, 'alarm.watchTripped', at, { cause, acted: false, about: content }, calls)],
    };
  }
  // This stop is policy's, in force anew: nothing of an earlier emergency is left to ratify.
  const { lift: _lift, watchEnds: _watch, inForceSince: _since, ratification: _ratification, ...rest } = state;
  const next: SuspensionState = {
    ...rest,
    phase: 'ordered',
    emergency: false,
    targets: mapTargets(state, (t, id) => (stopped.includes(id) ? ordered(state, t, 'held', at) : t)),
    ...nextReview(state, 'reSuspended', at),
  };
  const rows = [...stopped.map((target) => placeHold(state, target)), ...calls];
  return {
    state: next,
    entries: [entry(next, 'alarm.watchTripped', at, { cause, acted: true, about: content }, rows)],
  };
}

/** Nobody approved in time; nothing was done. */
export function expire(state: SuspensionState, at: Instant): Change<SuspensionState> {
  if (!unapproved(state) || at < state.proposal.expires.at) return { state, entries: [] };
  const next: SuspensionState = { ...state, phase: 'expired' };
  return {
    state: next,
    entries: [
      entry(next, 'expired', state.proposal.expires.at, { noticedAt: at }, [{ do: 'closeTasks', subject: 'approve' }]),
    ],
  };
}

/** In force for the first time, or again after a drift: every target settled. */
export function inForce(state: SuspensionState, at: Instant): Change<SuspensionState> {
  if (state.inForceSince || state.phase !== 'ordered' || !allSettled(state)) return { state, entries: [] };
  const next: SuspensionState = { ...state, inForceSince: at };
  return { state: next, entries: [entry(next, 'inForce', at, { stage: stageOf(next) })] };
}

export function callSecond(state: SuspensionState, at: Instant): Change<SuspensionState> {
  const { ratification: open } = state;
  if (!open || open.by || state.phase !== 'ordered') return { state, entries: [] };
  const next: SuspensionState = {
    ...state,
    ratification: { ...open, nextCall: plus(at, state.terms.suspension.callEvery) },
  };
  const task: Row = {
    do: 'openTask',
    subject: 'ratify',
    roles: ['dutyOfficer', 'incidentCommander'],
    call: true,
    asks: wordsFor(state).ratify,
    due: open.due.at,
    send: sendDecision('ratify', 'ratify', state.proposal.digest),
  };
  return {
    state: next,
    entries: [entry(next, 'secondCalled', at, {}, [{ do: 'closeTasks', subject: 'ratify' }, task])],
  };
}

/** Nobody ratified in time: one escalation, and the stop stays. */
export function escalateRatification(state: SuspensionState): Change<SuspensionState> {
  const open = state.ratification;
  if (!open || open.by || open.escalated || state.phase !== 'ordered') return { state, entries: [] };
  const next: SuspensionState = { ...state, ratification: { ...open, escalated: true } };
  const task: Row = {
    do: 'openTask',
    subject: 'ratify',
    roles: ['incidentCommander', 'board'],
    call: true,
    asks: wordsFor(state).ratifyOverdue,
    due: open.due.at,
    send: sendDecision('ratify', 'ratify', state.proposal.digest),
  };
  return {
    state: next,
    entries: [
      entry(next, 'alarm.ratificationOverdue', open.due.at, { due: open.due.at, arithmetic: open.due.arithmetic }, [
        { do: 'closeTasks', subject: 'ratify' },
        task,
      ]),
    ],
  };
}

/** Functions that share the failed control were not judged in time (K-04): one escalation. */
export function escalateSiblings(state: SuspensionState): Change<SuspensionState> {
  if (!state.siblingsDue || state.phase !== 'ordered') return { state, entries: [] };
  const { siblingsDue: due, ...rest } = state;
  const next: SuspensionState = { ...rest, siblingsOverdue: due.at };
  const open = Object.entries(state.siblings)
    .filter(([, { verdict }]) => !verdict)
    .map(([id]) => id);
  if (open.length === 0) return { state: next, entries: [] };
  const task: Extract<Row, { do: 'openTask' }> = {
    do: 'openTask',
    subject: `sibling:${open[0]}`,
    roles: ['incidentCommander'],
    call: true,
    asks: wordsFor(state).siblingsOverdue(open),
    due: due.at,
    send: sendDecision(`sibling:${open[0]}`, 'keep', state.proposal.digest),
  };
  return {
    state: next,
    entries: [
      entry(next, 'alarm.siblingsNotReviewed', due.at, { functions: open }, [
        { do: 'closeTasks', subject: task.subject },
        task,
      ]),
    ],
  };
}

export function askReview(state: SuspensionState): Change<SuspensionState> {
  const { review, lift } = state;
  if (!review || review.escalated || state.phase !== 'ordered') return { state, entries: [] };
  const next: SuspensionState = { ...state, review: { ...review, escalated: true } };
  // A lift that waits for its decision is the review's question by another name.
  const task: Extract<Row, { do: 'openTask' }> = {
    do: 'openTask',
    subject: lift ? 'lift' : 'review',
    roles: ['incidentCommander'],
    call: true,
    asks: lift ? wordsFor(state).lift : wordsFor(state).review,
    due: review.due.at,
    send: lift ? sendDecision('lift', 'approve', lift.digest) : sendDecision('review', 'keep', review.digest),
  };
  return {
    state: next,
    entries: [
      entry(
        next,
        'alarm.reviewDue',
        review.due.at,
        { due: review.due.at, expectedEnd: state.expectedEnd ?? 'undetermined' },
        [{ do: 'closeTasks', subject: task.subject }, task],
      ),
    ],
  };
}

/** Anybody of the decision table's role proposes; a cancel request proposes too, and lifts nothing. */
export function proposeLift(
  state: SuspensionState,
  by: string,
  reason: string,
  digest: string,
  at: Instant,
): Change<SuspensionState> {
  if (state.phase !== 'ordered') throw new Refusal(wordsFor(state).nothingToLift);
  if (state.lift) throw new Refusal(wordsFor(state).alreadyProposed);
  const lifts = (state.lifts ?? 0) + 1;
  const lift = { by, at, digest: numbered(digest, lifts) };
  const next: SuspensionState = {
    ...state,
    lifts,
    lift,
    votes: state.votes.filter(({ subject }) => subject !== 'lift'),
  };
  const task: Row = {
    do: 'openTask',
    subject: 'lift',
    roles: ['incidentCommander'],
    call: true,
    asks: wordsFor(state).lift,
    send: sendDecision('lift', 'approve', lift.digest),
  };
  return { state: next, entries: [entry(next, 'liftProposed', at, { by, reason, digest: lift.digest }, [task])] };
}

/** Everything let go and read back: a reversed stop is over, a lifted one is watched. */
export function released(state: SuspensionState, at: Instant): Change<SuspensionState> {
  if (state.phase !== 'lifting' || !allSettled(state)) return { state, entries: [] };
  if (!state.reversal) return startWatch(state, at);
  const next: SuspensionState = { ...state, phase: 'reversed' };
  return { state: next, entries: [entry(next, 'reversed', at, {})] };
}

function startWatch(state: SuspensionState, at: Instant): Change<SuspensionState> {
  const watchEnds = elapsed(
    rule('suspension.watchFor', 'released', state),
    at,
    state.terms.suspension.watchFor,
    state.terms.zone,
  );
  const next: SuspensionState = { ...state, phase: 'watching', watchEnds };
  return {
    state: next,
    entries: [entry(next, 'watchStarted', at, { ends: watchEnds.at, arithmetic: watchEnds.arithmetic })],
  };
}

export function endWatch(state: SuspensionState): Change<SuspensionState> {
  if (state.phase !== 'watching' || !state.watchEnds) return { state, entries: [] };
  const next: SuspensionState = { ...state, phase: 'lifted' };
  return {
    state: next,
    entries: [entry(next, 'lifted', state.watchEnds.at, {}, [{ do: 'closeTasks', subject: 'watch' }])],
  };
}

export interface Authorised {
  readonly role: Role;
  readonly complete: boolean;
  readonly rosterVersion: string;
  readonly tableVersion: string;
}

/**
 * Applies a vote that was found to be allowed; acts once the decision is complete. Refuses what is not asked now, and an
 * approval after the proposal expired.
 */
export function decide(
  state: SuspensionState,
  decision: Decision,
  authority: Authorised,
  at: Instant,
): Change<SuspensionState> {
  const { subject, verdict, by } = decision;
  const [kind, part] = splitSubject(subject);
  const { due } = answered(suspensionQuestions(state), decision, wordsFor(state).notNow);
  if (kind === 'approve' && at >= state.proposal.expires.at) throw new Refusal(wordsFor(state).expired);
  const row: Row = {
    do: 'recordDecision',
    subject,
    verdict,
    by,
    role: authority.role,
    reason: decision.reason,
    digest: decision.digest,
    late: due !== undefined && at > due,
    rosterVersion: authority.rosterVersion,
    tableVersion: authority.tableVersion,
  };
  const content = {
    subject,
    verdict,
    by,
    role: authority.role,
    reason: decision.reason,
    late: row.late,
    // The suspension that follows shows this line as its approval.
    ...(kind === 'sibling' && verdict === 'stop' && { suspension: siblingSuspension(state, part!) }),
  };
  if (!authority.complete) {
    const next: SuspensionState = {
      ...state,
      votes: [...state.votes, { subject, verdict, by, role: authority.role, digest: decision.digest, at }],
    };
    return { state: next, entries: [entry(next, 'voted', at, content, [row], part)] };
  }
  const close: Row = { do: 'closeTasks', subject };
  const done = (next: SuspensionState, name: string, ...rows: Row[]): Change<SuspensionState> => {
    const cleared = { ...next, votes: next.votes.filter((vote) => vote.subject !== subject) };
    return { state: cleared, entries: [entry(cleared, name, at, content, [row, close, ...rows], part)] };
  };
  const release = (): Row[] => Object.keys(state.targets).map((target) => ({ do: 'releaseHold', target }));
  const releasedTargets = () => mapTargets(state, (t) => ordered(state, t, 'released', at));

  switch (kind) {
    case 'approve':
      if (verdict === 'refuse') return done({ ...state, phase: 'refused' }, 'refused');
      return done({ ...state, decidedIn: state.id }, 'approved');
    case 'ratify':
      return done({ ...state, ratification: { ...state.ratification!, by } }, 'ratified');
    case 'reverse':
      return done(
        {
          ...state,
          phase: 'lifting',
          reversal: true,
          lift: { by, at, digest: decision.digest },
          targets: releasedTargets(),
        },
        'reversalDecided',
        ...closeOpen(state),
        ...release(),
      );
    case 'sibling':
      return done(
        { ...state, siblings: { ...state.siblings, [part!]: { verdict: verdict as 'keep' | 'stop', by } } },
        verdict === 'keep' ? 'siblingKept' : 'siblingStopped',
      );
    case 'review': {
      const change: Row = {
        do: 'openTask',
        subject: 'change',
        roles: ['incidentCommander', 'serviceOwner'],
        call: true,
        asks: wordsFor(state).change,
      };
      const reviewed = done(
        { ...state, ...nextReview(state, 'reviewed', at) },
        'reviewed',
        { do: 'closeTasks', subject: 'change' },
        ...(verdict === 'change' ? [change] : []),
      );
      if (verdict !== 'lift') return reviewed;
      const proposed = proposeLift(reviewed.state, by, decision.reason, state.proposal.digest, at);
      return { state: proposed.state, entries: [...reviewed.entries, ...proposed.entries] };
    }
    case 'target': {
      const status = verdict === 'retry' ? 'waiting' : verdict === 'skip' ? 'skipped' : 'done-by-hand';
      const { notBefore: _ban, ...target } = state.targets[part!]!;
      const decided: TargetStanding = {
        ...target,
        status,
        decided: (target.decided ?? 0) + 1,
        ...(verdict === 'done-by-hand' && { executedAt: at }),
        // A retry gets its quarter of an hour; failing again, it asks again.
        ...(verdict === 'retry' && { due: plus(at, state.terms.suspension.verifyWithin), late: false }),
      };
      const targets = { ...state.targets, [part!]: decided };
      return done(
        { ...state, targets },
        `target${verdict === 'retry' ? 'Retried' : verdict === 'skip' ? 'Skipped' : 'DoneByHand'}`,
      );
    }
    case 'lift': {
      if (verdict === 'refuse') {
        const { lift: _lift, ...kept } = state;
        return done(kept, 'liftRefused');
      }
      return done(
        { ...state, phase: 'lifting', targets: releasedTargets() },
        'liftApproved',
        ...release(),
        ...closeOpen(state),
      );
    }
    default:
      throw new Refusal(wordsFor(state).notNow);
  }
}

/** `sibling:mijica-web` -> ['sibling', 'mijica-web']. */
export function splitSubject(subject: string): [string, string | undefined] {
  const colon = subject.indexOf(':');
  return colon < 0 ? [subject, undefined] : [subject.slice(0, colon), subject.slice(colon + 1)];
}

/** The measure is let go: what people were asked about it is asked no more. */
function closeOpen(state: SuspensionState): Row[] {
  const siblings = Object.entries(state.siblings).filter(([, { verdict }]) => !verdict);
  const targets = Object.entries(state.targets).filter(([, target]) => !isSettled(target));
  return [
    'ratify',
    'review',
    'lift',
    'change',
    ...siblings.map(([id]) => `sibling:${id}`),
    ...targets.map(([id]) => `target:${id}`),
  ].map((subject) => ({ do: 'closeTasks', subject }));
}

/** All targets of the current goal are dealt with. */
export const allSettled = (state: SuspensionState) => Object.values(state.targets).every(isSettled);

/** Id of the suspension that a sibling review starts for a function that may not go on. */
export function siblingSuspension(state: SuspensionState, sibling: string): string {
  return `${state.id}-and-${sibling.replace('/', '-')}`;
}

export function siblingStarted(
  state: SuspensionState,
  sibling: string,
  opened: boolean,
  at: Instant,
): Change<SuspensionState> {
  const judged = state.siblings[sibling];
  if (judged?.verdict !== 'stop' || judged.started || isOver(state)) return { state, entries: [] };
  const next: SuspensionState = {
    ...state,
    siblings: { ...state.siblings, [sibling]: { ...judged, started: true } },
  };
  const content = { suspension: siblingSuspension(state, sibling) };
  if (opened) return { state: next, entries: [entry(next, 'siblingSuspensionStarted', at, content, [], sibling)] };
  const task: Row = {
    do: 'openTask',
    subject: `start:${sibling}`,
    roles: ['dutyOfficer'],
    call: true,
    asks: measureNotStarted(sibling),
  };
  return { state: next, entries: [entry(next, 'alarm.measureNotStarted', at, content, [task], sibling)] };
}
