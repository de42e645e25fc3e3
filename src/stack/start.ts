import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT, readPorts, type Config, type PortName } from '../config.js';
import { prepareNamespace, requireDatabase } from './given.js';
import { keepUp } from './keepUp.js';
import { lockStack } from './lock.js';
import { requireFree } from './ports.js';
import { ensurePostgres, type Postgres } from './postgres.js';
import { StackProblem, type Log } from './problem.js';
import { startProcess, type Supervised } from './process.js';
import { ensureTemporal, type TemporalServer } from './temporal.js';
import { temporalCli } from './temporalCli.js';

/** Where the parts of a running stack are found. */
export interface Addresses extends Neighbours {
  /** `/livez`, `/readyz` and `/metrics` of each worker process. */
  readonly workerHealthUrls: readonly string[];
}

/** Where the processes of the stack find each other. */
export interface Neighbours {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  /** Absent with a Temporal server of somebody else, whose Web UI is not known. */
  readonly uiUrl?: string;
  readonly codecUrl: string;
  /** Base URL of the providers' answer pages. */
  readonly formsUrl: string;
  readonly smtpUrl: string;
  readonly channelSystemUrl: string;
  readonly logs: string;
}

export interface StackOptions {
  /** One line a step, for the person who waits. */
  readonly log: Log;
  readonly env?: NodeJS.ProcessEnv;
  /** Further variables for all processes of the stack, e.g. secrets of the simulator. */
  readonly extraEnv?: (neighbours: Neighbours) => NodeJS.ProcessEnv;
  /** Brings the register's schema up to date; runs once PostgreSQL answers, before anything else uses it. */
  readonly migrate?: (databaseUrl: string) => Promise<void>;
  /** Documents, key and schedules; runs once the namespace is there, before any process of ours starts. */
  readonly prepare?: (neighbours: Neighbours) => Promise<void>;
  /** False where the real channel system and mail relay are used. */
  readonly simulators?: boolean;
  /** Ends the start between two steps: what runs already is ended, and the reason of the signal is thrown. */
  readonly signal?: AbortSignal;
}

export interface Stack {
  readonly addresses: Addresses;
  /** The processes of ours that run, for `status` and for tests. */
  readonly processes: readonly Supervised[];
  /** Resolves when a part is given up after it ended again and again; the rest still runs until `stop()`. */
  readonly failed: Promise<StackProblem>;
  /** Ends everything in the reverse order of its start. Calling it again waits for the first call. */
  stop(): Promise<void>;
}

/**
 * Starts the whole stack: lock, PostgreSQL, Temporal, namespace, simulators, gateway, workers. What is given from outside
 * (`DATABASE_URL`, `TEMPORAL_ADDRESS`) is used, not started. When a step fails, what was started before is ended.
 *
 * @throws {StackProblem} for everything that a person must mend
 */
