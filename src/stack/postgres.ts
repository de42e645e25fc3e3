import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PORTS } from '../config.js';
import { endProcess, identify, isSame, watchExit, type Exit, type ProcessId } from './identity.js';
import { withLock } from './lock.js';
import { openLog, readSince } from './logFile.js';
import { freePorts, takenPort } from './ports.js';
import * as files from './postgresFiles.js';
import { StackProblem, type Log } from './problem.js';
import { finishReplacing } from './replace.js';
import { Users } from './users.js';

const HOST = '127.0.0.1';

/** Recovery after a crash under load took 5.4 s; a big write-ahead log may take longer. */
const START_TIMEOUT_MS = 60_000;

/** A running server on our data folder. */
export interface Postgres {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** True when this call started the server, false when it was running. */
  readonly owned: boolean;
  readonly exited: Promise<Exit>;
  /** Leaves the server; whoever leaves last stops it. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  readonly stateDir: string;
  /** 0 takes any free port. A server that already runs on the folder keeps the port it has. */
  readonly port?: number;
  /** Made when it is absent. */
  readonly database: string;
  readonly log: Log;
  /** Settings of the server beyond ours, e.g. `{ fsync: 'off' }` for a test. */
  readonly settings?: Readonly<Record<string, string>>;
}

interface Server {
  readonly id: ProcessId;
  readonly port: number;
  readonly child?: ChildProcess;
}

/**
 * A real PostgreSQL under `<stateDir>/postgres`: attaches to one that runs on that folder, else recovers and starts it.
 *
 * @throws {StackProblem} for everything that a person must mend
 */
export async function ensurePostgres(options: PostgresOptions): Promise<Postgres> {
  const { stateDir, port = PORTS.postgres, database, log, settings = {} } = options;
  const home = path.join(stateDir, 'postgres');
  await finishReplacing(stateDir);
  fs.mkdirSync(home, { recursive: true });
  const lockFile = path.join(stateDir, 'postgres.lock');
  const users = new Users(path.join(stateDir, 'users', 'postgres'));

  const server = await withLock(lockFile, async () => {
    const user = files.serverUser(log);
    if (user.uid !== undefined) fs.chmodSync(home, 0o755);
    const data = path.join(fs.realpathSync(home), 'data');
    files.requireReachable(data, user);
    files.requireReachable(files.serverProgram('postgres'), user);
    if (!files.inspectData(data, user)) {
      log('making a new PostgreSQL data folder');
      await files.initialise(data, user);
    }
    const found = (await attach(data, log)) ?? (await start({ data, port, stateDir, settings, user, log }));
    await createDatabase(found.port, database);
    users.join();
    return found;
  });

  let stopping = false;
  const gone = server.child
    ? new Promise<void>((resolve) => server.child?.once('exit', () => resolve()))
    : watchExit(server.id);
  return {
    url: urlOf(server.port, database),
    port: server.port,
    pid: server.id.pid,
    owned: server.child !== undefined,
    exited: gone.then(() => {
      // A dead server has no users: whoever goes on with its successor joins that one.
      if (!stopping) users.leave();
      return { expected: stopping };
    }),
    stop: () =>
      withLock(lockFile, async () => {
        if (stopping || users.leave()) return;
        stopping = true;
        // Fast, then immediate shut-down: both keep what was committed.
        await endProcess(server.id, [
          ['SIGINT', 30_000],
          ['SIGQUIT', 10_000],
        ]);
      }),
  };
}

function urlOf(port: number, database: string): string {
  return `postgres://${files.OWNER}@${HOST}:${port}/${database}`;
}

