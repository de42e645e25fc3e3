import { sql, type Kysely } from 'kysely';

/** Inspection rounds: how rounds, units and items stand, what was promised, what is to be published, and mails that went out. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table round (
      workflow_id text primary key, round text not null, title jsonb not null, phase text not null,
      opened_at timestamptz, target jsonb not null, predicted_end text, reported_at timestamptz, slip_days integer);

    create table inspection (
      workflow_id text primary key, round text not null, unit text not null, unit_group text not null, own boolean not null,
      basis text not null, framework text not null, framework_version text not null, phase text not null, result text not null,
      mandatory integer not null, satisfied integer not null, failing integer not null, left_out integer not null,
      follow_ups integer not null, asked_at timestamptz, answer_due timestamptz, overdue_since timestamptz,
      answered_at timestamptz, next_due timestamptz, remediation jsonb);
    create index inspection_round on inspection (round, unit_group, unit);

    create table item_result (
      workflow_id text not null, item text not null, phase integer not null, class text not null, result text not null,
      primary key (workflow_id, item));

    create table commitment (
      workflow_id text not null, n integer not null, unit text not null, text text not null, date text not null,
      last_open_day text, due timestamptz not null, firmness text not null, standing text not null, made_at timestamptz not null,
      primary key (workflow_id, n));

    create table evaluation (
      workflow_id text not null, digest text not null, item text not null, result text not null, reviewed text[] not null,
      note text, by text not null, at timestamptz not null,
      primary key (workflow_id, digest, item));

    create table round_report (
      workflow_id text not null, digest text not null, content jsonb not null, made_at timestamptz not null,
      primary key (workflow_id, digest));

    create table provider_mail (
      key text primary key, workflow_id text not null, kind text not null, message_id text not null, link text,
      state text not null check (state in ('claimed', 'sent', 'unknown', 'refused', 'bounced')),
      claimed_at timestamptz not null, sent_at timestamptz, detail text);
    create index provider_mail_of on provider_mail (workflow_id);
    create unique index provider_mail_message on provider_mail (message_id);
  `.execute(db);
}
