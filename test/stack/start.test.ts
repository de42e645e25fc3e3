import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { PROJECT_ROOT, portVariable, readConfig, type PortName } from '../../src/config.js';
import { identify } from '../../src/stack/identity.js';
import { freePorts } from '../../src/stack/ports.js';
import { startStack, type Stack } from '../../src/stack/start.js';
import { withConnection } from '../../src/stack/temporal.js';
import { cleanUp, compiled, killHard, problemOf, projectCli, runNode, stateFolder, until } from './support.js';

const NAMES: PortName[] = ['temporal', 'ui', 'codec', 'forms', 'postgres', 'smtp', 'channelSystem', 'workerHealth'];
let stack: Stack | undefined;

afterEach(async () => {
  await stack?.stop();
  await cleanUp();
});

async function environment(stateDir: string): Promise<NodeJS.ProcessEnv> {
  const ports = await freePorts(NAMES.length);
  const given = { ...process.env };
  delete given['DATABASE_URL'];
  delete given['TEMPORAL_ADDRESS'];
  return {
    ...given,
    ...Object.fromEntries(NAMES.map((name, index) => [portVariable(name), String(ports[index])])),
    HIKESHI_STATE_DIR: stateDir,
    TEMPORAL_CLI_PATH: await projectCli(),
  };
}

async function answersSql(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function answersGrpc({ temporalAddress, namespace }: Stack['addresses']): Promise<boolean> {
  return withConnection(temporalAddress, (connection) =>
    connection.workflowService.describeNamespace({ namespace }),
  ).then(
    () => true,
    () => false,
  );
}

function serverPid(stateDir: string, record: 'postgres' | 'temporal'): number {
  if (record === 'postgres')
    return parseInt(fs.readFileSync(path.join(stateDir, 'postgres/data/postmaster.pid'), 'utf8'), 10);
  return (JSON.parse(fs.readFileSync(path.join(stateDir, 'temporal.json'), 'utf8')) as { pid: number }).pid;
}

test('the stack killed -9 is taken up by the next start; what dies meanwhile comes back; stop ends everything', async () => {
  const stateDir = stateFolder();
  const env = await environment(stateDir);
  const first = runNode(
    `
    const { startStack } = await import(${compiled('start')});
    const { readConfig } = await import(${JSON.stringify(path.join(PROJECT_ROOT, 'dist', 'config.js'))});
    const stack = await startStack(readConfig(), { log: () => undefined });
    console.log(JSON.stringify({ up: stack.processes.map(({ pid }) => pid) }) + '\\n');
    setInterval(() => undefined, 1000);
  `,
    env,
  );
  await until(() => first.text().includes('\n'), 50_000);
  const { up } = JSON.parse(first.text()) as { up: number[] };
  expect(up.map((pid) => identify(pid) !== undefined)).toEqual([true, true, true, true]);
  const servers = [serverPid(stateDir, 'postgres'), serverPid(stateDir, 'temporal')];

  const lines: string[] = [];
  const again = () => startStack(readConfig(env), { env, log: (line) => lines.push(line) });
  expect((await problemOf(again)).en).toContain(`process ${first.pid}`);

  await killHard(first);
  await until(() => up.every((pid) => identify(pid) === undefined));
  stack = await again();
  expect([serverPid(stateDir, 'postgres'), serverPid(stateDir, 'temporal')]).toEqual(servers);

  const { addresses, processes } = stack;
  for (const pid of servers) process.kill(pid, 'SIGKILL');
  const worker = processes.find(({ name }) => name === 'worker')!;
  const workerPid = worker.pid!;
  process.kill(workerPid, 'SIGKILL');
  await until(() => answersSql(addresses.databaseUrl));
  await until(() => answersGrpc(addresses));
  await until(() => worker.pid !== workerPid);
  const ready = () =>
    fetch(`${addresses.workerHealthUrls[0]}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(ready, 40_000);
  expect(lines.filter((line) => line.includes('ended unasked')).length).toBeGreaterThanOrEqual(3);

  const all = [...processes.map(({ pid }) => pid!), serverPid(stateDir, 'postgres'), serverPid(stateDir, 'temporal')];
  await stack.stop();
  expect(all.filter((pid) => identify(pid) !== undefined)).toEqual([]);
  expect(fs.existsSync(path.join(stateDir, 'start.lock'))).toBe(false);
}, 180_000);

test('a start that fails half-way ends what it had started, and says what to mend', async () => {
  const stateDir = stateFolder();
  const env = await environment(stateDir);
  env[portVariable('codec')] = env[portVariable('temporal')];
  const { en } = await problemOf(() => startStack(readConfig(env), { env, log: () => undefined }));
  expect(en).toContain('HIKESHI_PORT_CODEC');
  expect(fs.existsSync(path.join(stateDir, 'postgres/data/postmaster.pid'))).toBe(false);
  expect(fs.existsSync(path.join(stateDir, 'temporal.json'))).toBe(false);
}, 60_000);

test.each([
  ['DATABASE_URL', 'postgres://hikeshi:hushhush@127.0.0.1:1/register'],
  ['TEMPORAL_ADDRESS', '127.0.0.1:1'],
])('a neighbour given by %s that does not answer is named, without its password', async (variable, value) => {
  const env = { ...(await environment(stateFolder())), [variable]: value };
  const { en, ja } = await problemOf(() => startStack(readConfig(env), { env, log: () => undefined }));
  for (const text of [en, ja]) {
    expect(text).toContain(variable);
    expect(text).toContain('127.0.0.1:1');
    expect(text).not.toContain('hushhush');
  }
});
