import { sql, type Kysely } from 'kysely';

/**
 * What is published or handed in never changes, whoever writes to the register; of a submission only whether its workflow
 * was told. And which text a mail had, and whether it may have gone out twice.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function published_kept() returns trigger language plpgsql as $$
      begin
        raise exception 'rows of % never change: add a newer one instead', tg_table_name;
      end $$;
    create trigger submission_append_only
      before delete or update of id, workflow_id, n, channel, by, content, hash, late, received_at on submission
      for each row execute function published_kept();
  `.execute(db);
  for (const table of ['document', 'evidence', 'evidence_of', 'round_report'])
    await sql`
      create trigger ${sql.ref(`${table}_append_only`)} before update or delete on ${sql.table(table)}
        for each row execute function published_kept();
    `.execute(db);
  for (const table of ['document', 'submission', 'evidence', 'evidence_of', 'round_report'])
    await sql`
      create trigger ${sql.ref(`${table}_not_emptied`)} before truncate on ${sql.table(table)}
        for each statement execute function published_kept();
    `.execute(db);
  await sql`
    alter table provider_mail
      add column notice text, add column notice_version text, add column notice_hash text,
      add column ambiguous boolean not null default false;
  `.execute(db);
}
