import { sql } from 'kysely';
import { dutyEntity, type DutyClosing, type OwedDuty } from '../domain/duty.js';
import type { DutyKind } from '../domain/dutyKind.js';
import type { Instant } from '../domain/instant.js';
import type { Role } from '../domain/roster.js';
import type { Db, Store } from './open.js';

export interface DutyFilter {
  readonly id?: string;
  /** Closed ones too. */
  readonly closed?: boolean;
  /** Only those past their due instant then, whose owner was not called yet. */
  readonly toAlarm?: Instant;
}

/** Duties as the register holds them, the most urgent first; open ones only unless asked otherwise. */
export async function readDuties(db: Db, { id, closed = false, toAlarm }: DutyFilter = {}): Promise<OwedDuty[]> {
  let query = db.selectFrom('duty').selectAll();
  if (!closed) query = query.where('closed_at', 'is', null);
  if (id !== undefined) query = query.where('id', '=', id);
  if (toAlarm !== undefined) query = query.where('alarmed_at', 'is', null).where('due', '<=', toAlarm);
  const rows = await query.orderBy('due').orderBy('id').execute();
  return rows.map((row) => ({
    id: row.id,
    workflowId: row.workflow_id,
    incident: row.incident,
    duty: row.duty as DutyKind,
    owner: row.owner as Role,
    due: row.due,
    arithmetic: row.arithmetic,
    ...(row.closed_at && { closedAt: row.closed_at }),
  }));
}

/** Who closed a duty, and when: what the timeline says first. */
export async function closingOf(db: Db, id: string): Promise<DutyClosing | undefined> {
  const line = await db
    .selectFrom('timeline')
    .select(['effective_at', 'content'])
    .where('entity', '=', dutyEntity(id))
    .where('kind', '=', 'dutyClosed')
    .orderBy('recorded_at')
    .limit(1)
    .executeTakeFirst();
  return line && { ...(line.content as unknown as Omit<DutyClosing, 'at'>), at: line.effective_at };
}

/** Two people who close the same duty at the same moment come one after the other: the second sees what the first did. */
export function oneCloser<T>({ db }: Store, id: string, work: () => Promise<T>): Promise<T> {
  return db.transaction().execute(async (lock) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${id}, 3))`.execute(lock);
    return work();
  });
}
