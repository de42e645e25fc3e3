import { sql, type Kysely } from 'kysely';

/**
 * Most stops are the first order that a function ever had: then nothing needs to be looked up before it, and whoever takes
 * the lock writes it in the same call. The strictest hold wins (`wantedState`), so a hold that suspends says all of what
 * is wanted. Without such a hold, or with an order before it, nothing is written here.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function open_orders(target_id text, by_suspension text, ordered timestamptz, out holds json, out last json, out written boolean)
      language plpgsql volatile as $$
      begin
        perform pg_advisory_lock(hashtextextended(target_id, 2));
        select s.holds, s.last into holds, last from standing_of(target_id) s;
        insert into function_order (target, n, wanted, status, ordered_at)
          select target_id, 1, 'SUSPENDED', 'written', ordered
           where last is null
             and exists (select from hold where target = target_id and released_at is null and measure = 'suspend')
             and exists (select from hold where target = target_id and released_at is null and workflow_id = by_suspension);
        written := found;
      end $$;
  `.execute(db);
}
