import net from 'node:net';
import type { Client, Connection } from '@temporalio/client';
import { zoneAt } from '../activities/zone.js';
import { readConfig, type Config } from '../config.js';
import { instant, type Instant, type Zone } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { currentDocuments, readPlaybook, type AllDocuments } from '../store/documents.js';
import { openStore, type Db, type Store } from '../store/open.js';
import { recall } from './neighbours.js';
import { Down } from './down.js';

/** A person waits: what does not answer within this many milliseconds counts as down. */
export const PATIENCE_MS = 1_500;
/** An update waits for a worker, and for the register behind it. */
export const UPDATE_MS = 20_000;

const UNDEFINED_TABLE = '42P01';

export interface KnownDocuments {
  readonly documents: AllDocuments;
  /** `folder`: the register is down or empty, and the playbook folder was read instead. */
  readonly source: 'register' | 'folder';
}

/** What a command works with. Nothing is opened before it is needed; everything is closed at the end. */
export class Context {
  readonly env: NodeJS.ProcessEnv;
  readonly config: Config;
  private opened: Store | undefined;
  private connected: Promise<Client> | undefined;
  private known: Promise<KnownDocuments> | undefined;

  constructor(env: NodeJS.ProcessEnv = process.env) {
    const { stateDir } = readConfig(env);
    this.env = { ...recall(stateDir).env, ...env };
    this.config = readConfig(this.env);
  }

  now(): Instant {
    return instant(Date.now());
  }

  store(): Store {
    return (this.opened ??= openStore(this.config.databaseUrl, { max: 4 }));
  }

  /** The register, known to answer. @throws Down */
  async register(): Promise<Db> {
    await this.asking(this.store().pool.query('select 1'));
    return this.store().db;
  }

  /** Reads the register within a person's patience. @throws Down */
  async asking<T>(answer: Promise<T>, patience = PATIENCE_MS): Promise<T> {
    try {
      return await within(answer, patience);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if ((error as { code?: string }).code === UNDEFINED_TABLE) throw new Down('register', notPrepared);
      throw new Down('register', registerDown(this.config.databaseUrl));
    }
  }

  /** A client of Temporal that is known to answer. @throws Down; Refusal for a wrong key ring */
  temporal(): Promise<Client> {
    return (this.connected ??= this.connect());
  }

  private async connect(): Promise<Client> {
    const { temporalAddress: address, namespace, stateDir } = this.config;
    // A refused gRPC connection is tried again only after a second, so the port is looked at first.
    if (!(await listens(address, PATIENCE_MS))) throw new Down('temporal', temporalDown(address));
    // Half of all that a command loads, and what only reads the register never asks Temporal.
    const [{ Client, Connection }, { dataConverterFor }, { openKeyRing }] = await Promise.all([
      import('@temporalio/client'),
      import('../worker/dataConverter.js'),
      import('../worker/keyRing.js'),
    ]);
    let connection: Connection;
    try {
      connection = await Connection.connect({ address, connectTimeout: PATIENCE_MS });
    } catch {
      throw new Down('temporal', temporalDown(address));
    }
    try {
      const deadline = Date.now() + PATIENCE_MS;
      await connection.withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace }));
    } catch (error) {
      await connection.close();
      const missing = (error as { code?: number }).code === 5;
      throw new Down('temporal', missing ? noNamespace(address, namespace) : temporalDown(address));
    }
    const keyRing = openKeyRing(stateDir, this.env);
    return new Client({ connection, namespace, dataConverter: dataConverterFor(namespace, keyRing) });
  }

  /** The current documents; when the register is down or empty, those of the playbook folder. @throws Refusal */
  documents(): Promise<KnownDocuments> {
    return (this.known ??= this.readDocuments());
  }

  private async readDocuments(): Promise<KnownDocuments> {
    try {
      return { documents: await this.asking(currentDocuments(this.store().db)), source: 'register' };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { documents: await readPlaybook(this.config.playbook), source: 'folder' };
    }
  }

  /** The zone in which people of the playbook read the time; UTC when there is no playbook at all. */
  async zone(): Promise<Zone> {
    try {
      return zoneAt((await this.documents()).documents.playbook.zone, this.now());
    } catch {
      return zoneAt('UTC', this.now());
    }
  }

  /** Link into the Temporal Web UI for a workflow. */
  link(workflowId: string): string {
    const { uiUrl, namespace } = this.config;
    return `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
  }

  async close(): Promise<void> {
    const client = await this.connected?.catch(() => undefined);
    await client?.connection.close();
    await within(this.opened?.close() ?? Promise.resolve(), PATIENCE_MS).catch(() => undefined);
  }
}

/** Rejects when the answer takes longer than `ms` milliseconds. */
export async function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => undefined);
  }
}

/** Does anything listen at `host:port`? */
function listens(address: string, ms: number): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = net.connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .setTimeout(ms, () => end(false));
  });
}

/** Host, port and database, without the password. */
function placeOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'DATABASE_URL';
  const { host, pathname } = new URL(databaseUrl);
  return host + pathname;
}

const registerDown = (databaseUrl: string): Sentence => ({
  en: `The register (PostgreSQL at ${placeOf(databaseUrl)}) does not answer. Start the stack with "npm start", or set DATABASE_URL.`,
  ja: `台帳（PostgreSQL ${placeOf(databaseUrl)}）から応答がありません。npm start で起動するか、DATABASE_URL を設定してください。`,
});

const notPrepared: Sentence = {
  en: 'The register has no tables yet. Run "hikeshi prepare", or start the stack with "npm start".',
  ja: '台帳にまだ表がありません。hikeshi prepare を実行するか、npm start で起動してください。',
};

const temporalDown = (address: string): Sentence => ({
  en: `Temporal does not answer at ${address}. Start the stack with "npm start", or set TEMPORAL_ADDRESS. To stop a function meanwhile: "hikeshi suspend emergency" prints how to do it by hand.`,
  ja: `Temporal（${address}）から応答がありません。npm start で起動するか、TEMPORAL_ADDRESS を設定してください。その間に機能を止めるには、hikeshi suspend emergency が手作業の手順を表示します。`,
});

const noNamespace = (address: string, namespace: string): Sentence => ({
  en: `Temporal at ${address} has no namespace "${namespace}". Start the stack with "npm start", or set TEMPORAL_NAMESPACE.`,
  ja: `Temporal（${address}）に名前空間「${namespace}」がありません。npm start で起動するか、TEMPORAL_NAMESPACE を設定してください。`,
});