async function query(port: number, database: string, text: string): Promise<Record<string, unknown> | undefined> {
  const client = new pg.Client({
    connectionString: urlOf(port, database),
    connectionTimeoutMillis: 2_000,
    query_timeout: 20_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows[0];
  } finally {
    await client.end();
  }
}

/** True when the server on the port answers and works on this folder; a foreign server on the port does not count. */
async function serves(port: number, data: string): Promise<boolean> {
  try {
    return (await query(port, 'postgres', 'SHOW data_directory'))?.['data_directory'] === data;
  } catch {
    return false;
  }
}

async function createDatabase(port: number, database: string): Promise<void> {
  const quoted = (mark: string) => mark + database.replaceAll(mark, mark + mark) + mark;
  if (await query(port, 'postgres', `SELECT 1 AS present FROM pg_database WHERE datname = ${quoted("'")}`)) return;
  await query(port, 'postgres', `CREATE DATABASE ${quoted('"')}`);
}

/** The server that runs on the folder, once it answers; undefined when there is none, or only the traces of a dead one. */
async function attach(data: string, log: Log): Promise<Server | undefined> {
  const id = identify(files.readPidFile(data)?.pid ?? NaN);
  if (!id) return undefined;
  if (!files.isServerOf(id.pid, data)) {
    log(`the process number ${id.pid} in postmaster.pid belongs to another program now`);
    files.disownPidFile(data);
    return undefined;
  }
  for (const until = Date.now() + START_TIMEOUT_MS; isSame(id); await sleep(50)) {
    const port = files.readPidFile(data)?.port;
    if (port && (await serves(port, data))) return { id, port };
    if (Date.now() < until) continue;
    throw new StackProblem({
      en: `The PostgreSQL of ${data} (process ${id.pid}) runs but does not answer; end that process and start again.`,
      ja: `${data} の PostgreSQL（プロセス ${id.pid}）は動いていますが応答しません。そのプロセスを終了して、もう一度起動してください。`,
    });
  }
  return undefined;
}

interface Start {
  readonly data: string;
  readonly port: number;
  readonly stateDir: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly user: files.RunAs;
  readonly log: Log;
}

async function start(options: Start): Promise<Server> {
  const { data, stateDir, settings, user, log } = options;
  const all = { listen_addresses: HOST, unix_socket_directories: '', max_connections: '200', ...settings };
  for (const until = Date.now() + START_TIMEOUT_MS; ; await sleep(250)) {
    const port = options.port || (await freePorts(1))[0]!;
    const output = openLog(stateDir, 'postgres');
    // A session of its own: Ctrl-C in the terminal must reach the stack only, which ends its parts in order.
    const child = spawn(
      files.serverProgram('postgres'),
      ['-D', data, '-p', String(port), ...Object.entries(all).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      { ...user, cwd: data, env: files.SERVER_ENV, stdio: ['ignore', output.fd, output.fd], detached: true },
    );
    fs.closeSync(output.fd);
    child.unref();
    const failure = await ready(child, port, data, until);
    if (!failure) {
      const id = identify(child.pid!);
      if (id) return { id, port, child };
    }
    const text = readSince(output.file, output.offset);
    if (/could not bind|Address already in use/.test(text) && options.port !== 0) throw takenPort(port, 'postgres');
    // The helpers of a server killed with -9 end by themselves within seconds; until then they hold its shared memory.
    const passing = /pre-existing shared memory|postmaster\.pid" already exists|could not bind/.test(text);
    if (passing && Date.now() < until) {
      log('waiting for what is left of the killed PostgreSQL');
      continue;
    }
    throw notStarted(failure ?? text, text, output.file);
  }
}

/** Waits until the server answers; a text when it ended or never did. */
async function ready(child: ChildProcess, port: number, data: string, until: number): Promise<string | undefined> {
  let ended: string | undefined;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended ??= `exit ${code ?? signal}`));
  while (!(await serves(port, data))) {
    if (ended !== undefined) return ended;
    if (Date.now() > until) {
      child.kill('SIGQUIT');
      return 'no answer';
    }
    await sleep(30);
  }
  return undefined;
}

function notStarted(failure: string, text: string, logFile: string): StackProblem {
  const reason = /(?:FATAL|PANIC): {2}(.*)/.exec(text)?.[1] ?? failure;
  return new StackProblem({
    en: `PostgreSQL did not start (${reason}); read ${logFile}, mend that, or set DATABASE_URL to another server.`,
    ja: `PostgreSQL が起動しませんでした（${reason}）。${logFile} を読んで原因を取り除くか、DATABASE_URL で別のサーバーを指定してください。`,
  });
}
