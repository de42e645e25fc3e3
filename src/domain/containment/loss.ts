import { elapsed } from '../deadline.js';
import { withDuties } from '../duty.js';
import type { Instant } from '../instant.js';
import { lookAtLossAfterStop } from '../lossAfterStop.js';
import { lossMisdirected } from '../notUnderstood.js';
import type { Change, Row } from '../transition.js';
import { containmentWords } from '../wording/containment.js';
import type { LossConfirmed } from './state.js';
import { type ContainmentPlan, type ContainmentState } from './state.js';
import { decisionClocks, decisionTask, entry, overdue, rule, suspendByPolicy } from './steps.js';

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

/** Told to the containment of another function or incident. */
export const isMisdirected = (state: ContainmentState, { target, incident }: LossConfirmed) =>
  target !== state.target || incident !== state.incident;

/**
 * A confirmed loss: opens the decision, or trips the wire of a restriction or a decision to continue (K-03).
 * @param callsAfterStop not in runs of before: the call is an event of the history
 */
export function lossConfirmed(
  state: ContainmentState,
  told: LossConfirmed,
  at: Instant,
  { callsAfterStop = true } = {},
): Change<ContainmentState> {
  if (state.losses[told.reference]) return { state, entries: [] };
  if (isMisdirected(state, told)) return lossMisdirected(state, told, at);
  // Nothing is confirmed after it was told: a sender's clock that runs ahead leaves nobody more time to decide.
  const loss = told.confirmedAt > at ? { ...told, confirmedAt: at } : told;
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
  if (state.phase === 'closed') {
    const rows = callsAfterStop ? [lookAtLossAfterStop(state.target, loss.occurredAt, state.terms.zone)] : [];
    return { state: known, entries: [fact(known), entry(known, 'alarm.lossAfterStop', at, { why: 'closed' }, rows)] };
  }
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
    return withDuties({
      state: next,
      entries: [
        fact(next, rows),
        entry(next, 'decisionOpened', loss.confirmedAt, { due: decideBy.at, arithmetic: decideBy.arithmetic }),
      ],
    });
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
