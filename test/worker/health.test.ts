import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startHealth, workerIdentity, type HealthServer } from '../../src/worker/health.js';

const open: HealthServer[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

async function health(
  workers: Record<string, string>,
  checkDatabase: () => Promise<void> = () => Promise.resolve(),
  metricsAddress?: string,
) {
  const server = await startHealth({
    host: '127.0.0.1',
    port: 0,
    identity: workerIdentity('bank', { HIKESHI_STACK: 'stack-1' }),
    workers: () => workers,
    checkDatabase,
    metricsAddress,
  });
  open.push(server);
  return async (path: string) => {
    const response = await fetch(`${server.url}${path}`);
    return { status: response.status, body: await response.text() };
  };
}

test('a process is alive before it has workers, and not ready', async () => {
  const get = await health({});
  expect((await get('/livez')).status).toBe(200);
  expect((await get('/readyz')).status).toBe(503);
});

const IDENTITY = { service: 'hikeshi-worker', namespace: 'bank', stack: 'stack-1' };

test('whoever asks is told whose worker answers', async () => {
  const get = await health({});
  for (const path of ['/livez', '/readyz']) expect(JSON.parse((await get(path)).body)).toMatchObject(IDENTITY);
  expect(workerIdentity('bank', {})).toEqual({ service: 'hikeshi-worker', namespace: 'bank' });
});

test('a process is ready when all its workers run and the register answers', async () => {
  const get = await health({ process: 'RUNNING', control: 'RUNNING' });
  const { status, body } = await get('/readyz');
  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual({
    ...IDENTITY,
    ok: true,
    workers: { process: 'RUNNING', control: 'RUNNING' },
    database: true,
  });
});

test('one worker that does not run yet, or no longer, makes the process not ready', async () => {
  for (const state of ['INITIALIZED', 'DRAINING']) {
    const get = await health({ process: 'RUNNING', control: state });
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/livez')).status).toBe(200);
  }
});

test('a worker that died makes the process dead', async () => {
  const get = await health({ process: 'RUNNING', control: 'FAILED' });
  expect((await get('/livez')).status).toBe(503);
});

test('a register that refuses or stays silent makes the process not ready, not dead', async () => {
  for (const check of [() => Promise.reject(new Error('down')), () => new Promise<void>(() => undefined)]) {
    const get = await health({ process: 'RUNNING' }, check);
    const { status, body } = await get('/readyz');
    expect([status, JSON.parse(body)]).toEqual([
      503,
      { ...IDENTITY, ok: false, workers: { process: 'RUNNING' }, database: false },
    ]);
    expect((await get('/livez')).status).toBe(200);
  }
});

test("Core's metrics are passed on, and their absence is told", async () => {
  const core = createServer((_, response) => response.end('temporal_worker_start 1\n'));
  await new Promise<void>((resolve) => core.listen(0, '127.0.0.1', resolve));
  const { port } = core.address() as AddressInfo;
  const get = await health({}, undefined, `127.0.0.1:${port}`);
  expect(await get('/metrics')).toEqual({ status: 200, body: 'temporal_worker_start 1\n' });
  await new Promise((resolve) => core.close(resolve));
  expect((await get('/metrics')).status).toBe(503);
});
