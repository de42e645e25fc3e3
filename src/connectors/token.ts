import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { instant, millis, type Instant } from '../domain/instant.js';

/**
 * What a token may be used for. It is part of what is signed: a bounce address opens no page. A number once given keeps
 * its meaning.
 */
const PURPOSES = { access: 1, mail: 2 } as const;
export type TokenPurpose = keyof typeof PURPOSES;

/** A key as the key ring gives it; the token's own key is derived from its bytes. */
export interface TokenKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface TokenContent {
  readonly purpose: TokenPurpose;
  /** 32 hexadecimal digits, see `tokenSubject`. */
  readonly subject: string;
  /** Whole seconds; a fraction is cut. */
  readonly expiresAt: Instant;
}

export type TokenReading =
  | ({ readonly kind: 'valid' } & TokenContent)
  | { readonly kind: 'malformed' }
  /** Not signed by any of the keys, or signed for another purpose. */
  | { readonly kind: 'forged' }
  /** Genuine, but no longer valid. */
  | ({ readonly kind: 'expired' } & TokenContent);

/** Characters of a token: with a prefix of up to four it fits the 64 of a mail address's local part. */
export const TOKEN_LENGTH = 60;

const VERSION = 1;
const SUBJECT_BYTES = 16;
/** 120 bits: nobody guesses it, and the token stays below the 64 characters. */
const MAC_BYTES = 15;
const HEAD_BYTES = 2 + SUBJECT_BYTES + 4;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** The subject of a business key, e.g. `providerInspection/R2020/c1/request/1`: the same key is always the same subject. */
export function tokenSubject(businessKey: string): string {
  return createHash('sha256')
    .update(businessKey)
    .digest('hex')
    .slice(0, 2 * SUBJECT_BYTES);
}

/**
 * Makes a token for secret links and mail addresses: version, purpose, mark of the key, subject, expiry and a truncated
 * HMAC-SHA256, as lower-case base32, since mail systems may fold the case. The same content gives the same token.
 */
export function issueToken({ purpose, subject, expiresAt }: TokenContent, key: TokenKey): string {
  if (!/^[0-9a-f]{32}$/.test(subject)) throw new RangeError('the subject of a token is 32 hexadecimal digits');
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = (VERSION << 4) | PURPOSES[purpose];
  head[1] = mark(key);
  Buffer.from(subject, 'hex').copy(head, 2);
  head.writeUInt32BE(Math.floor(millis(expiresAt) / 1000), 2 + SUBJECT_BYTES);
  return base32(Buffer.concat([head, mac(head, key)]));
}

/**
 * Reads a token. Upper and lower case are the same.
 * @param keys all keys that may have signed it, old ones included
 * @param purpose the only purpose that is taken here
 */
export function readToken(text: string, keys: readonly TokenKey[], now: Instant, purpose: TokenPurpose): TokenReading {
  const bytes = fromBase32(text.toLowerCase());
  if (bytes?.length !== HEAD_BYTES + MAC_BYTES || bytes[0]! >> 4 !== VERSION) return { kind: 'malformed' };
  const head = bytes.subarray(0, HEAD_BYTES);
  const given = bytes.subarray(HEAD_BYTES);
  const genuine = keys.some((key) => mark(key) === head[1] && timingSafeEqual(mac(head, key), given));
  if (!genuine || (head[0]! & 0x0f) !== PURPOSES[purpose]) return { kind: 'forged' };
  const subject = head.subarray(2, 2 + SUBJECT_BYTES).toString('hex');
  const expiresAt = instant(head.readUInt32BE(2 + SUBJECT_BYTES) * 1000);
  return { kind: now < expiresAt ? 'valid' : 'expired', purpose, subject, expiresAt };
}

/** Spares trying each key; two keys with one mark are both tried. */
function mark(key: TokenKey): number {
  return createHash('sha256').update(key.id).digest()[0]!;
}

const derived = new WeakMap<Uint8Array, Buffer>();

function mac(head: Buffer, { bytes }: TokenKey): Buffer {
  let own = derived.get(bytes);
  if (!own) {
    // The ring's key encrypts payloads; one key does not do two things.
    own = Buffer.from(hkdfSync('sha256', bytes, '', 'hikeshi token v1', 32));
    derived.set(bytes, own);
  }
  return createHmac('sha256', own).update(head).digest().subarray(0, MAC_BYTES);
}

function base32(bytes: Buffer): string {
  let bits = 0;
  let value = 0;
  let text = '';
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(value >>> (bits - 5)) & 31]!;
    value &= 31;
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31]! : text;
}

/** Undefined for text that `base32` would not write: one content has one token. */
function fromBase32(text: string): Buffer | undefined {
  if (text.length !== TOKEN_LENGTH) return undefined;
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    const digit = ALPHABET.indexOf(letter);
    if (digit < 0) return undefined;
    value = (value << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >>> bits) & 255);
      value &= (1 << bits) - 1;
    }
  }
  return value === 0 ? Buffer.from(bytes) : undefined;
}
