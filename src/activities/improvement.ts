import type { ImprovementInput, ImprovementPlan, ImprovementState, SetDueInput } from '../domain/improvement.js';
import type { Watched } from '../domain/deadline/watch.js';
import type { Firmness } from '../domain/deadline.js';
import type { Instant } from '../domain/instant.js';
import { unitOf } from '../domain/providers.js';
import { authorise } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import { currentDocuments, type AllDocuments } from '../store/documents.js';
import type { ActivityDeps } from './deps.js';
import { digest } from './digest.js';
import { requireRound } from './evaluation.js';
import { promisedDay } from './promisedDay.js';
import { inspectionTerms, unitsIn } from './providerInspection.js';
import { savedOr } from './saved.js';
import type { Opened } from '../domain/resume.js';
import { orRefused } from './orRefused.js';

/** Its units and its day; whatever the result of their inspection is. Or the state that an earlier run saved. */
export function openImprovement(
  deps: Pick<ActivityDeps, 'store' | 'drill'>,
  begun: { workflowId: string; name: string; input?: ImprovementInput; at: Instant },
  run?: string,
): Promise<Opened<ImprovementPlan, ImprovementState>> {
  return orRefused(async () => {
    const { workflowId, name, at } = begun;
    const { db } = deps.store;
    const saved = await savedOr<ImprovementState, ImprovementInput>(deps, begun, run, usedBefore);
    if (saved.kind === 'resumed') return saved;
    const { input } = saved;
    const documents = await currentDocuments(db);
    authorise(documents.roster, documents.decisions, {
      rule: 'improvement.start',
      verdict: 'start',
      by: input.by,
      at,
      votes: [],
    });
    await requireRound(db, input.round);
    const providers = unitsIn(documents);
    const units = [...new Set(input.units.map((unit) => unitOf(providers, unit).id))];
    const watched = input.due === undefined ? undefined : watch(documents, input.due, input.firmness, at);
    return {
      kind: 'planned',
      plan: {
        name,
        input: { ...input, units },
        ...(watched && { watched }),
        digest: digest({ workflowId, units, subject: input.subject }),
        terms: inspectionTerms(documents, deps, at),
      },
    };
  });
}

function watch(documents: AllDocuments, due: string, firmness: Firmness, at: Instant): Watched {
  const day = promisedDay(documents, { rule: 'improvement.due', startEvent: 'improvementDueSet', firmness, due, at });
  return { ...day, standing: 'ON_TRACK' };
}

/** Another day of an improvement, with its reminders. */
export function improvementDay(
  deps: ActivityDeps,
  { due, firmness, at }: Pick<SetDueInput, 'due'> & { firmness: Firmness; at: Instant },
): Promise<{ kind: 'day'; watched: Watched } | { kind: 'refused'; sentence: Sentence }> {
  return orRefused(async () => ({
    kind: 'day',
    watched: watch(await currentDocuments(deps.store.db), due, firmness, at),
  }));
}

/** Units of which the list still tells another method than IVR call-back at one of their links. */
export async function withoutIvr(deps: ActivityDeps, { units }: { units: readonly string[] }): Promise<string[]> {
  const { providers } = await currentDocuments(deps.store.db);
  return (providers?.units ?? [])
    .filter(
      ({ id, authentication }) => units.includes(id) && authentication.some(({ method }) => method !== 'ivr-callback'),
    )
    .map(({ id }) => id);
}

const usedBefore = (id: string): Sentence => ({
  en: `The id ${id} was used before, and what it did stays on record. Choose another name at its end.`,
  ja: `ID ${id} は既に使われ、記録が残っています。末尾を別の名前にしてください。`,
});
