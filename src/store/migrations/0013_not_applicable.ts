import { sql, type Kysely } from 'kysely';

/** Who said that nothing applies to a unit, why, and the day on which that is looked at again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table inspection add column not_applicable jsonb`.execute(db);
}
