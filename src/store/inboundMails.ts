import type { Instant } from '../domain/instant.js';
import type { Json } from '../domain/json.js';
import type { Db } from './open.js';

/** A mail that came in, without its bytes. */
export interface InboundMail {
  readonly id: string;
  readonly from: string;
  readonly subject: string;
  readonly receivedAt: Instant;
  /** What became of it; undefined while it is kept and nobody was told: the sweep tells. */
  readonly taken: Json | undefined;
  readonly settledAt: Instant | undefined;
}

const COLUMNS = ['id', 'from', 'subject', 'received_at', 'taken', 'settled_at'] as const;

export interface ReceivedMail {
  readonly id: string;
  readonly messageId: string;
  readonly from: string;
  readonly subject: string;
  readonly raw: Uint8Array;
}

/** Keeps a mail; one that is kept already stays as it is. */
export async function keepMail(db: Db, { id, messageId, from, subject, raw }: ReceivedMail, at: Instant) {
  await db
    .insertInto('inbound_mail')
    .values({ id, message_id: messageId, from, subject, raw: Buffer.from(raw), received_at: at })
    .onConflict((c) => c.column('id').doNothing())
    .execute();
}

/** Writes down what became of a mail. */
export async function mailTaken(db: Db, id: string, taken: Json, at: Instant, settled: boolean): Promise<void> {
  await db
    .updateTable('inbound_mail')
    .set({ taken: JSON.stringify(taken), taken_at: at, ...(settled && { settled_at: at }) })
    .where('id', '=', id)
    .execute();
}

export async function settleMail(db: Db, id: string, at: Instant): Promise<void> {
  await db.updateTable('inbound_mail').set({ settled_at: at }).where('id', '=', id).execute();
}

export async function inboundMail(db: Db, id: string): Promise<InboundMail | undefined> {
  const row = await db.selectFrom('inbound_mail').select(COLUMNS).where('id', '=', id).executeTakeFirst();
  return row && mailOf(row);
}

/** Mails that somebody has to look at, oldest first. */
export async function openMails(db: Db): Promise<InboundMail[]> {
  const rows = await db
    .selectFrom('inbound_mail')
    .select(COLUMNS)
    .where('settled_at', 'is', null)
    .orderBy('received_at')
    .orderBy('id')
    .execute();
  return rows.map(mailOf);
}

/** Mails that are kept, and of which nobody was told, oldest first; not those that a person settled meanwhile. */
export async function untoldMails(db: Db, limit = 500): Promise<string[]> {
  const rows = await db
    .selectFrom('inbound_mail')
    .select('id')
    .where('taken', 'is', null)
    .where('settled_at', 'is', null)
    .orderBy('received_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** The mail as it came (RFC 5322). */
export async function rawMail(db: Db, id: string): Promise<Uint8Array | undefined> {
  return (await db.selectFrom('inbound_mail').select('raw').where('id', '=', id).executeTakeFirst())?.raw;
}

function mailOf(row: {
  id: string;
  from: string;
  subject: string;
  received_at: Instant;
  taken: Json | null;
  settled_at: Instant | null;
}): InboundMail {
  return {
    id: row.id,
    from: row.from,
    subject: row.subject,
    receivedAt: row.received_at,
    taken: row.taken ?? undefined,
    settledAt: row.settled_at ?? undefined,
  };
}
