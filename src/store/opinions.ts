import { createHash } from 'node:crypto';
import type { OpinionContent } from '../domain/evaluation/opinion.js';
import { opinionResult } from '../domain/evaluation/state.js';
import type { RoundOpinion } from '../domain/inspectionRound/result.js';
import type { Instant } from '../domain/instant.js';
import { canonicalJson } from '../domain/json.js';
import type { Db } from './open.js';

/** SHA-256 of a version of an opinion, hexadecimal: whoever has the text can tell that it is the one that was given. */
export function opinionHash(content: OpinionContent): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

export interface KeptOpinion {
  readonly version: number;
  readonly stage: 'draft' | 'final';
  readonly content: OpinionContent;
  readonly hash: string;
  /** The content still has its hash. */
  readonly intact: boolean;
  readonly at: Instant;
  readonly factChecks: readonly {
    readonly n: number;
    readonly by: string;
    readonly role: string;
    readonly remarks: readonly { readonly unit?: string; readonly text: string }[];
    readonly at: Instant;
  }[];
}

/** All versions of the opinion on a round, the oldest first, each with what the bank answered to it. */
export async function readOpinions(db: Db, round: string): Promise<KeptOpinion[]> {
  const [versions, checks] = await Promise.all([
    db.selectFrom('opinion').selectAll().where('round', '=', round).orderBy('version').execute(),
    db
      .selectFrom('fact_check as f')
      .innerJoin('opinion as o', (join) =>
        join.onRef('o.workflow_id', '=', 'f.workflow_id').onRef('o.version', '=', 'f.version'),
      )
      .selectAll('f')
      .where('o.round', '=', round)
      .orderBy('f.n')
      .execute(),
  ]);
  return versions.map(({ workflow_id, version, stage, content, hash, at }) => ({
    version,
    stage,
    content: content as unknown as OpinionContent,
    hash,
    intact: opinionHash(content as unknown as OpinionContent) === hash,
    at,
    factChecks: checks
      .filter((check) => check.workflow_id === workflow_id && check.version === version)
      .map(({ n, by, role, remarks, at: checkedAt }) => ({
        n,
        by,
        role,
        remarks: remarks as unknown as KeptOpinion['factChecks'][number]['remarks'],
        at: checkedAt,
      })),
  }));
}

/** The final opinion on a round, as a report prints it. */
export async function finalOpinion(db: Db, round: string): Promise<RoundOpinion | undefined> {
  const row = await db
    .selectFrom('opinion')
    .select('content')
    .where('round', '=', round)
    .where('stage', '=', 'final')
    .executeTakeFirst();
  if (!row) return undefined;
  const { opinion, exceptions, recommendations } = row.content as unknown as OpinionContent;
  return { result: opinionResult(opinion), exceptions, recommendations };
}
