import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Register } from './schema.js';

export type Db = Kysely<Register>;

export interface Store {
  readonly db: Db;
  /** For what needs one connection throughout, such as a session lock. */
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

const TIMESTAMPTZ = 1184;
const INT8 = 20;

/** Instants are ISO text in UTC everywhere; numbers are numbers. */
const parsers = new Map<number, (text: string) => unknown>([
  [TIMESTAMPTZ, (text) => new Date(text).toISOString()],
  [INT8, Number],
]);
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: Parameters<typeof pg.types.getTypeParser>[0], format?: 'text' | 'binary') =>
    parsers.get(oid) ?? (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
};

/** Opens the register. Connections are made when needed; one that breaks is replaced. */
export function openStore(
  databaseUrl: string,
  options: { max?: number; onError?: (error: Error) => void } = {},
): Store {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.max ?? 20,
    types,
    connectionTimeoutMillis: 5_000,
    // A register that stopped answering must not hold an activity beyond its time.
    query_timeout: 10_000,
    // Nobody waits longer for a lock than this; whoever settles the same function is done within 20 seconds or lost.
    options: '-c timezone=UTC -c lock_timeout=8000',
    application_name: 'hikeshi',
  });
  // An idle connection that breaks (the server restarts) would otherwise end the process.
  pool.on('error', (error) => options.onError?.(error));
  const db = new Kysely<Register>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    pool,
    async close() {
      await db.destroy();
      // Kysely leaves alone a pool that it never used itself.
      if (!pool.ended) await pool.end();
    },
  };
}
