import { mailIdentity, readInbound, type Inbound } from '../connectors/mail/inbound.js';
import type { TokenKey } from '../connectors/token.js';
import {
  inboundMailId,
  inspectionOf,
  mailStrayed,
  strayOf,
  type InboundTaken,
  type Stray,
} from '../domain/inboundMail.js';
import type { Instant } from '../domain/instant.js';
import type { Json } from '../domain/json.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { mailWords, strayMail } from '../domain/wording/inboundMail.js';
import { oneCloser } from '../store/duties.js';
import { inboundMail, keepMail, mailTaken, rawMail, untoldMails, type InboundMail } from '../store/inboundMails.js';
import type { Db, Store } from '../store/open.js';
import { record } from '../store/record.js';
import { forward, type Forwarded } from './forward.js';

export interface InboundDeps {
  readonly store: Store;
  /** All keys that may have signed an address of ours. */
  readonly keys: readonly TokenKey[];
  /** Signals a workflow; false when no run of it takes signals. Throws while nobody can be reached. */
  signal(workflowId: string, name: string, input: Json): Promise<boolean>;
  now(): Instant;
}

/** What whoever handed a mail in is answered. */
export interface MailReceipt {
  readonly v: 1;
  /** Message-ID and content make it: the same mail has the same one. */
  readonly id: string;
  /** It was taken in before; nothing was done again. */
  readonly repeated: boolean;
  readonly taken: InboundTaken;
  /** Why a person has a task for it. */
  readonly stray?: Stray;
  readonly sentence: Sentence;
}

/**
 * Takes in a mail that the bank received at its return or answer address: a bounce becomes a task of the inspection the same
 * day, an answer is kept and somebody reads it, and what belongs to nothing becomes a task of its own. The mail is kept
 * before anybody is told. The same mail once more, or twice at once, gets the first receipt.
 * @param raw the mail as it came (RFC 5322)
 * @throws Refusal for what is no mail; the error of `signal` while the inspection cannot be told: hand it in again then
 */
export async function takeMail(deps: InboundDeps, raw: Uint8Array): Promise<MailReceipt> {
  const { store } = deps;
  const now = deps.now();
  const identity = mailIdentity(raw);
  if (!identity) throw new Refusal(NO_MAIL);
  const inbound = await readInbound(raw, { keys: deps.keys, now });
  const id = identity.of('mailId' in inbound ? inbound.mailId : '');
  const { messageId, from, subject } = identity;
  return oneCloser(store, inboundMailId(id), async () => {
    const before = await inboundMail(store.db, id);
    if (!before)
      await keepMail(
        store.db,
        { id, messageId: storable(messageId), from: storable(from), subject: storable(subject), raw },
        now,
      );
    return tellOnce(deps, before ?? { id, receivedAt: now, taken: undefined, settledAt: undefined }, inbound);
  });
}

/**
 * Tells of mails that are kept and of which nobody was told: the process was lost in between, or Temporal was down. Oldest
 * first, and harmless at any time.
 */
export async function forwardMails({
  keys: keysNow,
  ...rest
}: Omit<InboundDeps, 'keys'> & { keys(): InboundDeps['keys'] }): Promise<Forwarded> {
  const { db } = rest.store;
  return forward(await untoldMails(db), async (id) => {
    const deps = { ...rest, keys: keysNow() };
    let down = false;
    const signal: InboundDeps['signal'] = (...signalled) =>
      deps.signal(...signalled).catch((error: unknown) => {
        down = true;
        throw error;
      });
    const inbound = await readInbound((await rawMail(db, id))!, { keys: deps.keys, now: deps.now() });
    try {
      const { stray } = await oneCloser(deps.store, inboundMailId(id), async () =>
        tellOnce({ ...deps, signal }, (await inboundMail(db, id))!, inbound),
      );
      return stray ? 'nobody' : 'told';
    } catch (error) {
      if (down) return 'later';
      throw error;
    }
  });
}

