import type { Authority } from '../domain/roster.js';
import { authorise as mayDecide } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import type { Authorised } from '../domain/suspension.js';
import { currentDocuments } from '../store/documents.js';
import type { ActivityDeps } from './deps.js';
import { orRefused } from './suspension.js';

export type Authorisation =
  ({ readonly kind: 'authorised' } & Authorised) | { readonly kind: 'refused'; readonly sentence: Sentence };

/** May this person cast this vote as of now: roster, roles and delegates, four-eyes, owner of the failed control. */
export function authorise(deps: ActivityDeps, question: Authority): Promise<Authorisation> {
  return orRefused(async () => {
    const { roster, decisions } = await currentDocuments(deps.store.db);
    const { role, complete } = mayDecide(roster, decisions, question);
    return { kind: 'authorised', role, complete, rosterVersion: roster.version, tableVersion: decisions.version };
  });
}
