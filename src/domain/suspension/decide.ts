import { recordDecision, voteOf } from '../decided.js';
import { answered, type Decision } from '../decision.js';
import { type Instant, plus } from '../instant.js';
import { Refusal } from '../refusal.js';
import type { Authorised } from '../roster.js';
import type { Change, Row } from '../transition.js';
import { wordsFor } from '../wording/suspension.js';
import { proposeLift } from './lift.js';
import { suspensionQuestions } from './questions.js';
import { siblingSuspension, splitSubject, type SuspensionState, type TargetStanding } from './state.js';
import { closeOpen, entry, judged, mapTargets, nextReview, ordered } from './steps.js';

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
  const row = recordDecision(decision, authority, due !== undefined && at > due);
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
      votes: [...state.votes, voteOf(decision, authority, at)],
    };
    return { state: next, entries: [entry(next, 'voted', at, content, [row], part)] };
  }
  const close: Row = { do: 'closeTasks', subject };
  const done = (next: SuspensionState, name: string, ...rows: Row[]): Change<SuspensionState> => {
    const cleared = { ...judged(next), votes: next.votes.filter((vote) => vote.subject !== subject) };
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
        {
          ...state,
          siblings: {
            ...state.siblings,
            [part!]: { ...state.siblings[part!], verdict: verdict as 'keep' | 'stop', by },
          },
        },
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
      const { restrictionTripped: _tripped, ...kept } = state;
      const reviewed = done(
        { ...kept, ...nextReview(state, 'reviewed', at) },
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
      const { notBefore: _ban, instruction: _done, ...target } = state.targets[part!]!;
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
