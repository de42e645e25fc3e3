import { sql, type Kysely } from 'kysely';

/**
 * A workflow's lines are numbered without a gap. A run that is further than a restored register must not write on as if
 * nothing were missing: what it wrote before, holds among it, is not there.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function timeline_unbroken() returns trigger language plpgsql as $$
      begin
        if exists (
          select from added where sequence > 1 and not exists (
            select from timeline before where before.workflow_id = added.workflow_id and before.sequence = added.sequence - 1))
        then
          raise exception 'the register lacks what came before' using errcode = 'HK001';
        end if;
        return null;
      end $$;
    create trigger timeline_unbroken after insert on timeline referencing new table as added
      for each statement execute function timeline_unbroken();
  `.execute(db);
}
