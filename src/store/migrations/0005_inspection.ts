import { sql, type Kysely } from 'kysely';

/** What providers see, and what comes in from them: questionnaires, links, drafts, files, submissions. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table questionnaire (workflow_id text primary key, content jsonb not null, updated_at timestamptz not null);

    create table access_link (
      id text primary key, workflow_id text not null, contact text not null,
      issued_at timestamptz not null, expires_at timestamptz not null, revoked_at timestamptz);
    create index access_link_of on access_link (workflow_id);

    create table submission (
      id text primary key, workflow_id text not null, n integer not null, channel text not null, by text not null,
      content jsonb not null, hash text not null, late boolean not null,
      received_at timestamptz not null, taken_at timestamptz, unheard_at timestamptz,
      unique (workflow_id, n));
    create index submission_untaken on submission (received_at) where taken_at is null;

    create table draft (
      workflow_id text not null, item text not null, version integer not null, value jsonb not null,
      updated_at timestamptz not null, link text, aside boolean not null default false, submission text,
      primary key (workflow_id, item, version));

    create table evidence (hash text primary key, size integer not null, content bytea not null, stored_at timestamptz not null);
    create table evidence_of (
      workflow_id text not null, hash text not null references evidence (hash), name text not null,
      media_type text not null, stored_at timestamptz not null,
      primary key (workflow_id, hash));
  `.execute(db);
}
