import { sql } from 'kysely';
import { isRedecidedHere, type Phase, type SuspensionState } from '../domain/suspension.js';
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
  return targetsOf(await suspensionsIn(db, lifting ? ['watching', 'lifting'] : ['watching']));
}

/** Every function under a restriction that no containment looks after. */
export async function restrictedTargets(db: Db): Promise<Watched[]> {
  return targetsOf((await suspensionsIn(db, ['ordered'])).filter(({ state }) => isRedecidedHere(state)));
}

interface Saved {
  readonly suspension: string;
  readonly state: SuspensionState;
}

async function suspensionsIn(db: Db, phases: readonly Phase[]): Promise<Saved[]> {
  const rows = await db
    .selectFrom('job')
    .select(['workflow_id', 'state'])
    .where('job', '=', 'suspension')
    .where('closed', '=', false)
    .where(sql<string>`state->>'phase'`, 'in', phases)
    .orderBy('workflow_id')
    .execute();
  return rows.map(({ workflow_id, state }) => ({
    suspension: workflow_id,
    state: state as unknown as SuspensionState,
  }));
}

const targetsOf = (saved: readonly Saved[]): Watched[] =>
  saved.flatMap(({ suspension, state }) => Object.keys(state.targets).map((target) => ({ suspension, target })));
