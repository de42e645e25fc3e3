import { Migrator, type Kysely, type Migration } from 'kysely';
import * as register from './migrations/0001_register.js';
import * as orderExecuted from './migrations/0002_order_executed.js';
import * as timelineRun from './migrations/0003_timeline_run.js';
import * as orderBook from './migrations/0004_order_book.js';
import * as inspection from './migrations/0005_inspection.js';
import * as unbrokenTimeline from './migrations/0006_unbroken_timeline.js';
import * as round from './migrations/0007_round.js';
import * as riskReply from './migrations/0008_risk_reply.js';
import * as evaluation from './migrations/0009_evaluation.js';
import * as inboundMail from './migrations/0010_inbound_mail.js';
import * as timelineKept from './migrations/0011_timeline_kept.js';
import * as firstOrder from './migrations/0012_first_order.js';
import * as notApplicable from './migrations/0013_not_applicable.js';
import * as publishedKept from './migrations/0014_published_kept.js';
import type { Register } from './schema.js';

const MIGRATIONS: Record<string, Migration> = {
  '0001_register': register,
  '0002_order_executed': orderExecuted,
  '0003_timeline_run': timelineRun,
  '0004_order_book': orderBook,
  '0005_inspection': inspection,
  '0006_unbroken_timeline': unbrokenTimeline,
  '0007_round': round,
  '0008_risk_reply': riskReply,
  '0009_evaluation': evaluation,
  '0010_inbound_mail': inboundMail,
  '0011_timeline_kept': timelineKept,
  '0012_first_order': firstOrder,
  '0013_not_applicable': notApplicable,
  '0014_published_kept': publishedKept,
};

/** Names of the migrations that this build knows, the oldest first. */
export const SCHEMAS: readonly string[] = Object.keys(MIGRATIONS);

/**
 * Brings the register's tables up to date; several processes at once are safe (Kysely takes a lock).
 * @param until the last migration to make, for a register as an older build left it; all of them without
 */
export async function migrate(db: Kysely<Register>, until = SCHEMAS.at(-1)!): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
  const { error } = await migrator.migrateTo(until);
  if (error) throw error instanceof Error ? error : new Error('The register could not be migrated.', { cause: error });
}
