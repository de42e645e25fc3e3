import { createServer, type RequestListener } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';

import { parse } from 'yaml';

import {
  environmentSecrets,
  explain,
  serviceControl,
  type ControlOrder,
  type ServiceControl,
} from '../../src/connectors/serviceControl/index.js';
import {
  type ConnectorDocument,
  ConnectorDocumentSchema,
  ConnectorsFileSchema,
  type HttpConnector,
} from '../../src/connectors/serviceControl/schema.js';
import { SIMULATOR_TOKEN } from '../../src/simulator/channelSystem.js';
import { type RunningSimulator, startSimulator } from '../simulator/startSimulator.js';
import { serviceControlContract } from './serviceControl.contract.js';

const text = readFileSync(new URL('./channelSystem.connector.yaml', import.meta.url), 'utf8');
const channelSystem = ConnectorsFileSchema.parse(parse(text)).connectors[0]!;
const secrets = environmentSecrets({ HIKESHI_SECRET_CHANNEL_TOKEN: SIMULATOR_TOKEN });

const target = { id: 'mijica-transfer', external: { code: 'MJ/TRANSFER 1' } };
const stranger = { id: 'nobody', external: { code: 'NOBODY' } };
const CODE = 'MJ-TRANSFER';
const known = { id: 'mijica-transfer', external: { code: CODE } };

function connected(url: string, changes: Partial<Extract<ConnectorDocument, { kind: 'http' }>> = {}): ServiceControl {
  return serviceControl({ ...channelSystem, ...changes } as ConnectorDocument, secrets, { HIKESHI_CHANNEL_URL: url });
}

serviceControlContract('HTTP, against the simulated channel system', async () => {
  const simulator = await startSimulator({ HIKESHI_SIM_FUNCTIONS: JSON.stringify([{ code: CODE }]) });
  return {
    control: connected(simulator.url),
    target: known,
    stranger,
    actor: 'system',
    secrets: [SIMULATOR_TOKEN],
    effects: async () => (await simulator.log()).functions[0]!.orders.applied,
    close: () => simulator.stop(),
  };
});

serviceControlContract('by hand', async () => ({
  control: serviceControl(ConnectorDocumentSchema.parse({ id: 'paper', kind: 'by-hand' }), secrets),
  target,
  stranger: { id: 'mijica-transfer', external: {} },
  actor: 'person',
  secrets: [SIMULATOR_TOKEN],
}));

