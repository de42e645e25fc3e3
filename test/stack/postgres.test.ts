import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import pg from 'pg';
import { identify } from '../../src/stack/identity.js';
import { ensurePostgres, type Postgres } from '../../src/stack/postgres.js';
import { serverUser } from '../../src/stack/postgresFiles.js';
import { cleanUp, compiled, killHard, problemOf, runNode, silent, stateFolder, until } from './support.js';

const started: Postgres[] = [];
const asRoot = process.getuid?.() === 0;

async function ensure(stateDir: string, options: { port?: number } = {}): Promise<Postgres> {
  const server = await ensurePostgres({ stateDir, port: 0, database: 'register', log: silent, ...options });
  started.push(server);
  return server;
}

async function query(server: Postgres, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function killServer(server: Postgres): Promise<void> {
  process.kill(server.pid, 'SIGKILL');
  await until(() => identify(server.pid) === undefined);
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  await cleanUp();
});

describe('the built-in PostgreSQL', () => {
  test('is made at the first start, attached to by the second, and stopped by whoever leaves last', async () => {
    const stateDir = stateFolder();
    const first = await ensure(stateDir);
    const second = await ensure(stateDir);
    expect([first.owned, second.owned]).toEqual([true, false]);
    expect(second.pid).toBe(first.pid);
    expect(await query(second, 'SHOW max_connections')).toEqual([{ max_connections: '200' }]);
    expect(await query(second, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(
      await query(
        second,
        "SELECT datcollate, pg_encoding_to_char(encoding) AS e FROM pg_database WHERE datname = 'register'",
      ),
    ).toEqual([{ datcollate: 'C', e: 'UTF8' }]);

    await first.stop();
    expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.stop();
    expect(identify(first.pid)).toBeUndefined();
    expect(await second.exited).toEqual({ expected: true });
  });

  test('started twice at once is one server', async () => {
    const stateDir = stateFolder();
    const servers = await Promise.all([ensure(stateDir), ensure(stateDir)]);
    expect(servers[0].pid).toBe(servers[1].pid);
    expect(servers.map(({ owned }) => owned).sort()).toEqual([false, true]);
  });

  test('killed -9 tells so, and comes back with what was committed', async () => {
    const stateDir = stateFolder();
    const first = await ensure(stateDir);
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await killServer(first);
    expect(await first.exited).toEqual({ expected: false });

    const second = await ensure(stateDir);
    expect(second.owned).toBe(true);
    expect(await query(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  test('left running by a killed process is attached to, and stopped in the end', async () => {
    const stateDir = stateFolder();
    const options = JSON.stringify({ stateDir, port: 0, database: 'register' });
    const parent = runNode(`
      const { ensurePostgres } = await import(${compiled('postgres')});
      const server = await ensurePostgres({ ...${options}, log: () => undefined });
      console.log(JSON.stringify({ pid: server.pid }));
      setInterval(() => undefined, 1000);
    `);
    await until(() => parent.text().includes('pid'));
    const { pid } = JSON.parse(parent.text()) as { pid: number };
    await killHard(parent);

    const server = await ensure(stateDir);
    expect(server.pid).toBe(pid);
    expect(server.owned).toBe(false);
    await server.stop();
    expect(identify(pid)).toBeUndefined();
  });

  test('does not mistake another program with its old process number for itself, nor harm it', async () => {
    const stateDir = stateFolder();
    const first = await ensure(stateDir);
    await killServer(first);
    const stranger = spawn('sleep', ['60'], { ...serverUser(silent), stdio: 'ignore' });
    const pidFile = path.join(stateDir, 'postgres', 'data', 'postmaster.pid');
    fs.writeFileSync(pidFile, fs.readFileSync(pidFile, 'utf8').replace(/^\d+/, String(stranger.pid)));

    const second = await ensure(stateDir);
    expect(second.owned).toBe(true);
    expect(stranger.exitCode).toBeNull();
    expect(identify(stranger.pid!)).toBeDefined();
    const gone = once(stranger, 'exit');
    stranger.kill();
    await gone;
  });

  test('does not take an interrupted preparation for data', async () => {
    const stateDir = stateFolder();
    const draft = path.join(stateDir, 'postgres', 'data.new');
    fs.mkdirSync(draft, { recursive: true });
    fs.writeFileSync(path.join(draft, 'PG_VERSION'), '18\n');
    const server = await ensure(stateDir);
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('what a person must mend about PostgreSQL', () => {
  test('a foreign program on the port is named, with the variable that chooses another port', async () => {
    const foreign = net.createServer().listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    const { port } = foreign.address() as net.AddressInfo;
    const { en, ja } = await problemOf(() => ensure(stateFolder(), { port }));
    for (const text of [en, ja]) {
      expect(text).toContain(String(port));
      expect(text).toContain('HIKESHI_PORT_POSTGRES');
      if (process.platform === 'linux') expect(text).toContain(String(process.pid));
    }
    foreign.close();
  });

  test('an unreadable data folder', async () => {
    const stateDir = stateFolder();
    const data = path.join(stateDir, 'postgres', 'data');
    fs.mkdirSync(data, { recursive: true });
    fs.writeFileSync(path.join(data, 'PG_VERSION'), '18\n');
    // Root reads everything, but the server runs as another user, to whom the folder does not belong.
    if (!asRoot) fs.chmodSync(data, 0o000);
    const { en } = await problemOf(() => ensure(stateDir));
    if (!asRoot) fs.chmodSync(data, 0o700);
    expect(en).toContain(`${data} cannot be read`);
  });

  test('a data folder of another major version, and a folder of something else', async () => {
    const stateDir = stateFolder();
    const data = path.join(stateDir, 'postgres', 'data');
    fs.mkdirSync(data, { recursive: true });
    fs.writeFileSync(path.join(data, 'PG_VERSION'), '16\n');
    const { uid } = serverUser(silent);
    if (uid !== undefined) fs.chownSync(data, uid, uid);
    expect((await problemOf(() => ensure(stateDir))).en).toContain('written by PostgreSQL 16');
    fs.renameSync(path.join(data, 'PG_VERSION'), path.join(data, 'notes.txt'));
    expect((await problemOf(() => ensure(stateDir))).en).toContain('not PostgreSQL data');
  });

  (asRoot ? test : test.skip)('a private folder above the data, which the user postgres may not enter', async () => {
    const stateDir = stateFolder();
    fs.chmodSync(stateDir, 0o700);
    const { en, ja } = await problemOf(() => ensure(stateDir));
    for (const text of [en, ja]) expect(text).toContain(`chmod o+x ${stateDir}`);
  });
});
