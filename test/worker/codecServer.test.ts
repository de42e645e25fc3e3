import path from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { codecServer } from '../../src/gateway/codecServer.js';
import { createGateway } from '../../src/gateway/server.js';
import { EncryptionCodec } from '../../src/worker/codec.js';
import { KeyRing } from '../../src/worker/keyRing.js';
import { createLog } from '../../src/worker/logger.js';
import { removeTemporaryFolders, temporaryFolder } from './support/temporary.js';

const UI = 'http://127.0.0.1:8233';
const lines: string[] = [];
const file = path.join(temporaryFolder(), 'keys.json');
const keyRing = KeyRing.at(file);
let gateway: FastifyInstance;
let url: string;

beforeAll(async () => {
  keyRing.ensureKey('live');
  keyRing.ensureKey('drill-1');
  const log = createLog('gateway', { level: 'trace', destination: { write: (line) => void lines.push(line) } });
  gateway = await createGateway(log, [codecServer({ keyRing, defaultNamespace: 'live', uiUrl: UI })]);
  url = await gateway.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await gateway.close();
  removeTemporaryFolders();
});

type JsonPayload = { metadata?: Record<string, string>; data?: string };

function toJson(payload: Payload): JsonPayload {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const metadata = Object.entries(payload.metadata ?? {}).map(([key, value]) => [key, base64(value)]);
  return { metadata: Object.fromEntries(metadata) as Record<string, string>, data: base64(payload.data!) };
}

const clear = toJson(defaultPayloadConverter.toPayload({ person: 'YAMADA' }));

async function encrypted(namespace: string, ring = keyRing): Promise<JsonPayload> {
  const codec = new EncryptionCodec(namespace, ring);
  const [payload] = await codec.encode([defaultPayloadConverter.toPayload({ person: 'YAMADA' })]);
  return toJson(payload!);
}

const post = (route: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}${route}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

async function sentenceOf(response: Response): Promise<string> {
  const { sentence } = (await response.json()) as { sentence: { ja: string; en: string } };
  expect(sentence.ja).toMatch(/[ぁ-ん]/);
  return sentence.en;
}

test('the Web UI reads what is encrypted, by the namespace that it shows', async () => {
  for (const [namespace, headers] of [
    ['live', {}],
    ['live', { 'X-Namespace': 'live' }],
    ['drill-1', { 'X-Namespace': 'drill-1' }],
  ] as const) {
    const response = await post(
      '/decode',
      { payloads: [await encrypted(namespace), clear] },
      { ...headers, Origin: UI },
    );
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ payloads: [clear, clear] });
  }
});

test('what was encoded decodes to the same', async () => {
  const encoded = (await (await post('/encode', { payloads: [clear] })).json()) as { payloads: JsonPayload[] };
  expect(Buffer.from(encoded.payloads[0]!.metadata!['encoding']!, 'base64').toString()).toBe('binary/encrypted');
  expect(await (await post('/decode', encoded)).json()).toEqual({ payloads: [clear] });
});

test('a key that a worker adds or rotates later is used without a restart', async () => {
  const worker = KeyRing.at(file);
  worker.ensureKey('drill-2');
  worker.rotateKey('live');
  for (const namespace of ['live', 'drill-2']) {
    const response = await post(
      '/decode',
      { payloads: [await encrypted(namespace, worker)] },
      { 'X-Namespace': namespace },
    );
    expect(await response.json()).toEqual({ payloads: [clear] });
  }
});

test('an object without payloads, which the command line sends for none, is none', async () => {
  const response = await post('/decode', {});
  expect([response.status, await response.json()]).toEqual([200, { payloads: [] }]);
});

test.each([UI, 'http://localhost:8233'])(
  'a browser with the Web UI at %s may ask, with its headers',
  async (origin) => {
    const response = await fetch(`${url}/decode`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type,x-namespace,authorization,authorization-extras',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('vary')).toBe('Origin');
    expect(response.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS');
    expect(response.headers.get('access-control-allow-headers')?.toLowerCase().split(', ').sort()).toEqual([
      'authorization',
      'authorization-extras',
      'content-type',
      'x-namespace',
    ]);
    const answer = await post('/decode', { payloads: [] }, { Origin: origin });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  },
);

test.each(['http://evil.example', 'http://127.0.0.1:9999', 'http://localhost.evil.example:8233', 'null'])(
  'a page of %s gets nothing, asked before or not',
  async (origin) => {
    const preflight = await fetch(`${url}/decode`, { method: 'OPTIONS', headers: { Origin: origin } });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    const response = await post('/decode', { payloads: [await encrypted('live')] }, { Origin: origin });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect(await sentenceOf(response)).toContain('HIKESHI_UI_URL');
  },
);

test.each<[string, unknown]>([
  ['an array', []],
  ['null', null],
  ['a misspelt member', { payload: [] }],
  ['a payload that is a text', { payloads: ['x'] }],
  ['data that is not base64', { payloads: [{ data: '%%%' }] }],
  ['metadata that is not base64', { payloads: [{ metadata: { encoding: 'ä' } }] }],
  ['an unknown member', { payloads: [{ Data: 'e30=' }] }],
])('%s is answered with a right example', async (_, body) => {
  const response = await post('/decode', body);
  expect(response.status).toBe(400);
  expect(await sentenceOf(response)).toContain('{"payloads":[{"metadata"');
});

test('text that is no JSON, another content type and too much are answered with a sentence', async () => {
  expect(await sentenceOf(await post('/decode', '{"payloads":'))).toContain('not valid JSON');
  const csv = await post('/decode', 'a', { 'Content-Type': 'text/csv' });
  expect([csv.status, await sentenceOf(csv)]).toEqual([415, expect.stringContaining('application/json') as string]);
  const large = await post('/decode', { payloads: [{ data: 'A'.repeat(9 * 1024 * 1024) }] });
  expect([large.status, await sentenceOf(large)]).toEqual([413, expect.stringContaining('8 MiB') as string]);
});

test('an altered payload, an unknown key and an unknown namespace are told apart', async () => {
  const payload = await encrypted('live');
  const bytes = Buffer.from(payload.data!, 'base64');
  bytes[20]! ^= 1;
  const altered = { ...payload, data: bytes.toString('base64') };
  expect(await sentenceOf(await post('/decode', { payloads: [altered] }))).toContain('altered');
  const asDrill = { 'X-Namespace': 'drill-1' };
  expect(await sentenceOf(await post('/decode', { payloads: [payload] }, asDrill))).toContain('has no key');
  const response = await post('/encode', { payloads: [clear] }, { 'X-Namespace': 'nowhere' });
  expect([response.status, await sentenceOf(response)]).toEqual([400, expect.stringContaining('"nowhere"') as string]);
  expect(keyRing.namespaces).toEqual(['live', 'drill-1', 'drill-2']);
});

test('an unknown address is answered with a sentence, and the health address with ok', async () => {
  const response = await fetch(`${url}/nothing`);
  expect([response.status, await sentenceOf(response)]).toEqual([404, expect.stringContaining('URL') as string]);
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ ok: true });
});

test('no payload reaches the log', () => {
  expect(lines.join('')).not.toContain('YAMADA');
  expect(lines.join('')).not.toContain(clear.data!);
});
