import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { WorkflowFailedError } from '@temporalio/client';
import { Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import proto from '@temporalio/proto';
import { codecServer } from '../../src/gateway/codecServer.js';
import { createGateway } from '../../src/gateway/server.js';
import { bundleWorkflows } from '../../src/worker/bundle.js';
import { createWorkers } from '../../src/worker/createWorkers.js';
import { dataConverterFor } from '../../src/worker/dataConverter.js';
import { KeyRing } from '../../src/worker/keyRing.js';
import { createLog } from '../../src/worker/logger.js';
import { installRuntime } from '../../src/worker/runtime.js';
import { activities } from './support/activities.js';
import { startDevServer, type DevServer } from './support/devServer.js';
import { removeTemporaryFolders, temporaryFolder } from './support/temporary.js';

const NAMESPACE = 'histories';
const SECRET = 'YAMADA-TARO-42';
const UI = 'http://127.0.0.1:8233';

const folder = temporaryFolder();
const bundlePath = path.join(folder, 'workflows.bundle.js');
const keyRing = KeyRing.at(path.join(folder, 'keys.json'));
keyRing.ensureKey(NAMESPACE);
const dataConverter = dataConverterFor(NAMESPACE, keyRing);
const silent = createLog('test', { level: 'silent' });

let server: DevServer;
let native: NativeConnection;
let client: Client;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  installRuntime({ log: silent });
  const { code } = await bundleWorkflows({ workflowsPath: path.resolve('test/worker/fixtures/workflows.ts') });
  writeFileSync(bundlePath, code);
  server = await startDevServer([NAMESPACE]);
  native = await NativeConnection.connect({ address: server.address });
  client = new Client({ connection: server.connection, namespace: NAMESPACE, dataConverter });
  const workers = await createWorkers({
    connection: native,
    namespace: NAMESPACE,
    queues: ['process'],
    bundlePath,
    activities,
    dataConverter,
  });
  worker = workers.get('process')!;
  running = worker.run();
});

afterAll(async () => {
  worker?.shutdown();
  await running;
  await native?.close();
  await server?.close();
  removeTemporaryFolders();
});

/** The history as the server holds it, without any codec. */
async function rawHistory(workflowId: string): Promise<Buffer> {
  const { history } = await server.connection.workflowService.getWorkflowExecutionHistory({
    namespace: NAMESPACE,
    execution: { workflowId },
  });
  return Buffer.from(proto.temporal.api.history.v1.History.encode(history!).finish());
}

