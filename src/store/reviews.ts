import { sql } from 'kysely';
import type { NotApplicable } from '../domain/providerInspection.js';
import type { Db } from './open.js';

export interface KnownReview {
  readonly inspection: string;
  readonly unit: string;
  /** `YYYY-MM-DD`. */
  readonly review: string;
}

/** Units to which nothing applies by their last inspection, with the day on which that is looked at again; the next first. */
export async function notApplicableReviews(db: Db): Promise<KnownReview[]> {
  const rows = await db
    .selectFrom('inspection as i')
    .innerJoin('timeline as t', (join) => join.onRef('t.workflow_id', '=', 'i.workflow_id').on('t.sequence', '=', 1))
    .select(['i.workflow_id as inspection', 'i.unit', 'i.not_applicable'])
    .where('i.not_applicable', 'is not', null)
    .where(
      sql<boolean>`not exists (
        select from inspection as l join timeline as s on s.workflow_id = l.workflow_id and s.sequence = 1
        where l.unit = i.unit and (s.effective_at, l.workflow_id) > (t.effective_at, i.workflow_id))`,
    )
    .execute();
  return rows
    .map(({ inspection, unit, not_applicable: said }) => ({
      inspection,
      unit,
      review: (said as unknown as NotApplicable).review,
    }))
    .sort((a, b) => (a.review + a.unit < b.review + b.unit ? -1 : 1));
}
