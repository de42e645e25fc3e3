import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { Refusal } from '../domain/refusal.js';
import type { KeyRing } from './keyRing.js';
import { PayloadProto } from './payloadProto.js';

/** What the metadata of an encrypted payload says. The Web UI and other tools look at `encoding`. */
const ENCODING = 'binary/encrypted';
const VERSION = '1';
const METADATA = { encoding: 'encoding', keyId: 'encryption-key-id', version: 'encryption-version' } as const;

const ALGORITHM = 'aes-256-gcm';
/** Bytes. Random nonces of this length are safe for about 2^32 payloads a key; rotate long before. */
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/**
 * Encrypts whole payloads, their metadata included, with the current key of one namespace: AES-256-GCM, data laid out as
 * nonce, ciphertext, tag. Key id and format version are authenticated with it. Payloads that are not ours (clear text
 * that a person sent from the Web UI) pass through `decode` unchanged.
 */
export class EncryptionCodec implements PayloadCodec {
  readonly #namespace: string;
  readonly #keyRing: KeyRing;

  constructor(namespace: string, keyRing: KeyRing) {
    this.#namespace = namespace;
    this.#keyRing = keyRing;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.#encrypt(payload));
  }

  /** @throws Refusal when a payload of ours cannot be read: unknown key, other version, altered data. */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) =>
      text(payload, METADATA.encoding) === ENCODING ? this.#decrypt(payload) : payload,
    );
  }

  #encrypt(payload: Payload): Payload {
    const key = this.#keyRing.current(this.#namespace);
    const nonce = randomBytes(NONCE_LENGTH);
    const cipher = createCipheriv(ALGORITHM, key.bytes, nonce, { authTagLength: TAG_LENGTH });
    cipher.setAAD(additionalData(key.id));
    const data = Buffer.concat([
      nonce,
      cipher.update(PayloadProto.encode(payload).finish()),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return {
      metadata: {
        [METADATA.encoding]: Buffer.from(ENCODING),
        [METADATA.keyId]: Buffer.from(key.id),
        [METADATA.version]: Buffer.from(VERSION),
      },
      data,
    };
  }

  #decrypt(payload: Payload): Payload {
    const version = text(payload, METADATA.version);
    const keyId = text(payload, METADATA.keyId);
    if (version !== VERSION || keyId === undefined) throw otherFormat(version);
    const key = this.#keyRing.find(this.#namespace, keyId);
    const data = Buffer.from(payload.data ?? []);
    if (data.length < NONCE_LENGTH + TAG_LENGTH) throw altered(keyId);
    const decipher = createDecipheriv(ALGORITHM, key.bytes, data.subarray(0, NONCE_LENGTH), {
      authTagLength: TAG_LENGTH,
    });
    decipher.setAAD(additionalData(keyId));
    decipher.setAuthTag(data.subarray(-TAG_LENGTH));
    let clear: Buffer;
    try {
      clear = Buffer.concat([decipher.update(data.subarray(NONCE_LENGTH, -TAG_LENGTH)), decipher.final()]);
    } catch {
      throw altered(keyId);
    }
    return PayloadProto.decode(clear);
  }
}

function additionalData(keyId: string): Buffer {
  return Buffer.from(`hikeshi/payload/v${VERSION}/${keyId}`);
}

function text(payload: Payload, name: string): string | undefined {
  const value = payload.metadata?.[name];
  return value == null ? undefined : Buffer.from(value).toString('utf8');
}

function altered(keyId: string): Refusal {
  return new Refusal({
    en: `An encrypted payload does not fit its key "${keyId}": it was altered, or the key ring is another deployment's. Use the key ring it was written with.`,
    ja: `暗号化されたデータが鍵「${keyId}」に合いません。データが改変されたか、別の環境の鍵束です。書き込んだときの鍵束を使ってください。`,
  });
}

function otherFormat(version: string | undefined): Refusal {
  return new Refusal({
    en: `An encrypted payload has the format version "${version ?? ''}", which this release cannot read. Use the release that wrote it, or a later one.`,
    ja: `暗号化されたデータの形式の版「${version ?? ''}」を、このリリースは読めません。書き込んだリリースか、それより新しいリリースを使ってください。`,
  });
}
