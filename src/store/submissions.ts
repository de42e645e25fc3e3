import { createHash } from 'node:crypto';
import { AnswersSchema, receiptNumber, type AnswerChannel, type Answers } from '../domain/answers.js';
import { tidyDraft } from '../domain/draft.js';
import type { Instant } from '../domain/instant.js';
import { canonicalJson } from '../domain/json.js';
import type { ItemFile } from '../domain/providerInspection.js';
import { Refusal } from '../domain/refusal.js';
import { lockAnswers } from './drafts.js';
import type { Db } from './open.js';

/** What the sender gets for answers that are kept. */
export interface Receipt {
  readonly v: 1;
  readonly submission: string;
  readonly inspection: string;
  /** For people: `R2020-c1-3`. */
  readonly number: string;
  readonly channel: string;
  readonly by: string;
  readonly receivedAt: Instant;
  /** Came after the inspection closed. */
  readonly late: boolean;
  /** How many items were answered. */
  readonly items: number;
  /** SHA-256 of the answers, hexadecimal. */
  readonly hash: string;
}

export interface Submission {
  readonly answers: Answers;
  readonly channel: AnswerChannel;
  readonly late: boolean;
  readonly at: Instant;
  readonly link?: string;
  /** The versions of the drafts that are submitted; an item without one is a version of its own. */
  readonly versions?: ReadonlyMap<string, number>;
}

/** Another submission has this id. */
export class SubmissionTaken extends Refusal {}

/**
 * Keeps answers before anybody is told of them. The same id with the same content gives the first receipt again.
 * @throws SubmissionTaken for an id that stands for other content
 */
export async function keepSubmission(db: Db, submission: Submission): Promise<Receipt> {
  const { answers, channel, late, at, link, versions } = submission;
  const { inspection, submission: id } = answers;
  const content = canonicalJson(answers);
  const hash = createHash('sha256').update(content).digest('hex');
  return db.transaction().execute(async (trx) => {
    await lockAnswers(trx, inspection);
    const known = await trx.selectFrom('submission').selectAll().where('id', '=', id).executeTakeFirst();
    if (known) {
      if (known.hash === hash) return toReceipt(known);
      throw idTaken();
    }
    const { last } = await trx
      .selectFrom('submission')
      .select((eb) => eb.fn.coalesce(eb.fn.max('n'), eb.lit(0)).as('last'))
      .where('workflow_id', '=', inspection)
      .executeTakeFirstOrThrow();
    const row = await trx
      .insertInto('submission')
      .values({
        id,
        workflow_id: inspection,
        n: last + 1,
        channel,
        by: answers.by,
        content,
        hash,
        late,
        received_at: at,
      })
      // Another inspection may have taken the id in the same moment: its lock is not ours.
      .onConflict((c) => c.column('id').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (!row) throw idTaken();
    for (const { item, ...value } of answers.items) {
      const draft = versions?.get(item);
      if (draft !== undefined) {
        await trx
          .updateTable('draft')
          .set({ submission: id })
          .where('workflow_id', '=', inspection)
          .where('item', '=', item)
          .where('version', '=', draft)
          .execute();
        continue;
      }
      const { newest } = await trx
        .selectFrom('draft')
        .select((eb) => eb.fn.coalesce(eb.fn.max('version'), eb.lit(0)).as('newest'))
        .where('workflow_id', '=', inspection)
        .where('item', '=', item)
        .executeTakeFirstOrThrow();
      await trx
        .insertInto('draft')
        .values({
          workflow_id: inspection,
          item,
          version: newest + 1,
          value: canonicalJson(tidyDraft(value)),
          updated_at: at,
          link: link ?? null,
          aside: false,
          submission: id,
        })
        .execute();
    }
    return toReceipt(row);
  });
}

/** The answers of a submission; undefined for an unknown one. */
export async function readSubmission(db: Db, id: string): Promise<{ answers: Answers; receipt: Receipt } | undefined> {
  const row = await db.selectFrom('submission').selectAll().where('id', '=', id).executeTakeFirst();
  return row && { answers: AnswersSchema.parse(row.content), receipt: toReceipt(row) };
}

/** Newest first. */
export async function receiptsOf(db: Db, inspection: string): Promise<Receipt[]> {
  const rows = await db
    .selectFrom('submission')
    .selectAll()
    .where('workflow_id', '=', inspection)
    .orderBy('n', 'desc')
    .execute();
  return rows.map(toReceipt);
}

/** The files of every answer that was given, by its item and submission. */
export async function itemFiles(db: Db, inspection: string): Promise<ItemFile[]> {
  const given = await db
    .selectFrom('draft')
    .select(['item', 'value', 'submission'])
    .where('workflow_id', '=', inspection)
    .where('submission', 'is not', null)
    .orderBy('version')
    .execute();
  return given.flatMap(({ item, value, submission }) =>
    (value as { evidence: string[] }).evidence.map((hash) => ({ item, submission: submission!, hash })),
  );
}

export interface Untaken {
  readonly submission: string;
  readonly inspection: string;
  readonly receivedAt: Instant;
}

/**
 * Submissions whose workflow was not told yet, oldest first.
 * @param heard `not-yet` those to be told again; `never` those for which no run was found
 */
export async function untakenSubmissions(db: Db, heard: 'not-yet' | 'never', limit = 500): Promise<Untaken[]> {
  return db
    .selectFrom('submission')
    .select(['id as submission', 'workflow_id as inspection', 'received_at as receivedAt'])
    .where('taken_at', 'is', null)
    .where('unheard_at', heard === 'never' ? 'is not' : 'is', null)
    .orderBy('received_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

export async function markTaken(db: Db, id: string, at: Instant): Promise<void> {
  await db
    .updateTable('submission')
    .set({ taken_at: at, unheard_at: null })
    .where('id', '=', id)
    .where('taken_at', 'is', null)
    .execute();
}

export async function markUnheard(db: Db, id: string, at: Instant): Promise<void> {
  await db
    .updateTable('submission')
    .set({ unheard_at: at })
    .where('id', '=', id)
    .where('taken_at', 'is', null)
    .execute();
}

/** Submissions that found no run are told again: the inspection was started anew. */
export async function hearAgain(db: Db, inspection: string): Promise<void> {
  await db
    .updateTable('submission')
    .set({ unheard_at: null })
    .where('workflow_id', '=', inspection)
    .where('taken_at', 'is', null)
    .execute();
}

function toReceipt(row: {
  id: string;
  workflow_id: string;
  n: number;
  channel: string;
  by: string;
  content: unknown;
  hash: string;
  late: boolean;
  received_at: Instant;
}): Receipt {
  return {
    v: 1,
    submission: row.id,
    inspection: row.workflow_id,
    number: receiptNumber(row.workflow_id, row.n),
    channel: row.channel,
    by: row.by,
    receivedAt: row.received_at,
    late: row.late,
    items: (row.content as { items: unknown[] }).items.length,
    hash: row.hash,
  };
}

const idTaken = () =>
  new SubmissionTaken({
    en: 'The field "submission" holds an id that was used before for other answers. Choose a new id.',
    ja: '「submission」のIDは、別の内容の回答で使用済みです。新しいIDを付けてください。',
  });
