import type { Instant } from '../../domain/instant.js';
import { issueToken, readToken, tokenSubject, type TokenKey } from '../token.js';

/** Bounces and answers come after months: a mail's token ends only when its key leaves the ring (last second of 32 bits). */
const NO_END = '2106-02-07T06:28:15.000Z' as Instant;

/** Prefixes of the local part: where bounces go (the envelope's sender), and where answers go. */
const BOUNCE = 'b+';
const REPLY = 'r+';

/** Identifies a sent mail in bounces and answers: 32 hexadecimal digits, the same for the same key. */
export function mailId(key: string): string {
  return tokenSubject(key);
}

/** The addresses and the Message-ID of one mail. Each holds the mail's token, so that nobody can make up a bounce. */
export function addressesOf(mailKey: string, domain: string, key: TokenKey) {
  const token = issueToken({ purpose: 'mail', subject: mailId(mailKey), expiresAt: NO_END }, key);
  return {
    bounce: `${BOUNCE}${token}@${domain}`,
    reply: `${REPLY}${token}@${domain}`,
    messageId: `<${token}@${domain}>`,
  };
}

export interface FoundToken {
  readonly mailId: string;
  readonly from: 'bounce' | 'reply' | 'message-id';
}

/** The first genuine mail token in a text of addresses or Message-IDs. */
export function findToken(text: string, keys: readonly TokenKey[], now: Instant): FoundToken | undefined {
  for (const [, prefix, token = ''] of text.matchAll(/(?:(?<![\w.+-])([br])\+|<)([a-z2-7]{60})@/gi)) {
    const reading = readToken(token, keys, now, 'mail');
    if (reading.kind !== 'valid') continue;
    const from = prefix === undefined ? 'message-id' : prefix.toLowerCase() === 'b' ? 'bounce' : 'reply';
    return { mailId: reading.subject, from };
  }
  return undefined;
}
