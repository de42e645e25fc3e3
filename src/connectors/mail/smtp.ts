import type { Readable } from 'node:stream';
import { addressesOf } from './addresses.js';
import { pooledTransport } from './transport.js';
import type { MailMessage, MailRelay, Sent } from './types.js';
import type { TokenKey } from '../token.js';

/** Longest time for one mail, waiting for a free connection included. */
const LONGEST_SEND_MS = 18_000;

/** Relays that name no time: long enough for a usual greylist, and for a mailbox that is busy. */
const GREYLIST_SECONDS = 300;
const TEMPORARY_SECONDS = 300;
const UNREACHABLE_SECONDS = 60;
/** Somebody has to mend a password or a certificate first. */
const RELAY_SECONDS = 600;
const SHORTEST_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 3600;

export interface SmtpRelayOptions {
  /** `smtp://user:password@host:port` or `smtps://...`; `?requireTLS=true` insists on STARTTLS. */
  readonly smtpUrl: string;
  /** Sender that people see. */
  readonly from: { readonly name: string; readonly mail: string };
  /** Domain whose mail comes back to us: bounces, and answers to mails without an own `replyTo`. */
  readonly returnDomain: string;
  /** Signs the return addresses. Asked for each mail, since the ring may get a new key. */
  readonly key: () => TokenKey;
  readonly maxConnections?: number;
  /** Time for one mail in milliseconds, at most 20 seconds. */
  readonly timeoutMs?: number;
}

/** Mails through an SMTP relay, one recipient each, text and HTML, with a return address that tells the mail. */
export function smtpRelay(options: SmtpRelayOptions): MailRelay {
  const { timeoutMs = LONGEST_SEND_MS, maxConnections = 5 } = options;
  const transport = pooledTransport({ smtpUrl: options.smtpUrl, timeoutMs, maxConnections });
  const streams = new WeakMap<object, Readable>();
  transport.use('stream', (mail, done) => {
    const message = mail.message as unknown as { createReadStream(o?: object): Readable };
    const create = message.createReadStream.bind(message);
    // Whether its text was read tells afterwards whether the relay can have taken the mail.
    message.createReadStream = (o) => {
      const stream = create(o);
      streams.set((mail.data as { signal: object }).signal, stream);
      return stream;
    };
    done();
  });
  return {
    async send(message, signal) {
      const given = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
      const mail = composed(message, options);
      try {
        const info = await transport.sendMail({ ...mail, signal: given });
        return { kind: 'accepted', messageId: mail.messageId, response: withoutAddresses(info.response) };
      } catch (error) {
        const onItsWay = streams.get(given)?.readableDidRead === true;
        return failure(
          error as SmtpError,
          mail.messageId,
          onItsWay,
          given.aborted ? waited(signal, timeoutMs) : undefined,
        );
      }
    },
    close: () => transport.close(),
  };
}

function composed(message: MailMessage, options: SmtpRelayOptions) {
  const key = options.key();
  const own = addressesOf(message.key, options.returnDomain, key);
  const thread = (message.thread ?? []).map((earlier) => addressesOf(earlier, options.returnDomain, key).messageId);
  return {
    envelope: { from: own.bounce, to: [message.to.mail] },
    from: { name: options.from.name, address: options.from.mail },
    to: { name: message.to.name ?? '', address: message.to.mail },
    replyTo: message.replyTo ?? own.reply,
    subject: message.subject,
    text: message.text,
    ...(message.html !== undefined && { html: message.html }),
    textEncoding: 'base64' as const,
    messageId: own.messageId,
    date: new Date(message.at),
    ...(thread.length > 0 && { inReplyTo: thread.at(-1)!, references: thread }),
    // No List-Unsubscribe: nobody may opt out of what the law or a contract has us say.
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': message.lang },
  };
}

interface SmtpError {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly response?: unknown;
  readonly responseCode?: unknown;
}

/** A relay's texts may quote addresses; only numbers, status codes and the library's words go on. */
function failure(error: SmtpError, messageId: string, onItsWay: boolean, waitedFor: string | undefined): Sent {
  const { responseCode } = error;
  const word = typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(error.code) ? error.code : 'MAIL';
  if (waitedFor === undefined && typeof responseCode === 'number' && responseCode >= 400 && responseCode < 600) {
    return answered(responseCode, typeof error.response === 'string' ? error.response : '', error.command);
  }
  if (onItsWay) return { kind: 'unknown', messageId, detail: waitedFor ?? word };
  // Without an answer of the relay these speak of the mail itself: no usable address.
  if (waitedFor === undefined && (word === 'EENVELOPE' || word === 'EMESSAGE')) return { kind: 'refused', code: word };
  const ours = word === 'EAUTH' || word === 'ENOAUTH' || word === 'ETLS';
  return ours
    ? { kind: 'later', reason: 'relay', afterSeconds: RELAY_SECONDS, detail: word }
    : { kind: 'later', reason: 'unreachable', afterSeconds: UNREACHABLE_SECONDS, detail: waitedFor ?? word };
}

/** What a relay's own "no" means. */
function answered(code: number, response: string, command: unknown): Sent {
  const detail = `SMTP ${code}`;
  const status = /^\d{3}[ -]([45]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
  if (code >= 500) {
    // 503 speaks of the session, 530 to 538 of our log-in, and a greeting or HELO of us: none of them of this mail.
    const ofTheMail =
      /^(?:MAIL FROM|RCPT TO|DATA)$/.test(String(command)) && code !== 503 && (code < 530 || code > 538);
    return ofTheMail
      ? { kind: 'refused', code: detail, ...(status !== undefined && { status }) }
      : { kind: 'later', reason: 'relay', afterSeconds: RELAY_SECONDS, detail };
  }
  const named = namedWait(response);
  if (/gr[ea]y-?list/i.test(response)) {
    return { kind: 'later', reason: 'greylisted', afterSeconds: named ?? GREYLIST_SECONDS, detail };
  }
  return code === 421
    ? { kind: 'later', reason: 'unreachable', afterSeconds: named ?? UNREACHABLE_SECONDS, detail }
    : { kind: 'later', reason: 'temporary', afterSeconds: named ?? TEMPORARY_SECONDS, detail };
}

/** "try again in 5 minutes", "retry after 300 seconds". */
function namedWait(response: string): number | undefined {
  const match = /\b(\d{1,5})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b/i.exec(response);
  if (!match) return undefined;
  const unit = { s: 1, m: 60, h: 3600 }[match[2]![0]!.toLowerCase()]!;
  return Math.min(Math.max(Number(match[1]) * unit, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS);
}

function waited(signal: AbortSignal | undefined, timeoutMs: number): string {
  return signal?.aborted ? 'ABORTED' : `TIMEOUT ${timeoutMs / 1000}s`;
}

function withoutAddresses(response: string): string {
  return response.replace(/\S*@\S*/g, '…').slice(0, 200);
}
