import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Instant } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import type { Db } from './open.js';

/** Bytes that one inspection may store: a hundred scanned documents, and no more. */
export const MAX_EVIDENCE_BYTES = 500 * 1024 * 1024;

export interface EvidenceFile {
  /** `sha256:` and 64 hexadecimal digits of the content. */
  readonly hash: string;
  /** As its sender calls it. */
  readonly name: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  readonly storedAt: Instant;
}

export interface GivenFile {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** The name of a content: what it is kept under, and what answers say of it. */
export const evidenceHash = (content: Uint8Array) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/**
 * Stores a file of an inspection by the hash of its content; the same content again changes nothing.
 * @returns its hash @throws Refusal when the inspection has stored too much
 */
export async function storeEvidence(db: Db, inspection: string, file: GivenFile, at: Instant): Promise<string> {
  const [hash] = await storeAllEvidence(db, inspection, [file], at);
  return hash!;
}

/** Stores several files of an inspection: all of them, or none. @throws Refusal when they would be too much */
export async function storeAllEvidence(
  db: Db,
  inspection: string,
  files: readonly GivenFile[],
  at: Instant,
): Promise<string[]> {
  const given = files.map((file) => ({ ...file, hash: evidenceHash(file.content) }));
  await db.transaction().execute(async (trx) => {
    // One at a time for an inspection, or many at once would pass the limit together.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`evidence/${inspection}`}, 0))`.execute(trx);
    const kept = await evidenceOf(trx, inspection);
    const fresh = new Map(given.filter(({ hash }) => !kept.has(hash)).map((file) => [file.hash, file]));
    const bytes = [...kept.values()].reduce((sum, { size }) => sum + size, 0);
    const more = [...fresh.values()].reduce((sum, { content }) => sum + content.length, 0);
    // What is there already takes no room: sent again, it is never too much.
    if (more > 0 && bytes + more > MAX_EVIDENCE_BYTES) {
      const limit = MAX_EVIDENCE_BYTES / 1024 / 1024;
      throw new Refusal({
        en: `The files of this inspection would be larger than ${limit} MB together. Send fewer or smaller files, or ask the bank.`,
        ja: `この点検のファイルの合計が ${limit} MB を超えます。ファイルを減らすか小さくするか、銀行の担当者に相談してください。`,
      });
    }
    for (const { hash, name, mediaType, content } of fresh.values()) {
      await trx
        .insertInto('evidence')
        .values({ hash, size: content.length, content, stored_at: at })
        .onConflict((c) => c.column('hash').doNothing())
        .execute();
      await trx
        .insertInto('evidence_of')
        .values({ workflow_id: inspection, hash, name, media_type: mediaType, stored_at: at })
        .execute();
    }
  });
  return given.map(({ hash }) => hash);
}

const listed = (db: Db, inspection: string) =>
  db
    .selectFrom('evidence_of as o')
    .innerJoin('evidence as e', 'e.hash', 'o.hash')
    .where('o.workflow_id', '=', inspection)
    .select(['o.hash', 'o.name', 'o.media_type as mediaType', 'e.size', 'o.stored_at as storedAt']);

/** The files of an inspection, without their content; by hash. */
export async function evidenceOf(db: Db, inspection: string): Promise<Map<string, EvidenceFile>> {
  const rows = await listed(db, inspection).execute();
  return new Map(rows.map((row) => [row.hash, row]));
}

/** A file with its content; undefined for one that is not of this inspection. */
export async function readEvidence(
  db: Db,
  inspection: string,
  hash: string,
): Promise<(EvidenceFile & { readonly content: Buffer }) | undefined> {
  return listed(db, inspection).select('e.content').where('o.hash', '=', hash).executeTakeFirst();
}
