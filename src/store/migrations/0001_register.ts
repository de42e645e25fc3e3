import { sql, type Kysely } from 'kysely';

/** The register of the first release: documents, jobs, timeline, holds, orders, tasks, duties, decisions, losses. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table document (
      kind text not null, version text not null, content jsonb not null, hash text not null, loaded_at timestamptz not null,
      primary key (kind, version));
    create table current_document (kind text primary key, version text not null,
      foreign key (kind, version) references document (kind, version));

    create table job (
      workflow_id text primary key, job text not null, incident text not null, stage text not null,
      closed boolean not null, needs_human boolean not null, next_deadline timestamptz,
      sequence integer not null, state jsonb not null, updated_at timestamptz not null);
    create index job_open on job (job, stage) where not closed;

    create table timeline (
      workflow_id text not null, sequence integer not null, entity text not null, kind text not null, incident text not null,
      effective_at timestamptz not null, recorded_at timestamptz not null, content jsonb not null, hash text not null,
      primary key (workflow_id, sequence));
    create index timeline_canonical on timeline (effective_at, entity, sequence);

    create table hold (
      workflow_id text not null, target text not null, placed_sequence integer not null,
      measure text not null check (measure in ('restrict', 'suspend')), limit_yen integer, in_flight text,
      placed_at timestamptz not null, released_at timestamptz,
      primary key (workflow_id, target, placed_sequence));
    create unique index hold_open on hold (target, workflow_id) where released_at is null;

    create table function_order (
      target text not null, n integer not null, wanted text not null, limit_yen integer,
      status text not null check (status in ('written', 'unknown', 'confirmed', 'refused', 'by-hand')),
      ordered_at timestamptz not null, verified_at timestamptz, detail text,
      primary key (target, n));

    create table function_state (
      target text not null, effective_at timestamptz not null, order_n integer not null, state text not null,
      primary key (target, effective_at, order_n));

    create table task (
      id text primary key, workflow_id text not null, incident text not null, subject text not null, roles text[] not null,
      call boolean not null, asks_en text not null, asks_ja text not null, due timestamptz, send jsonb,
      opened_at timestamptz not null, closed_at timestamptz, called_at timestamptz);
    create index task_open on task (workflow_id, subject) where closed_at is null;

    create table duty (
      id text primary key, workflow_id text not null, incident text not null, duty text not null, owner text not null,
      opened_at timestamptz not null, due timestamptz not null, arithmetic text not null,
      closed_at timestamptz, alarmed_at timestamptz);
    create index duty_open on duty (due) where closed_at is null;

    create table decision (
      workflow_id text not null, sequence integer not null, subject text not null, verdict text not null,
      by text not null, role text not null, reason text not null, digest text not null, late boolean not null,
      decided_at timestamptz not null, roster_version text not null, table_version text not null,
      primary key (workflow_id, sequence));

    create table loss (
      incident text not null, target text not null, reference text not null, count integer not null,
      occurred_at timestamptz not null, confirmed_at timestamptz not null, recorded_at timestamptz not null,
      primary key (incident, target, reference));

    create table attempt (
      id bigserial primary key, target text not null, order_n integer, what text not null, outcome text not null,
      at timestamptz not null default now());

    create table setting (name text primary key, value text not null);

    create function append_only() returns trigger language plpgsql as $$
      begin
        raise exception 'the timeline is append-only: record a correction instead';
      end $$;
    create trigger timeline_append_only before update or delete on timeline for each row execute function append_only();
  `.execute(db);
}
