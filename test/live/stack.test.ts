import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { PROJECT_ROOT, portVariable, type PortName } from '../../src/config.js';
import { freePorts, isFree } from '../../src/stack/ports.js';
import type { Addresses } from '../../src/stack/start.js';
import { openStore } from '../../src/store/open.js';
import { dataConverterFor } from '../../src/worker/dataConverter.js';
import { KeyRing } from '../../src/worker/keyRing.js';
import { cleanUp, projectCli, stateFolder, until } from '../stack/support.js';
import { LiveOperator } from '../support/liveOperator.js';

const NAMES: PortName[] = ['temporal', 'ui', 'codec', 'forms', 'postgres', 'smtp', 'channelSystem', 'workerHealth'];

let stack: ChildProcess | undefined;

afterEach(async () => {
  if (stack && stack.exitCode === null && stack.signalCode === null) {
    const gone = once(stack, 'exit');
    stack.kill('SIGTERM');
    await gone;
  }
  await cleanUp();
}, 90_000);

/** Processes that were started with this state folder, by what Linux tells of them: number and environment. */
function processesOf(stateDir: string): { pid: number; environment: string[] }[] {
  const found: { pid: number; environment: string[] }[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
      const environment = read('environ');
      if ([...environment, ...read('cmdline')].some((each) => each.includes(stateDir)))
        found.push({ pid: Number(pid), environment });
    } catch {
      // it has just ended
    }
  }
  return found;
}

test('the whole stack answers for its health, tells figures, decodes for the Web UI, runs in UTC, and ends in order', async () => {
  const stateDir = stateFolder();
  const ports = await freePorts(NAMES.length);
  const moved = Object.fromEntries(NAMES.map((name, index) => [portVariable(name), String(ports[index])]));
  const given = { ...process.env };
  for (const name of ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'HIKESHI_KEY_RING']) delete given[name];
  stack = spawn(process.execPath, [path.join(PROJECT_ROOT, 'dist', 'cli', 'main.js'), 'start', '--json'], {
    env: {
      ...given,
      ...moved,
      HIKESHI_STATE_DIR: stateDir,
      TEMPORAL_CLI_PATH: await projectCli(),
      TZ: 'Asia/Tokyo',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(stack, 'exit');
  let said = '';
  stack.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.includes('\n') || stack?.exitCode !== null, 90_000);
  const { ready, addresses } = JSON.parse(said) as { ready: boolean; addresses: Addresses };
  expect(ready).toBe(true);

  const { namespace, codecUrl, uiUrl, workerHealthUrls } = addresses;
  expect(workerHealthUrls).toHaveLength(2);
  for (const url of workerHealthUrls) {
    expect([url, (await fetch(`${url}/livez`)).status]).toEqual([url, 200]);
    const answer = await fetch(`${url}/readyz`);
    expect([url, answer.status]).toEqual([url, 200]);
    expect(await answer.json()).toMatchObject({ ok: true, database: true });
  }

  const keyRing = KeyRing.at(path.join(stateDir, 'keys.json'));
  const connection = await Connection.connect({ address: addresses.temporalAddress });
  const store = openStore(addresses.databaseUrl, { max: 2 });
  try {
    const client = new Client({ connection, namespace, dataConverter: dataConverterFor(namespace, keyRing) });
    const operator = new LiveOperator(client, store);
    const { workflowId } = await operator.suspend('first', ['mijica-transfer'], { emergency: true });
    await operator.stage(workflowId, 'EMERGENCY_IN_FORCE');
    const schedules = [];
    for await (const { scheduleId } of client.schedule.list()) schedules.push(scheduleId);
    expect(schedules).toEqual(['guardSweep']);

    const metrics = await (await fetch(`${workerHealthUrls[0]}/metrics`)).text();
    for (const figure of ['temporal_workflow_task_queue_poll_succeed', 'temporal_local_activity_execution_latency'])
      expect([figure, metrics.includes(figure)]).toEqual([figure, true]);

    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    const [input] = events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads!;
    const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
    const metadata = Object.entries(input!.metadata ?? {}).map(([key, value]) => [key, base64(value)]);
    const decoded = await fetch(`${codecUrl}/decode`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-namespace': namespace, origin: uiUrl! },
      body: JSON.stringify({ payloads: [{ metadata: Object.fromEntries(metadata), data: base64(input!.data) }] }),
    });
    const { payloads } = (await decoded.json()) as { payloads: { data: string }[] };
    expect(JSON.parse(Buffer.from(payloads[0]!.data, 'base64').toString())).toMatchObject({ by: 'duty-1' });
    expect((await fetch(`${uiUrl}/api/v1/settings`).then((answer) => answer.text())).includes(codecUrl)).toBe(true);
  } finally {
    await store.close();
    await connection.close();
  }
  // Offsets of a zone would make one worker's replay differ from another's.
  const ours = process.platform === 'linux' ? processesOf(stateDir).filter(({ pid }) => pid !== stack!.pid) : [];
  const nodes = ours.filter(({ environment }) => environment.some((each) => each.startsWith('HIKESHI_PARENT_PID=')));
  if (process.platform === 'linux') expect(nodes).toHaveLength(4);
  for (const { environment } of nodes) expect(environment).toContain('TZ=UTC');

  stack.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  expect(code).toBe(0);
  if (process.platform === 'linux') expect(processesOf(stateDir)).toEqual([]);
  for (const port of ports) expect([port, await isFree(port)]).toEqual([port, true]);
}, 150_000);
