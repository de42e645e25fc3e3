import { sql, type Kysely } from 'kysely';

/** Third-party evaluation: opinions and fact checks that nobody alters; and improvements as they stand. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table opinion (
      workflow_id text not null, version integer not null, round text not null,
      stage text not null check (stage in ('draft', 'final')), opinion text not null, content jsonb not null,
      report text not null, hash text not null, by text not null, at timestamptz not null,
      primary key (workflow_id, version));
    create unique index opinion_final on opinion (round) where stage = 'final';

    create table fact_check (
      workflow_id text not null, n integer not null, version integer not null, by text not null, role text not null,
      remarks jsonb not null, at timestamptz not null,
      primary key (workflow_id, n), foreign key (workflow_id, version) references opinion (workflow_id, version));

    create function opinion_append_only() returns trigger language plpgsql as $$
      begin
        raise exception 'an opinion and its fact check are append-only: the assessor gives a further version instead';
      end $$;
    create trigger opinion_append_only before update or delete on opinion
      for each row execute function opinion_append_only();
    create trigger opinion_not_emptied before truncate on opinion
      for each statement execute function opinion_append_only();
    create trigger fact_check_append_only before update or delete on fact_check
      for each row execute function opinion_append_only();
    create trigger fact_check_not_emptied before truncate on fact_check
      for each statement execute function opinion_append_only();

    create table improvement (
      workflow_id text primary key, round text not null, name text not null, units text[] not null, subject text not null,
      text jsonb not null, stage text not null, due timestamptz, date text, last_open_day text, firmness text,
      standing text, earlier text[] not null);
    create index improvement_round on improvement (round);
  `.execute(db);
}
