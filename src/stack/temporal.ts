import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { endProcess, identify, isSame, self, watchExit, type Exit, type ProcessId } from './identity.js';
import { withLock } from './lock.js';
import { openLog, readSince } from './logFile.js';
import { ensureNamespace, SEARCH_ATTRIBUTES } from './namespace.js';
import { freePorts, requireFree } from './ports.js';
import { StackProblem, type Log } from './problem.js';
import { finishReplacing } from './replace.js';
import { Users } from './users.js';

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 60_000;

/** A server that lives but does not answer for so long is ended and started anew. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * The queue reader of the development server polls at most 20 times a second otherwise: an update that waits for one
 * activity then takes 50 ms instead of 15.
 */
const DYNAMIC_CONFIG = {
  'history.transferProcessorMaxPollRPS': '100000',
  'history.transferProcessorMaxPollHostRPS': '100000',
};

/** Survives a kill at any point (write-ahead log); only a power cut may cost the last instants. */
const SQLITE_PRAGMAS = { journal_mode: 'WAL', synchronous: 'NORMAL' };

export interface TemporalOptions {
  readonly stateDir: string;
  readonly cliPath: string;
  /** Where histories are kept; absent = in memory, for a drill or a test. */
  readonly dbFile?: string;
  /** Absent or 0 = any free port. A server that already runs on the file keeps the port it has. */
  readonly port?: number;
  /** Absent or 0 = any free port, null = no Web UI. */
  readonly uiPort?: number | null;
  readonly metricsPort?: number;
  /** The codec server that the Web UI shall ask to decode payloads. */
  readonly codecUrl?: string;
  /** Namespaces to prepare, with our search attributes and 90 days of retention. */
  readonly namespaces?: readonly string[];
  /** Settings of the server beside our own. */
  readonly dynamicConfig?: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** A running development server. */
export interface TemporalServer {
  readonly address: string;
  readonly uiUrl?: string;
  readonly pid: number;
  /** True when this call started the server, false when it was running. */
  readonly owned: boolean;
  readonly exited: Promise<Exit>;
  /** Leaves the server; whoever leaves last stops it. */
  stop(): Promise<void>;
}

interface RunningServer extends ProcessId {
  readonly address: string;
  readonly uiUrl?: string;
  /** Who started a server in memory, and alone uses it. */
  readonly owner?: ProcessId;
}

interface Server {
  readonly record: RunningServer;
  readonly child?: ChildProcess;
}

/**
 * Temporal's development server. With a file: attaches to the one of ours that already runs on it, else starts one. In
 * memory: always starts one, for the caller alone.
 *
 * @throws {StackProblem} for everything that a person must mend
 */
export async function ensureTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const { stateDir, dbFile, log, namespaces = [] } = options;
  const name = dbFile ? path.basename(dbFile, '.db') : 'temporal-memory';
  const recordFile = dbFile
    ? path.join(path.dirname(dbFile), `${name}.json`)
    : path.join(stateDir, name, `${process.pid}-${Date.now()}-${Math.random().toString(36).slice(2)}.json`);
  const lockFile = path.join(stateDir, `${name}.lock`);
  const users = new Users(path.join(stateDir, 'users', name));
  await finishReplacing(stateDir);
  fs.mkdirSync(path.dirname(recordFile), { recursive: true });

  const server = await withLock(lockFile, async () => {
    await endOrphans(path.join(stateDir, 'temporal-memory'), log);
    const attached = dbFile ? await attach(recordFile, log) : undefined;
    const found: Server = attached ? { record: attached } : await start(options, name, recordFile);
    if (dbFile) users.join();
    return found;
  });
  const { record, child } = server;

  let stopping = false;
  const stop = () =>
    withLock(lockFile, async () => {
      if (stopping || (dbFile && users.leave())) return;
      stopping = true;
      // An orderly end takes about 1 s, and for ever while a client stays connected; the file survives either way. In memory
      // there is nothing to bring to an end in order.
      await endProcess(record, [...(dbFile ? [['SIGTERM', 10_000] as const] : []), ['SIGKILL', 5_000]]);
      fs.rmSync(recordFile, { force: true });
    });
  try {
    await withConnection(record.address, async (connection) => {
      for (const namespace of namespaces) await ensureNamespace(connection, namespace);
    });
  } catch (error) {
    await stop();
    throw error;
  }

  const gone = child ? new Promise<void>((resolve) => child.once('exit', () => resolve())) : watchExit(record);
  return {
    address: record.address,
    ...(record.uiUrl && { uiUrl: record.uiUrl }),
    pid: record.pid,
    owned: child !== undefined,
    exited: gone.then(() => {
      // A dead server has no users: whoever goes on with its successor joins that one.
      if (!stopping) users.leave();
      return { expected: stopping };
    }),
    stop,
  };
}

/** Runs `work` with a connection to the server and closes it. */
export async function withConnection<T>(address: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: 5_000 });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** True once the server answers a real call that needs its database. */
async function answers(address: string): Promise<boolean> {
  if (!(await listens(address))) return false;
  try {
    await withConnection(address, (connection) =>
      connection.withDeadline(Date.now() + 2_000, () =>
        connection.workflowService.describeNamespace({ namespace: 'temporal-system' }),
      ),
    );
    return true;
  } catch {
    return false;
  }
}

