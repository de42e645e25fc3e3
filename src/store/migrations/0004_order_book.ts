import { sql, type Kysely } from 'kysely';

/**
 * The two ends of settling a function, one call each: a stop of ten targets makes them ten times.
 *
 * `open_orders` takes the function's session lock and then looks. Each statement of a volatile function sees what was
 * committed before it, so the look comes after the wait for the lock.
 *
 * `confirm_order` notes what was proven and looks at the holds again. If it is to finish and they are what they were
 * (`seen`), nothing is left to do under the lock: it is given back, after the commit.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function standing_of(target_id text, out holds json, out last json) language sql stable as $$
      select (select json_agg(json_build_object('suspension', workflow_id, 'measure', measure, 'limitYen', limit_yen, 'inFlight', in_flight)
                order by workflow_id) from hold where target = target_id and released_at is null),
             (select json_build_object('n', n, 'wanted', wanted, 'limitYen', limit_yen, 'status', status, 'detail', detail)
                from function_order where target = target_id order by n desc limit 1)
    $$;
    create function open_orders(target_id text, out holds json, out last json) language plpgsql volatile as $$
      begin
        perform pg_advisory_lock(hashtextextended(target_id, 2));
        select s.holds, s.last into holds, last from standing_of(target_id) s;
      end $$;
    create procedure confirm_order(target_id text, order_n integer, proven text, verified timestamptz, done timestamptz, finish boolean, seen jsonb,
      inout holds json default null, inout last json default null, inout executed timestamptz default null, inout unlocked boolean default false)
      language plpgsql as $$
      begin
        update function_order set status = 'confirmed', executed_at = coalesce(executed_at, done), verified_at = verified, detail = null
          where target = target_id and n = order_n returning executed_at into executed;
        insert into attempt (target, order_n, what, outcome) values (target_id, order_n, 'read back', proven);
        insert into function_state (target, effective_at, order_n, state)
          select target_id, verified, coalesce(confirm_order.order_n, 0), proven
           where proven is distinct from (select state from function_state f where f.target = target_id order by f.effective_at desc, f.order_n desc limit 1)
          on conflict do nothing;
        select s.holds, s.last into holds, last from standing_of(target_id) s;
        if finish and holds::jsonb is not distinct from seen then
          commit;
          unlocked := pg_advisory_unlock(hashtextextended(target_id, 2));
        end if;
      end $$;
  `.execute(db);
}
