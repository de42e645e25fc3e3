import { createHash } from 'node:crypto';

import { bilingual, type Sentence } from '../../domain/sentence.js';
import { DRILL_NOTICE, DRILL_SUBJECT } from '../../domain/wording/drill.js';
import { pooledTransport } from '../mail/transport.js';

/** Longest time for one alert, waiting for a free connection included. */
const LONGEST_SEND_MS = 12_000;

/** A call to somebody. Its texts carry no person's data; what it is about stands behind the link. */
export interface Alert {
  /** Business key of the alert: the same id is the same message, however often it is sent. */
  readonly id: string;
  /** E-mail addresses. */
  readonly to: readonly string[];
  readonly subject: Sentence;
  readonly body: Sentence;
  readonly link?: string | undefined;
  /** Marked 訓練 in subject and text. */
  readonly drill: boolean;
}

export type AlertResult =
  /** The relay took it over. `rejected`: how many of the addresses it would not take, when not all. */
  | { readonly kind: 'sent'; readonly rejected?: number }
  /** It may or may not be on its way. Sending again is harmless: the Message-ID is the same. */
  | { readonly kind: 'unknown'; readonly detail: string }
  /** A definite no: the same message will not go through. A person must look. */
  | { readonly kind: 'refused'; readonly detail: string };

/** Calls people. Answers within 15 seconds, never throws; `detail` is a code without addresses, texts or passwords. */
export interface Alerts {
  send(alert: Alert, signal?: AbortSignal): Promise<AlertResult>;
  close(): void;
}

export interface MailOptions {
  /** `smtp://user:password@host:port` or `smtps://...`; `?requireTLS=true` insists on STARTTLS. */
  readonly smtpUrl: string;
  /** Sender, e.g. `hikeshi@bank.example`. */
  readonly from: string;
  /** Time for one alert in milliseconds. */
  readonly timeoutMs?: number;
}

/** Alerts as plain mail through a relay, both languages in one message. */
export function mailAlerts({ smtpUrl, from, timeoutMs = LONGEST_SEND_MS }: MailOptions): Alerts {
  const transport = pooledTransport({ smtpUrl, timeoutMs, maxConnections: 2 });
  return {
    async send(alert, signal) {
      if (alert.to.length === 0) return { kind: 'refused', detail: 'NO_RECIPIENT' };
      const controller = new AbortController();
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        controller.abort();
      }, timeoutMs);
      const abort = () => controller.abort();
      if (signal?.aborted) abort();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        const info = await transport.sendMail({ ...messageOf(alert, from), signal: controller.signal });
        const rejected = info.rejected?.length ?? 0;
        return rejected > 0 ? { kind: 'sent', rejected } : { kind: 'sent' };
      } catch (error) {
        if (timedOut) return { kind: 'unknown', detail: `TIMEOUT ${timeoutMs / 1000}s` };
        return failure(error);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      }
    },
    close: () => transport.close(),
  };
}

function messageOf(alert: Alert, from: string) {
  const mark = alert.drill ? DRILL_SUBJECT : '';
  const parts = [alert.drill ? DRILL_NOTICE : undefined, alert.body.ja, '----', alert.body.en, alert.link];
  return {
    from,
    to: [...alert.to],
    subject: mark + bilingual(alert.subject),
    text: `${parts.filter((part) => part !== undefined).join('\n\n')}\n`,
    textEncoding: 'base64' as const,
    messageId: messageId(alert.id, from),
    // Keeps absence notes and ticket robots from answering.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** The same for every attempt at the same alert, so that a mailbox shows it once. */
function messageId(id: string, from: string): string {
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  return `<${createHash('sha256').update(id).digest('hex').slice(0, 40)}@${domain}>`;
}

/** The relay's text may quote addresses; only its number and the library's code go on. */
function failure(error: unknown): AlertResult {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  if (typeof responseCode === 'number') {
    // 503 speaks of the session's order of commands, not of this message.
    const definite = responseCode >= 500 && responseCode < 600 && responseCode !== 503;
    return { kind: definite ? 'refused' : 'unknown', detail: `SMTP ${responseCode}` };
  }
  const word = typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : 'MAIL';
  // Without an answer of the relay these speak of the message itself: no address in it, or too large.
  const definite = word === 'EENVELOPE' || word === 'EMESSAGE' || word === 'ENOAUTH';
  return { kind: definite ? 'refused' : 'unknown', detail: word };
}
