import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { PROJECT_ROOT } from '../../src/config.js';
import { type RunningSimulator, startSimulator } from './startSimulator.js';

const MAIN = path.join(PROJECT_ROOT, 'dist/simulator/main.js');

const functionOf = async (simulator: RunningSimulator, code: string) =>
  (await simulator.log()).functions.find((fn) => fn.code === code)!;
const put = (simulator: RunningSimulator, code: string, key: string, body: unknown) =>
  simulator.bank('PUT', `/v1/functions/${code}`, body, { 'idempotency-key': key });
const ask = (simulator: RunningSimulator, code: string, body: unknown) =>
  simulator.bank('POST', `/v1/functions/${code}/requests`, body);

describe('the simulated channel system', () => {
  let simulator: RunningSimulator;

  beforeAll(async () => {
    simulator = await startSimulator({ HIKESHI_SIM_FUNCTIONS: '[{"code":"GIVEN","limitYen":5000}]' });
  });
  afterAll(() => simulator.stop());

  test('knows the functions it was given, and no other', async () => {
    expect((await simulator.bank('GET', '/v1/functions/GIVEN')).json).toMatchObject({ status: 'OPEN', limit: 5000 });
    expect((await simulator.bank('GET', '/v1/functions/OTHER')).status).toBe(404);
    expect((await put(simulator, 'OTHER', 'k', { status: 'CLOSED' })).status).toBe(404);
    const withoutToken = await fetch(`${simulator.url}/v1/functions/GIVEN`);
    expect(withoutToken.status).toBe(401);
  });

  test('obeys an order once: the same key again has the same answer and no effect', async () => {
    await simulator.sim('functions', { code: 'ONCE' });
    const first = await put(simulator, 'ONCE', 'o/1', { status: 'CLOSED' });
    await put(simulator, 'ONCE', 'o/2', { status: 'OPEN' });
    const again = await put(simulator, 'ONCE', 'o/1', { status: 'CLOSED' });
    expect(again).toEqual(first);
    expect((await put(simulator, 'ONCE', 'o/1', { status: 'LIMITED', limit: 1 })).status).toBe(422);
    const fn = await functionOf(simulator, 'ONCE');
    expect(fn.status).toBe('OPEN');
    expect(fn.orders).toEqual({ applied: 2, pretended: 0, repeated: 1, conflict: 1 });
  });

  test('needs a key, a known status and a limit to cut to', async () => {
    await simulator.sim('functions', { code: 'STRICT' });
    expect((await simulator.bank('PUT', '/v1/functions/STRICT', { status: 'CLOSED' })).status).toBe(400);
    expect(await put(simulator, 'STRICT', 's/1', { status: 'SHUT' })).toMatchObject({ status: 400 });
    expect(await put(simulator, 'STRICT', 's/2', { status: 'LIMITED' })).toMatchObject({ status: 422 });
    expect((await functionOf(simulator, 'STRICT')).orders.applied).toBe(0);
  });

  test('refuses requests to what is closed or over the limit, and counts them by purpose', async () => {
    await simulator.sim('functions', { code: 'COUNT' });
    const fraud = (n: number, amountYen = 60_000) =>
      ask(simulator, 'COUNT', { amountYen, requestKey: `f${n}`, purpose: 'fraud' });
    expect((await fraud(1)).status).toBe(200);
    await put(simulator, 'COUNT', 'c/1', { status: 'LIMITED', limit: 50_000 });
    expect(await fraud(2)).toMatchObject({ status: 403, json: { result: 'REFUSED', reason: 'OVER_LIMIT' } });
    expect((await fraud(3, 50_000)).status).toBe(200);
    await put(simulator, 'COUNT', 'c/2', { status: 'CLOSED' });
    expect(await fraud(4)).toMatchObject({ status: 403, json: { reason: 'FUNCTION_CLOSED' } });
    expect((await ask(simulator, 'COUNT', { amountYen: 1, requestKey: 'c1', purpose: 'customer' })).status).toBe(403);
    expect((await ask(simulator, 'COUNT', { amountYen: 1, purpose: 'test' })).status).toBe(403);
    expect((await functionOf(simulator, 'COUNT')).requests).toEqual({
      fraud: { accepted: 2, refused: 2 },
      customer: { accepted: 0, refused: 1 },
      test: { accepted: 0, refused: 1 },
    });
  });

  test('counts a request once, however often it is asked, and answers it alike', async () => {
    await simulator.sim('functions', { code: 'TWICE' });
    const request = { amountYen: 10, requestKey: 'r1', purpose: 'fraud' };
    expect((await ask(simulator, 'TWICE', request)).status).toBe(200);
    await put(simulator, 'TWICE', 't/1', { status: 'CLOSED' });
    expect((await ask(simulator, 'TWICE', request)).status).toBe(200);
    expect((await ask(simulator, 'TWICE', { ...request, amountYen: 11 })).status).toBe(422);
    expect((await ask(simulator, 'TWICE', { amountYen: 10, purpose: 'fraud' })).status).toBe(400);
    expect((await functionOf(simulator, 'TWICE')).requests.fraud).toEqual({ accepted: 1, refused: 0 });
  });

  test.each([
    ['finish', { queued: 0, finished: 7, held: 0, rejected: 0 }, { queued: 0, finished: 7 }],
    ['hold', { queued: 0, finished: 0, held: 7, rejected: 0 }, { queued: 7, held: 0 }],
    ['reject', { queued: 0, finished: 0, held: 0, rejected: 7 }, { queued: 0, rejected: 7 }],
  ])('a stop does with the work in flight what the order says: %s', async (inFlight, stopped, opened) => {
    const code = `FLIGHT-${inFlight}`;
    await simulator.sim('functions', { code, queued: 7 });
    await put(simulator, code, `${code}/1`, { status: 'CLOSED', inFlight });
    expect(await functionOf(simulator, code)).toMatchObject(stopped);
    await put(simulator, code, `${code}/2`, { status: 'OPEN' });
    expect(await functionOf(simulator, code)).toMatchObject(opened);
  });

  test('misbehaves as often as told, on the function told', async () => {
    await simulator.sim('functions', { code: 'BAD' });
    await simulator.sim('functions', { code: 'GOOD' });
    await simulator.sim('misbehave', { code: 'BAD', mode: 'fail', times: 2 });
    expect((await put(simulator, 'GOOD', 'g/1', { status: 'CLOSED' })).status).toBe(200);
    expect((await put(simulator, 'BAD', 'b/1', { status: 'CLOSED' })).status).toBe(500);
    expect((await put(simulator, 'BAD', 'b/1', { status: 'CLOSED' })).status).toBe(500);
    expect((await put(simulator, 'BAD', 'b/1', { status: 'CLOSED' })).status).toBe(200);
    expect((await functionOf(simulator, 'BAD')).orders).toMatchObject({ applied: 1, repeated: 0 });
  });

  test('drifts behind everybody’s back, and writes down the drill’s instant', async () => {
    await simulator.sim('functions', { code: 'DRIFT' });
    await simulator.sim('clock', { now: '2020-09-16T20:45:00+09:00' });
    await put(simulator, 'DRIFT', 'd/1', { status: 'CLOSED' });
    await simulator.sim('drift', { code: 'DRIFT', status: 'OPEN' });
    await simulator.sim('clock', { now: null });
    expect((await simulator.bank('GET', '/v1/functions/DRIFT')).json.status).toBe('OPEN');
    const order = (await simulator.log()).orders.find(({ key }) => key === 'd/1')!;
    expect(order.at).toBe('2020-09-16T11:45:00.000Z');
  });

  test('refuses what it does not understand', async () => {
    await expect(simulator.sim('misbehave', { mode: 'sulk' })).rejects.toThrow('400');
    await expect(simulator.sim('drift', { code: 'NOBODY', status: 'OPEN' })).rejects.toThrow('404');
    await expect(simulator.sim('functions', { code: '../x' })).rejects.toThrow('400');
  });
});

