import type { Instant } from '../domain/instant.js';
import { liftBars, liftRefused, type InspectionState, type LiftBar } from '../domain/providerInspection.js';
import { requireDecidable } from '../domain/proposal.js';
import { Refusal } from '../domain/refusal.js';
import type { Authority } from '../domain/roster.js';
import { authorise as mayDecide } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import type { Authorised } from '../domain/roster.js';
import { currentDocuments, type AllDocuments } from '../store/documents.js';
import { lastInspections, unitsProtecting } from '../store/lastInspections.js';
import type { Db } from '../store/open.js';
import type { ActivityDeps } from './deps.js';
import { orRefused } from './orRefused.js';

export type Authorisation =
  ({ readonly kind: 'authorised' } & Authorised) | { readonly kind: 'refused'; readonly sentence: Sentence };

/**
 * May this person cast this vote as of now: roster, roles and delegates, four-eyes, owner of the failed control. A proposal
 * needs somebody who could decide it; letting functions run again waits, besides, for what the inspections say of them.
 * @param workflowId where it is decided
 */
export function authorise(deps: ActivityDeps, question: Authority, workflowId?: string): Promise<Authorisation> {
  return orRefused(async () => {
    const { db } = deps.store;
    const documents = await currentDocuments(db);
    const { roster, decisions } = documents;
    const { role, complete } = mayDecide(roster, decisions, question);
    const { rule, verdict, at } = question;
    requireDecidable(roster, decisions, question);
    const letting = letsGo(rule, verdict);
    if (workflowId !== undefined && letting) await requireLiftable(db, documents, workflowId, letting, at);
    return { kind: 'authorised', role, complete, rosterVersion: roster.version, tableVersion: decisions.version };
  });
}

type LettingGo = 'lift' | 'reversal';

/** Does the decision let functions run again? */
function letsGo(rule: string, verdict: string): LettingGo | undefined {
  if (rule === 'suspension.lift' && verdict === 'approve') return 'lift';
  return rule === 'suspension.reverse' && verdict === 'reverse' ? 'reversal' : undefined;
}

/**
 * R-06 and invariants 5 and 8. What counts is what the inspections said: a unit that was taken out of the list since, or
 * gave a function away, still bars what its failing items protect. A reversal takes back, before anybody ratified it, a stop
 * that should not have been: it resumes nothing, so that an inspection that is merely under way does not bar it.
 * @throws Refusal naming functions and items
 */
async function requireLiftable(
  db: Db,
  { providers }: AllDocuments,
  suspension: string,
  letting: LettingGo,
  at: Instant,
): Promise<void> {
  const held = await db
    .selectFrom('hold')
    .select('target')
    .where('workflow_id', '=', suspension)
    .where('released_at', 'is', null)
    .orderBy('target')
    .execute();
  const targets = held.map(({ target }) => target);
  const listed = (providers?.units ?? []).filter(({ functions }) => functions.some((id) => targets.includes(id)));
  const units = [...new Set([...listed.map(({ id }) => id), ...(await unitsProtecting(db, targets))])].sort();
  const states = await lastInspections(db, units);
  const bars = units.flatMap((id): LiftBar[] => {
    const state = states.get(id) as InspectionState | undefined;
    if (!state) return [];
    const own = new Set([
      ...(listed.find((unit) => unit.id === id)?.functions ?? []),
      ...Object.values(state.items).flatMap(({ protects }) => protects ?? []),
    ]);
    return liftBars(
      state,
      targets.filter((target) => own.has(target)),
      at,
    );
  });
  const barring = letting === 'lift' ? bars : bars.filter(({ items }) => items.length > 0);
  if (barring.length > 0) throw new Refusal(liftRefused(barring));
}
