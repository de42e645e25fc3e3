import type { Instant } from '../instant.js';
import type { Change } from '../transition.js';
import { askClock } from './ask.js';
import { discussionClock, evaluationClock } from './evaluate.js';
import { remediationClock } from './remedy.js';
import { riskClock } from './risk.js';
import type { InspectionState } from './state.js';

/** Everything that an inspection does by itself. At the instant of `nextClock` one of them strikes. */
export const CLOCKS: readonly ((state: InspectionState, at: Instant) => Change<InspectionState>)[] = [
  askClock,
  evaluationClock,
  discussionClock,
  remediationClock,
  riskClock,
];
