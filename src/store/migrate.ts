import { Migrator, type Kysely, type Migration } from 'kysely';
import * as register from './migrations/0001_register.js';
import * as orderExecuted from './migrations/0002_order_executed.js';
import * as timelineRun from './migrations/0003_timeline_run.js';
import type { Register } from './schema.js';

const MIGRATIONS: Record<string, Migration> = {
  '0001_register': register,
  '0002_order_executed': orderExecuted,
  '0003_timeline_run': timelineRun,
};

/** Brings the register's tables up to date; several processes at once are safe (Kysely takes a lock). */
export async function migrate(db: Kysely<Register>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error instanceof Error ? error : new Error('The register could not be migrated.', { cause: error });
}