describe('the HTTP connector, when the channel system misbehaves', () => {
  let simulator: RunningSimulator;
  let control: ServiceControl;
  let number = 0;
  const order = (wanted: ControlOrder['wanted'] = 'SUSPENDED'): ControlOrder => ({
    key: `function/mijica-transfer/order/${(number += 1)}`,
    wanted,
    inFlight: 'finish',
    reason: 'test',
  });
  const state = async () => (await simulator.log()).functions[0]!;

  beforeAll(async () => {
    simulator = await startSimulator();
  });
  beforeEach(async () => {
    await simulator.sim('reset', {});
    await simulator.sim('functions', { code: CODE });
    control = connected(simulator.url, { timeoutSeconds: 0.5 });
  });
  afterAll(() => simulator.stop());

  test('an answer that comes too late is unknown, although the bank acted', async () => {
    await simulator.sim('misbehave', { mode: 'slow', delayMs: 5_000, times: 1 });
    expect(await control.send(known, order())).toEqual({ kind: 'unknown', detail: 'TIMEOUT 0.5s' });
    expect(await control.read(known)).toEqual({ kind: 'state', state: 'SUSPENDED', raw: 'CLOSED', inFlight: 0 });
  });

  test('a function tells how many items it has under way, and none after a stop that rejects them', async () => {
    await simulator.sim('reset', {});
    await simulator.sim('functions', { code: CODE, queued: 3 });
    expect(await control.read(known)).toEqual({ kind: 'state', state: 'ACTIVE', raw: 'OPEN', inFlight: 3 });
    expect(await control.send(known, { ...order(), inFlight: 'reject' })).toEqual({ kind: 'accepted' });
    expect(await control.read(known)).toEqual({ kind: 'state', state: 'SUSPENDED', raw: 'CLOSED', inFlight: 0 });
  });

  test('a lost answer is unknown, and the same order again has no second effect', async () => {
    await simulator.sim('misbehave', { mode: 'lose-answer', times: 1 });
    const stop = order();
    expect(await control.send(known, stop)).toMatchObject({ kind: 'unknown' });
    expect(await control.send(known, stop)).toEqual({ kind: 'accepted' });
    expect((await state()).orders).toMatchObject({ applied: 1, repeated: 1 });
  });

  test('a connection cut before the bank acted is unknown, and the read-back tells the truth', async () => {
    await simulator.sim('misbehave', { mode: 'drop-before', times: 1 });
    expect(await control.send(known, order())).toMatchObject({ kind: 'unknown' });
    expect(await control.read(known)).toMatchObject({ kind: 'state', state: 'ACTIVE' });
  });

  test('a lie is accepted; the read-back and the outside test find it out', async () => {
    await simulator.sim('misbehave', { mode: 'lie', times: 1 });
    expect(await control.send(known, order())).toEqual({ kind: 'accepted' });
    expect(await control.read(known)).toMatchObject({ kind: 'state', state: 'ACTIVE' });
    await simulator.sim('misbehave', { mode: 'lie', on: ['read'] });
    expect(await control.read(known)).toMatchObject({ kind: 'state', state: 'SUSPENDED' });
    expect(await control.probe(known)).toEqual({ kind: 'went-through' });
  });

  test('a restriction that keeps another limit is told with it; one whose limit is missing proves nothing', async () => {
    await control.send(known, { ...order('RESTRICTED'), limitYen: 50_000 });
    await simulator.sim('misbehave', { mode: 'keep-limit' });
    expect(await control.send(known, { ...order('RESTRICTED'), limitYen: 30_000 })).toEqual({ kind: 'accepted' });
    expect(await control.read(known)).toMatchObject({ kind: 'state', state: 'RESTRICTED', limitYen: 50_000 });
    const blind = connected(simulator.url, { read: { ...(channelSystem as HttpConnector).read, limit: undefined } });
    expect(await blind.read(known)).not.toHaveProperty('limitYen');
    await simulator.sim('reset', {});
    await simulator.sim('functions', { code: CODE });
    await simulator.sim('misbehave', { mode: 'keep-limit' });
    await control.send(known, { ...order('RESTRICTED'), limitYen: 30_000 });
    expect(await control.read(known)).toMatchObject({ kind: 'state', state: 'RESTRICTED', limitYen: null });
  });

  test('a failure of the bank (500) is unknown', async () => {
    await simulator.sim('misbehave', { mode: 'fail', on: ['order', 'read', 'request'] });
    expect(await control.send(known, order())).toEqual({ kind: 'unknown', detail: 'HTTP 500' });
    expect(await control.read(known)).toEqual({ kind: 'unknown', detail: 'HTTP 500' });
    expect(await control.probe(known)).toEqual({ kind: 'unknown', detail: 'HTTP 500' });
  });

  test('429 is waited for as long as the bank asks, within reason', async () => {
    const misbehave = (retryAfter?: number | string) =>
      simulator.sim('misbehave', { mode: 'rate-limit', retryAfter, on: ['order', 'read'] });
    await misbehave(7);
    expect(await control.send(known, order())).toEqual({ kind: 'retry-later', afterSeconds: 7 });
    expect(await control.read(known)).toEqual({ kind: 'retry-later', afterSeconds: 7 });
    await misbehave();
    expect(await control.send(known, order())).toEqual({ kind: 'retry-later', afterSeconds: 10 });
    await misbehave(86_400);
    expect(await control.send(known, order())).toEqual({ kind: 'retry-later', afterSeconds: 300 });
    await misbehave(0);
    expect(await control.send(known, order())).toEqual({ kind: 'retry-later', afterSeconds: 1 });
    await misbehave(new Date(Date.now() + 120_000).toUTCString());
    const byDate = await control.send(known, order());
    expect(byDate.kind).toBe('retry-later');
    const { afterSeconds } = byDate as { afterSeconds: number };
    expect(afterSeconds).toBeGreaterThan(100);
    expect(afterSeconds).toBeLessThanOrEqual(121);
  });

  test('a channel system that is down is unknown in all that is asked', async () => {
    await simulator.sim('misbehave', { mode: 'down' });
    expect(await control.send(known, order())).toMatchObject({ kind: 'unknown' });
    expect(await control.read(known)).toMatchObject({ kind: 'unknown' });
    expect(await control.probe(known)).toMatchObject({ kind: 'unknown' });
    await simulator.sim('misbehave', { mode: 'none' });
    expect(await control.send(known, order())).toEqual({ kind: 'accepted' });
  });

  test('nobody at the address is unknown', async () => {
    const gone = connected('http://127.0.0.1:1');
    expect(await gone.send(known, order())).toMatchObject({ kind: 'unknown' });
    expect(await gone.read(known)).toMatchObject({ kind: 'unknown' });
  });

  test('a key that was used for another order is refused', async () => {
    const stop = order();
    await control.send(known, stop);
    expect(await control.send(known, { ...stop, wanted: 'ACTIVE' })).toEqual({ kind: 'refused', detail: 'HTTP 422' });
    expect((await state()).status).toBe('CLOSED');
  });

  test('a wrong token is refused, and proves no stop', async () => {
    const wrong = serviceControl(channelSystem, () => 'another-token', { HIKESHI_CHANNEL_URL: simulator.url });
    expect(await wrong.send(known, order())).toEqual({ kind: 'refused', detail: 'HTTP 401' });
    expect(await wrong.read(known)).toEqual({ kind: 'unknown', detail: 'HTTP 401' });
    expect(await wrong.probe(known)).toEqual({ kind: 'unknown', detail: 'HTTP 401' });
  });

  test('a restriction that refuses the outside test for its amount is no proof of a stop', async () => {
    await control.send(known, { ...order('RESTRICTED'), limitYen: 0 });
    expect(await control.probe(known)).toEqual({ kind: 'unknown', detail: 'HTTP 403' });
  });
});

