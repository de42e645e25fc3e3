import PostalMime, { type Address, type Email } from 'postal-mime';
import type { Instant } from '../../domain/instant.js';
import type { TokenKey } from '../token.js';
import { findToken, type FoundToken } from './addresses.js';
import { readDeliveryStatus, type DeliveryStatus } from './dsn.js';

/** Longest text of an answer that is kept, in characters. */
const LONGEST_TEXT = 100_000;

/** A mail that came in, as far as it concerns a mail of ours. Addresses and texts are for the register, never a history. */
export type Inbound =
  | {
      readonly kind: 'bounce';
      /** Which mail, see `mailId`. */
      readonly mailId: string;
      /** RFC 3463, e.g. `5.1.1`; absent where the returning system told none. */
      readonly status?: string;
      /** The mail will not arrive. False: the relay still tries. */
      readonly permanent: boolean;
      /** The remote server's own words, at most 500 characters. */
      readonly diagnostic?: string;
    }
  | {
      readonly kind: 'reply';
      readonly mailId: string;
      readonly from: string;
      readonly subject: string;
      readonly text: string;
      readonly attachments: number;
      /** A machine answered (absence note, ticket robot): nobody has read the mail yet. */
      readonly autoReply: boolean;
    }
  /** `no-token`: it names no mail of ours, or not genuinely. `success`: a report that it arrived. A person may look. */
  | { readonly kind: 'unmatched'; readonly why: 'no-token' | 'success' | 'unreadable' };

export interface InboundOptions {
  /** All keys that may have signed, old ones included. */
  readonly keys: readonly TokenKey[];
  readonly now: Instant;
  /** Envelope recipients, where the receiving server knows them; otherwise the headers tell. */
  readonly recipients?: readonly string[];
}

/** Finds out what a received mail is: a bounce, an answer, or neither. Never throws. */
export async function readInbound(raw: Uint8Array | string, options: InboundOptions): Promise<Inbound> {
  let email: Email;
  try {
    email = await PostalMime.parse(raw);
  } catch {
    return { kind: 'unmatched', why: 'unreadable' };
  }
  const { keys, now } = options;
  const recipients = [...(options.recipients ?? []), ...headers(email, 'to', 'cc', 'delivered-to', 'x-original-to')];
  // The envelope's own address is first, since quoted ids may be of another mail of the thread.
  const byAddress = findToken(recipients.join('\n'), keys, now);
  const reports = partsOf(email, /^message\/(?:global-)?delivery-status$/);
  if (reports.length > 0) {
    const found = byAddress ?? findToken(messageIds(partsOf(email, /^(?:message\/|text\/rfc822-headers)/)), keys, now);
    return found ? fromReport(found, reports.flatMap(readDeliveryStatus)) : { kind: 'unmatched', why: 'no-token' };
  }
  const thread = [...headers(email, 'in-reply-to'), ...idsLastFirst(headers(email, 'references').join(' '))];
  const found = byAddress ?? findToken(thread.join('\n'), keys, now);
  if (!found) return { kind: 'unmatched', why: 'no-token' };
  const text = textOf(email);
  const from = addressOf(email.from);
  if (found.from === 'bounce' && /^(?:mailer-daemon|postmaster)@/i.test(from)) return fromOldMailer(found, text);
  const { subject = '' } = email;
  const attachments = email.attachments.length;
  return { kind: 'reply', mailId: found.mailId, from, subject, text, attachments, autoReply: isAutomatic(email) };
}

/** One mail has one recipient; a list or a forwarding behind it may still report on several. The worst counts. */
function fromReport({ mailId }: FoundToken, statuses: readonly DeliveryStatus[]): Inbound {
  const worst =
    statuses.find(({ action }) => action === 'failed') ?? statuses.find(({ action }) => action === 'delayed');
  if (!worst) return { kind: 'unmatched', why: statuses.length > 0 ? 'success' : 'unreadable' };
  const { action, status, diagnostic } = worst;
  const permanent = action === 'failed';
  return { kind: 'bounce', mailId, status, permanent, ...(diagnostic && { diagnostic: diagnostic.slice(0, 500) }) };
}

/** A bounce in prose. Without a status it counts as final: a person who looks costs less than a mail nobody got. */
function fromOldMailer({ mailId }: FoundToken, text: string): Inbound {
  const status = /\b([45]\.\d{1,3}\.\d{1,3})\b/.exec(text)?.[1];
  return { kind: 'bounce', mailId, permanent: !status?.startsWith('4'), ...(status !== undefined && { status }) };
}

function isAutomatic(email: Email): boolean {
  const submitted = headers(email, 'auto-submitted')[0];
  return (
    (submitted !== undefined && !/^no\b/i.test(submitted)) ||
    headers(email, 'x-autoreply', 'x-autorespond').length > 0 ||
    headers(email, 'precedence').some((value) => /^(?:auto_reply|bulk|junk)\b/i.test(value)) ||
    /^(?:auto(?:matic)? ?reply\b|out of office\b|自動(?:返信|応答)|不在)/i.test(email.subject ?? '')
  );
}

function headers(email: Email, ...names: string[]): string[] {
  return email.headers.filter(({ key }) => names.includes(key)).map(({ value }) => value);
}

function partsOf(email: Email, type: RegExp): string[] {
  return email.attachments
    .filter(({ mimeType }) => type.test(mimeType))
    .map(({ content }) => (typeof content === 'string' ? content : new TextDecoder().decode(content)));
}

/** The Message-ID lines of returned mails or their headers. */
function messageIds(parts: readonly string[]): string {
  return parts.flatMap((part) => part.match(/^message-id:\s*(?:\r?\n[ \t]+)?<[^>\r\n]+>/gim) ?? []).join('\n');
}

function idsLastFirst(references: string): string[] {
  return (references.match(/<[^>]+>/g) ?? []).reverse();
}

function addressOf(address: Address | undefined): string {
  return address?.address ?? '';
}

/** Where a mail has HTML only, its text without the marks: for people to read, never shown as HTML. */
function textOf({ text, html }: Email): string {
  const plain =
    text ??
    (html ?? '')
      .replace(/<(style|script)\b[\s\S]*?<\/\1>/gi, '')
      .replace(/<(?:br|\/p|\/div|\/tr|\/li)\b[^>]*>/gi, '\n')
      .replace(/<[^>]*>/g, '')
      .replace(/&nbsp;/g, ' ')
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&amp;/g, '&');
  return plain.replace(/\r\n/g, '\n').trim().slice(0, LONGEST_TEXT);
}
