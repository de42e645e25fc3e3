import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { freePorts } from '../../src/stack/ports.js';
import { bundleWorkflows } from '../../src/worker/bundle.js';
import { dataConverterFor } from '../../src/worker/dataConverter.js';
import { openKeyRing } from '../../src/worker/keyRing.js';
import { startDevServer, type DevServer } from './support/devServer.js';
import { removeTemporaryFolders, temporaryFolder } from './support/temporary.js';

const NAMESPACE = 'processes';
const stateDir = temporaryFolder();
const bundle = path.join(stateDir, 'workflows.bundle.js');
let server: DevServer;
let client: Client;

beforeAll(async () => {
  const workflowsPath = path.resolve('test/worker/fixtures/workflows.ts');
  writeFileSync(bundle, (await bundleWorkflows({ workflowsPath })).code);
  server = await startDevServer([NAMESPACE]);
  const keyRing = openKeyRing(stateDir, {});
  keyRing.ensureKey(NAMESPACE);
  client = new Client({
    connection: server.connection,
    namespace: NAMESPACE,
    dataConverter: dataConverterFor(NAMESPACE, keyRing),
  });
});

afterAll(async () => {
  await server?.close();
  removeTemporaryFolders();
});

function startWorker(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [path.resolve('test/worker/fixtures/workerProcess.mjs')], {
    env: {
      ...process.env,
      TZ: 'Asia/Tokyo',
      HIKESHI_STATE_DIR: stateDir,
      HIKESHI_LOG_LEVEL: 'info',
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_NAMESPACE: NAMESPACE,
      TEST_BUNDLE: bundle,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', log: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.log += chunk.toString()));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const until = async (condition: () => boolean) => {
    for (let attempt = 0; !condition(); attempt++) {
      if (attempt > 600 || child.exitCode !== null) throw new Error(`The worker only said: ${said.out}${said.log}`);
      await sleep(50);
    }
  };
  return { child, said, exit, until };
}

interface Ready {
  ready: boolean;
  queues: string[];
  health: string;
}

test('a worker says when it is ready, tells its health and metrics, and runs in UTC', async () => {
  const { child, said, exit, until } = startWorker();
  await until(() => said.out.includes('\n'));
  const ready = JSON.parse(said.out) as Ready;
  expect(ready).toMatchObject({ ready: true, queues: ['process', 'control'] });

  expect((await fetch(`${ready.health}/livez`)).status).toBe(200);
  expect((await fetch(`${ready.health}/readyz`)).status).toBe(200);
  const options = { taskQueue: 'process', workflowId: 'zone/1' };
  expect(await client.workflow.execute('tellsZone', options)).toBe(0);
  expect(await (await fetch(`${ready.health}/metrics`)).text()).toContain('temporal_workflow_completed');

  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  for (const line of said.log.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ process: 'worker' });
});

test('two workers on one machine find a port for health each', async () => {
  const workers = [startWorker(), startWorker()];
  const urls = [];
  for (const { said, until } of workers) {
    await until(() => said.out.includes('\n'));
    urls.push((JSON.parse(said.out) as Ready).health);
  }
  expect(new Set(urls).size).toBe(2);
  for (const { child } of workers) child.kill('SIGINT');
  expect(await Promise.all(workers.map(({ exit }) => exit))).toEqual([0, 0]);
});

test('a worker that is asked to end finishes what it does, then closes what it opened', async () => {
  const { child, said, exit, until } = startWorker();
  await until(() => said.out.includes('\n'));
  const handle = await client.workflow.start('lingers', {
    taskQueue: 'process',
    workflowId: 'lingers/1',
    args: [1_500],
  });
  await until(() => said.log.includes('lingering'));
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  expect(said.log).toMatch(/Workers have ended[^]*deps closed/);

  const { events } = await handle.fetchHistory();
  expect(events?.some((event) => event.activityTaskCompletedEventAttributes)).toBe(true);
  const next = startWorker();
  expect(await handle.result()).toBe('lingered');
  next.child.kill('SIGTERM');
  expect(await next.exit).toBe(0);
});

test('a second signal ends a worker at once', async () => {
  const { child, said, exit, until } = startWorker();
  await until(() => said.out.includes('\n'));
  await client.workflow.start('lingers', { taskQueue: 'process', workflowId: 'lingers/2', args: [20_000] });
  await until(() => said.log.includes('lingering'));
  child.kill('SIGTERM');
  await until(() => said.log.includes('Ending in order'));
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  expect(said.log).not.toContain('deps closed');
});

test('a worker whose activity does not heed the cancellation ends after the force time, as failed', async () => {
  const overrides = JSON.stringify({ shutdownGraceTime: '100ms', shutdownForceTime: '1s' });
  const { child, said, exit, until } = startWorker({ TEST_HEEDLESS: '1', TEST_OVERRIDES: overrides });
  await until(() => said.out.includes('\n'));
  await client.workflow.start('lingers', { taskQueue: 'process', workflowId: 'lingers/3', args: [30_000] });
  await until(() => said.log.includes('lingering'));
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  expect(said.log).toContain('GracefulShutdownPeriodExpiredError');
});

test('a worker waits for Temporal, says so in a sentence, and can be ended meanwhile', async () => {
  const [port] = await freePorts(1);
  const { child, said, exit, until } = startWorker({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  await until(() => said.log.includes(`Temporal does not answer at 127.0.0.1:${port}`));
  expect(said.log).toContain('応答がありません');
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  expect(said.out).toBe('');
});

test('a worker waits for its namespace, says so in a sentence', async () => {
  const { child, said, exit, until } = startWorker({ TEMPORAL_NAMESPACE: 'not-there' });
  await until(() => said.log.includes(JSON.stringify('has no namespace "not-there"').slice(1, -1)));
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
});

test('a worker with a damaged key ring does not start', async () => {
  const file = path.join(temporaryFolder(), 'keys.json');
  writeFileSync(file, '{');
  const { said, exit } = startWorker({ HIKESHI_KEY_RING: file });
  expect(await exit).toBe(1);
  expect(said.log).toContain('is damaged or of another form');
  expect(said.log).not.toContain('frames');
});

test('a worker without the workflow bundle does not start, and says how to make one', async () => {
  const { said, exit } = startWorker({ TEST_BUNDLE: '/nowhere/workflows.bundle.js' });
  expect(await exit).toBe(1);
  expect(said.log).toContain('npm run build');
});