describe('the HTTP connector and its data', () => {
  const order: ControlOrder = { key: 'function/f/order/1', wanted: 'SUSPENDED', reason: 'test' };
  const closers: (() => void)[] = [];
  afterAll(() => closers.forEach((close) => close()));

  async function outside(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test('an API with its own paths, words and form bodies is fitted by data alone', async () => {
    const seen: { method?: string; url?: string; body: string; headers: Record<string, unknown> }[] = [];
    const url = await outside((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        seen.push({ method: request.method!, url: request.url!, body, headers: request.headers });
        response.end(JSON.stringify({ result: [{ 'sv/state': 9 }] }));
      });
    });
    const connector = ConnectorDocumentSchema.parse({
      id: 'host',
      kind: 'http',
      baseUrl: `${url}/api/`,
      headers: { 'X-Key': 'secret:HOST_KEY' },
      send: {
        perState: {
          SUSPENDED: {
            method: 'POST',
            url: '/close?fn={{target.external.no}}',
            encoding: 'form',
            body: {
              reason: '{{order.reason}}',
              limit: '{{order.limitYen}}',
              id: '{{order.key}}',
              for: '{{target.segment}}',
            },
          },
        },
      },
      read: {
        method: 'GET',
        url: '/state/{{target.external.no}}?partner={{target.partner}}',
        state: '/result/0/sv~1state',
        values: { 9: 'SUSPENDED' },
      },
    });
    const control = serviceControl(connector, () => 'k-1\n', {});
    const host = { id: 'f', external: { no: 'A/1 &b' }, partner: 'C1', segment: 'new' } as const;
    expect(await control.send(host, order)).toEqual({ kind: 'accepted' });
    expect(await control.read(host)).toEqual({ kind: 'state', state: 'SUSPENDED', raw: '9' });
    expect(await control.probe(host)).toEqual({ kind: 'none' });
    expect(await control.send(host, { ...order, wanted: 'RESTRICTED' })).toEqual({
      kind: 'refused',
      detail: 'STATE_NOT_OFFERED RESTRICTED',
    });
    expect(seen.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
      'POST /api/close?fn=A%2F1%20%26b',
      'GET /api/state/A%2F1%20%26b?partner=C1',
    ]);
    expect(seen[0]!.body).toBe('reason=test&id=function%2Ff%2Forder%2F1&for=new');
    expect(seen[0]!.headers['x-key']).toBe('k-1');
  });

  test('statuses mean what the data says, and a single status goes before its class', async () => {
    let status = 200;
    const url = await outside((_request, response) => void response.writeHead(status).end('{}'));
    const statuses = { accepted: [409] as (number | '4xx')[], unknown: ['4xx'] as (number | '4xx')[] };
    const send = { ...(channelSystem as any).send, statuses };
    const kindOf = async (control: ServiceControl, code: number) => {
      status = code;
      return (await control.send(known, order)).kind;
    };
    const plain = connected(url);
    expect(await kindOf(plain, 204)).toBe('accepted');
    expect(await kindOf(plain, 302)).toBe('refused');
    expect(await kindOf(plain, 409)).toBe('refused');
    expect(await kindOf(plain, 408)).toBe('unknown');
    expect(await kindOf(plain, 502)).toBe('unknown');
    expect(await kindOf(plain, 503)).toBe('retry-later');
    const fitted = connected(url, { send });
    expect(await kindOf(fitted, 409)).toBe('accepted');
    expect(await kindOf(fitted, 400)).toBe('unknown');
    expect(await kindOf(fitted, 503)).toBe('retry-later');
  });

  test('a redirect is not followed: it would carry the secrets elsewhere', async () => {
    let followed = 0;
    const elsewhere = await outside((_request, response) => {
      followed += 1;
      response.end('{"status":"CLOSED"}');
    });
    const url = await outside((_request, response) => void response.writeHead(307, { location: elsewhere }).end());
    expect(await connected(url).send(known, order)).toEqual({ kind: 'refused', detail: 'HTTP 307' });
    expect(await connected(url).read(known)).toEqual({ kind: 'unknown', detail: 'HTTP 307' });
    expect(followed).toBe(0);
  });

  test.each([
    ['no JSON', '<html>', 'ANSWER_NOT_JSON'],
    ['no state', '{"state":"CLOSED"}', 'STATE_MISSING'],
    ['an unknown state', '{"status":"山田太郎"}', 'STATE_NOT_IN_TABLE'],
    ['a state that is no plain value', '{"status":{"a":1}}', 'STATE_MISSING'],
    ['a flood', `{"status":"CLOSED","x":"${'y'.repeat(300_000)}"}`, 'ANSWER_TOO_LARGE'],
  ])('an answer with %s tells no state, and nothing of it is handed on', async (_what, body, detail) => {
    const url = await outside((_request, response) => void response.end(body));
    expect(await connected(url).read(known)).toEqual({ kind: 'unknown', detail });
  });

  test('an answer that trickles is ended in time', async () => {
    const url = await outside((_request, response) => {
      response.write('{"status":');
      const timer = setInterval(() => response.write(' '), 50);
      response.once('close', () => clearInterval(timer));
    });
    const control = connected(url, { timeoutSeconds: 0.4 });
    expect(await control.read(known)).toEqual({ kind: 'unknown', detail: 'TIMEOUT 0.4s' });
  });

  test('a caller that gives up ends the call', async () => {
    const url = await outside(() => {});
    const signal = AbortSignal.timeout(100);
    expect(await connected(url).send(known, order, signal)).toEqual({ kind: 'unknown', detail: 'ABORTED' });
  });

  test('what is missing in the data is a definite no that names it, and never its value', async () => {
    let calls = 0;
    const url = await outside((_request, response) => void response.end(String((calls += 1))));
    const control = connected(url);
    expect(await control.send({ id: 'f', external: {} }, order)).toEqual({
      kind: 'refused',
      detail: 'VALUE_MISSING target.external.code',
    });
    // Without its partner an order might stop them all.
    const forPartner = { ...(channelSystem as any).send, body: { partner: '{{target.partner}}' } };
    expect(await connected(url, { send: forPartner }).send(known, order)).toEqual({
      kind: 'refused',
      detail: 'VALUE_MISSING target.partner',
    });
    expect(await control.send({ id: 'f', external: { code: '..' } }, order)).toEqual({
      kind: 'refused',
      detail: 'VALUE_UNFIT target.external.code',
    });
    const withoutSecret = serviceControl(channelSystem, environmentSecrets({}), { HIKESHI_CHANNEL_URL: url });
    expect(await withoutSecret.send(known, order)).toEqual({ kind: 'refused', detail: 'SECRET_MISSING CHANNEL_TOKEN' });
    const withoutUrl = serviceControl(channelSystem, secrets, {});
    expect(await withoutUrl.send(known, order)).toEqual({ kind: 'refused', detail: 'ENV_MISSING HIKESHI_CHANNEL_URL' });
    expect(await withoutUrl.read(known)).toEqual({ kind: 'unknown', detail: 'ENV_MISSING HIKESHI_CHANNEL_URL' });
    const badSecret = serviceControl(channelSystem, () => 'top\nsecret', { HIKESHI_CHANNEL_URL: url });
    expect(await badSecret.send(known, order)).toEqual({ kind: 'refused', detail: 'HEADER_UNFIT Authorization' });
    expect(calls).toBe(0);
  });

  test('a value that looks like a secret reference stays a value', async () => {
    let received: string | string[] | undefined;
    const url = await outside((request, response) => {
      received = request.headers['x-reason'];
      response.end('{}');
    });
    const send = { ...(channelSystem as any).send, headers: { 'X-Reason': '{{order.reason}}' } };
    await connected(url, { send }).send(known, { ...order, reason: 'secret:CHANNEL_TOKEN' });
    expect(received).toBe('secret:CHANNEL_TOKEN');
  });

  test('every detail becomes a sentence in both languages', async () => {
    const details = ['HTTP 500', 'TIMEOUT 10s', 'ABORTED', 'SECRET_MISSING A', 'VALUE_MISSING target.id', 'ECONNRESET'];
    for (const detail of details) {
      const { ja, en } = explain(detail);
      expect(ja).toMatch(/[。]$/);
      expect(en).toMatch(/\.$/);
    }
    expect(explain('SECRET_MISSING CHANNEL_TOKEN').en).toContain('HIKESHI_SECRET_CHANNEL_TOKEN');
    expect(explain('constructor').en).toContain('cannot be reached');
  });
});

