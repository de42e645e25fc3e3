import type { Instant } from '../instant.js';
import type { Providers } from '../providers.js';
import { Refusal } from '../refusal.js';
import { rolesOf, type Roster } from '../roster.js';
import { notAssessor, notIndependent } from '../wording/assessor.js';

/**
 * An assessor has that role and nothing else in the bank: no other role, no control, no unit.
 * @throws Refusal saying what is in the way
 */
export function requireIndependent(
  roster: Roster,
  providers: Pick<Providers, 'units'> | undefined,
  assessor: string,
  at: Instant,
): void {
  const roles = rolesOf(roster, assessor, at);
  if (!roles.includes('assessor')) throw new Refusal(notAssessor(assessor, roster.version));
  const owns = roster.people.find(({ id }) => id === assessor)?.ownsControls ?? [];
  const runs = (providers?.units ?? []).filter(({ owner, manager }) => owner === assessor || manager === assessor);
  const ties = [...roles.filter((role) => role !== 'assessor'), ...owns, ...runs.map(({ id }) => id)];
  if (ties.length > 0) throw new Refusal(notIndependent(assessor, ties));
}
