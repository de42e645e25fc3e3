import type { RoundResult } from '../domain/inspectionRound/result.js';
import { roundId } from '../domain/ids.js';
import { localDate, type Instant, type Zone } from '../domain/instant.js';
import type { Release } from '../domain/roundReport/view.js';
import type { Db } from './open.js';

/** A result as it was proposed for publication; what was released is never changed. */
export interface KeptReport {
  readonly digest: string;
  readonly madeAt: Instant;
  readonly release: Exclude<Release, { kind: 'current' }>;
}

/** Results of a round that were proposed or released, the newest first. */
export async function reportsOf(db: Db, round: string, zone: Zone): Promise<KeptReport[]> {
  const [reports, released] = await Promise.all([
    db
      .selectFrom('round_report')
      .select(['digest', 'made_at'])
      .where('workflow_id', '=', roundId(round))
      .orderBy('made_at', 'desc')
      .orderBy('digest')
      .execute(),
    releases(db, round, zone),
  ]);
  return reports.map(({ digest, made_at }) => ({
    digest,
    madeAt: made_at,
    release: released.get(digest) ?? { kind: 'proposed', digest },
  }));
}

/** The result that is kept under a digest; undefined for an unknown one. */
export async function readReport(db: Db, round: string, digest: string): Promise<RoundResult | undefined> {
  const row = await db
    .selectFrom('round_report')
    .select('content')
    .where('workflow_id', '=', roundId(round))
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row?.content as unknown as RoundResult | undefined;
}

/** When each was released: the first time counts, as the timeline tells it. */
async function releases(
  db: Db,
  round: string,
  zone: Zone,
): Promise<Map<string, Extract<Release, { kind: 'published' }>>> {
  const lines = await db
    .selectFrom('timeline')
    .select(['effective_at', 'content'])
    .where('workflow_id', '=', roundId(round))
    .where('kind', '=', 'reported')
    .orderBy('sequence')
    .execute();
  const found = new Map<string, Extract<Release, { kind: 'published' }>>();
  for (const { effective_at: at, content } of lines) {
    const { digest, slipDays } = content as unknown as { digest: string; slipDays: number };
    if (!found.has(digest)) found.set(digest, { kind: 'published', digest, on: localDate(at, zone), slipDays });
  }
  return found;
}