describe('a connector document', () => {
  const document = (parse(text) as { connectors: any[] }).connectors[0];
  const problems = (changes: object) =>
    ConnectorDocumentSchema.safeParse({ ...document, ...changes }).error?.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );

  test('is taken when it is right', () => {
    expect(problems({})).toBeUndefined();
  });

  test.each([
    [
      'names a template value that does not exist',
      { read: { ...document.read, url: '/{{target.cod}}' } },
      'no such template value',
    ],
    ['wants order values in a read', { read: { ...document.read, url: '/{{order.key}}' } }, 'no such template value'],
    [
      'puts a secret into a URL',
      { read: { ...document.read, url: '/x?key=secret:A' } },
      'a secret may stand in a header only',
    ],
    ['may take longer than an activity answers', { timeoutSeconds: 19 }, 'timeoutSeconds'],
    ['cannot stop', { states: { ACTIVE: 'OPEN', RESTRICTED: 'LIMITED' } }, 'must be able to order SUSPENDED'],
    ['calls two states by one word', { states: { ACTIVE: 'A', RESTRICTED: 'X', SUSPENDED: 'X' } }, 'read.values'],
    ['has an unknown key', { retry: 3 }, 'retry'],
    [
      'proves a stop by a value without a pointer',
      { probe: { ...document.probe, refused: { statuses: [403], values: ['X'] } } },
      'go together',
    ],
  ])('that %s is refused when it is loaded', (_what, changes, message) => {
    expect(problems(changes)?.join('\n')).toContain(message);
  });
});

