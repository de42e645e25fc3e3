import { sql, type Kysely } from 'kysely';

/** Mails that came in, as they came: kept before anybody is told of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table inbound_mail (
      id text primary key, message_id text not null, "from" text not null, subject text not null, raw bytea not null,
      received_at timestamptz not null, taken jsonb, taken_at timestamptz, settled_at timestamptz);
    create index inbound_mail_open on inbound_mail (received_at) where settled_at is null;
  `.execute(db);
}
