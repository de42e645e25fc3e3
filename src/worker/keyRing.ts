import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { Refusal } from '../domain/refusal.js';
import { replaceFile, withFileLock } from './fileLock.js';

const KEY_BYTES = 32;

const RingSchema = z
  .strictObject({
    v: z.literal(1),
    namespaces: z.record(
      z.string(),
      z.strictObject({
        current: z.string(),
        keys: z.record(
          z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
          z.base64().refine((text) => Buffer.from(text, 'base64').length === KEY_BYTES),
        ),
      }),
    ),
  })
  .refine((ring) => Object.values(ring.namespaces).every(({ current, keys }) => Object.hasOwn(keys, current)));
type Ring = z.infer<typeof RingSchema>;

/** One key of the ring: 32 bytes for AES-256, and the id that encrypted payloads carry. */
export interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * The keys that payloads are encrypted with, by namespace. New payloads take the namespace's current key; old keys stay
 * for reading. A ring in a file notices when another process has added or rotated a key.
 */
export class KeyRing {
  readonly #file: string | undefined;
  #ring: Ring;
  #stamp: string | undefined;
  readonly #decoded = new Map<string, Key>();

  private constructor(file: string | undefined, ring: Ring) {
    this.#file = file;
    this.#ring = ring;
  }

  /** A ring in a file, created without keys when the file is missing. @throws Refusal for a file that is no key ring. */
  static at(file: string): KeyRing {
    ensureFolder(path.dirname(file));
    const keyRing = new KeyRing(file, { v: 1, namespaces: {} });
    keyRing.#refresh();
    return keyRing;
  }

  /** A ring given as JSON text, which cannot grow. @throws Refusal for text that is no key ring. */
  static fromJson(json: string): KeyRing {
    return new KeyRing(undefined, parseRing(json, 'HIKESHI_KEY_RING'));
  }

  /** Namespaces that have a key. */
  get namespaces(): readonly string[] {
    this.#refresh();
    return Object.keys(this.#ring.namespaces);
  }

  /** The key for new payloads. @throws Refusal for a namespace without one: a key is made by {@link ensureKey} only. */
  current(namespace: string): Key {
    this.#refresh();
    const entry = this.#entry(namespace);
    if (!entry) throw noKeyFor(namespace);
    return this.#decode(namespace, entry.current, entry.keys[entry.current]!);
  }

  /** All keys of the namespace, the current one first, for what they signed; none where there is no key. */
  all(namespace: string): readonly Key[] {
    this.#refresh();
    const entry = this.#entry(namespace);
    const ids = entry ? [entry.current, ...Object.keys(entry.keys).filter((id) => id !== entry.current)] : [];
    return ids.map((id) => this.#decode(namespace, id, entry!.keys[id]!));
  }

  /** The key that an older payload names. @throws Refusal for an id that the ring does not hold. */
  find(namespace: string, keyId: string): Key {
    const known = this.#keyText(namespace, keyId);
    if (known === undefined) this.#refresh();
    const text = known ?? this.#keyText(namespace, keyId);
    if (text === undefined) {
      throw new Refusal({
        en: `The key ring has no key "${keyId}" for the namespace "${namespace}". Restore the key ring that was in use when this was written.`,
        ja: `鍵束に、ネームスペース「${namespace}」の鍵「${keyId}」がありません。書き込んだときに使っていた鍵束を復元してください。`,
      });
    }
    return this.#decode(namespace, keyId, text);
  }

  /** Gives the namespace a key unless it has one; returns the current key. @throws Refusal when the ring cannot be written. */
  ensureKey(namespace: string): Key {
    this.#refresh();
    if (!this.#entry(namespace)) {
      this.#change(namespace, (ring) => (Object.hasOwn(ring.namespaces, namespace) ? undefined : freshKeyId()));
    }
    return this.current(namespace);
  }

  /** Makes a new current key; the old ones stay readable. Running processes take it up with their next payload. */
  rotateKey(namespace: string): Key {
    this.#change(namespace, () => freshKeyId());
    return this.current(namespace);
  }

  #change(namespace: string, newKeyId: (ring: Ring) => string | undefined): void {
    const file = this.#file;
    if (file === undefined) throw noKeyFor(namespace);
    try {
      withFileLock(`${file}.lock`, () => {
        const ring = readRing(file)?.ring ?? { v: 1 as const, namespaces: {} };
        const id = newKeyId(ring);
        if (id === undefined) return;
        const keys = Object.hasOwn(ring.namespaces, namespace) ? ring.namespaces[namespace]!.keys : {};
        const entry = { current: id, keys: { ...keys, [id]: randomBytes(KEY_BYTES).toString('base64') } };
        const next = { v: 1, namespaces: { ...ring.namespaces, [namespace]: entry } };
        replaceFile(file, `${JSON.stringify(next, null, 2)}\n`, 0o600);
      });
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal({
        en: `The key ring ${file} cannot be written (${errorCode(error)}). Make the file and its folder writable for this user.`,
        ja: `鍵束 ${file} に書き込めません（${errorCode(error)}）。このユーザーがファイルとフォルダーに書き込めるようにしてください。`,
      });
    }
    this.#refresh();
  }

  /** Reads the file again when it has changed. A file that vanished under a running process does not take its keys away. */
  #refresh(): void {
    if (this.#file === undefined || stampOf(this.#file) === this.#stamp) return;
    const read = readRing(this.#file);
    if (!read) return;
    this.#ring = read.ring;
    this.#stamp = read.stamp;
    this.#decoded.clear();
  }

  #entry(namespace: string): Ring['namespaces'][string] | undefined {
    return Object.hasOwn(this.#ring.namespaces, namespace) ? this.#ring.namespaces[namespace] : undefined;
  }

  #keyText(namespace: string, keyId: string): string | undefined {
    const keys = this.#entry(namespace)?.keys;
    return keys && Object.hasOwn(keys, keyId) ? keys[keyId] : undefined;
  }

  #decode(namespace: string, id: string, text: string): Key {
    const name = `${namespace}/${id}`;
    const decoded = this.#decoded.get(name) ?? { id, bytes: Buffer.from(text, 'base64') };
    this.#decoded.set(name, decoded);
    return decoded;
  }
}

