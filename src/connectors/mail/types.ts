import type { Instant } from '../../domain/instant.js';
import type { Language } from '../../domain/sentence.js';

/** One mail to one person. Texts are ready; nothing in it is looked at by the relay but the address. */
export interface MailMessage {
  /**
   * Business key, e.g. `providerInspection/R2020/c1/request/1`. The same key has the same Message-ID and bounce address,
   * however often it is sent, so that a mailbox shows it once.
   */
  readonly key: string;
  readonly to: { readonly name?: string | undefined; readonly mail: string };
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
  readonly lang: Language;
  /** When it was decided; becomes the Date header, so that a drill's mail carries the drill's time. */
  readonly at: Instant;
  /** Keys of the earlier mails that this one continues, oldest first. */
  readonly thread?: readonly string[] | undefined;
  /** Where people answer; left out: an address that tells which mail is answered. */
  readonly replyTo?: string | undefined;
}

/** What the relay said. `detail` and `code` carry no addresses, texts or passwords. */
export type Sent =
  /** The relay took it over. `response` is its last answer without addresses, at most 200 characters. */
  | { readonly kind: 'accepted'; readonly messageId: string; readonly response: string }
  /** A definite no to this mail: it will not go through by itself. `status`: RFC 3463, e.g. `5.1.1`, where told. */
  | { readonly kind: 'refused'; readonly code: string; readonly status?: string }
  /** Not taken; worth trying again after so many whole seconds. `relay`: it refuses us, not the mail (password, TLS). */
  | {
      readonly kind: 'later';
      readonly reason: 'greylisted' | 'temporary' | 'unreachable' | 'relay';
      readonly afterSeconds: number;
      readonly detail: string;
    }
  /** The connection was lost after the text was on its way: it may have been taken. */
  | { readonly kind: 'unknown'; readonly messageId: string; readonly detail: string };

/** Hands mails to a relay. `send` answers within 20 seconds and never throws. It tries once: again is the caller's. */
export interface MailRelay {
  send(message: MailMessage, signal?: AbortSignal): Promise<Sent>;
  close(): void;
}
