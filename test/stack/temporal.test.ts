import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Client } from '@temporalio/client';
import { identify } from '../../src/stack/identity.js';
import { ensureNamespace } from '../../src/stack/namespace.js';
import { ensureTemporal, withConnection, type TemporalServer } from '../../src/stack/temporal.js';
import { cleanUp, compiled, killHard, problemOf, projectCli, runNode, silent, stateFolder, until } from './support.js';

const started: TemporalServer[] = [];
let cliPath: string;

beforeAll(async () => {
  cliPath = await projectCli();
});

async function ensure(stateDir: string, options: { file?: boolean; port?: number; uiPort?: number } = {}) {
  const { file = true, ...rest } = options;
  const server = await ensureTemporal({
    stateDir,
    cliPath,
    ...(file && { dbFile: path.join(stateDir, 'temporal.db') }),
    uiPort: null,
    namespaces: ['hikeshi'],
    log: silent,
    ...rest,
  });
  started.push(server);
  return server;
}

function startWaiting(server: TemporalServer, workflowId: string): Promise<unknown> {
  return withConnection(server.address, async (connection) => {
    const client = new Client({ connection, namespace: 'hikeshi' });
    await client.workflow.start('nobodyRunsThis', { workflowId, taskQueue: 'process' });
  });
}

function describeOpen(server: TemporalServer, workflowId: string): Promise<string> {
  return withConnection(server.address, async (connection) => {
    const client = new Client({ connection, namespace: 'hikeshi' });
    return (await client.workflow.getHandle(workflowId).describe()).status.name;
  });
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await cleanUp();
});

describe('the development server of Temporal', () => {
  test('killed -9 tells so, and comes back with its workflows; the second start attaches', async () => {
    const stateDir = stateFolder();
    const first = await ensure(stateDir);
    await startWaiting(first, 'suspension/1');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toEqual({ expected: false });

    const second = await ensure(stateDir);
    expect(second.owned).toBe(true);
    expect(await describeOpen(second, 'suspension/1')).toBe('RUNNING');

    const third = await ensure(stateDir);
    expect([third.owned, third.pid, third.address]).toEqual([false, second.pid, second.address]);
    await second.stop();
    expect(await describeOpen(third, 'suspension/1')).toBe('RUNNING');
    await third.stop();
    expect(identify(third.pid)).toBeUndefined();
  });

  test('keeps histories for 90 days, knows our search attributes, and asks our codec server', async () => {
    const server = await ensureTemporal({
      stateDir: stateFolder(),
      cliPath,
      codecUrl: 'http://127.0.0.1:8234',
      log: silent,
    });
    started.push(server);
    await withConnection(server.address, async (connection) => {
      await ensureNamespace(connection, 'hikeshi');
      await ensureNamespace(connection, 'hikeshi');
      const { config } = await connection.workflowService.describeNamespace({ namespace: 'hikeshi' });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(90 * 86_400);
      const query = 'NeedsHuman = true AND IncidentId = "i" AND NextDeadline < "2026-01-01T00:00:00Z"';
      const { count } = await connection.workflowService.countWorkflowExecutions({ namespace: 'hikeshi', query });
      expect(Number(count)).toBe(0);
    });
    const settings = await fetch(`${server.uiUrl}/api/v1/settings`);
    expect(JSON.stringify(await settings.json())).toContain('http://127.0.0.1:8234');
  });

  test('in memory is everybody’s own, and is ended when its owner was killed', async () => {
    const stateDir = stateFolder();
    const options = JSON.stringify({ stateDir, cliPath, uiPort: null });
    const owner = runNode(`
      const { ensureTemporal } = await import(${compiled('temporal')});
      const server = await ensureTemporal({ ...${options}, log: () => undefined });
      console.log(JSON.stringify({ pid: server.pid }));
      setInterval(() => undefined, 1000);
    `);
    await until(() => owner.text().includes('pid'));
    const { pid } = JSON.parse(owner.text()) as { pid: number };

    const other = await ensure(stateDir, { file: false });
    expect(other.pid).not.toBe(pid);
    expect(identify(pid)).toBeDefined();
    await other.stop();

    await killHard(owner);
    expect(identify(pid)).toBeDefined();
    await ensure(stateDir, { file: false });
    expect(identify(pid)).toBeUndefined();
  });
});

describe('what a person must mend about Temporal', () => {
  test.each([
    ['port', 'HIKESHI_PORT_TEMPORAL'],
    ['uiPort', 'HIKESHI_PORT_UI'],
  ])('a foreign program on the %s is named, with %s', async (option, variable) => {
    const foreign = net.createServer().listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    const { port } = foreign.address() as net.AddressInfo;
    const { en, ja } = await problemOf(() => ensure(stateFolder(), { [option]: port }));
    for (const text of [en, ja]) {
      expect(text).toContain(String(port));
      expect(text).toContain(variable);
    }
    foreign.close();
  });

  test('a database file that is none, with the log to read', async () => {
    const stateDir = stateFolder();
    fs.writeFileSync(path.join(stateDir, 'temporal.db'), 'these are not histories '.repeat(1_000));
    const { en } = await problemOf(() => ensure(stateDir));
    expect(en).toContain(path.join(stateDir, 'logs', 'temporal.log'));
    expect(en).toMatch(/not a database/);
  });
});