/**
 * The key ring of this deployment: `HIKESHI_KEY_RING` (a path, or the JSON itself) when set, else `<stateDir>/keys.json`.
 * @throws Refusal for a ring that is missing where one was named, unreadable or corrupt: never a silently new key.
 */
export function openKeyRing(stateDir: string, env: NodeJS.ProcessEnv = process.env): KeyRing {
  const given = env['HIKESHI_KEY_RING']?.trim();
  if (!given) return KeyRing.at(path.join(stateDir, 'keys.json'));
  if (given.startsWith('{')) return KeyRing.fromJson(given);
  const file = path.resolve(given);
  if (!readRing(file)) {
    throw new Refusal({
      en: `HIKESHI_KEY_RING names ${file}, which does not exist. Put the key ring there, or unset the variable to use the one of the state folder.`,
      ja: `HIKESHI_KEY_RING で指定されたファイル ${file} がありません。鍵束をそこに置くか、変数を外して状態フォルダーの鍵束を使ってください。`,
    });
  }
  return KeyRing.at(file);
}

/**
 * Adds the keys of another ring to the one in a file: after a restore, what was written before and since must be readable.
 * The file keeps its current keys; one that is missing or damaged becomes the other ring.
 * @throws Refusal when the other is no key ring, or the file cannot be written
 */
export function adoptKeys(file: string, other: string): void {
  const coming = parseRing(other, file);
  ensureFolder(path.dirname(file));
  withFileLock(`${file}.lock`, () => {
    const present = readRingOrNothing(file);
    const namespaces = { ...coming.namespaces };
    for (const [namespace, { current, keys }] of Object.entries(present?.namespaces ?? {}))
      namespaces[namespace] = { current, keys: { ...coming.namespaces[namespace]?.keys, ...keys } };
    replaceFile(file, `${JSON.stringify({ v: 1, namespaces }, null, 2)}\n`, 0o600);
  });
}

function readRingOrNothing(file: string): Ring | undefined {
  try {
    return readRing(file)?.ring;
  } catch {
    return undefined;
  }
}

/** File of the key ring; undefined where it is given as text in a variable. */
export function keyRingFile(stateDir: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = env['HIKESHI_KEY_RING']?.trim();
  if (!given) return path.join(stateDir, 'keys.json');
  return given.startsWith('{') ? undefined : path.resolve(given);
}

function readRing(file: string): { ring: Ring; stamp: string | undefined } | undefined {
  const stamp = stampOf(file);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new Refusal({
      en: `The key ring ${file} cannot be read (${errorCode(error)}). Make it readable for this user, or restore it from the backup.`,
      ja: `鍵束 ${file} を読めません（${errorCode(error)}）。このユーザーが読めるようにするか、バックアップから復元してください。`,
    });
  }
  return { ring: parseRing(text, file), stamp };
}

function parseRing(text: string, source: string): Ring {
  try {
    return RingSchema.parse(JSON.parse(text));
  } catch {
    // What is wrong with it is not repeated: the message would carry parts of keys.
    throw new Refusal({
      en: `The key ring ${source} is damaged or of another form. Restore it from the backup; without it, what was encrypted cannot be read.`,
      ja: `鍵束 ${source} が壊れているか、形式が違います。バックアップから復元してください。鍵束がないと、暗号化したものを読めません。`,
    });
  }
}

function noKeyFor(namespace: string): Refusal {
  return new Refusal({
    en: `The key ring has no key for the namespace "${namespace}". Start a worker of this namespace, which makes one, or add a key to HIKESHI_KEY_RING.`,
    ja: `鍵束に、ネームスペース「${namespace}」の鍵がありません。このネームスペースのワーカーを起動する（鍵が作られます）か、HIKESHI_KEY_RING に鍵を追加してください。`,
  });
}

function ensureFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Refusal({
      en: `The folder ${folder} for the key ring cannot be made (${errorCode(error)}). Make it, writable for this user.`,
      ja: `鍵束のフォルダー ${folder} を作れません（${errorCode(error)}）。このユーザーが書き込めるフォルダーを作ってください。`,
    });
  }
}

/** Changes whenever the file is replaced; undefined when there is none. */
function stampOf(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.ino}/${stat.mtimeNs}/${stat.size}`;
}

/** `20201003-1f9c2ab4`: the day helps whoever plans the next rotation. */
function freshKeyId(): string {
  return `${new Date().toISOString().slice(0, 10).replaceAll('-', '')}-${randomBytes(4).toString('hex')}`;
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