/** A refused gRPC connection is only tried again after a second, so the port is looked at first. */
function listens(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = net.connect({ host: host ?? HOST, port: Number(port) });
    const settle = (open: boolean) => {
      // An open connection would keep the server from ending in order.
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
    socket.setTimeout(1_000, () => settle(false));
  });
}

function readRecord(file: string): RunningServer | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as RunningServer;
  } catch {
    return undefined;
  }
}

async function attach(recordFile: string, log: Log): Promise<RunningServer | undefined> {
  const record = readRecord(recordFile);
  if (!record || !isSame(record)) return undefined;
  for (const until = Date.now() + ANSWER_TIMEOUT_MS; isSame(record) && Date.now() < until; await sleep(100)) {
    if (await answers(record.address)) return record;
  }
  log(`the Temporal server (process ${record.pid}) does not answer and is started anew`);
  await endProcess(record, [
    ['SIGTERM', 5_000],
    ['SIGKILL', 5_000],
  ]);
  return undefined;
}

/** Servers in memory whose owner was killed would otherwise run for ever. */
async function endOrphans(folder: string, log: Log): Promise<void> {
  if (!fs.existsSync(folder)) return;
  for (const name of fs.readdirSync(folder)) {
    const file = path.join(folder, name);
    const record = readRecord(file);
    if (record?.owner && isSame(record.owner)) continue;
    if (record && isSame(record)) {
      log(`ending a Temporal server that was left behind (process ${record.pid})`);
      await endProcess(record, [['SIGKILL', 5_000]]);
    }
    fs.rmSync(file, { force: true });
  }
}

function argumentsOf(options: TemporalOptions, port: number, uiPort: number | null): string[] {
  const { dbFile, codecUrl, metricsPort, dynamicConfig } = options;
  const pairs = (flag: string, values: Record<string, string>) =>
    Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
  return [
    ...['server', 'start-dev', '--ip', HOST, '--port', String(port), '--log-level', 'warn'],
    ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort), '--ui-disable-news-fetch']),
    ...(codecUrl ? ['--ui-codec-endpoint', codecUrl] : []),
    ...(metricsPort ? ['--metrics-port', String(metricsPort)] : []),
    ...(dbFile ? ['--db-filename', dbFile, ...pairs('--sqlite-pragma', SQLITE_PRAGMAS)] : []),
    ...pairs('--search-attribute', SEARCH_ATTRIBUTES),
    ...pairs('--dynamic-config-value', { ...DYNAMIC_CONFIG, ...dynamicConfig }),
  ];
}

async function start(options: TemporalOptions, name: string, recordFile: string): Promise<Server> {
  const { stateDir, cliPath, dbFile } = options;
  if (options.port) await requireFree(options.port, 'temporal');
  if (options.uiPort) await requireFree(options.uiPort, 'ui');
  for (let attempt = 1; ; attempt += 1) {
    const [anyPort, anyUiPort] = await freePorts(2);
    const port = options.port || anyPort!;
    const uiPort = options.uiPort === null ? null : options.uiPort || anyUiPort!;
    const output = openLog(stateDir, name);
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/',
      TZ: 'UTC',
      GOGC: process.env['GOGC'] ?? '400',
    };
    // A session of its own: Ctrl-C in the terminal must reach the stack only, which ends its parts in order.
    const child = spawn(cliPath, argumentsOf(options, port, uiPort), {
      cwd: stateDir,
      env,
      stdio: ['ignore', output.fd, output.fd],
      detached: true,
    });
    fs.closeSync(output.fd);
    child.unref();
    let failure: string | undefined;
    child.once('error', (error) => (failure = error.message));
    child.once('exit', (code, signal) => (failure ??= `exit ${code ?? signal}`));
    const id = child.pid === undefined ? undefined : identify(child.pid);
    const address = `${HOST}:${port}`;
    const record = id && {
      ...id,
      address,
      ...(uiPort !== null && { uiUrl: `http://${HOST}:${uiPort}` }),
      ...(!dbFile && { owner: self }),
    };
    // Written before it answers: whoever comes after a kill at this point must find the process.
    if (record) fs.writeFileSync(recordFile, JSON.stringify(record));
    for (const until = Date.now() + START_TIMEOUT_MS; failure === undefined; await sleep(30)) {
      if (record && (await answers(address))) return { record, child };
      if (Date.now() < until) continue;
      child.kill('SIGKILL');
      failure = 'no answer';
    }
    fs.rmSync(recordFile, { force: true });
    const text = readSince(output.file, output.offset);
    // Between finding a free port and its use another program may have taken it.
    if (/address already in use/.test(text) && !options.port && attempt < 3) continue;
    throw notStarted(failure, text, output.file);
  }
}

function notStarted(failure: string, text: string, logFile: string): StackProblem {
  const line = text.split('\n').findLast((each) => /error/i.test(each));
  const reason = line?.slice(0, 300) ?? failure;
  return new StackProblem({
    en: `The Temporal server did not start (${reason}); read ${logFile}, mend that, or set TEMPORAL_ADDRESS to another server.`,
    ja: `Temporal サーバーが起動しませんでした（${reason}）。${logFile} を読んで原因を取り除くか、TEMPORAL_ADDRESS で別のサーバーを指定してください。`,
  });
}
