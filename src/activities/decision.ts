import type { Instant } from '../domain/instant.js';
import { liftBars, liftRefused, type InspectionState, type LiftBar } from '../domain/providerInspection.js';
import { Refusal } from '../domain/refusal.js';
import type { Authority } from '../domain/roster.js';
import { authorise as mayDecide } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import type { Authorised } from '../domain/roster.js';
import { currentDocuments, type AllDocuments } from '../store/documents.js';
import { lastInspections } from '../store/lastInspections.js';
import type { Db } from '../store/open.js';
import type { ActivityDeps } from './deps.js';
import { orRefused } from './orRefused.js';

export type Authorisation =
  ({ readonly kind: 'authorised' } & Authorised) | { readonly kind: 'refused'; readonly sentence: Sentence };

/**
 * May this person cast this vote as of now: roster, roles and delegates, four-eyes, owner of the failed control. A lift
 * waits, besides, for what the inspections say of its functions.
 * @param workflowId where it is decided
 */
export function authorise(deps: ActivityDeps, question: Authority, workflowId?: string): Promise<Authorisation> {
  return orRefused(async () => {
    const { db } = deps.store;
    const documents = await currentDocuments(db);
    const { roster, decisions } = documents;
    const { role, complete } = mayDecide(roster, decisions, question);
    const { rule, verdict, at } = question;
    if (workflowId !== undefined && rule === 'suspension.lift' && verdict === 'approve')
      await requireLiftable(db, documents, workflowId, at);
    return { kind: 'authorised', role, complete, rosterVersion: roster.version, tableVersion: decisions.version };
  });
}

/** R-06 and invariants 5 and 8. @throws Refusal naming functions and items */
async function requireLiftable(db: Db, documents: AllDocuments, suspension: string, at: Instant): Promise<void> {
  const held = await db
    .selectFrom('hold')
    .select('target')
    .where('workflow_id', '=', suspension)
    .where('released_at', 'is', null)
    .orderBy('target')
    .execute();
  const targets = held.map(({ target }) => target);
  const units = (documents.providers?.units ?? []).filter(({ functions }) =>
    functions.some((id) => targets.includes(id)),
  );
  if (units.length === 0) return;
  const states = await lastInspections(
    db,
    units.map(({ id }) => id),
  );
  const bars = units.flatMap(({ id, functions }): LiftBar[] => {
    const state = states.get(id) as InspectionState | undefined;
    return state
      ? liftBars(
          state,
          functions.filter((fn) => targets.includes(fn)),
          at,
        )
      : [];
  });
  if (bars.length > 0) throw new Refusal(liftRefused(bars));
}
