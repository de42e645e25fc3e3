import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { PROJECT_ROOT } from '../../src/config.js';
import { Outside } from '../../src/drill/outside.js';
import { instant } from '../../src/domain/instant.js';
import type { Policy } from '../../src/domain/policy.js';
import { SIMULATOR_TOKEN } from '../../src/simulator/channelSystem.js';
import { freePorts } from '../../src/stack/ports.js';
import { ensurePostgres } from '../../src/stack/postgres.js';
import { startProcess, type Supervised } from '../../src/stack/process.js';
import { ensureTemporal } from '../../src/stack/temporal.js';
import { temporalCli } from '../../src/stack/temporalCli.js';
import { publishDocuments, readPlaybook } from '../../src/store/documents.js';
import { migrate } from '../../src/store/migrate.js';
import { openStore, type Store } from '../../src/store/open.js';
import { dataConverterFor } from '../../src/worker/dataConverter.js';
import { KeyRing } from '../../src/worker/keyRing.js';
import { LiveOperator } from './liveOperator.js';

const EXAMPLE = path.join(PROJECT_ROOT, 'playbooks', 'example');
const PROJECT_STATE = path.join(PROJECT_ROOT, '.hikeshi');
const DIST = path.join(PROJECT_ROOT, 'dist');

/** Seconds where people have hours: everything happens on Temporal's own timers, within a test. */
export const SHORT: Pick<Policy, 'timeouts' | 'containment' | 'suspension'> = {
  timeouts: 'act',
  containment: durations({
    decideWithin: 'PT3S',
    warnAfter: ['PT1S', 'PT2S'],
    redecideWithin: 'PT3S',
    remindEvery: 'PT2S',
  }),
  suspension: durations({
    proposalExpires: 'PT10M',
    ratifyWithin: 'PT3S',
    // An empty night: when a stop is due must not depend on the hour at which the test runs.
    night: { from: '00:00', to: '00:00', until: '09:00' },
    callEvery: 'PT1S',
    verifyWithin: 'PT30S',
    readBackEvery: 'PT1S',
    siblingsWithin: 'PT3S',
    reviewEvery: 'PT4S',
    watchFor: 'PT3S',
    driftOrdersPerDay: 2,
  }),
};

/** Texts that the schema of the policy would have given the brand of a duration. */
function durations<T>(value: unknown): T {
  return value as T;
}

export interface WorldPolicy {
  readonly timeouts?: Policy['timeouts'];
  readonly containment?: Partial<Record<keyof Policy['containment'], unknown>>;
  readonly suspension?: Partial<Record<keyof Policy['suspension'], unknown>>;
  readonly inspection?: Partial<Policy['inspection']>;
}

export interface WorldOptions {
  /** Letters and hyphens; names the namespace unless one is given. */
  readonly name: string;
  readonly namespace?: string;
  /** Key ring as JSON; absent = a ring of the world's own, with a key of the namespace. */
  readonly keyRing?: string;
  /** Changes to {@link SHORT}. */
  readonly policy?: WorldPolicy;
  /** Where its people are, by an IANA zone or an offset; that of the playbook unless given. */
  readonly zone?: string;
  /** With the Web UI; without it the world is up half a second sooner. */
  readonly webUi?: boolean;
  readonly identity?: string;
  /** Settings of the Temporal server, such as its limits. */
  readonly dynamicConfig?: Readonly<Record<string, string>>;
}

