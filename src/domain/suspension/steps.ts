import { elapsed } from '../deadline.js';
import { DUTIES } from '../dutyKind.js';
import { type Instant, plus } from '../instant.js';
import type { Sentence } from '../sentence.js';
import type { Entry, Row } from '../transition.js';
import { wordsFor } from '../wording/suspension.js';
import {
  isRedecidedHere,
  isSettled,
  numbered,
  type SuspensionState,
  targetDigest,
  type TargetStanding,
  type Terms,
  unapproved,
} from './state.js';

export const rule = (name: string, startEvent: string, state: { terms: Terms }) => ({
  rule: name,
  ruleVersion: state.terms.policyVersion,
  startEvent,
});

/** One line of the timeline about the suspension, or about one of its targets. */
export function entry(
  state: SuspensionState,
  kind: string,
  at: Instant,
  content: Entry['content'],
  rows: Row[] = [],
  part?: string,
): Entry {
  return { entity: part ? `${state.id}#${part}` : state.id, kind, effectiveAt: at, content, rows };
}

/** The ready JSON of a decision, with the places that a person fills in. */
export function sendDecision(subject: string, verdict: string, digest: string) {
  return { update: 'decide', json: { v: 1, subject, verdict, by: '<your id>', reason: '<why>', digest } };
}

/** A target without what an earlier try brought: the ban on asking again, the problem, what a person was to do. */
export function untried({ notBefore: _ban, problem: _problem, instruction: _instruction, ...target }: TargetStanding) {
  return target;
}

/** A fresh order for a target: bans, problems and proofs of earlier orders say nothing about it. */
export function ordered(state: SuspensionState, target: TargetStanding, goal: TargetStanding['goal'], at: Instant) {
  const { executedAt: _executed, verifiedAt: _verified, ...kept } = untried(target);
  const due = plus(at, state.terms.suspension.verifyWithin);
  return { ...kept, goal, status: 'waiting', orderedAt: at, due, late: false, tries: 0 } satisfies TargetStanding;
}

/** The next review, or the next re-decision of a restriction, counted from `at`, with a digest that no earlier one had. */
export function nextReview(state: SuspensionState, startEvent: string, at: Instant) {
  const { terms } = state;
  const reviews = (state.reviews ?? 0) + 1;
  const [name, within] = isRedecidedHere(state)
    ? (['containment.redecideWithin', terms.redecideWithin!] as const)
    : (['suspension.reviewEvery', terms.suspension.reviewEvery] as const);
  const due = elapsed(rule(name, startEvent, state), at, within, terms.zone);
  return { reviews, review: { due, digest: numbered(state.proposal.digest, reviews), escalated: false } };
}

/** Once nobody is asked any more to approve or ratify what was proposed, it need not be carried along. */
export function judged(state: SuspensionState): SuspensionState {
  const toRatify = state.phase === 'ordered' && state.ratification && !state.ratification.by;
  if (unapproved(state) || toRatify) return state;
  const { preview: _seen, ...rest } = state;
  return rest;
}

export function placeHold(state: SuspensionState, target: string): Row {
  return {
    do: 'placeHold',
    target,
    measure: state.measure,
    ...(state.limitYen !== undefined && { limitYen: state.limitYen }),
    ...(state.inFlight !== undefined && { inFlight: state.inFlight }),
  };
}

export function mapTargets(state: SuspensionState, change: (target: TargetStanding, id: string) => TargetStanding) {
  return Object.fromEntries(Object.entries(state.targets).map(([id, target]) => [id, change(target, id)]));
}

export function replaceTarget(state: SuspensionState, id: string, target: TargetStanding): SuspensionState {
  return { ...state, targets: { ...state.targets, [id]: target } };
}

export function withTarget(state: SuspensionState, id: string, change: Partial<TargetStanding>): SuspensionState {
  return replaceTarget(state, id, { ...state.targets[id]!, ...change });
}

export function openTargetTask(state: SuspensionState, id: string): Row {
  return {
    do: 'openTask',
    subject: `target:${id}`,
    roles: ['dutyOfficer'],
    call: true,
    asks: wordsFor(state).target(id),
    send: sendDecision(`target:${id}`, 'done-by-hand', targetDigest(state, id)),
  };
}

/** The review's question in place of the one asked before, with a call of its own. */
export function reviewAgain(state: SuspensionState, asks: Sentence): Row[] {
  const { lift } = state;
  const review = state.review!;
  // A lift that waits for its decision is the review's question by another name.
  const subject = lift ? 'lift' : 'review';
  return [
    { do: 'closeTasks', subject },
    {
      do: 'openTask',
      subject,
      roles: ['incidentCommander'],
      call: true,
      asks: lift ? wordsFor(state).lift : asks,
      due: review.due.at,
      send: lift ? sendDecision('lift', 'approve', lift.digest) : sendDecision('review', 'keep', review.digest),
    },
  ];
}

/** What a stop makes others owe (S-13). */
export function openDuties({ terms }: SuspensionState, at: Instant): Row[] {
  return DUTIES.map((duty) => {
    const { within, owner } = terms.duties[duty];
    const deadline = elapsed(rule(`duties.${duty}`, 'ordered', { terms }), at, within, terms.zone);
    return { do: 'openDuty', duty, owner, due: deadline.at, arithmetic: deadline.arithmetic };
  });
}

/** The measure is let go: what people were asked about it is asked no more. */
export function closeOpen(state: SuspensionState): Row[] {
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
