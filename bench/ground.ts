import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { readConfig } from '../dist/config.js';
import type { Question } from '../dist/domain/decision.js';
import { ensureNamespace } from '../dist/stack/namespace.js';
import { ensurePostgres } from '../dist/stack/postgres.js';
import { startProcess, type Supervised } from '../dist/stack/process.js';
import { ensureTemporal } from '../dist/stack/temporal.js';
import { temporalCli } from '../dist/stack/temporalCli.js';
import { migrate } from '../dist/store/migrate.js';
import { openStore, type Store } from '../dist/store/open.js';
import { publishDocuments, readPlaybook, type AllDocuments } from '../dist/store/documents.js';
import { dataConverterFor } from '../dist/worker/dataConverter.js';
import { openKeyRing } from '../dist/worker/keyRing.js';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const TOKEN = 'simulator';

export interface BenchGround {
  readonly store: Store;
  readonly client: Client;
  readonly bareClient: Client;
  readonly worker: Supervised;
  readonly channelUrl: string;
  sim(path: string, body: unknown): Promise<void>;
  /** Resolves when the register says so: it tells, since asking it every millisecond would cost what is measured. */
  inForce(workflowId: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Real parts: Temporal in memory, PostgreSQL, the simulator, our worker and the baseline's worker, each a process.
 * @param maxCached waiting workflows that our worker keeps in memory
 */
export async function openBench(
  change = (documents: AllDocuments) => documents,
  maxCached = 2_000,
): Promise<BenchGround> {
  const config = readConfig();
  const log = () => undefined;
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const postgres = await ensurePostgres({ stateDir: config.stateDir, port: 0, database: 'bench', log });
    ends.push(() => postgres.stop());
    const url = new URL(postgres.url);
    url.pathname = '/postgres';
    const admin = openStore(url.toString(), { max: 1 });
    await admin.pool.query('drop database if exists bench with (force)');
    await admin.pool.query('create database bench');
    await admin.close();
    const store = openStore(postgres.url, { max: 4 });
    ends.push(() => store.close());
    await migrate(store.db);
    await publishDocuments(
      store.db,
      change(await readPlaybook(path.join(ROOT, 'playbooks/example'))),
      new Date().toISOString(),
    );
    const inForce = await listening(store);
    ends.push(() => inForce.stop());
    const temporal = await ensureTemporal({
      stateDir: config.stateDir,
      cliPath: await temporalCli(config.stateDir, log),
      uiPort: null,
      log,
    });
    ends.push(() => temporal.stop());
    const connection = await Connection.connect({ address: temporal.address });
    ends.push(() => connection.close());
    const namespace = 'bench';
    await ensureNamespace(connection, namespace);
    const keyRing = openKeyRing(config.stateDir);
    keyRing.ensureKey(namespace);

    let ready = { url: '', smtp: '' };
    const simulator = await startProcess({
      name: 'bench-simulator',
      args: [path.join(ROOT, 'dist/simulator/main.js')],
      stateDir: config.stateDir,
      log,
      env: { ...process.env, HIKESHI_SIM_PORT: '0', HIKESHI_SIM_SMTP_PORT: '0', HIKESHI_SIM_LAZY: '1' },
      ready: (line) => line.includes('"ready":true') && Boolean((ready = JSON.parse(line) as typeof ready)),
    });
    ends.push(() => simulator.stop());
    const env = {
      ...process.env,
      TZ: 'UTC',
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: namespace,
      HIKESHI_STATE_DIR: config.stateDir,
      HIKESHI_SMTP_URL: ready.smtp,
      HIKESHI_CHANNEL_URL: ready.url,
      HIKESHI_SECRET_CHANNEL_TOKEN: TOKEN,
      HIKESHI_LOG_LEVEL: 'warn',
      HIKESHI_MAX_CACHED: String(maxCached),
    };
    const started = async (name: string, args: string[]) => {
      const supervised = await startProcess({
        name,
        args,
        env,
        stateDir: config.stateDir,
        log,
        ready: (line) => line.includes('"ready":true'),
      });
      ends.push(() => supervised.stop());
      return supervised;
    };
    const worker = await started('bench-worker', [
      path.join(ROOT, 'dist/worker/main.js'),
      '--queues',
      'process,control,payout',
    ]);
    await started('bench-bare', [path.join(ROOT, 'dist-bench/bare/worker.js')]);
    return {
      store,
      worker,
      channelUrl: ready.url,
      stop,
      inForce: (workflowId) => inForce.of(workflowId),
      client: new Client({ connection, namespace, dataConverter: dataConverterFor(namespace, keyRing) }),
      bareClient: new Client({ connection, namespace }),
      async sim(route, body) {
        const response = await fetch(ready.url + route, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Asks again every `everyMs` until the answer is enough. */
export async function until<T>(look: () => Promise<T>, enough: (value: T) => boolean, everyMs = 1): Promise<T> {
  for (;;) {
    const value = await look();
    if (enough(value)) return value;
    await sleep(everyMs);
  }
}

/** Waits until a workflow asks about a subject, and decides. */
export async function decide(
  { client }: BenchGround,
  workflowId: string,
  subject: string,
  verdict: string,
  by: string,
): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  const questions = await until(
    () => handle.query<readonly Question[]>('questions'),
    (open) => open.some((question) => question.subject === subject),
    20,
  );
  const { digest } = questions.find((question) => question.subject === subject)!;
  await handle.executeUpdate('decide', { args: [{ v: 1, subject, verdict, by, reason: 'measured', digest }] });
}

/** Resident memory of our worker process, in MB. */
export function memory({ worker }: BenchGround): number {
  const status = readFileSync(`/proc/${worker.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024);
}

async function listening(store: Store): Promise<{ of(workflowId: string): Promise<void>; stop(): Promise<void> }> {
  await store.pool.query(`
    create function tell_in_force() returns trigger language plpgsql as $$
      begin perform pg_notify('in_force', new.workflow_id); return null; end $$;
    create trigger in_force after update on job for each row
      when (new.stage = 'IN_FORCE' and old.stage <> 'IN_FORCE') execute function tell_in_force();`);
  const connection = await store.pool.connect();
  const waiting = new Map<string, () => void>();
  connection.on('notification', ({ payload }) => waiting.get(payload ?? '')?.());
  await connection.query('listen in_force');
  return {
    of: (workflowId) => new Promise((resolve) => waiting.set(workflowId, resolve)),
    stop: () => Promise.resolve(connection.release(true)),
  };
}
