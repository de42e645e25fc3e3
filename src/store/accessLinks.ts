import type { Instant } from '../domain/instant.js';
import type { Db } from './open.js';

/** A contact's secret link. Its token carries the id, and is written down nowhere. */
export interface AccessLink {
  /** The subject of its token: 32 hexadecimal digits. */
  readonly id: string;
  readonly inspection: string;
  readonly contact: string;
  readonly issuedAt: Instant;
  readonly expiresAt: Instant;
  readonly revokedAt?: Instant;
}

/** Writes the link down; doing it again changes nothing, so that a revoked link stays revoked. */
export async function addAccessLink(db: Db, link: AccessLink): Promise<void> {
  await db
    .insertInto('access_link')
    .values({
      id: link.id,
      workflow_id: link.inspection,
      contact: link.contact,
      issued_at: link.issuedAt,
      expires_at: link.expiresAt,
    })
    .onConflict((c) => c.column('id').doNothing())
    .execute();
}

export async function accessLink(db: Db, id: string): Promise<AccessLink | undefined> {
  const row = await db.selectFrom('access_link').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toLink(row);
}

/** Newest first. */
export async function accessLinksOf(db: Db, inspection: string): Promise<AccessLink[]> {
  const rows = await db
    .selectFrom('access_link')
    .selectAll()
    .where('workflow_id', '=', inspection)
    .orderBy('issued_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(toLink);
}

/** Takes links back at once: the one with the id, or all of an inspection. @returns how many were valid until now */
export async function revokeAccessLinks(
  db: Db,
  which: { readonly id: string } | { readonly inspection: string },
  at: Instant,
): Promise<number> {
  const result = await db
    .updateTable('access_link')
    .set({ revoked_at: at })
    .where((eb) => ('id' in which ? eb('id', '=', which.id) : eb('workflow_id', '=', which.inspection)))
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

function toLink(row: {
  id: string;
  workflow_id: string;
  contact: string;
  issued_at: Instant;
  expires_at: Instant;
  revoked_at: Instant | null;
}): AccessLink {
  return {
    id: row.id,
    inspection: row.workflow_id,
    contact: row.contact,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    ...(row.revoked_at && { revokedAt: row.revoked_at }),
  };
}