export interface WorkerChoice {
  /** A workflow bundle of the test's own; absent = the built worker as it is shipped. */
  readonly bundle?: string;
  readonly identity?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Everything that runs live, with a database, a namespace and ports of its own: nothing is shared but PostgreSQL itself. */
export interface LiveWorld {
  readonly namespace: string;
  readonly stateDir: string;
  readonly temporalAddress: string;
  /** Base URL of the real Web UI, wired to the codec server. */
  readonly uiUrl: string;
  readonly codecUrl: string;
  /** Base URL of the answer pages. */
  readonly formsUrl: string;
  readonly connection: Connection;
  readonly client: Client;
  readonly keyRing: KeyRing;
  readonly store: Store;
  readonly simulator: Outside & {
    drift(code: string, status: string): Promise<void>;
    /** As `POST /sim/misbehave` takes it, e.g. `{ code: 'LINK_O1', mode: 'lie' }`. */
    misbehave(rule: { code?: string; mode: string; times?: number; delayMs?: number }): Promise<void>;
  };
  /** What people and other systems do, by the same doors as they do it. */
  readonly operator: LiveOperator;
  startWorker(choice?: WorkerChoice): Promise<Supervised>;
  /** All that the world's processes have logged so far, by process. */
  logs(): Record<string, string>;
  close(): Promise<void>;
}

const silent = () => undefined;

/** Opens a world without a worker. What was started is ended when a step fails. */
export async function openLiveWorld(options: WorldOptions): Promise<LiveWorld> {
  const { name, namespace = name, webUi = false } = options;
  const stateDir = realpathSync(mkdtempSync(path.join(tmpdir(), `hikeshi-${name}-`)));
  const ends: (() => Promise<void>)[] = [async () => rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 })];
  const close = async () => {
    const failures: unknown[] = [];
    for (const end of ends.reverse()) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    const [codecPort, uiPort, formsPort] = (await freePorts(3)) as [number, number, number];
    const codecUrl = `http://127.0.0.1:${codecPort}`;
    const formsUrl = `http://127.0.0.1:${formsPort}`;
    const databaseUrl = await openDatabase(name, ends);
    const temporal = await ensureTemporal({
      stateDir,
      cliPath: await temporalCli(PROJECT_STATE, silent),
      uiPort: webUi ? uiPort : null,
      codecUrl,
      namespaces: [namespace],
      ...(options.dynamicConfig && { dynamicConfig: options.dynamicConfig }),
      log: silent,
    });
    ends.push(() => temporal.stop());
    const store = openStore(databaseUrl, { max: 4 });
    ends.push(() => store.close());
    await migrate(store.db);
    const documents = await readPlaybook(EXAMPLE);
    const policy = shortened(documents.policy, options.policy);
    const playbook = { ...documents.playbook, ...(options.zone && { zone: options.zone }) };
    await publishDocuments(store.db, { ...documents, policy, playbook }, instant(Date.now()));

    const keyRing = options.keyRing ? KeyRing.fromJson(options.keyRing) : KeyRing.at(path.join(stateDir, 'keys.json'));
    keyRing.ensureKey(namespace);
    const connection = await Connection.connect({ address: temporal.address });
    ends.push(() => connection.close());
    const client = new Client({
      connection,
      namespace,
      dataConverter: dataConverterFor(namespace, keyRing),
      ...(options.identity && { identity: options.identity }),
    });

    const uiUrl = temporal.uiUrl ?? `http://127.0.0.1:${uiPort}`;
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      HIKESHI_STATE_DIR: stateDir,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: namespace,
      HIKESHI_UI_URL: uiUrl,
      HIKESHI_CODEC_PORT: String(codecPort),
      HIKESHI_FORMS_PORT: String(formsPort),
      HIKESHI_FORMS_URL: formsUrl,
      ...(options.keyRing && { HIKESHI_KEY_RING: options.keyRing }),
    };
    const run = async (part: string, script: string, args: string[] = [], more: NodeJS.ProcessEnv = {}) => {
      const started = await startProcess({
        name: part,
        args: [script, ...args],
        env: { ...env, ...more },
        stateDir,
        ready: (line) => line.includes('"ready":true'),
        log: silent,
      });
      ends.push(() => started.stop());
      return started;
    };
    // All are waited for even when one fails: what is still starting could not be ended.
    const [simulator, gateway] = await Promise.allSettled([
      run('simulator', path.join(DIST, 'simulator', 'main.js'), [], {
        HIKESHI_SIM_PORT: '0',
        HIKESHI_SIM_SMTP_PORT: '0',
        HIKESHI_SIM_LAZY: '1',
      }),
      run('gateway', path.join(DIST, 'gateway', 'main.js')),
    ]);
    if (simulator.status === 'rejected') throw simulator.reason;
    if (gateway.status === 'rejected') throw gateway.reason;
    const at = JSON.parse(simulator.value.readyLine) as { url: string; smtp: string };
    const outside = Object.assign(new Outside(at.url), {
      drift: (code: string, status: string) => post(`${at.url}/sim/drift`, { code, status }),
      misbehave: (rule: object) => post(`${at.url}/sim/misbehave`, rule),
    });
    let workers = 0;
    return {
      namespace,
      stateDir,
      temporalAddress: temporal.address,
      uiUrl,
      codecUrl,
      formsUrl,
      connection,
      client,
      keyRing,
      store,
      simulator: outside,
      operator: new LiveOperator(client, store),
      startWorker: ({ bundle, identity, env: more } = {}) =>
        run(
          `worker-${++workers}`,
          bundle || identity
            ? path.join(PROJECT_ROOT, 'test', 'support', 'liveWorker.mjs')
            : path.join(DIST, 'worker', 'main.js'),
          [],
          {
            HIKESHI_SMTP_URL: at.smtp,
            HIKESHI_CHANNEL_URL: at.url,
            HIKESHI_SECRET_CHANNEL_TOKEN: SIMULATOR_TOKEN,
            LIVE_BUNDLE: bundle ?? path.join(DIST, 'workflows.bundle.js'),
            ...(identity && { LIVE_IDENTITY: identity }),
            ...more,
          },
        ),
      logs: () =>
        Object.fromEntries(
          readdirSync(path.join(stateDir, 'logs')).map((file) => [
            path.basename(file, '.log'),
            readFileSync(path.join(stateDir, 'logs', file), 'utf8'),
          ]),
        ),
      close,
    };
  } catch (error) {
    await close().catch(silent);
    throw error;
  }
}

/** A database of the world's own in the PostgreSQL that all tests share. */
async function openDatabase(name: string, ends: (() => Promise<void>)[]): Promise<string> {
  const given = process.env['DATABASE_URL'];
  const own = given
    ? undefined
    : await ensurePostgres({ stateDir: PROJECT_STATE, port: 0, database: 'hikeshi', log: silent });
  if (own) ends.push(() => own.stop());
  const database = `live_${name.replaceAll('-', '_')}_${randomUUID().slice(0, 8)}`;
  const urlOf = (each: string) => Object.assign(new URL(given ?? own!.url), { pathname: `/${each}` }).toString();
  const admin = openStore(urlOf('postgres'), { max: 1 });
  ends.push(async () => {
    await admin.pool.query(`drop database if exists ${database} with (force)`);
    await admin.close();
  });
  await admin.pool.query(`create database ${database}`);
  return urlOf(database);
}

function shortened(policy: Policy, change: WorldPolicy = {}): Policy {
  return {
    ...policy,
    version: 'live-test-1',
    timeouts: change.timeouts ?? SHORT.timeouts,
    containment: { ...SHORT.containment, ...durations<Partial<Policy['containment']>>(change.containment) },
    suspension: { ...SHORT.suspension, ...durations<Partial<Policy['suspension']>>(change.suspension) },
    inspection: { ...policy.inspection, ...change.inspection },
  };
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
}
