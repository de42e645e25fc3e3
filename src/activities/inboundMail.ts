import { createHash } from 'node:crypto';
import { readInbound } from '../connectors/mail/inbound.js';
import type { TokenKey } from '../connectors/token.js';
import type { Instant } from '../domain/instant.js';
import type { Json } from '../domain/json.js';
import type { Db } from '../store/open.js';

export interface InboundDeps {
  readonly db: Db;
  /** All keys that may have signed an address of ours. */
  readonly keys: readonly TokenKey[];
  /** Signals a workflow; false when no run of it takes signals. */
  signal(workflowId: string, name: string, input: Json): Promise<boolean>;
  now(): Instant;
}

/** What became of a mail that came in. `told`: the inspection's workflow knows; otherwise nobody runs who would. */
export type InboundTaken =
  | {
      readonly kind: 'bounce';
      readonly inspection: string;
      readonly mail: string;
      /** False: the relay still tries, and nobody is called. */
      readonly permanent: boolean;
      readonly told: boolean;
    }
  | {
      readonly kind: 'reply';
      readonly inspection: string;
      readonly reply: string;
      /** A machine answered: kept, and nobody is called. */
      readonly automatic: boolean;
      readonly told: boolean;
    }
  | { readonly kind: 'unmatched'; readonly why: 'no-token' | 'success' | 'unreadable' | 'unknown-mail' };

/**
 * Takes in a mail that the bank received at its return or answer address: a bounce becomes a task of the inspection the same
 * day, an answer is kept and somebody reads it. The same mail taken in again changes nothing that stood; what could not be
 * told is told then.
 * @param raw the mail as it came (RFC 5322)
 */
export async function takeMail(deps: InboundDeps, raw: Uint8Array): Promise<InboundTaken> {
  const { db } = deps;
  const now = deps.now();
  const inbound = await readInbound(raw, { keys: deps.keys, now });
  if (inbound.kind === 'unmatched') return inbound;
  const mail = await db
    .selectFrom('provider_mail')
    .select(['key', 'workflow_id'])
    .where('message_id', '=', inbound.mailId)
    .executeTakeFirst();
  if (!mail) return { kind: 'unmatched', why: 'unknown-mail' };
  const { key, workflow_id: inspection } = mail;
  if (inbound.kind === 'bounce') {
    const { permanent, status } = inbound;
    if (!permanent) return { kind: 'bounce', inspection, mail: key, permanent, told: false };
    await db
      .updateTable('provider_mail')
      .set({ state: 'bounced', detail: status ?? null })
      .where('key', '=', key)
      .execute();
    const told = await deps.signal(inspection, 'mailBounced', { v: 1, key });
    return { kind: 'bounce', inspection, mail: key, permanent, told };
  }
  const { from, subject, text, attachments, autoReply: automatic } = inbound;
  const reply = createHash('sha256').update(raw).digest('hex').slice(0, 32);
  await db
    .insertInto('provider_reply')
    .values({
      id: reply,
      workflow_id: inspection,
      mail_key: key,
      from,
      subject: storable(subject),
      text: storable(text),
      attachments,
      automatic,
      received_at: now,
    })
    .onConflict((c) => c.column('id').doNothing())
    .execute();
  if (automatic) return { kind: 'reply', inspection, reply, automatic, told: false };
  const told = await deps.signal(inspection, 'replyReceived', { v: 1, reply });
  if (told)
    await db
      .updateTable('provider_reply')
      .set({ told_at: now })
      .where('id', '=', reply)
      .where('told_at', 'is', null)
      .execute();
  return { kind: 'reply', inspection, reply, automatic, told };
}

/** PostgreSQL keeps no zero characters. */
const storable = (text: string) => text.replaceAll('\u0000', '');
