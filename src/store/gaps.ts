import type { Claim } from '../domain/answers.js';
import { gapList, type UnitGaps } from '../domain/framework/diff.js';
import type { Framework } from '../domain/framework/schema.js';
import type { FrameworkVersion } from '../domain/gapReview.js';
import { gapReviewId } from '../domain/ids.js';
import type { Instant } from '../domain/instant.js';
import { checklistOf } from '../domain/providers.js';
import type { AllDocuments } from './documents.js';
import { documentOf } from './documents.js';
import type { Db } from './open.js';

type Asked = Pick<AllDocuments, 'frameworks' | 'providers'>;

/**
 * What the present versions of frameworks ask that units of open and closed rounds never answered. The rounds themselves
 * go on by the version that they began with (DOMAIN 3.3). A unit that was asked by a newer version since owes only what that
 * one leaves.
 * @param only units that are asked by one of these frameworks now; all without it
 */
export async function frameworkGaps(db: Db, documents: Asked, only?: ReadonlySet<string>): Promise<UnitGaps[]> {
  const units = new Map(documents.providers?.units.map((unit) => [unit.id, unit]));
  const inspections = await db
    .selectFrom('inspection as i')
    .innerJoin('round as r', 'r.round', 'i.round')
    .select(['i.workflow_id', 'i.round', 'i.unit', 'i.framework', 'i.framework_version', 'i.asked_at', 'r.phase'])
    .orderBy('i.round')
    .orderBy('i.unit')
    .execute();
  const behind = inspections.filter(
    (inspection) =>
      units.has(inspection.unit) &&
      (!only || only.has(units.get(inspection.unit)!.framework)) &&
      documents.frameworks[inspection.framework]?.version !== inspection.framework_version &&
      !inspections.some((later) => askedAgain(inspection, later)),
  );
  const claims = await claimsOf(
    db,
    behind.map(({ workflow_id }) => workflow_id),
  );
  const earlier = new Map<string, Framework>();
  const rounds = [];
  for (const { workflow_id, round, unit: id, framework, framework_version: version, phase } of behind) {
    const unit = units.get(id)!;
    const name = `${framework}@${version}`;
    if (!earlier.has(name)) earlier.set(name, await documentOf(db, `framework/${framework}`, version));
    const before = checklistOf(unit, { ...documents.frameworks, [framework]: earlier.get(name)! });
    const after = checklistOf(unit, documents.frameworks);
    rounds.push({
      round,
      open: phase !== 'CLOSED',
      units: [{ unit: id, form: unit.form, claims: claims.get(workflow_id) ?? {}, before, after }],
    });
  }
  return gapList(rounds);
}

interface Asking {
  readonly unit: string;
  readonly framework: string;
  readonly framework_version: string;
  readonly asked_at: Instant | null;
}

/** Was the unit of a round asked later by another version? What an earlier round left open is that one's business then. */
const askedAgain = (earlier: Asking, later: Asking): boolean =>
  later.unit === earlier.unit &&
  later.asked_at !== null &&
  (earlier.asked_at === null || earlier.asked_at < later.asked_at) &&
  (later.framework !== earlier.framework || later.framework_version !== earlier.framework_version);

/**
 * The gap list that a review is about: what the current version of a framework leaves that came after the one by which the
 * units were asked. Going back to an older version owes nobody a look.
 */
export async function newerGaps(db: Db, documents: Asked, frameworks: ReadonlySet<string>): Promise<UnitGaps[]> {
  const gaps = await frameworkGaps(db, documents, frameworks);
  if (gaps.length === 0) return gaps;
  const rows = await db
    .selectFrom('document')
    .select(['kind', 'version', 'loaded_at'])
    .where('kind', 'like', 'framework/%')
    .execute();
  const came = new Map(rows.map(({ kind, version, loaded_at }) => [`${kind}@${version}`, loaded_at]));
  return gaps.filter(({ framework, from, to }) => {
    const before = came.get(`framework/${framework}@${from}`);
    return before === undefined || before <= came.get(`framework/${framework}@${to}`)!;
  });
}

/** Current versions of frameworks that leave gaps, and of which the register holds no review yet. */
export async function unreviewedGaps(db: Db, documents: Asked): Promise<FrameworkVersion[]> {
  const reviews = await db.selectFrom('job').select('workflow_id').where('job', '=', 'gapReview').execute();
  const known = new Set(reviews.map(({ workflow_id }) => workflow_id));
  const versions = Object.values(documents.frameworks)
    .map(({ id, version }): FrameworkVersion => ({ framework: id, version }))
    .filter((version) => !known.has(gapReviewId(version)));
  const gaps = await newerGaps(db, documents, new Set(versions.map(({ framework }) => framework)));
  return versions.filter(({ framework }) => gaps.some((gap) => gap.framework === framework));
}

/** The last claim for each item that was submitted, by inspection. */
async function claimsOf(db: Db, inspections: readonly string[]): Promise<Map<string, Record<string, Claim>>> {
  const claims = new Map<string, Record<string, Claim>>();
  if (inspections.length === 0) return claims;
  const rows = await db
    .selectFrom('draft')
    .distinctOn(['workflow_id', 'item'])
    .select(['workflow_id', 'item', 'value'])
    .where('workflow_id', 'in', inspections)
    .where('submission', 'is not', null)
    .orderBy('workflow_id')
    .orderBy('item')
    .orderBy('version', 'desc')
    .execute();
  for (const { workflow_id, item, value } of rows) {
    const { claim } = value as { claim: Claim };
    claims.set(workflow_id, { ...claims.get(workflow_id), [item]: claim });
  }
  return claims;
}
