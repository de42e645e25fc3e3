import { sql } from 'kysely';
import type { Unheld } from '../domain/guardSweep.js';
import { functionsOf } from '../domain/serviceMap.js';
import type { AllDocuments } from '../store/documents.js';
import type { ActivityDeps } from './deps.js';
import { reach } from './reach.js';

/** Reads at the same time; a bank's channel system is not to be flooded by its guard. */
const PARALLEL = 10;

export interface LookedAt {
  readonly unheld: readonly Unheld[];
  /** Functions of which nobody can say how they stand: the channel system did not answer. */
  readonly unknown: readonly string[];
}

/**
 * Functions of the service map that are not active outside although nothing of ours holds them: stopped by hand, by the
 * bank itself, or by a suspension that a restored register does not know. Single cards and accounts are not looked for.
 */
export async function findUnheld(deps: ActivityDeps, documents: AllDocuments): Promise<LookedAt> {
  const targets = functionsOf(documents.services)
    .filter(({ kind }) => kind === 'function' || kind === 'link')
    .map(({ id }) => id);
  const quiet = await withoutMeasure(deps, targets);
  const found: Unheld[] = [];
  let unknown: string[] = [];
  for (let start = 0; start < quiet.length && unknown.length === 0; start += PARALLEL) {
    const results = await Promise.all(
      quiet.slice(start, start + PARALLEL).map(async (target) => {
        const { control, known } = reach(deps, documents, target);
        return { target, back: await control.read(known) };
      }),
    );
    for (const { target, back } of results)
      if (back.kind === 'state' && back.state !== 'ACTIVE') found.push({ target, readBack: back.state });
    // A channel system that is away is told of by the functions that are held; nobody waits here for each time-out.
    const silent = results.filter(({ back }) => back.kind === 'unknown' || back.kind === 'retry-later');
    if (silent.length > 0) unknown = [...silent.map(({ target }) => target), ...quiet.slice(start + PARALLEL)];
  }
  // A stop that came between the two looks has placed its hold before it was sent.
  const still = await withoutMeasure(
    deps,
    found.map(({ target }) => target),
  );
  return { unheld: found.filter(({ target }) => still.includes(target)), unknown };
}

/** Functions without a hold whose last order, if any, made them active and is proven: nothing of ours is under way. */
async function withoutMeasure({ store }: ActivityDeps, targets: readonly string[]): Promise<string[]> {
  if (targets.length === 0) return [];
  const { rows } = await sql<{ target: string }>`
    select target from unnest(${[...targets]}::text[]) with ordinality as t(target, place)
     where not exists (select from hold h where h.target = t.target and h.released_at is null)
       and coalesce((select o.wanted = 'ACTIVE' and o.status = 'confirmed' from function_order o
                      where o.target = t.target order by o.n desc limit 1), true)
     order by place`.execute(store.db);
  return rows.map(({ target }) => target);
}
