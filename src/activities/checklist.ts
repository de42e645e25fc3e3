import { compose, type Checklist, type ChecklistItem } from '../domain/framework/compose.js';
import type { Framework } from '../domain/framework/schema.js';
import type { Providers, Unit } from '../domain/providers.js';
import { Refusal } from '../domain/refusal.js';
import { documentOf, type AllDocuments } from '../store/documents.js';
import type { Db } from '../store/open.js';

/**
 * A checklist of a version with everything that it extends, whatever was published since: a round keeps the version that
 * it began with. @throws Refusal for a version that the register does not hold
 */
export async function checklistOfVersion(
  db: Db,
  { frameworks }: Pick<AllDocuments, 'frameworks'>,
  wanted: { readonly id: string; readonly version: string },
): Promise<Checklist> {
  const found = new Map<string, Framework>();
  const read = async ({ id, version }: { readonly id: string; readonly version: string }): Promise<Framework> => {
    const key = `${id} ${version}`;
    const known = found.get(key);
    if (known) return known;
    const current = Object.hasOwn(frameworks, id) ? frameworks[id] : undefined;
    const framework = current?.version === version ? current : await documentOf(db, `framework/${id}`, version);
    found.set(key, framework);
    for (const base of framework.extends) await read({ id: base.framework, version: base.version });
    return framework;
  };
  return compose(await read(wanted), (id, version) => found.get(`${id} ${version}`));
}

/**
 * What a unit was found to be asked when it was scoped: neither a newer checklist nor another service form changes it.
 * Their conditions on the form are fulfilled, and left out.
 */
export async function scopedItems(
  db: Db,
  documents: Pick<AllDocuments, 'frameworks'>,
  workflowId: string,
  framework: { readonly id: string; readonly version: string },
): Promise<Omit<ChecklistItem, 'appliesIf'>[]> {
  const rows = await db.selectFrom('item_result').select('item').where('workflow_id', '=', workflowId).execute();
  const scoped = new Set(rows.map(({ item }) => item));
  const { items } = await checklistOfVersion(db, documents, framework);
  return items.filter(({ id }) => scoped.has(id)).map(({ appliesIf: _met, ...item }) => item);
}

/** The unit of an inspection as it stands in the list now; undefined for one that was taken out meanwhile. */
export function unitInspected(providers: Providers | undefined, workflowId: string): Unit | undefined {
  const id = workflowId.split('/')[2];
  return providers?.units.find((unit) => unit.id === id);
}

/** The checklist that a unit has now. @throws Refusal when it is not loaded */
export function checklistNow(
  db: Db,
  documents: Pick<AllDocuments, 'frameworks'>,
  { id, framework }: Pick<Unit, 'id' | 'framework'>,
): Promise<Checklist> {
  const current = Object.hasOwn(documents.frameworks, framework) ? documents.frameworks[framework] : undefined;
  if (current) return checklistOfVersion(db, documents, current);
  throw new Refusal({
    en: `The unit ${id} is to be asked by the framework ${framework}, which is not loaded. Add ${framework}.yaml to the folder frameworks/.`,
    ja: `対象 ${id} の基準 ${framework} がありません。frameworks/ に ${framework}.yaml を追加してください。`,
  });
}