export async function startStack(config: Config, options: StackOptions): Promise<Stack> {
  const { stateDir } = config;
  fs.mkdirSync(stateDir, { recursive: true });
  const lock = lockStack(stateDir);
  const ends: (() => Promise<void>)[] = [async () => lock.release()];
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= endInReverse(ends, options.log));
  try {
    const stack = await startParts(config, options, ends, () => stopped !== undefined);
    lock.tell(stack.addresses.uiUrl ?? stack.addresses.temporalAddress);
    return { ...stack, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One part that does not end must not keep the others from ending. */
async function endInReverse(ends: (() => Promise<void>)[], log: Log): Promise<void> {
  for (const end of ends.reverse()) {
    await end().catch((error: unknown) => log(error instanceof Error ? error.message : String(error)));
  }
}

async function startParts(
  config: Config,
  { log, env = process.env, extraEnv, migrate, prepare, simulators = true, signal }: StackOptions,
  ends: (() => Promise<void>)[],
  isStopping: () => boolean,
): Promise<Omit<Stack, 'stop'>> {
  const { stateDir, namespace } = config;
  const ports = readPorts(env);
  const failures: Promise<StackProblem>[] = [];
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const started = Date.now();
    signal?.throwIfAborted();
    const result = await work();
    log(`${name} is up  ${((Date.now() - started) / 1000).toFixed(1)} s`);
    return result;
  };

  const ownDatabase = !env['DATABASE_URL'];
  const databaseUrl = ownDatabase
    ? await keepUp<Postgres>(
        'PostgreSQL',
        (again) => {
          const port = again ? Number(new URL(again.url).port) : ports.postgres;
          return timed('PostgreSQL', () => ensurePostgres({ stateDir, port, database: 'hikeshi', log }));
        },
        { ends, failures, isStopping, log },
      ).then((server) => server.url)
    : config.databaseUrl;
  if (!ownDatabase) await requireDatabase(databaseUrl);
  await migrate?.(databaseUrl);

  const ownTemporal = !env['TEMPORAL_ADDRESS'];
  const temporal = ownTemporal
    ? await keepUp<TemporalServer>(
        'Temporal',
        async (again) => {
          const cliPath = await temporalCli(stateDir, log, env);
          const port = again ? Number(again.address.split(':')[1]) : ports.temporal;
          const uiPort = again?.uiUrl ? Number(new URL(again.uiUrl).port) : ports.ui;
          const dbFile = path.join(stateDir, 'temporal.db');
          const { codecUrl } = config;
          return timed('Temporal', () => ensureTemporal({ stateDir, cliPath, dbFile, port, uiPort, codecUrl, log }));
        },
        { ends, failures, isStopping, log },
      )
    : { address: config.temporalAddress, uiUrl: config.uiUrl };
  await timed(`namespace ${namespace}`, () => prepareNamespace(temporal.address, namespace));

  const firstWorker = ports.workerHealth;
  const neighbours: Neighbours = {
    databaseUrl,
    temporalAddress: temporal.address,
    namespace,
    ...(temporal.uiUrl && { uiUrl: temporal.uiUrl }),
    codecUrl: config.codecUrl,
    formsUrl: config.formsUrl,
    smtpUrl: config.smtpUrl,
    channelSystemUrl: `http://127.0.0.1:${ports.channelSystem}`,
    logs: path.join(stateDir, 'logs'),
  };
  if (prepare) await timed('playbook and schedules', () => prepare(neighbours));
  const shared: NodeJS.ProcessEnv = {
    ...env,
    HIKESHI_STATE_DIR: stateDir,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: neighbours.temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
    HIKESHI_UI_URL: neighbours.uiUrl ?? config.uiUrl,
    HIKESHI_CODEC_URL: config.codecUrl,
    HIKESHI_FORMS_URL: config.formsUrl,
    HIKESHI_SMTP_URL: config.smtpUrl,
    HIKESHI_PLAYBOOK: config.playbook,
    HIKESHI_LANG: config.language,
    ...(simulators && simulatorAccess(neighbours)),
    ...extraEnv?.(neighbours),
  };

  const processes: Supervised[] = [];
  const run = async (part: Part): Promise<Supervised> => {
    const script = path.join(PROJECT_ROOT, 'dist', part.script);
    requireBuilt(script);
    for (const [name, variable] of part.ports) {
      const port = Number(shared[variable] ?? ports[name]);
      await requireFree(port, name);
    }
    const child = await timed(part.name, () =>
      startProcess({
        name: part.name,
        args: ['--import', path.join(PROJECT_ROOT, 'dist', 'stack', 'parentGuard.js'), script, ...(part.args ?? [])],
        env: { ...shared, ...part.env },
        cwd: PROJECT_ROOT,
        stateDir,
        ready: saysReady,
        log,
      }),
    );
    processes.push(child);
    failures.push(child.failed);
    return child;
  };
  const runTogether = async (parts: readonly Part[]): Promise<Supervised[]> => {
    const results = await Promise.allSettled(parts.map(run));
    const children = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    ends.push(async () => void (await Promise.all(children.map((child) => child.stop()))));
    const refused = results.find((result) => result.status === 'rejected');
    if (refused) throw refused.reason;
    return children;
  };

  await runTogether([...(simulators ? [SIMULATOR(stateDir)] : []), GATEWAY]);
  const workers = await runTogether([
    worker('worker', ['process', 'control', 'payout'], firstWorker),
    worker('worker-bulk', ['bulk'], firstWorker + 1),
  ]);
  const workerHealthUrls = workers.map(({ readyLine }) => (JSON.parse(readyLine) as { health: string }).health);
  const addresses = { ...neighbours, workerHealthUrls };
  return { addresses, processes, failed: Promise.race(failures) };
}

/** What connectors of a playbook refer to as `${env:HIKESHI_CHANNEL_URL}` and `secret:CHANNEL_TOKEN`. */
function simulatorAccess({ channelSystemUrl }: Neighbours): NodeJS.ProcessEnv {
  const token = randomUUID();
  return { HIKESHI_CHANNEL_URL: channelSystemUrl, HIKESHI_SECRET_CHANNEL_TOKEN: token, HIKESHI_SIM_TOKEN: token };
}

interface Part {
  readonly name: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Ports it listens on, with the variable by which it may be told another one. */
  readonly ports: readonly (readonly [PortName, string])[];
}

const SIMULATOR = (stateDir: string): Part => ({
  name: 'simulator',
  script: 'simulator/main.js',
  env: { HIKESHI_SIM_STATE: path.join(stateDir, 'simulator.json') },
  ports: [
    ['channelSystem', 'HIKESHI_SIM_PORT'],
    ['smtp', 'HIKESHI_SIM_SMTP_PORT'],
  ],
});

const GATEWAY: Part = {
  name: 'gateway',
  script: 'gateway/main.js',
  ports: [
    ['codec', 'HIKESHI_CODEC_PORT'],
    ['forms', 'HIKESHI_FORMS_PORT'],
  ],
};

function worker(name: string, queues: readonly string[], healthPort: number): Part {
  return {
    name,
    script: 'worker/main.js',
    args: ['--queues', queues.join(',')],
    env: { HIKESHI_PORT_WORKER_HEALTH: String(healthPort) },
    ports: [],
  };
}

/** The entry points print one such line among those of their log. */
function saysReady(line: string): boolean {
  if (!line.startsWith('{') || !line.includes('"ready"')) return false;
  try {
    return (JSON.parse(line) as { ready?: unknown }).ready === true;
  } catch {
    return false;
  }
}

function requireBuilt(script: string): void {
  if (fs.existsSync(script)) return;
  throw new StackProblem({
    en: `The program ${script} is not built; run "npm run setup" and start again.`,
    ja: `プログラム ${script} がまだビルドされていません。「npm run setup」を実行してから、もう一度起動してください。`,
  });
}
