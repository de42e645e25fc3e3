import { sql, type Kysely } from 'kysely';

/** Accepted risks, replies by mail, and items that failed and were not judged since. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table item_result add column failed boolean not null default false;

    create table risk_acceptance (
      workflow_id text not null, n integer not null, unit text not null, items text[] not null, functions text[] not null,
      by text[] not null, reason text not null, accepted_at timestamptz not null, until timestamptz not null,
      ended text check (ended in ('EXPIRED', 'SUPERSEDED', 'MENDED')), ended_at timestamptz,
      primary key (workflow_id, n));

    create table provider_reply (
      id text primary key, workflow_id text not null, mail_key text not null, "from" text not null, subject text not null,
      text text not null, attachments integer not null, automatic boolean not null, received_at timestamptz not null,
      told_at timestamptz);
    create index provider_reply_of on provider_reply (workflow_id, received_at);
  `.execute(db);
}
