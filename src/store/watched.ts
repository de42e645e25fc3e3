import type { Db } from './open.js';

export interface Watched {
  readonly suspension: string;
  readonly target: string;
}

/** Every function whose lift is being watched, and the suspension that watches it. */
export async function watchedTargets(db: Db): Promise<Watched[]> {
  const rows = await db
    .selectFrom('job')
    .select(['workflow_id', 'state'])
    .where('job', '=', 'suspension')
    .where('closed', '=', false)
    .where('stage', '=', 'WATCHED')
    .orderBy('workflow_id')
    .execute();
  return rows.flatMap(({ workflow_id, state }) =>
    Object.keys((state as { targets: object }).targets).map((target) => ({ suspension: workflow_id, target })),
  );
}
