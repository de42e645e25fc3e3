import { elapsed, ratification } from '../deadline.js';
import { withDuties } from '../duty.js';
import type { Instant } from '../instant.js';
import { Refusal } from '../refusal.js';
import type { Change, Row } from '../transition.js';
import { wordsFor } from '../wording/suspension.js';
import { allSettled, type Plan, stageOf, type SuspensionState, unapproved } from './state.js';
import { entry, judged, mapTargets, nextReview, openDuties, ordered, placeHold, rule, sendDecision } from './steps.js';

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
    ...(plan.preview && { preview: plan.preview }),
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
        {
          goal: 'held',
          status: 'waiting',
          ...(plan.turns?.[target] && { turn: plan.turns[target] }),
          orderedAt: at,
          due: at,
          late: false,
          tries: 0,
          drifts: [],
        },
      ]),
    ),
    siblings: Object.fromEntries(
      plan.siblings.map((sibling) => [sibling, plan.singles?.[sibling] ? { single: plan.singles[sibling] } : {}]),
    ),
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

/** A decision that approved brings the order along: both are one write to the register. */
export function orderedWhenApproved(change: Change<SuspensionState>, at: Instant): Change<SuspensionState> {
  if (change.state.phase !== 'proposed' || unapproved(change.state)) return change;
  const then = order(change.state, at);
  // One line further down, the duties have other ids.
  const { duties: _ids, ...state } = then.state;
  return withDuties({ state, entries: [...change.entries, ...then.entries] });
}

/** Holds are placed, duties opened, and the clocks of the measure start. */
export function order(state: SuspensionState, at: Instant): Change<SuspensionState> {
  if (state.phase !== 'proposed') throw new Refusal(wordsFor(state).notNow);
  if (unapproved(state)) throw new Refusal(wordsFor(state).notApproved);
  const { terms } = state;
  const targets = mapTargets(state, (target) => ordered(state, target, 'held', at));
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
  if (state.measure === 'suspend') rows.push(...openDuties(state, at));
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
  return withDuties({
    state: next,
    entries: [entry(next, 'ordered', at, { targets: Object.keys(targets), measure: state.measure }, rows)],
  });
}

/** Nobody approved in time; nothing was done. */
export function expire(state: SuspensionState, at: Instant): Change<SuspensionState> {
  if (!unapproved(state) || at < state.proposal.expires.at) return { state, entries: [] };
  const next = judged({ ...state, phase: 'expired' });
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
