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
  /** As it stood when the lock was taken. */
  readonly opened: Standing;
  /** Is the function's first order, a stop, written already? */
  readonly begun: boolean;
  private locked = true;

  private constructor(
    private readonly connection: PoolClient,
    private readonly target: string,
    /** What was looked at last. */
    private seen: StandingRow,
    begun: boolean,
  ) {
    this.opened = standingOf(target, seen);
    this.begun = begun;
  }

  /**
   * Takes the lock and looks; `undefined` when somebody else keeps it too long. A stop that is the function's first order
   * is written with it.
   * @param suspension of which a hold must be there for that
   */
  static async open(
    connection: PoolClient,
    target: string,
    suspension: string,
    at: Instant,
  ): Promise<OrderBook | undefined> {
    try {
      const { rows } = await connection.query<StandingRow & { written: boolean }>(
        prepared('open', 'select holds, last, written from open_orders($1, $2, $3)', [target, suspension, at]),
      );
      return new OrderBook(connection, target, rows[0]!, rows[0]!.written);
    } catch (error) {
      if ((error as { code?: string }).code === '55P03') return undefined;
      throw error;
    }
  }

  /** Gives the lock back; whoever waits for the answer of a stop need not wait for that. */
  async close(): Promise<void> {
    if (!this.locked) return;
    await this.connection.query(
      prepared('unlock', 'select pg_advisory_unlock(hashtextextended($1, 2))', [this.target]),
    );
  }

  async standing(): Promise<Standing> {
    const { rows } = await this.connection.query<StandingRow>(
      prepared('standing', 'select holds, last from standing_of($1)', [this.target]),
    );
    this.seen = rows[0]!;
    return standingOf(this.target, this.seen);
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

  /** @param executedAt when the outside said yes, where nothing proves it yet */
  async mark(n: number, status: Order['status'], detail: string, executedAt?: Instant): Promise<void> {
    await this.connection.query(
      `update function_order set status = $3, detail = $4, executed_at = coalesce(executed_at, $5) where target = $1 and n = $2`,
      [this.target, n, status, detail, executedAt ?? null],
    );
  }

  /** An earlier order turns out to be in effect; the lock stays. */
  async confirm(n: number, state: ChannelState, at: Instant): Promise<void> {
    await this.note({ n, state, at, executedAt: at, finish: false });
  }

  /**
   * What must hold is proven: the order is confirmed, the function's state noted if it changed, and the lock given back
   * unless the holds changed meanwhile.
   * @param executedAt when the outside said yes; without one, it is known to be done only now
   * @returns the holds as they are after the read-back, and when the order was first known to be done
   */
  conclude(
    n: number | undefined,
    state: ChannelState,
    at: Instant,
    executedAt = at,
  ): Promise<Standing & { readonly executedAt?: Instant }> {
    return this.note({ n, state, at, executedAt, finish: true });
  }

  private async note(proof: {
    n: number | undefined;
    state: ChannelState;
    at: Instant;
    executedAt: Instant;
    finish: boolean;
  }): Promise<Standing & { readonly executedAt?: Instant }> {
    const { holds } = this.seen;
    const { rows } = await this.connection.query<StandingRow & { executed: Instant | null; unlocked: boolean }>(
      prepared('confirm', 'call confirm_order($1, $2, $3, $4, $5, $6, $7)', [
        this.target,
        proof.n ?? null,
        proof.state,
        proof.at,
        proof.executedAt,
        proof.finish,
        holds && JSON.stringify(holds),
      ]),
    );
    const { executed, unlocked } = rows[0]!;
    if (unlocked) this.locked = false;
    return { ...standingOf(this.target, rows[0]!), ...(executed && { executedAt: executed }) };
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

/** A statement that each connection plans once: a stop of ten targets runs these thirty times. */
function prepared(name: string, text: string, values: unknown[]) {
  return { name: `order-${name}`, text, values };
}

function standingOf(target: string, { holds, last }: StandingRow): Standing {
  const inFlight = holds?.map((hold) => hold.inFlight).find((wish) => wish !== null);
  return {
    holds: (holds ?? []).map(({ suspension, measure, limitYen }) => ({
      suspension,
      target,
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
