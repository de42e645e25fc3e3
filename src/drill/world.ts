import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';
import { zoneAt } from '../activities/zone.js';
import type { Config } from '../config.js';
import { PROJECT_ROOT } from '../config.js';
import { inspectionSignals } from '../connectors/inspectionSignals.js';
import { functionsOf } from '../domain/serviceMap.js';
import { createForms } from '../gateway/forms/server.js';
import { instant, type Instant } from '../domain/instant.js';
import { SIMULATOR_TOKEN } from '../simulator/channelSystem.js';
import { ensureNamespace } from '../stack/namespace.js';
import { ensurePostgres } from '../stack/postgres.js';
import { startProcess, type Supervised } from '../stack/process.js';
import { ensureTemporal } from '../stack/temporal.js';
import { temporalCli } from '../stack/temporalCli.js';
import type { Log } from '../stack/problem.js';
import { migrate } from '../store/migrate.js';
import { openStore, type Store } from '../store/open.js';
import { publishDocuments, type AllDocuments } from '../store/documents.js';
import { dataConverterFor } from '../worker/dataConverter.js';
import { openKeyRing } from '../worker/keyRing.js';
import { createLog } from '../worker/logger.js';
import { drillClientInterceptor } from './clientInterceptor.js';
import { Outside } from './outside.js';

/** Servers that all drills of one command share. */
export interface Ground {
  readonly databaseUrl: (database: string) => string;
  readonly temporalAddress: string;
  readonly uiUrl?: string;
  readonly connection: Connection;
  stop(): Promise<void>;
}