describe('the connector by hand', () => {
  const byHand = (rest: object) =>
    serviceControl(ConnectorDocumentSchema.parse({ id: 'paper', kind: 'by-hand', ...rest }), secrets);
  const order: ControlOrder = { key: 'function/f/order/3', wanted: 'SUSPENDED', inFlight: 'hold', reason: 'test' };

  test("gives the playbook's own instruction with its values", async () => {
    const instructions = {
      SUSPENDED: {
        ja: '端末で {{target.external.code}} を停止（{{order.key}}）',
        en: 'Stop {{target.external.code}} at the terminal ({{order.key}})',
      },
    };
    expect(await byHand({ instructions }).send(known, order)).toEqual({
      kind: 'by-hand',
      instruction: {
        ja: `端末で ${CODE} を停止（function/f/order/3）`,
        en: `Stop ${CODE} at the terminal (function/f/order/3)`,
      },
    });
    const without = await byHand({ instructions }).send({ id: 'f', external: {} }, order);
    expect((without as any).instruction.en).toContain('Stop "f"');
  });

  test('says what to do with work in flight and which limit holds', async () => {
    const stop: any = await byHand({}).send(known, order);
    expect(stop.instruction.en).toContain('Hold what is already accepted');
    const restrict: any = await byHand({}).send(known, { ...order, wanted: 'RESTRICTED', limitYen: 50_000 });
    expect(restrict.instruction.ja).toContain('50000 円');
  });
});
