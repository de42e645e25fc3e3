import type { PoolClient } from 'pg';
import type { ChannelState, Hold, Wanted } from '../domain/holds.js';
import type { Instant } from '../domain/instant.js';

export interface Order {
  readonly n: number;
  readonly wanted: ChannelState;
  readonly limitYen?: number;
  readonly status: 'written' | 'unknown' | 'confirmed' | 'refused' | 'by-hand';
  readonly detail?: string;
}

export interface Standing {
  readonly holds: readonly Hold[];
  readonly inFlight?: string;
  readonly last?: Order;
}

/**
 * One function's orders, on one connection under the function's advisory lock. The lock is a session lock because orders
 * are committed before they are sent.
 */
export class OrderBook {
  private constructor(
    private readonly connection: PoolClient,
    private readonly target: string,
  ) {}

  /** Takes the lock; `undefined` when somebody else keeps it too long. */
  static async open(connection: PoolClient, target: string): Promise<OrderBook | undefined> {
    try {
      await connection.query(prepared('lock', 'select pg_advisory_lock(hashtextextended($1, 2))', [target]));
    } catch (error) {
      if ((error as { code?: string }).code === '55P03') return undefined;
      throw error;
    }
    return new OrderBook(connection, target);
  }

  /** Gives the lock back; whoever waits for the answer of a stop need not wait for that. */
  async close(): Promise<void> {
    await this.connection.query(
      prepared('unlock', 'select pg_advisory_unlock(hashtextextended($1, 2))', [this.target]),
    );
  }

  async standing(): Promise<Standing> {
    const { rows } = await this.connection.query<StandingRow>(
      prepared('standing', `select ${STANDING}`, [this.target]),
    );
    return this.read(rows[0]!);
  }

  private read({ holds, last }: StandingRow): Standing {
    const inFlight = holds?.map((hold) => hold.inFlight).find((wish) => wish !== null);
    return {
      holds: (holds ?? []).map(({ suspension, measure, limitYen }) => ({
        suspension,
        target: this.target,
        measure,
        ...(limitYen !== null && { limitYen }),
      })),
      ...(inFlight && { inFlight }),
      ...(last && {
        last: {
          n: last.n,
          wanted: last.wanted,
          status: last.status,
          ...(last.limitYen !== null && { limitYen: last.limitYen }),
          ...(last.detail !== null && { detail: last.detail }),
        },
      }),
    };
  }

  async write(n: number, wanted: Wanted, at: Instant): Promise<void> {
    await this.connection.query(
      prepared(
        'write',
        `insert into function_order (target, n, wanted, limit_yen, status, ordered_at) values ($1, $2, $3, $4, 'written', $5)`,
        [this.target, n, wanted.state, wanted.limitYen ?? null, at],
      ),
    );
  }

  async mark(n: number, status: Order['status'], detail: string): Promise<void> {
    await this.connection.query('update function_order set status = $3, detail = $4 where target = $1 and n = $2', [
      this.target,
      n,
      status,
      detail,
    ]);
  }

  /**
   * Proven by a read-back: the order is confirmed, and the function's state noted if it changed.
   * @param executedAt when the outside said yes; without one, it is known to be done only now
   * @returns the holds as they are after the read-back, and when the order was first known to be done
   */
  async confirm(
    n: number | undefined,
    state: ChannelState,
    at: Instant,
    executedAt = at,
  ): Promise<Standing & { readonly executedAt?: Instant }> {
    const { rows } = await this.connection.query<StandingRow & { executed: Instant | null }>(
      prepared(
        'confirm',
        `with confirmed as (
         update function_order set status = 'confirmed', executed_at = coalesce(executed_at, $5), verified_at = $4, detail = null
          where target = $1 and n = $2 returning executed_at),
       tried as (
         insert into attempt (target, order_n, what, outcome) values ($1, $2, 'read back', $3)),
       noted as (
         insert into function_state (target, effective_at, order_n, state)
         select $1, $4, coalesce($2, 0), $3
          where $3 is distinct from (select state from function_state where target = $1 order by effective_at desc, order_n desc limit 1)
         on conflict do nothing)
       select (select executed_at from confirmed) as executed, ${STANDING}`,
        [this.target, n ?? null, state, at, executedAt],
      ),
    );
    const { executed } = rows[0]!;
    return { ...this.read(rows[0]!), ...(executed && { executedAt: executed }) };
  }

  async attempted(n: number | undefined, what: string, outcome: string): Promise<void> {
    await this.connection.query('insert into attempt (target, order_n, what, outcome) values ($1, $2, $3, $4)', [
      this.target,
      n ?? null,
      what,
      outcome,
    ]);
  }
}

/** A statement that each connection plans once: a stop of ten targets runs these fifty times. */
function prepared(name: string, text: string, values: unknown[]) {
  return { name: `order-${name}`, text, values };
}

/** Open holds and last order of the target `$1`, in one look. */
const STANDING = `(select json_agg(json_build_object('suspension', workflow_id, 'measure', measure, 'limitYen', limit_yen, 'inFlight', in_flight)
          order by workflow_id) from hold where target = $1 and released_at is null) as holds,
       (select json_build_object('n', n, 'wanted', wanted, 'limitYen', limit_yen, 'status', status, 'detail', detail)
          from function_order where target = $1 order by n desc limit 1) as last`;

interface StandingRow {
  holds: HoldRow[] | null;
  last: OrderRow | null;
}

interface HoldRow {
  suspension: string;
  measure: 'restrict' | 'suspend';
  limitYen: number | null;
  inFlight: string | null;
}

interface OrderRow {
  n: number;
  wanted: ChannelState;
  limitYen: number | null;
  status: Order['status'];
  detail: string | null;
}