/** A Temporal server of the drill's own, in memory; PostgreSQL of this deployment, with a database for each drill. */
export async function openGround(config: Config, log: Log): Promise<Ground> {
  const ends: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const given = process.env['DATABASE_URL'];
    let databaseUrl = given;
    if (!databaseUrl) {
      log('PostgreSQL');
      const postgres = await ensurePostgres({ stateDir: config.stateDir, port: 0, database: 'hikeshi', log });
      ends.push(() => postgres.stop());
      databaseUrl = postgres.url;
    }
    let temporalAddress = process.env['TEMPORAL_ADDRESS'];
    let uiUrl: string | undefined;
    if (!temporalAddress) {
      log('Temporal');
      const temporal = await ensureTemporal({
        stateDir: config.stateDir,
        cliPath: await temporalCli(config.stateDir, log),
        log,
      });
      ends.push(() => temporal.stop());
      ({ address: temporalAddress, uiUrl } = temporal);
    }
    const connection = await Connection.connect({ address: temporalAddress });
    ends.push(() => connection.close());
    const base = databaseUrl;
    return {
      databaseUrl: (database) => {
        const url = new URL(base);
        url.pathname = `/${database}`;
        return url.toString();
      },
      temporalAddress,
      ...(uiUrl && { uiUrl }),
      connection,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One drill's world: its own namespace, database, codec key, simulators and worker. It cannot touch any other. */
export interface World {
  readonly id: string;
  readonly namespace: string;
  readonly store: Store;
  readonly client: Client;
  readonly outside: Outside;
  /** Base URL of the answer pages of this world. */
  readonly formsUrl: string;
  /** A mail reached the bank's mail server, which hands it in at the gateway, signed. */
  mailArrives(raw: string): Promise<void>;
  /** Supervised: killed with -9 they come back. */
  readonly worker: Supervised;
  readonly simulator: Supervised;
  readonly documents: AllDocuments;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly config: Config;
  readonly ground: Ground;
  readonly id: string;
  readonly documents: AllDocuments;
  readonly start: Instant;
  readonly now: () => Instant;
  readonly log: Log;
  /** Further variables of the worker, e.g. a fault point. */
  readonly workerEnv?: NodeJS.ProcessEnv;
  /** Further variables of the simulators, e.g. a file that keeps what the bank did. */
  readonly simulatorEnv?: NodeJS.ProcessEnv;
}

export async function openWorld({
  config,
  ground,
  id,
  documents,
  start,
  now,
  log,
  workerEnv = {},
  simulatorEnv = {},
}: WorldOptions): Promise<World> {
  const namespace = `drill-${id}`;
  const database = namespace.replaceAll('-', '_');
  const ends: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const admin = openStore(ground.databaseUrl('postgres'), { max: 1 });
    ends.push(() => admin.close());
    await admin.pool.query(`drop database if exists ${database} with (force)`);
    await admin.pool.query(`create database ${database}`);
    ends.push(async () => void (await admin.pool.query(`drop database if exists ${database} with (force)`)));
    const store = openStore(ground.databaseUrl(database), { max: 4 });
    ends.push(() => store.close());
    await migrate(store.db);
    await publishDocuments(store.db, documents, start);
    await store.db.insertInto('setting').values({ name: 'mode', value: 'drill' }).execute();

    await ensureNamespace(ground.connection, namespace);
    const keyRing = openKeyRing(config.stateDir);
    keyRing.ensureKey(namespace);
    const interceptor: WorkflowClientInterceptor = drillClientInterceptor(now);
    const client = new Client({
      connection: ground.connection,
      namespace,
      dataConverter: dataConverterFor(namespace, keyRing),
      interceptors: { workflow: [interceptor] },
    });

    let ready: { url: string; smtp: string } | undefined;
    const simulator = await startProcess({
      name: `${namespace}-simulator`,
      args: [path.join(PROJECT_ROOT, 'dist/simulator/main.js')],
      env: { ...process.env, HIKESHI_SIM_PORT: '0', HIKESHI_SIM_SMTP_PORT: '0', ...simulatorEnv },
      stateDir: config.stateDir,
      ready: (line) => {
        if (!line.includes('"ready":true')) return false;
        ready = JSON.parse(line) as { url: string; smtp: string };
        return true;
      },
      log,
    });
    ends.push(() => simulator.stop());
    const outside = new Outside(ready!.url);
    await outside.setClock(start);
    for (const { external, kind } of functionsOf(documents.services))
      if (kind === 'function' || kind === 'link') await outside.addFunction(external['code']!);

    const mailKey = randomBytes(32);
    // The gateway's own server, on the drill's clock: providers of a drill answer by it.
    const forms = await createForms(createLog('drill-gateway'), {
      store,
      signaller: inspectionSignals(() => Promise.resolve(client)),
      keys: () => keyRing.all(namespace),
      now,
      zone: () => Promise.resolve(zoneAt(documents.playbook.zone, start)),
      webhookSecrets: () => [],
      mailSecrets: () => [`whsec_${mailKey.toString('base64')}`],
      limits: { perLink: 100_000, guesses: 100_000 },
    });
    const formsUrl = await forms.listen({ port: 0, host: '127.0.0.1' });
    ends.push(() => forms.close());

    const worker = await startProcess({
      name: `${namespace}-worker`,
      args: [path.join(PROJECT_ROOT, 'dist/drill/worker.js')],
      env: {
        ...process.env,
        TZ: 'UTC',
        DATABASE_URL: ground.databaseUrl(database),
        TEMPORAL_ADDRESS: ground.temporalAddress,
        TEMPORAL_NAMESPACE: namespace,
        HIKESHI_STATE_DIR: config.stateDir,
        HIKESHI_SMTP_URL: ready!.smtp,
        HIKESHI_CHANNEL_URL: ready!.url,
        HIKESHI_FORMS_URL: formsUrl,
        HIKESHI_MAIL_DOMAIN: 'bank.example',
        HIKESHI_MAIL_LOG_URL: `${ready!.url}/sim/mail/log?messageId={messageId}`,
        HIKESHI_SECRET_CHANNEL_TOKEN: SIMULATOR_TOKEN,
        ...(ground.uiUrl && { HIKESHI_UI_URL: ground.uiUrl }),
        ...workerEnv,
      },
      stateDir: config.stateDir,
      ready: (line) => line.includes('"ready":true'),
      log,
    });
    ends.push(() => worker.stop());
    const mailArrives = (raw: string) => handIn(`${formsUrl}/hooks/mail`, mailKey, raw);
    return { id, namespace, store, client, outside, formsUrl, mailArrives, worker, simulator, documents, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As `scripts/take-mail.sh` does it. */
async function handIn(url: string, key: Uint8Array, raw: string): Promise<void> {
  const [id, timestamp] = [`drill-${randomUUID()}`, String(Math.floor(Date.now() / 1000))];
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${raw}`).digest('base64');
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'message/rfc822',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body: raw,
  });
  if (!response.ok) throw new Error(`The gateway answered ${response.status} to a mail.`);
}

/** Names a drill by its policy and the wall clock; ids inside a drill never depend on it. */
export function drillId(policy: string): string {
  return `${policy}-${instant(Date.now()).replace(/\D/g, '').slice(0, 17)}`;
}
