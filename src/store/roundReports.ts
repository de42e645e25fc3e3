import { sql } from 'kysely';
import type { RoundResult } from '../domain/inspectionRound/result.js';
import { roundId } from '../domain/ids.js';
import { localDate, type Instant, type Zone } from '../domain/instant.js';
import type { Outdated, Release } from '../domain/roundReport/release.js';
import type { Db } from './open.js';

/** A result as it was proposed for publication; what was released is never changed. */
export interface KeptReport {
  readonly digest: string;
  readonly madeAt: Instant;
  readonly release: Exclude<Release, { kind: 'current' }>;
}

type Published = Extract<Release, { kind: 'published' }>;
type Releases = ReadonlyMap<string, Published>;

/** Results of a round that were proposed or released, the newest first. */
export async function reportsOf(db: Db, round: string, zone: Zone): Promise<KeptReport[]> {
  const [reports, released, given] = await Promise.all([
    db
      .selectFrom('round_report')
      .select(['digest', 'made_at'])
      .where('workflow_id', '=', roundId(round))
      .orderBy('made_at', 'desc')
      // In a drill several are made at one instant; the process knows which came last.
      .orderBy(proposedAs, (order) => order.desc().nullsLast())
      .orderBy('digest')
      .execute(),
    releases(db, round, zone),
    notReleased(db, round),
  ]);
  return reports.map(({ digest, made_at }, index) => {
    const release: KeptReport['release'] = released.get(digest) ?? { kind: 'proposed', digest };
    const newer = reports.slice(0, index).map((each) => each.digest);
    const outdated = released.has(digest)
      ? newerReleased(newer, released)
      : (newerReleased(newer, released) ??
        supersededBy(newer.find((each) => !given.has(each))) ??
        given.get(digest) ??
        supersededBy(newer[0]));
    return { digest, madeAt: made_at, release: { ...release, ...(outdated && { outdated }) } };
  });
}

/** Where the proposal of a report stands in the timeline of its round. */
const proposedAs = sql<number>`(
  select max(t.sequence) from timeline t
  where t.workflow_id = round_report.workflow_id and t.kind = 'reportProposed'
    and t.content ->> 'digest' = round_report.digest)`;

/** What only waits for its release takes the place of nothing that was released. */
function newerReleased(newer: readonly string[], released: Releases): Outdated | undefined {
  const by = newer.find((digest) => released.has(digest));
  return by === undefined ? undefined : { why: 'superseded', by, on: released.get(by)!.on };
}

const supersededBy = (by: string | undefined): Outdated | undefined =>
  by === undefined ? undefined : { why: 'superseded', by };

/** Proposals that cannot be released any more. */
async function notReleased(db: Db, round: string): Promise<Map<string, Outdated>> {
  const [returned, moved] = await Promise.all([
    db
      .selectFrom('decision')
      .select('digest')
      .where('workflow_id', '=', roundId(round))
      .where('subject', '=', 'report')
      .where('verdict', '=', 'return')
      .execute(),
    db
      .selectFrom('timeline')
      .select('content')
      .where('workflow_id', '=', roundId(round))
      .where('kind', 'in', ['unitMoved', 'unitAdded'])
      .where(sql<boolean>`content ? 'outdates'`)
      .execute(),
  ]);
  return new Map<string, Outdated>([
    ...moved.map(({ content }) => [(content as unknown as { outdates: string }).outdates, { why: 'moved' }] as const),
    ...returned.map(({ digest }) => [digest, { why: 'returned' }] as const),
  ]);
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
async function releases(db: Db, round: string, zone: Zone): Promise<Releases> {
  const lines = await db
    .selectFrom('timeline')
    .select(['effective_at', 'content'])
    .where('workflow_id', '=', roundId(round))
    .where('kind', '=', 'reported')
    .orderBy('sequence')
    .execute();
  const found = new Map<string, Published>();
  for (const { effective_at: at, content } of lines) {
    const { digest, slipDays } = content as unknown as { digest: string; slipDays: number };
    if (!found.has(digest)) found.set(digest, { kind: 'published', digest, on: localDate(at, zone), slipDays });
  }
  return found;
}
