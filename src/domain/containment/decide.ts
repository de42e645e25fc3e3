import { elapsed } from '../deadline.js';
import { recordDecision, voteOf } from '../decided.js';
import { answered, type Decision, type Question } from '../decision.js';
import type { Instant } from '../instant.js';
import type { Authorised } from '../roster.js';
import type { Change, Row } from '../transition.js';
import { containmentWords } from '../wording/containment.js';
import { CONTAINMENT_VERDICTS, type ContainmentState, digestOf } from './state.js';
import { entry, measure, overdueWords, rule } from './steps.js';

export type Verdict = (typeof CONTAINMENT_VERDICTS)[number];

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
  const row = recordDecision(decision, authority, late);
  const content = { verdict, by: decision.by, role: authority.role, reason: decision.reason, late };
  if (!authority.complete) {
    const vote = voteOf(decision, authority, at);
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
