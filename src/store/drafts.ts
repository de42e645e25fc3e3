import { sql } from 'kysely';
import type { Claim } from '../domain/answers.js';
import { DraftSchema, EMPTY_DRAFT, sameDraft, tidyDraft, type Draft } from '../domain/draft.js';
import type { Instant } from '../domain/instant.js';
import { canonicalJson } from '../domain/json.js';
import type { Db } from './open.js';

/** One version of an item's answer. */
export interface DraftVersion {
  readonly version: number;
  readonly value: Draft;
  readonly updatedAt: Instant;
  /** False while it waits to be submitted. */
  readonly submitted: boolean;
}

export interface ItemDraft extends DraftVersion {
  /** Saved by somebody who had not seen this version: kept until somebody chooses. Oldest first. */
  readonly aside: readonly DraftVersion[];
}

/** What one person saves of one item. */
export interface DraftSave {
  readonly item: string;
  /** The version that the person saw; 0 when there was none. */
  readonly base: number;
  /** What is absent stays as the person saw it; a date is taken away by `null`. */
  readonly value: { readonly claim?: Claim; readonly text?: string; readonly dueBy?: string | null };
  /** Files added to, and taken from, those of the version that the person saw. */
  readonly add: readonly string[];
  readonly drop: readonly string[];
  /** Between answers of two people: `this`, or the version of the other one. */
  readonly choose?: 'this' | number;
}

export interface SaveResult {
  readonly saved: readonly string[];
  /** Items that somebody else had changed meanwhile: both answers are kept. */
  readonly conflicts: readonly string[];
}

/** The newest version of each item that anybody wrote. */
export async function draftsOf(db: Db, inspection: string): Promise<Map<string, ItemDraft>> {
  const rows = await db
    .selectFrom('draft')
    .select(['item', 'version', 'value', 'updated_at', 'aside', 'submission'])
    .where('workflow_id', '=', inspection)
    .where((eb) =>
      eb.or([
        eb('aside', '=', true),
        eb(
          'version',
          '=',
          eb
            .selectFrom('draft as newer')
            .select(sql<number>`max(newer.version)`.as('version'))
            .where('newer.aside', '=', false)
            .whereRef('newer.workflow_id', '=', 'draft.workflow_id')
            .whereRef('newer.item', '=', 'draft.item'),
        ),
      ]),
    )
    .orderBy('version')
    .execute();
  const drafts = new Map<string, ItemDraft>();
  const aside = new Map<string, DraftVersion[]>();
  for (const row of rows) {
    const version = toVersion(row);
    if (row.aside) aside.set(row.item, [...(aside.get(row.item) ?? []), version]);
    else drafts.set(row.item, { ...version, aside: [] });
  }
  for (const [item, others] of aside) {
    drafts.set(item, { ...(drafts.get(item) ?? NOTHING), aside: others });
  }
  return drafts;
}

const NOTHING: DraftVersion = { version: 0, value: EMPTY_DRAFT, updatedAt: '' as Instant, submitted: true };

/**
 * Keeps what a person wrote. Who saves over a version that he has not seen does not overwrite it: both are kept, and
 * somebody chooses.
 * @param taken what the inspection took of an item that nobody has drafted yet
 */
export async function saveDrafts(
  db: Db,
  inspection: string,
  saves: readonly DraftSave[],
  { at, link, taken }: { at: Instant; link: string; taken: (item: string) => Draft },
): Promise<SaveResult> {
  const saved: string[] = [];
  const conflicts: string[] = [];
  await db.transaction().execute(async (trx) => {
    await lockAnswers(trx, inspection);
    for (const save of saves) {
      const rows = await trx
        .selectFrom('draft')
        .select(['version', 'value', 'updated_at', 'aside', 'submission'])
        .where('workflow_id', '=', inspection)
        .where('item', '=', save.item)
        .orderBy('version', 'desc')
        .execute();
      const current = rows.find(({ aside }) => !aside);
      const now = current ? toVersion(current).value : taken(save.item);
      const seen = rows.find(({ version }) => version === save.base);
      const base = seen ? toVersion(seen).value : save.base === 0 ? taken(save.item) : undefined;
      const dropped = new Set(save.drop);
      const evidence = [...(base ?? now).evidence.filter((hash) => !dropped.has(hash)), ...save.add];
      const { dueBy, ...given } = { ...(base ?? now), ...save.value };
      const value = tidyDraft({ ...given, ...(dueBy && { dueBy }), evidence });
      const append = async (draft: Draft, aside: boolean) => {
        await trx
          .insertInto('draft')
          .values({
            workflow_id: inspection,
            item: save.item,
            version: (rows[0]?.version ?? 0) + 1,
            value: canonicalJson(draft),
            updated_at: at,
            link,
            aside,
            submission: null,
          })
          .execute();
        (aside ? conflicts : saved).push(save.item);
      };

      if (save.choose !== undefined && save.base === (current?.version ?? 0)) {
        const other = rows.find(({ version, aside }) => aside && version === save.choose);
        await trx
          .updateTable('draft')
          .set({ aside: false })
          .where('workflow_id', '=', inspection)
          .where('item', '=', save.item)
          .execute();
        await append(other ? toVersion(other).value : value, false);
        continue;
      }
      if (sameDraft(value, now) || (base && sameDraft(value, base))) continue;
      if (save.base === (current?.version ?? 0)) await append(value, false);
      else if (rows.some((row) => row.aside && sameDraft(toVersion(row).value, value))) conflicts.push(save.item);
      else await append(value, true);
    }
  });
  return { saved, conflicts };
}

/** Whoever writes an inspection's drafts and submissions does so alone. */
export async function lockAnswers(trx: Db, inspection: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`answers/${inspection}`}, 0))`.execute(trx);
}

function toVersion(row: {
  version: number;
  value: unknown;
  updated_at: Instant;
  submission: string | null;
}): DraftVersion {
  return {
    version: row.version,
    value: DraftSchema.parse(row.value),
    updatedAt: row.updated_at,
    submitted: row.submission !== null,
  };
}