describe('the simulator as a process', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'hikeshi-sim-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('keeps what the bank did when it is killed, half a line at the end notwithstanding', async () => {
    const file = path.join(folder, 'bank.jsonl');
    const first = await startSimulator({ HIKESHI_SIM_STATE: file });
    await first.sim('functions', { code: 'KEPT', queued: 3 });
    await put(first, 'KEPT', 'k/1', { status: 'CLOSED', inFlight: 'hold' });
    await ask(first, 'KEPT', { amountYen: 1, requestKey: 'r1', purpose: 'fraud' });
    const before = await first.log();
    await first.stop('SIGKILL');
    appendFileSync(file, '{"at":"2020-09-16T11:45:00.000Z","type":"drift","code":"KEPT","status":"OP');

    const second = await startSimulator({ HIKESHI_SIM_STATE: file });
    expect(await second.log()).toEqual(before);
    expect((await put(second, 'KEPT', 'k/1', { status: 'CLOSED', inFlight: 'hold' })).status).toBe(200);
    expect((await functionOf(second, 'KEPT')).orders).toMatchObject({ applied: 1, repeated: 1 });
    await second.stop();

    const third = await startSimulator({ HIKESHI_SIM_STATE: file });
    expect((await functionOf(third, 'KEPT')).orders.repeated).toBe(1);
    await third.sim('reset', {});
    await third.stop();
    const fourth = await startSimulator({ HIKESHI_SIM_STATE: file });
    expect((await fourth.log()).functions).toEqual([]);
    await fourth.stop();
  });

  test('makes functions as they are named when it is told to', async () => {
    const simulator = await startSimulator({ HIKESHI_SIM_LAZY: '1' });
    expect((await simulator.bank('GET', '/v1/functions/ANY')).json.status).toBe('OPEN');
    await simulator.stop();
  });

  test('keeps the drill’s side on the loopback', async () => {
    const simulator = await startSimulator({ HIKESHI_SIM_HOST: '0.0.0.0' });
    const address = Object.values(os.networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    const port = new URL(simulator.url).port;
    // A machine with no other address has nobody to keep out.
    const outside = address && (await fetch(`http://${address}:${port}/sim/log`).catch(() => undefined));
    expect(outside ? outside.status : 403).toBe(403);
    expect((await fetch(`http://127.0.0.1:${port}/sim/log`)).status).toBe(200);
    await simulator.stop();
  });

  test('ends when the process that started it was killed', async () => {
    // A parent in between, so that it can be killed: it starts the simulator and hands on its output.
    const script = `require('node:child_process').spawn(process.execPath, [${JSON.stringify(MAIN)}], {
      env: { ...process.env, HIKESHI_PARENT_PID: String(process.pid) },
      stdio: ['ignore', 'inherit', 'inherit'],
    }); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['-e', script], {
      env: { ...process.env, HIKESHI_SIM_PORT: '0', HIKESHI_SIM_SMTP_PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const { url } = JSON.parse(line) as { url: string };
    expect((await fetch(`${url}/sim/log`)).status).toBe(200);
    const closed = once(parent.stdout, 'close');
    parent.kill('SIGKILL');
    await closed;
    await expect(fetch(`${url}/sim/log`)).rejects.toThrow();
  });

  test('says in a sentence that its port is taken', async () => {
    const simulator = await startSimulator();
    const { port } = new URL(simulator.url);
    const second = spawn(process.execPath, [MAIN], {
      env: { ...process.env, HIKESHI_SIM_PORT: port, HIKESHI_SIM_SMTP_PORT: '0' },
    });
    let complaint = '';
    second.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const [code] = await once(second, 'close');
    expect(code).toBe(1);
    expect(complaint).toContain('HIKESHI_SIM_PORT');
    expect(complaint.trim().split('\n')).toHaveLength(1);
    await simulator.stop();
  });
});
