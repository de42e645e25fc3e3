import path from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { EncryptionCodec } from '../../src/worker/codec.js';
import { KeyRing } from '../../src/worker/keyRing.js';
import { removeTemporaryFolders, temporaryFolder } from './support/temporary.js';

afterAll(removeTemporaryFolders);

function codecOf(namespace = 'live', ring = KeyRing.at(path.join(temporaryFolder(), 'keys.json'))) {
  ring.ensureKey(namespace);
  return { codec: new EncryptionCodec(namespace, ring), ring };
}

async function encodeOne(codec: EncryptionCodec, value: unknown): Promise<Payload> {
  const [encoded] = await codec.encode([defaultPayloadConverter.toPayload(value)]);
  return encoded!;
}

async function decodeOne(codec: EncryptionCodec, payload: Payload): Promise<unknown> {
  const [decoded] = await codec.decode([payload]);
  return defaultPayloadConverter.fromPayload(decoded!);
}

const utf8 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('utf8');

test('any JSON value comes back as it was', async () => {
  const { codec } = codecOf();
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      // JSON has no negative zero.
      const json = JSON.parse(JSON.stringify(value)) as unknown;
      expect(await decodeOne(codec, await encodeOne(codec, json))).toEqual(json);
    }),
  );
});

test('any payload, its metadata included, comes back byte for byte', async () => {
  const { codec } = codecOf();
  const bytes = fc.uint8Array({ maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string({ minLength: 1 }), bytes), bytes, async (metadata, data) => {
      const [encoded] = await codec.encode([{ metadata, data }]);
      const [decoded] = await codec.decode([encoded!]);
      const hex = (record: Record<string, Uint8Array>) =>
        Object.fromEntries(Object.entries(record).map(([key, value]) => [key, Buffer.from(value).toString('hex')]));
      expect(hex((decoded!.metadata ?? {}) as Record<string, Uint8Array>)).toEqual(hex(metadata));
      expect(Buffer.from(decoded!.data ?? []).equals(Buffer.from(data))).toBe(true);
    }),
  );
});

test('nothing of a payload is in clear but the encoding, the key id and the version', async () => {
  const { codec, ring } = codecOf();
  const payload = await encodeOne(codec, { person: 'YAMADA TARO' });
  expect(Object.fromEntries(Object.entries(payload.metadata!).map(([key, value]) => [key, utf8(value)]))).toEqual({
    encoding: 'binary/encrypted',
    'encryption-key-id': ring.current('live').id,
    'encryption-version': '1',
  });
  expect(utf8(payload.data)).not.toContain('YAMADA');
  expect(utf8(payload.data)).not.toContain('json/plain');
});

test('the same value is never encrypted to the same bytes twice', async () => {
  const { codec } = codecOf();
  expect((await encodeOne(codec, 'a')).data).not.toEqual((await encodeOne(codec, 'a')).data);
});

test('one flipped bit anywhere is refused', async () => {
  const { codec } = codecOf();
  const payload = await encodeOne(codec, { order: 7 });
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: payload.data!.length * 8 - 1 }), async (bit) => {
      const data = Buffer.from(payload.data!);
      data[bit >> 3]! ^= 1 << (bit & 7);
      await expect(codec.decode([{ ...payload, data }])).rejects.toThrow('altered');
    }),
  );
});

test('a shortened payload is refused, as is a shortened tag', async () => {
  const { codec } = codecOf();
  const payload = await encodeOne(codec, 'x');
  for (const length of [0, 11, 27, payload.data!.length - 1]) {
    await expect(codec.decode([{ ...payload, data: payload.data!.subarray(0, length) }])).rejects.toThrow('altered');
  }
});

test("a payload under another deployment's key of the same id is refused", async () => {
  const ringOf = (byte: string) => ({
    v: 1,
    namespaces: { live: { current: 'k1', keys: { k1: Buffer.alloc(32, byte).toString('base64') } } },
  });
  const { codec } = codecOf('live', KeyRing.fromJson(JSON.stringify(ringOf('a'))));
  const { codec: other } = codecOf('live', KeyRing.fromJson(JSON.stringify(ringOf('b'))));
  await expect(other.decode([await encodeOne(codec, 'x')])).rejects.toThrow('another deployment');
});

test('a payload relabelled with another key id of the same bytes is refused', async () => {
  const key = Buffer.alloc(32, 'a').toString('base64');
  const ring = { v: 1, namespaces: { live: { current: 'k1', keys: { k1: key, k2: key } } } };
  const { codec } = codecOf('live', KeyRing.fromJson(JSON.stringify(ring)));
  const payload = await encodeOne(codec, 'x');
  const relabelled = { ...payload, metadata: { ...payload.metadata, 'encryption-key-id': Buffer.from('k2') } };
  await expect(codec.decode([relabelled])).rejects.toThrow('altered');
});

test('a payload of another namespace is refused with the name of the missing key', async () => {
  const { codec, ring } = codecOf('live');
  const payload = await encodeOne(codec, 'x');
  const drill = codecOf('drill-1', ring).codec;
  await expect(drill.decode([payload])).rejects.toThrow(
    `no key "${ring.current('live').id}" for the namespace "drill-1"`,
  );
});

test('a payload of a later format is refused with its version', async () => {
  const { codec } = codecOf();
  const payload = await encodeOne(codec, 'x');
  const later = { ...payload, metadata: { ...payload.metadata, 'encryption-version': Buffer.from('2') } };
  await expect(codec.decode([later])).rejects.toThrow('format version "2"');
});

test('clear text that a person sent passes through', async () => {
  const { codec } = codecOf();
  const clear = defaultPayloadConverter.toPayload({ subject: 'stop' });
  const none: Payload = { metadata: null, data: null };
  expect(await codec.decode([clear, none])).toEqual([clear, none]);
});

test('what was written before a rotation stays readable, what is written after it has the new key', async () => {
  const { codec, ring } = codecOf();
  const before = await encodeOne(codec, 'old');
  const rotated = ring.rotateKey('live');
  const after = await encodeOne(codec, 'new');
  expect(utf8(after.metadata!['encryption-key-id'])).toBe(rotated.id);
  expect(utf8(before.metadata!['encryption-key-id'])).not.toBe(rotated.id);
  expect([await decodeOne(codec, before), await decodeOne(codec, after)]).toEqual(['old', 'new']);
});
