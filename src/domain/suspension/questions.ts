import type { Question } from '../decision.js';
import type { Instant } from '../instant.js';
import { onlySingle } from '../single.js';
import { wordsFor } from '../wording/suspension.js';
import { isRedecidedHere, type SuspensionState, targetDigest } from './state.js';

/** Everything that a suspension waits for people to decide, in the order of urgency. */
export function suspensionQuestions(state: SuspensionState): Question[] {
  const words = wordsFor(state);
  const digest = state.proposal.digest;
  const questions: Question[] = [];
  const ask = (
    subject: string,
    verdicts: string[],
    asks: Question['asks'],
    otherwise: Question['otherwise'],
    due?: Instant,
    ofDigest = digest,
    more: Pick<Question, 'alone' | 'instead'> = {},
  ) =>
    questions.push({
      subject,
      rule: `suspension.${subject.split(':')[0]}`,
      verdicts,
      digest: ofDigest,
      asks,
      otherwise,
      ...(due && { due }),
      ...more,
    });

  if (state.phase === 'proposed' && !state.emergency && !state.decidedIn)
    ask('approve', ['approve', 'refuse'], words.approve, words.approveOtherwise, state.proposal.expires.at);

  if (state.phase === 'ordered' || state.phase === 'lifting')
    for (const [id, target] of Object.entries(state.targets))
      if (target.status === 'needs-human' || (target.late && target.status === 'waiting'))
        ask(
          `target:${id}`,
          ['retry', 'done-by-hand', 'skip'],
          words.target(id),
          words.targetOtherwise(id),
          undefined,
          targetDigest(state, id),
          target.instruction && { alone: true },
        );

  if (state.phase !== 'ordered') return questions;

  if (state.emergency && state.ratification && !state.ratification.by) {
    ask('ratify', ['ratify'], words.ratify, words.ratifyOtherwise, state.ratification.due.at);
    ask('reverse', ['reverse'], words.reverse, words.reverseOtherwise);
  }
  // Whoever does not decide on the lift of a restriction has not decided on the restriction either.
  const liftBy = isRedecidedHere(state) ? state.review?.due.at : undefined;
  if (state.lift) ask('lift', ['approve', 'refuse'], words.lift, words.liftOtherwise, liftBy, state.lift.digest);
  for (const [id, sibling] of Object.entries(state.siblings))
    if (!sibling.verdict)
      ask(
        `sibling:${id}`,
        sibling.single ? ['keep'] : ['keep', 'stop'],
        words.sibling(id),
        words.siblingOtherwise,
        state.siblingsDue?.at ?? state.siblingsOverdue,
        undefined,
        sibling.single && { alone: true, instead: onlySingle(id, sibling.single) },
      );
  if (state.review && !state.lift)
    ask(
      'review',
      ['keep', 'change', 'lift'],
      words.review,
      words.reviewOtherwise,
      state.review.due.at,
      state.review.digest,
    );
  return questions;
}
