import { z } from 'zod';
import { elapsed, type Deadline } from './deadline.js';
import { answered, type Decision, type Question, type Vote } from './decision.js';
import { IncidentCode, KeyPart, suspensionId, TargetId } from './ids.js';
import { earliest, InstantSchema, plus, type Instant, type Zone } from './instant.js';
import type { Policy } from './policy.js';
import { sendDecision, type Authorised, type SuspensionInput } from './suspension.js';
import type { Change, Entry, Row } from './transition.js';
import { containmentWords } from './wording/containment.js';
import { measureNotStarted } from './wording/standing.js';

/** A confirmed loss on a function: published shape of the signal `lossConfirmed`. Repeats carry the same reference. */
export const LossConfirmed = z.strictObject({
  v: z.literal(1),
  incident: IncidentCode,
  target: TargetId,
  /** Whatever the sender knows the finding by; the same reference is the same finding. */
  reference: KeyPart,
  /** Cases (件). */
  count: z.number().int().positive(),
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
type Verdict = (typeof CONTAINMENT_VERDICTS)[number];

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
const rule = (name: string, startEvent: string, state: ContainmentState) => ({
  rule: `containment.${name}`,
  ruleVersion: state.terms.policyVersion,
  startEvent,
});

function entry(state: ContainmentState, kind: string, at: Instant, content: Entry['content'], rows: Row[] = []): Entry {
  return { entity: state.id, kind, effectiveAt: at, content, rows };
}

export function openContainment(id: string, plan: ContainmentPlan, at: Instant): Change<ContainmentState> {
  const state: ContainmentState = {
    v: 1,
    id,
    incident: plan.incident,
    target: plan.target,
    sequence: plan.sequence,
    phase: 'awaiting-loss',
    round: plan.round,
    losses: plan.losses ?? {},
    planDigest: plan.digest,
    warnings: [],
    receipts: {},
    terms: plan.terms,
  };
  return { state, entries: [entry(state, 'opened', at, { target: plan.target })] };
}

function decisionTask(state: ContainmentState, subject: 'decide', asks = containmentWords(state).decide): Row {
  return {
    do: 'openTask',
    subject,
    roles: ['incidentCommander', 'dutyOfficer'],
    call: true,
    asks,
    ...(state.decideBy && { due: state.decideBy.at }),
    send: sendDecision('decide', 'suspend', digestOf(state)),
  };
}

/** A confirmed loss: opens the decision, or trips the wire of a restriction or a decision to continue (K-03). */
export function lossConfirmed(state: ContainmentState, loss: LossConfirmed, at: Instant): Change<ContainmentState> {
  if (state.losses[loss.reference]) return { state, entries: [] };
  if (loss.target !== state.target || loss.incident !== state.incident) {
    const content = { reference: loss.reference, incident: loss.incident, target: loss.target };
    return { state, entries: [entry(state, 'alarm.lossMisdirected', loss.confirmedAt, content)] };
  }
  const known: ContainmentState = {
    ...state,
    losses: { ...state.losses, [loss.reference]: { count: loss.count, confirmedAt: loss.confirmedAt } },
    ...(loss.failedControl !== undefined && { failedControl: loss.failedControl }),
  };
  const recorded: Row = {
    do: 'recordLoss',
    target: state.target,
    reference: loss.reference,
    count: loss.count,
    occurredAt: loss.occurredAt,
  };
  const content = {
    reference: loss.reference,
    count: loss.count,
    occurredAt: loss.occurredAt,
    confirmedAt: loss.confirmedAt,
  };
  const fact = (next: ContainmentState, rows: Row[] = []) =>
    entry(next, 'lossConfirmed', loss.confirmedAt, content, [recorded, ...rows]);

  // Decided already: the case counts, and changes nothing about the stop that is under way.
  if (state.phase === 'suspending') return { state: known, entries: [fact(known)] };
  if (state.phase === 'closed')
    return { state: known, entries: [fact(known), entry(known, 'alarm.lossAfterStop', at, { why: 'closed' })] };
  if (state.phase === 'awaiting-loss') {
    const { terms } = state;
    const clocks = decisionClocks(state, loss.confirmedAt);
    const { decideBy } = clocks;
    const next: ContainmentState = { ...known, ...clocks, phase: 'deciding' };
    const duty = terms.duties.lossDisclosureDecision;
    const disclosure = elapsed(
      rule('duties.lossDisclosureDecision', 'lossConfirmed', state),
      loss.confirmedAt,
      duty.within,
      terms.zone,
    );
    const rows: Row[] = [
      {
        do: 'openDuty',
        duty: 'lossDisclosureDecision',
        owner: duty.owner,
        due: disclosure.at,
        arithmetic: disclosure.arithmetic,
      },
      decisionTask(next, 'decide'),
    ];
    return {
      state: next,
      entries: [
        fact(next, rows),
        entry(next, 'decisionOpened', loss.confirmedAt, { due: decideBy.at, arithmetic: decideBy.arithmetic }),
      ],
    };
  }
  if (state.phase === 'deciding') {
    if (loss.confirmedAt >= state.decideBy!.start) return { state: known, entries: [fact(known)] };
    // The first loss is the one confirmed first, in whatever order the reports come.
    const { decideBy, warnings } = decisionClocks(state, loss.confirmedAt);
    const next: ContainmentState = {
      ...known,
      decideBy,
      warnings: warnings.slice(warnings.length - state.warnings.length),
    };
    const rows: Row[] = [{ do: 'closeTasks', subject: 'decide' }, decisionTask(next, 'decide')];
    const content = { due: decideBy.at, arithmetic: decideBy.arithmetic };
    return { state: next, entries: [fact(next), entry(next, 'decisionDueEarlier', loss.confirmedAt, content, rows)] };
  }

  const tripped = { reference: loss.reference, current: state.current ?? 'undecided' };
  if (state.terms.acts && state.terms.autoStop) {
    const stop = suspendByPolicy(known, 'tripwire', at);
    return {
      state: stop.state,
      entries: [
        fact(known),
        entry(known, 'alarm.tripwire', loss.confirmedAt, { ...tripped, acted: true }),
        ...stop.entries,
      ],
    };
  }
  const next: ContainmentState = { ...overdue(known, at), tripped: true };
  const task = decisionTask(next, 'decide', containmentWords(next).tripped);
  return {
    state: next,
    entries: [
      fact(known),
      entry(next, 'alarm.tripwire', loss.confirmedAt, { ...tripped, acted: false }, [
        { do: 'closeTasks', subject: 'decide' },
        task,
      ]),
    ],
  };
}

/** The hour clocks run from the first confirmed loss; learning of it late shortens the time left. */
function decisionClocks(state: ContainmentState, from: Instant) {
  const { containment, zone } = state.terms;
  return {
    decideBy: elapsed(rule('decideWithin', 'lossConfirmed', state), from, containment.decideWithin, zone),
    warnings: containment.warnAfter.map((after) => plus(from, after)).sort(),
  };
}

function overdue(state: ContainmentState, at: Instant): ContainmentState {
  return { ...state, phase: 'overdue', warnings: [], nextReminder: plus(at, state.terms.containment.remindEvery) };
}

/** When this containment next does something by itself. */
export function nextClock(state: ContainmentState): Instant | undefined {
  if (state.phase === 'deciding') return earliest(state.warnings[0], state.decideBy?.at);
  if (state.phase === 'measured') return state.decideBy?.at;
  if (state.phase === 'overdue') return state.nextReminder;
  return undefined;
}

/** Applies the clock that is due now: a warning, the time-out of a decision or of a re-decision, or a reminder. */
export function clockStruck(state: ContainmentState, at: Instant): Change<ContainmentState> {
  const struck = nextClock(state);
  if (struck === undefined || at < struck) return { state, entries: [] };
  const warning = state.warnings[0];
  if (state.phase === 'deciding' && warning !== undefined && warning <= at && warning < state.decideBy!.at) {
    const next = { ...state, warnings: state.warnings.slice(1) };
    const rows: Row[] = [
      { do: 'closeTasks', subject: 'decide' },
      decisionTask(next, 'decide', containmentWords(next).warning),
    ];
    return { state: next, entries: [entry(next, 'alarm.decisionWarning', warning, { due: state.decideBy!.at }, rows)] };
  }
  if (state.phase === 'overdue') {
    const next = overdue(state, state.nextReminder!);
    const rows: Row[] = [{ do: 'closeTasks', subject: 'decide' }, decisionTask(next, 'decide', overdueWords(next))];
    return {
      state: next,
      entries: [
        entry(next, 'alarm.decisionStillOpen', state.nextReminder!, { current: state.current ?? 'undecided' }, rows),
      ],
    };
  }
  const due = state.decideBy!;
  const kind = state.phase === 'measured' ? 'alarm.redecisionOverdue' : 'alarm.decisionOverdue';
  const acted = state.terms.acts && state.terms.autoStop;
  const content = { due: due.at, arithmetic: due.arithmetic, current: state.current ?? 'undecided', acted };
  if (acted) {
    const stop = suspendByPolicy(state, 'timeout', at);
    return { state: stop.state, entries: [entry(state, kind, due.at, content), ...stop.entries] };
  }
  const next = overdue(state, due.at);
  const rows: Row[] = [
    { do: 'closeTasks', subject: 'decide' },
    decisionTask(next, 'decide', containmentWords(next).overdue),
  ];
  return { state: next, entries: [entry(next, kind, due.at, content, rows)] };
}

function suspendByPolicy(state: ContainmentState, trigger: string, at: Instant): Change<ContainmentState> {
  const next: ContainmentState = {
    ...state,
    phase: 'suspending',
    toStart: measure(state, 'suspend', 'policy', `policy ${state.terms.policyVersion}: ${trigger}`, trigger),
  };
  return {
    state: next,
    entries: [
      entry(next, 'suspendedByPolicy', at, { suspension: next.toStart!.id, trigger }, [
        { do: 'closeTasks', subject: 'decide' },
      ]),
    ],
  };
}

function measure(
  state: ContainmentState,
  kind: 'suspend' | 'restrict',
  by: string,
  reason: string,
  trigger: string,
): NonNullable<ContainmentState['toStart']> {
  const name = `${state.target.replace('/', '-')}-r${state.round}`.toLowerCase();
  return {
    id: suspensionId(state.incident, name),
    input: {
      v: 1,
      incident: state.incident,
      measure: kind,
      targets: [state.target],
      by,
      reason,
      trigger,
      decidedIn: state.id,
      ...(state.failedControl !== undefined && { failedControl: state.failedControl }),
    },
  };
}

function overdueWords(state: ContainmentState) {
  const words = containmentWords(state);
  if (state.notStarted) return measureNotStarted(state.target);
  return state.tripped ? words.tripped : words.overdue;
}

export function containmentQuestions(state: ContainmentState): Question[] {
  if (!['deciding', 'overdue', 'measured'].includes(state.phase)) return [];
  const words = containmentWords(state);
  return [
    {
      subject: 'decide',
      rule: 'containment.decide',
      verdicts: CONTAINMENT_VERDICTS,
      digest: digestOf(state),
      asks:
        state.phase === 'overdue' ? overdueWords(state) : state.phase === 'measured' ? words.redecide : words.decide,
      otherwise: words.otherwise,
      ...(state.decideBy && { due: state.decideBy.at }),
    },
  ];
}

/**
 * A person's decision; both a restriction and a decision to continue carry a re-decision and a tripwire. Refuses what is
 * not asked now.
 */
export function decideContainment(
  state: ContainmentState,
  decision: Decision,
  authority: Authorised,
  at: Instant,
): Change<ContainmentState> {
  answered(containmentQuestions(state), decision, containmentWords(state).notNow);
  const verdict = decision.verdict as Verdict;
  const late = state.decideBy !== undefined && at > state.decideBy.at;
  const row: Row = {
    do: 'recordDecision',
    subject: decision.subject,
    verdict,
    by: decision.by,
    role: authority.role,
    reason: decision.reason,
    digest: decision.digest,
    late,
    rosterVersion: authority.rosterVersion,
    tableVersion: authority.tableVersion,
  };
  const content = { verdict, by: decision.by, role: authority.role, reason: decision.reason, late };
  if (!authority.complete) {
    const { subject, by, digest } = decision;
    const vote: Vote = { subject, verdict, by, role: authority.role, digest, at };
    const voted: ContainmentState = { ...state, votes: [...(state.votes ?? []), vote] };
    return { state: voted, entries: [entry(voted, 'voted', at, content, [row])] };
  }
  const rows: Row[] = [row, { do: 'closeTasks', subject: 'decide' }];
  const { nextReminder: _reminder, tripped: _tripped, notStarted: _not, votes: _votes, ...kept } = state;
  const decided = { ...kept, round: state.round + 1, warnings: [] };
  const started =
    verdict === 'continue' ? undefined : measure(state, verdict, decision.by, decision.reason, 'loss-confirmed');
  if (verdict === 'suspend') {
    const next: ContainmentState = { ...decided, phase: 'suspending', toStart: started! };
    return { state: next, entries: [entry(next, 'decided', at, { ...content, suspension: started!.id }, rows)] };
  }
  const decideBy = elapsed(
    rule('redecideWithin', 'decided', state),
    at,
    state.terms.containment.redecideWithin,
    state.terms.zone,
  );
  const next: ContainmentState = {
    ...decided,
    phase: 'measured',
    current: verdict,
    decideBy,
    ...(started && { toStart: started }),
  };
  return {
    state: next,
    entries: [
      entry(
        next,
        'decided',
        at,
        { ...content, redecideBy: decideBy.at, ...(started && { suspension: started.id }) },
        rows,
      ),
    ],
  };
}

/** The suspension or restriction stands; after a suspension the containment has done its work. One that did not start is alarmed. */
export function measureStarted(state: ContainmentState, opened: boolean, at: Instant): Change<ContainmentState> {
  const { toStart, ...rest } = state;
  if (!toStart) return { state, entries: [] };
  if (!opened) {
    const { current: _current, ...undecided } = rest;
    const next: ContainmentState = { ...overdue(undecided, at), notStarted: true };
    const task: Row = {
      do: 'openTask',
      subject: 'decide',
      roles: ['dutyOfficer', 'incidentCommander'],
      call: true,
      asks: measureNotStarted(state.target),
      send: sendDecision('decide', 'suspend', digestOf({ ...next, round: next.round + 1 })),
    };
    return {
      state: { ...next, round: next.round + 1 },
      entries: [entry(next, 'alarm.measureNotStarted', at, { suspension: toStart.id }, [task])],
    };
  }
  if (state.phase !== 'suspending')
    return { state: rest, entries: [entry(rest, 'measureStarted', at, { suspension: toStart.id })] };
  return closed(rest, 'suspended', at);
}

/** A loss on a function that is stopped already, or whose watch it trips, or that is known: recorded, told, and closed. */
export function closed(
  state: ContainmentState,
  why: 'suspended' | 'loss-after-stop' | 'watch-tripped' | 'repeated',
  at: Instant,
): Change<ContainmentState> {
  if (state.phase === 'closed') return { state, entries: [] };
  const next: ContainmentState = { ...state, phase: 'closed' };
  const kind = why === 'loss-after-stop' ? 'alarm.lossAfterStop' : 'closed';
  return { state: next, entries: [entry(next, kind, at, { why }, [{ do: 'closeTasks', subject: 'decide' }])] };
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
