import { Client } from '@temporalio/client';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { readPorts, type Config, type Queue } from '../config.js';
import type { TokenKey } from '../connectors/token.js';
import { freePorts } from '../stack/ports.js';
import { connectToTemporal } from './connect.js';
import { createWorkers, type CreateWorkersOptions } from './createWorkers.js';
import { dataConverterFor } from './dataConverter.js';
import { startHealth, workerIdentity } from './health.js';
import { openKeyRing } from './keyRing.js';
import { createLog } from './logger.js';
import { onFirstFreePort } from './ports.js';
import { installRuntime } from './runtime.js';

/** How many worker processes on one machine find a port for health by themselves. */
const HEALTH_PORTS = 20;

export interface OpenActivities {
  readonly activities: object;
  close(): Promise<void>;
}

export interface WorkerProcess {
  readonly config: Config;
  readonly queues: readonly Queue[];
  readonly bundlePath: string;
  /** Opens what the activities need, given a client and the keys of this namespace, the current one first; closed after the workers have ended. */
  openActivities(client: Client, tokenKeys: () => readonly TokenKey[]): Promise<OpenActivities>;
  checkDatabase(): Promise<void>;
  /** Aborted when the process shall end in order. */
  readonly stop: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  /** For tests. */
  readonly overrides?: CreateWorkersOptions['overrides'];
}

/**
 * Runs the workers of a process until `stop`, then ends in order: workers, health, activities' connections, Temporal's.
 * Writes one line of JSON to standard output when all run.
 * @throws Refusal for a wrong key ring; what `openActivities` throws; what a worker dies of, after everything is closed.
 */
export async function runWorkerProcess(options: WorkerProcess): Promise<void> {
  const { config, queues, stop, env = process.env } = options;
  const log = createLog('worker');
  const keyRing = openKeyRing(config.stateDir, env);
  keyRing.ensureKey(config.namespace);

  const [metricsPort] = await freePorts(1);
  const metricsAddress = `127.0.0.1:${metricsPort}`;
  installRuntime({ metricsAddress, log });

  const workers = new Map<Queue, Worker>();
  const health = await openHealth(options, env, workers, metricsAddress);
  let connection: NativeConnection | undefined;
  let open: OpenActivities | undefined;
  try {
    connection = await connectToTemporal(config.temporalAddress, config.namespace, log, stop);
    if (!connection) return;
    const dataConverter = dataConverterFor(config.namespace, keyRing);
    const client = new Client({ connection, namespace: config.namespace, dataConverter });
    open = await options.openActivities(client, () => keyRing.all(config.namespace));
    const created = await createWorkers({
      connection,
      namespace: config.namespace,
      queues,
      bundlePath: options.bundlePath,
      activities: open.activities,
      dataConverter,
      ...(options.overrides && { overrides: options.overrides }),
    });
    for (const [queue, worker] of created) workers.set(queue, worker);

    const running = runAll([...workers.values()], stop);
    process.stdout.write(`${JSON.stringify({ ready: true, queues, health: health.url })}\n`);
    log.info({ queues, url: health.url, namespace: config.namespace }, 'Workers are running');
    await running;
    log.info({ queues }, 'Workers have ended');
  } finally {
    for (const part of [health, open, connection]) {
      await part?.close().catch((error: unknown) => log.warn({ error }, 'Closing failed'));
    }
  }
}

/** Ends when all workers have ended; one that dies takes the others down in order, and its error is thrown. */
async function runAll(workers: readonly Worker[], stop: AbortSignal): Promise<void> {
  const shutDown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  stop.addEventListener('abort', shutDown, { once: true });
  const runs = workers.map((worker) => worker.run());
  // A stop that came before run() found no worker running; this one does.
  if (stop.aborted) shutDown();
  for (const run of runs) run.catch(shutDown);
  const results = await Promise.allSettled(runs);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function openHealth(
  { config, checkDatabase }: WorkerProcess,
  env: NodeJS.ProcessEnv,
  workers: ReadonlyMap<Queue, Worker>,
  metricsAddress: string,
) {
  return onFirstFreePort(readPorts(env).workerHealth, HEALTH_PORTS, (port) =>
    startHealth({
      host: env['HIKESHI_BIND'] ?? '127.0.0.1',
      port,
      identity: workerIdentity(config.namespace, env),
      workers: () => Object.fromEntries([...workers].map(([queue, worker]) => [queue, worker.getState()])),
      checkDatabase,
      metricsAddress,
    }),
  );
}
