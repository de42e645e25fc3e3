import { sql, type Kysely } from 'kysely';

/** Which run wrote a line: a run that finds its own lines goes on from them, one that finds another's asks a person. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table timeline add column run_id text`.execute(db);
}