/** Under the mail's lock: whoever comes second gets the first one's receipt. */
async function tellOnce(
  deps: InboundDeps,
  { id, receivedAt, taken: before, settledAt }: Pick<InboundMail, 'id' | 'receivedAt' | 'taken' | 'settledAt'>,
  inbound: Inbound,
): Promise<MailReceipt> {
  const { store } = deps;
  if (before) return receipt(id, before as unknown as InboundTaken, true);
  const now = deps.now();
  const taken = await passOn(deps, id, inbound, receivedAt);
  const why = strayOf(taken);
  // Who settled it meanwhile has looked at it.
  if (why && !settledAt) await openTask(store, id, taken, why, now);
  await mailTaken(store.db, id, taken, now, why === undefined && !settledAt);
  return receipt(id, taken, false);
}

function receipt(id: string, taken: InboundTaken, repeated: boolean): MailReceipt {
  const stray = strayOf(taken);
  return { v: 1, id, repeated, taken, ...(stray && { stray }), sentence: mailWords(id, taken) };
}

async function passOn(deps: InboundDeps, id: string, inbound: Inbound, receivedAt: Instant): Promise<InboundTaken> {
  const { db } = deps.store;
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
    // Told before and not written down as told: a person may have settled it since, and is not asked again.
    const told =
      (await bounceIsKnown(db, inspection, key)) || (await deps.signal(inspection, 'mailBounced', { v: 1, key }));
    return { kind: 'bounce', inspection, mail: key, permanent, told };
  }
  const { from, subject, text, attachments, autoReply: automatic } = inbound;
  await db
    .insertInto('provider_reply')
    .values({
      id,
      workflow_id: inspection,
      mail_key: key,
      from: storable(from),
      subject: storable(subject),
      text: storable(text),
      attachments,
      automatic,
      received_at: receivedAt,
    })
    .onConflict((c) => c.column('id').doNothing())
    .execute();
  if (automatic) return { kind: 'reply', inspection, reply: id, automatic, told: false };
  const told = await deps.signal(inspection, 'replyReceived', { v: 1, reply: id });
  if (told) await db.updateTable('provider_reply').set({ told_at: deps.now() }).where('id', '=', id).execute();
  return { kind: 'reply', inspection, reply: id, automatic, told };
}

async function bounceIsKnown(db: Db, inspection: string, key: string): Promise<boolean> {
  const rows = await db
    .selectFrom('timeline')
    .select('content')
    .where('workflow_id', '=', inspection)
    .where('kind', '=', 'alarm.mailBounced')
    .execute();
  return rows.some(({ content }) => {
    const { mail, n } = content as { mail: string; n: number };
    return key === `${inspection}/${mail}/${n}`;
  });
}

async function openTask(store: Store, id: string, taken: InboundTaken, why: Stray, at: Instant): Promise<void> {
  const open = await strayTasks(store.db);
  // A process that was lost after this had opened it already.
  if (open.some(({ workflow_id }) => workflow_id === inboundMailId(id))) return;
  // The call for one open stray mail is a call for all: the sweep makes it, and the list of tasks shows the others.
  const asks = strayMail({ id, why, inspection: inspectionOf(taken) });
  const call = !open.some((task) => task.call);
  const { incident = '-', ...entry } = mailStrayed(id, taken, { why, asks, call }, at);
  await record(store, {
    workflowId: inboundMailId(id),
    job: 'inboundMail',
    incident,
    stage: 'STRAYED',
    closed: true,
    needsHuman: false,
    state: { mail: id },
    sequence: 1,
    transitions: [{ ...entry, incident, sequence: 1, recordedAt: at }],
  });
}

function strayTasks(db: Db): Promise<{ workflow_id: string; call: boolean }[]> {
  return db
    .selectFrom('task')
    .select(['workflow_id', 'call'])
    .where('workflow_id', 'like', inboundMailId('%'))
    .where('closed_at', 'is', null)
    .execute();
}

/** PostgreSQL keeps no zero characters. */
const storable = (text: string) => text.replaceAll('\u0000', '');

const NO_MAIL: Sentence = {
  en: 'This is no mail: it does not begin with header lines such as "From: ..." and "Date: ...". Send the mail as it was received (RFC 5322), headers first.',
  ja: 'メールではありません（「From: …」「Date: …」などのヘッダーで始まっていません）。受信したままのメール（RFC 5322）を、ヘッダーから送ってください。',
};
