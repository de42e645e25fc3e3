import type { Decision, Vote } from './decision.js';
import type { Instant } from './instant.js';
import type { Authorised } from './roster.js';
import type { Row } from './transition.js';

type Recorded = Extract<Row, { readonly do: 'recordDecision' }>;

/** The row of a decision that was found to be allowed, whether or not it is complete. `late`: after its due instant. */
export function recordDecision(decision: Decision, authority: Authorised, late: boolean): Recorded {
  const { subject, verdict, by, reason, digest } = decision;
  const { role, rosterVersion, tableVersion } = authority;
  return { do: 'recordDecision', subject, verdict, by, role, reason, digest, late, rosterVersion, tableVersion };
}

/** What is kept of a decision that needs more persons. */
export function voteOf({ subject, verdict, by, digest }: Decision, { role }: Authorised, at: Instant): Vote {
  return { subject, verdict, by, role, digest, at };
}
