import type { Sentence } from '../domain/sentence.js';
import type { Line } from './compare.js';
import type { EndState, TimelineLine } from './endState.js';
import type { Played } from './play.js';
import type { PolicyName } from './script.js';

/** How one drill ended, and how that compares with what was published. */
export interface DrillResult {
  readonly policy: PolicyName;
  readonly title: Sentence;
  /** What this policy is, so that nobody takes the counterfactual for a duty. */
  readonly about: Sentence;
  readonly endState: EndState;
  readonly timeline: readonly TimelineLine[];
  readonly comparison: readonly Line[];
  readonly played: Played;
  readonly equal: boolean;
}
