import { sql, type Kysely } from 'kysely';

/** A timeline that nobody alters line by line is not emptied as a whole either. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create trigger timeline_not_emptied before truncate on timeline for each statement execute function append_only();
  `.execute(db);
}
