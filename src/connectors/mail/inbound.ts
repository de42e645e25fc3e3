import { createHash } from 'node:crypto';
import PostalMime, { decodeWords, type Address, type Email } from 'postal-mime';
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

/** What tells a mail from others, and what a person knows it by. */
export interface MailIdentity {
  readonly messageId: string;
  readonly from: string;
  readonly subject: string;
  /** 32 hexadecimal digits: the same for the same mail, whichever way it came, about the same mail of ours. */
  of(mailId: string): string;
}

/** Headers that a mail gets on its way: the same mail has others each time that it is delivered. */
const TRACE =
  /^(?:received(?:-spf)?|return-path|delivered-to|x-.*|dkim-signature|arc-.*|authentication-results|lines|status)$/i;
/** One of them has every mail that a mail server hands on. */
const KNOWN = /^(?:from|to|date|message-id|received|return-path|delivered-to|subject)$/i;
/** Bytes of headers that are looked at for the identity; what is longer is told apart by its content. */
const LONGEST_HEAD = 256 * 1024;
const LONGEST_SHOWN = 500;

/**
 * Message-ID and content of a mail. Two mails with one Message-ID and different contents are two mails: an id is the
 * sender's word only.
 * @returns undefined for what is no mail: no header lines stand at its beginning
 */
export function mailIdentity(raw: Uint8Array): MailIdentity | undefined {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const head = bytes
    .subarray(0, LONGEST_HEAD)
    .toString('latin1')
    // A mailbox file begins each mail with a line of its own.
    .replace(/^From [^\r\n]*\r?\n/, '')
    .split(/\r?\n\r?\n/, 1)[0]!
    .replace(/\r?\n[ \t]+/g, ' ');
  const lines = head.split(/\r?\n/).map((line) => /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/.exec(line));
  if (!lines[0] || !lines.some((line) => line && KNOWN.test(line[1]!))) return undefined;
  const first = (name: string) => lines.find((line) => line?.[1]!.toLowerCase() === name)?.[2]!.trim() ?? '';
  const kept = lines.flatMap((line) =>
    line && !TRACE.test(line[1]!) ? [`${line[1]!.toLowerCase()}:${line[2]!}`] : [],
  );
  const end = /\r?\n\r?\n/.exec(bytes.subarray(0, LONGEST_HEAD).toString('latin1'));
  const content = createHash('sha256')
    .update(kept.join('\n'), 'latin1')
    .update('\n\n')
    .update(bytes.subarray(end ? end.index + end[0].length : Math.min(LONGEST_HEAD, bytes.length)))
    .digest('hex');
  const messageId = first('message-id');
  return {
    messageId: messageId.slice(0, LONGEST_SHOWN),
    from: shown(first('from')),
    subject: shown(first('subject')),
    of: (mailId) =>
      createHash('sha256').update([messageId, content, mailId].join('\n'), 'latin1').digest('hex').slice(0, 32),
  };
}

/** A header for people, at most 500 characters. */
const shown = (value: string) => decodeWords(Buffer.from(value, 'latin1').toString('utf8')).slice(0, LONGEST_SHOWN);

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

/** The text of a mail for a person; the beginning of what came where nothing can be read. */
export async function readText(raw: Uint8Array): Promise<string> {
  try {
    return textOf(await PostalMime.parse(raw));
  } catch {
    return Buffer.from(raw).toString('utf8').slice(0, LONGEST_TEXT);
  }
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
