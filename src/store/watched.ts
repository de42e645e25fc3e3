import { sql } from 'kysely';
import type { Db } from './open.js';

export interface Watched {
  readonly suspension: string;
  readonly target: string;
}

/**
 * Every function whose lift is being watched, and the suspension that watches it.
 * @param lifting those that are being let go just now, too
 */
export async function watchedTargets(db: Db, { lifting = false } = {}): Promise<Watched[]> {
  const phases = lifting ? ['watching', 'lifting'] : ['watching'];
  const rows = await db
    .selectFrom('job')
    .select(['workflow_id', 'state'])
    .where('job', '=', 'suspension')
    .where('closed', '=', false)
    .where(sql<string>`state->>'phase'`, 'in', phases)
    .orderBy('workflow_id')
    .execute();
  return rows.flatMap(({ workflow_id, state }) =>
    Object.keys((state as { targets: object }).targets).map((target) => ({ suspension: workflow_id, target })),
  );
}
