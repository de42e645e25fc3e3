import { sql } from 'kysely';
import type { Json } from '../domain/json.js';
import type { Db } from './open.js';

/** The saved state of the last inspection of each of these units, whatever its round. */
export async function lastInspections(db: Db, units: readonly string[]): Promise<ReadonlyMap<string, Json>> {
  if (units.length === 0) return new Map();
  const rows = await db
    .selectFrom('inspection as i')
    .innerJoin('job as j', 'j.workflow_id', 'i.workflow_id')
    .innerJoin('timeline as t', (join) => join.onRef('t.workflow_id', '=', 'i.workflow_id').on('t.sequence', '=', 1))
    .select(['i.unit', 'j.state'])
    .where('i.unit', 'in', units)
    .orderBy('t.effective_at')
    .orderBy('i.workflow_id')
    .execute();
  return new Map(rows.map(({ unit, state }) => [unit, state]));
}

/** The last inspection of each unit of which a mandatory item fails, or failed in an earlier one. */
export async function failingInspections(db: Db): Promise<readonly Json[]> {
  const failing = await db.selectFrom('inspection').select('unit').distinct().where('failing', '>', 0).execute();
  const states = await lastInspections(
    db,
    failing.map(({ unit }) => unit),
  );
  return [...states].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, state]) => state);
}

/** Units with an inspection of which an item protects one of these functions, whatever the list of units says now. */
export async function unitsProtecting(db: Db, functions: readonly string[]): Promise<string[]> {
  if (functions.length === 0) return [];
  const rows = await db
    .selectFrom('inspection as i')
    .innerJoin('job as j', 'j.workflow_id', 'i.workflow_id')
    .select('i.unit')
    .distinct()
    .where(
      sql<boolean>`exists (
        select from jsonb_each(j.state -> 'items') as item where item.value -> 'protects' ?| ${functions}::text[])`,
    )
    .execute();
  return rows.map(({ unit }) => unit);
}
