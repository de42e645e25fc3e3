import { answerPage } from '../domain/answers.js';
import { daysBetween } from '../domain/date.js';
import { issueToken, tokenSubject } from '../connectors/token.js';
import { renderNotice } from '../connectors/notice/render.js';
import type { Deadline } from '../domain/deadline.js';
import { DAY, localDate, plus, type Instant } from '../domain/instant.js';
import { noticeId, type InspectionNoticeData, type InspectionNoticeName } from '../domain/notice.js';
import type { InspectionState, MailKind } from '../domain/providerInspection.js';
import { deskOf, institutionOf } from '../domain/playbook.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { faultPoint } from '../faultPoint.js';
import { accessLinksOf, addAccessLink, revokeAccessLinks, type AccessLink } from '../store/accessLinks.js';
import { currentDocuments, documentHash } from '../store/documents.js';
import { scopedItems, unitInspected } from './checklist.js';
import type { ActivityDeps } from './deps.js';
import { zoneAt } from './zone.js';

export interface MailWanted {
  readonly workflowId: string;
  readonly round: string;
  readonly kind: MailKind;
  /** Counts the mails of the inspection: part of the mail's key. */
  readonly n: number;
  readonly framework: InspectionState['framework'];
  /** What the mail tells as due. */
  readonly due: Deadline;
  /** The confirmed evaluation whose open points the mail lists. */
  readonly asksAgain?: string;
  readonly at: Instant;
}

export type Mailed =
  /** `ambiguous`: it may have gone out before, too. */
  | { readonly kind: 'sent'; readonly ambiguous?: true }
  /** Certainly not taken, or not known yet: worth asking again. */
  | { readonly kind: 'later'; readonly problem: string; readonly afterSeconds: number }
  | { readonly kind: 'refused'; readonly problem: string };

const NOTICES: Record<MailKind, InspectionNoticeName> = {
  request: 'inspection-request',
  reminder: 'inspection-reminder',
  overdue: 'inspection-overdue',
  'follow-up': 'inspection-follow-up',
  'remediation-reminder': 'remediation-reminder',
};

/** How soon a mail is looked up again that may or may not have gone out. */
const UNKNOWN_AFTER_SECONDS = 60;

/**
 * Sends one mail of an inspection to the unit's contact. It is claimed in the register before, and marked after the
 * relay's yes. One that was claimed and not marked may have gone out: the relay's log is asked where there is one; else
 * it goes again under the same Message-ID, since a request that never came would cost weeks, and one seen twice nothing.
 * Then it is on record as ambiguous.
 */
export async function mailProvider(deps: ActivityDeps, wanted: MailWanted): Promise<Mailed> {
  const { db } = deps.store;
  const key = `${wanted.workflowId}/${wanted.kind}/${wanted.n}`;
  const composed = await compose(deps, wanted, key).catch(unfit);
  if (composed.refused !== undefined) return { kind: 'refused', problem: composed.refused };
  const { message, notice } = composed;
  const text = { notice: noticeId(notice), notice_version: notice.version, notice_hash: documentHash(notice) };
  const messageId = tokenSubject(key);
  const earlier = await db
    .selectFrom('provider_mail')
    .select(['state', 'detail', 'ambiguous'])
    .where('key', '=', key)
    .executeTakeFirst();
  if (earlier?.state === 'sent') return told(earlier.ambiguous);
  if (earlier && deps.mailTaken) {
    const taken = await deps.mailTaken(key);
    if (taken === 'unknown') return { kind: 'later', problem: 'RELAY_LOG', afterSeconds: UNKNOWN_AFTER_SECONDS };
    if (taken === 'taken') return marked(deps, key, wanted.at, earlier.ambiguous);
  }
  const inDoubt = earlier?.state === 'claimed' || earlier?.state === 'unknown';
  const ambiguous = earlier?.ambiguous === true || (inDoubt && !deps.mailTaken);
  await db
    .insertInto('provider_mail')
    .values({
      key,
      workflow_id: wanted.workflowId,
      kind: wanted.kind,
      message_id: messageId,
      state: 'claimed',
      claimed_at: wanted.at,
      ...text,
    })
    .onConflict((c) => c.column('key').doUpdateSet({ state: 'claimed', ...text }))
    .execute();
  faultPoint('mail.claimed');
  const sent = await deps.mail.send(message);
  faultPoint('mail.sent');
  if (sent.kind === 'accepted') return marked(deps, key, wanted.at, ambiguous);
  if (sent.kind === 'later') {
    // This try certainly did not go out; an earlier one of which nobody knows still may have.
    if (earlier) await db.updateTable('provider_mail').set(earlier).where('key', '=', key).execute();
    else await db.deleteFrom('provider_mail').where('key', '=', key).execute();
    return { kind: 'later', problem: sent.reason.toUpperCase(), afterSeconds: sent.afterSeconds };
  }
  await db
    .updateTable('provider_mail')
    .set({ state: sent.kind, detail: sent.kind === 'refused' ? sent.code : sent.detail })
    .where('key', '=', key)
    .execute();
  if (sent.kind === 'refused') return { kind: 'refused', problem: sent.status ?? sent.code };
  return { kind: 'later', problem: 'UNKNOWN', afterSeconds: UNKNOWN_AFTER_SECONDS };
}