function temporal(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      server.cli,
      [...args, '--address', server.address, '--namespace', NAMESPACE],
      { env: { PATH: process.env['PATH'], HOME: folder } },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

async function runThrough(): Promise<string> {
  const workflowId = `traces/${randomUUID()}`;
  const options = { taskQueue: 'process', workflowId, memo: { about: SECRET }, staticDetails: SECRET };
  const handle = await client.workflow.start('leavesTraces', { ...options, args: [{ secret: SECRET }] });
  await expect(handle.executeUpdate('correct', { args: [{ by: SECRET }] })).rejects.toThrow(WorkflowUpdateFailedError);
  await expect(handle.executeUpdate('decide', { args: [{ by: SECRET }] })).rejects.toThrow(WorkflowUpdateFailedError);
  await handle.signal('note', { text: SECRET });
  expect(await handle.result()).toEqual({ secret: SECRET });
  return workflowId;
}

test('a raw history tells a refusal and nothing else that anybody said', async () => {
  const raw = await rawHistory(await runThrough());
  expect(raw.includes('decided by the wrong role: field "by"')).toBe(true);
  for (const hidden of [SECRET, Buffer.from(SECRET).toString('base64'), 'cannot ', 'not for', 'workflows.ts']) {
    expect([hidden, raw.includes(hidden)]).toEqual([hidden, false]);
  }
});

test('a failed run hides why in its raw history, and tells those who have the key', async () => {
  const workflowId = `fails/${randomUUID()}`;
  const handle = await client.workflow.start('failsInTheOpen', {
    taskQueue: 'process',
    workflowId,
    args: [{ secret: SECRET }],
  });
  const error = await handle.result().catch((reason: unknown) => reason);
  expect((error as WorkflowFailedError).cause?.message).toBe(`lost ${SECRET}`);
  const raw = await rawHistory(workflowId);
  expect(raw.includes('Encoded failure')).toBe(true);
  expect(raw.includes(SECRET)).toBe(false);
});

test('whoever is refused reads the sentence on the command line, without any codec', async () => {
  const workflowId = `traces/${randomUUID()}`;
  const options = { taskQueue: 'process', workflowId };
  await client.workflow.start('leavesTraces', { ...options, args: [{ secret: SECRET }] });
  const update = (name: string, input: unknown) =>
    temporal('workflow', 'update', 'execute', '-w', workflowId, '--name', name, '--input', JSON.stringify(input));

  const rejected = await update('decide', {});
  expect(rejected.code).not.toBe(0);
  expect(rejected.output).toContain('field "by" is missing');
  expect((await update('decide', { by: 'a' })).output).toContain('decided by the wrong role: field "by"');
  const other = await update('correct', { by: SECRET });
  expect(other.output).toContain('Encoded failure');
  expect(other.output).not.toContain(SECRET);
  await client.workflow.getHandle(workflowId).terminate();
});

test('the command line shows a history and the current details in clear by the codec server only', async () => {
  const gateway = await createGateway(silent, [codecServer({ keyRing, defaultNamespace: 'other', uiUrl: UI })]);
  const endpoint = await gateway.listen({ host: '127.0.0.1', port: 0 });
  const workflowId = `traces/${randomUUID()}`;
  const handle = await client.workflow.start('leavesTraces', {
    taskQueue: 'process',
    workflowId,
    args: [{ secret: SECRET }],
  });
  try {
    await handle.executeUpdate('correct', { args: [{ by: SECRET }] }).catch(() => undefined);
    expect((await temporal('workflow', 'show', '-w', workflowId)).output).not.toContain(SECRET);
    const shown = await temporal('workflow', 'show', '-w', workflowId, '--codec-endpoint', endpoint, '-o', 'json');
    // The command line writes the payloads' bytes in base64, decoded or not.
    const bytes = [...shown.output.matchAll(/"data": "([^"]+)"/g)].map(([, data]) => Buffer.from(data!, 'base64'));
    expect(Buffer.concat(bytes).toString()).toContain(SECRET);
    const details = await temporal('workflow', 'metadata', '-w', workflowId, '--codec-endpoint', endpoint);
    expect(details.output).toContain(`details ${SECRET}`);
    const started = await temporal(
      ...['workflow', 'execute', '--type', 'lingers', '-t', 'process', '-w', `cli/${randomUUID()}`],
      ...['--input', '10', '--codec-endpoint', endpoint],
    );
    expect(started.output).toContain('lingered');
  } finally {
    await handle.terminate();
    await gateway.close();
  }
});

test('an encrypted history kept as JSON replays with the key ring, not with another one', async () => {
  const workflowId = await runThrough();
  const json: unknown = JSON.parse(historyToJSON(await client.workflow.getHandle(workflowId).fetchHistory()));
  const replay = (converter: typeof dataConverter) =>
    Worker.runReplayHistory(
      { workflowBundle: { codePath: bundlePath }, dataConverter: converter },
      historyFromJSON(json),
      workflowId,
    );
  await replay(dataConverter);
  const stranger = KeyRing.at(path.join(temporaryFolder(), 'keys.json'));
  stranger.ensureKey(NAMESPACE);
  await expect(replay(dataConverterFor(NAMESPACE, stranger))).rejects.toThrow();
});

test('there is one protobufjs, or JSON histories would not replay', () => {
  const require = createRequire(import.meta.url);
  const packages = ['@temporalio/proto', '@temporalio/common', '@temporalio/worker', '@temporalio/client'];
  const copies = packages.map((name) => createRequire(require.resolve(name)).resolve('protobufjs'));
  expect([...new Set(copies)]).toEqual([require.resolve('protobufjs')]);
});

test.each([
  ['a package that would do nothing in a workflow', 'forbiddenWorkflows.ts', 'pino'],
  ['a module of Node', 'cryptoWorkflows.ts', 'crypto'],
  ['a layer that workflows may not import', 'layerWorkflows.ts', '../../../src/worker/ports.js'],
])('%s stops the build by its name', async (_, file, name) => {
  const workflowsPath = path.resolve('test/worker/fixtures', file);
  await expect(bundleWorkflows({ workflowsPath })).rejects.toThrow(
    new RegExp(`Workflow code must not import: (node:)?${name}`),
  );
});
