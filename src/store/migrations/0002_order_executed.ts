import { sql, type Kysely } from 'kysely';

/** When an order was first known to be in effect: kept with the order, so that a lost worker's successor tells the same. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table function_order add column executed_at timestamptz`.execute(db);
}