async function marked({ store }: ActivityDeps, key: string, at: Instant, ambiguous: boolean): Promise<Mailed> {
  const sent = { state: 'sent' as const, sent_at: at, ambiguous };
  await store.db.updateTable('provider_mail').set(sent).where('key', '=', key).execute();
  return told(ambiguous);
}

const told = (ambiguous: boolean): Mailed => ({ kind: 'sent', ...(ambiguous && { ambiguous }) });

/** What the documents do not give is for people to mend: trying again by itself would not. */
function unfit(error: unknown): { readonly refused: string } {
  if (error instanceof Refusal) return { refused: 'DOCUMENTS_UNFIT' };
  throw error;
}

async function compose(deps: ActivityDeps, wanted: MailWanted, key: string) {
  const { db } = deps.store;
  const documents = await currentDocuments(db);
  const unit = unitInspected(documents.providers, wanted.workflowId);
  if (!unit) return { refused: 'UNIT_NOT_LISTED' };
  const items = await scopedItems(db, documents, wanted.workflowId, wanted.framework);
  const { lang } = unit.contact;
  const zone = zoneAt(documents.playbook.zone, wanted.at);
  const [round, results, notes] = await Promise.all([
    db.selectFrom('round').select('title').where('round', '=', wanted.round).executeTakeFirst(),
    db.selectFrom('item_result').select(['item', 'result']).where('workflow_id', '=', wanted.workflowId).execute(),
    db
      .selectFrom('evaluation')
      .select(['item', 'note'])
      .where('workflow_id', '=', wanted.workflowId)
      .where('digest', '=', wanted.asksAgain ?? '')
      .where('result', 'not in', ['SATISFIED', 'NOT_APPLICABLE'])
      .execute(),
  ]);
  const link = await linkOf(deps, wanted, unit.contact.mail, documents.policy.inspection.linkValidDays);
  const desk = deskOf(documents.playbook);
  const due = { date: wanted.due.date ?? localDate(wanted.due.at, zone), lastOpenDay: wanted.due.lastOpenDay };
  const data: InspectionNoticeData = {
    unit: { id: unit.id, name: unit.name[lang] },
    round: { id: wanted.round, title: (round?.title as unknown as Sentence | undefined)?.[lang] ?? wanted.round },
    contact: { name: unit.contact.name },
    institution: institutionOf(documents.playbook)[lang],
    desk: { name: desk.name[lang], mail: desk.mail, phone: desk.phone ?? null },
    link: answerPage(deps.formsUrl, link.token),
    linkUntil: localDate(link.expiresAt, zone),
    due,
    days: Math.abs(daysBetween(localDate(wanted.at, zone), due.date)),
    counts: {
      asked: items.length,
      mandatory: items.filter(({ class: itemClass }) => itemClass === 'mandatory').length,
      open: results.filter(({ result }) => result === 'UNANSWERED').length,
    },
    items: notes.map(({ item, note }) => ({
      item,
      text: note ?? items.find(({ id }) => id === item)?.text[lang] ?? item,
      due: null,
    })),
  };
  const name = NOTICES[wanted.kind];
  const notice = documents.notices[noticeId({ name, lang })];
  if (!notice) return { refused: `NO_TEXT ${name}.${lang}` };
  try {
    const { subject, text, html } = renderNotice(notice, data, { drill: deps.drill });
    const thread = wanted.kind === 'request' ? [] : [`${wanted.workflowId}/request/1`];
    const to = { name: unit.contact.name, mail: unit.contact.mail };
    return { notice, message: { key, to, subject, text, html, lang, at: wanted.at, thread } };
  } catch (error) {
    if (error instanceof Refusal) return { refused: 'TEXT_UNFIT' };
    throw error;
  }
}

/**
 * The contact's secret link: the newest that was not revoked; a new one after a revocation, and for a contact who is new.
 * Whoever our mails went to before has no key to the unit's answers any more. A link that a person issued for somebody
 * else stays.
 */
async function linkOf(deps: ActivityDeps, { workflowId, at }: MailWanted, contact: string, validDays: number) {
  const { db } = deps.store;
  const known = await accessLinksOf(db, workflowId);
  const ofMails = new Set(known.map((_, index) => linkId(workflowId, index + 1)));
  const earlier = new Set(known.filter((link) => ofMails.has(link.id) && link.contact !== contact).map(contactOf));
  const valid = known.filter(({ revokedAt, expiresAt }) => !revokedAt && expiresAt > at);
  for (const link of valid) if (earlier.has(link.contact)) await revokeAccessLinks(db, { id: link.id }, at);
  const own = valid.find((link) => link.contact === contact);
  const id = own?.id ?? linkId(workflowId, known.length + 1);
  const expiresAt = own?.expiresAt ?? plus(at, validDays * DAY);
  if (!own) await addAccessLink(db, { id, inspection: workflowId, contact, issuedAt: at, expiresAt });
  return { token: issueToken({ purpose: 'access', subject: id, expiresAt }, deps.tokenKey()), expiresAt };
}

/** Ids of links that mails carry are counted; those that a person issues are not. */
const linkId = (workflowId: string, n: number) => tokenSubject(`${workflowId}/link/${n}`);
const contactOf = ({ contact }: AccessLink) => contact;
