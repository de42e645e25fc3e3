import { randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { issueToken, tokenSubject } from '../../src/connectors/token.js';
import { PROJECT_ROOT } from '../../src/config.js';
import { NobodyListens, type AnswersGiven } from '../../src/domain/answers.js';
import { instant, plus, type Duration, type Instant } from '../../src/domain/instant.js';
import type { Questionnaire } from '../../src/domain/questionnaire.js';
import { createForms } from '../../src/gateway/forms/server.js';
import type { Limits } from '../../src/gateway/forms/admit.js';
import { ensurePostgres } from '../../src/stack/postgres.js';
import { addAccessLink } from '../../src/store/accessLinks.js';
import { migrate } from '../../src/store/migrate.js';
import { openStore, type Store } from '../../src/store/open.js';
import { putQuestionnaire } from '../../src/store/questionnaires.js';
import { createLog } from '../../src/worker/logger.js';

const DAYS_30 = 'P30D' as Duration;
const silent = () => undefined;

export const C1 = 'providerInspection/R2020/c1';
export const C2 = 'providerInspection/R2020/c2';
export const START = instant(Date.parse('2020-09-25T10:00+09:00'));

/** What a unit is asked: two plain items, one that hangs on the first, one of a later phase. */
export function questionnaire(inspection: string, more: Partial<Questionnaire> = {}): Questionnaire {
  const unit = inspection.split('/')[2]!;
  return {
    v: 1,
    inspection,
    unit: { ja: `事業者${unit.toUpperCase()}`, en: `Provider ${unit.toUpperCase()}` },
    round: { ja: '2020年 口座連携サービスの点検', en: 'Inspection of linked services 2020' },
    due: { date: '2020-10-09', lastOpenDay: '2020-10-09' },
    lang: 'ja',
    open: true,
    from: { ja: 'サンプル銀行', en: 'Sample Bank' },
    ask: { ja: '点検事務局 inspection@bank.invalid', en: 'Inspection office, inspection@bank.invalid' },
    items: [
      {
        item: 'link-two-factor',
        phase: 2,
        mandatory: true,
        text: {
          ja: '口座を紐づけるとき、暗証番号に加えて別の要素（IVR認証など）で本人を確認している。',
          en: 'Linking an account checks a second factor, such as an IVR call-back, besides the PIN.',
        },
        evidenceAsked: ['description', 'screen'],
        thread: [],
      },
      {
        item: 'link-two-factor-plan',
        phase: 2,
        mandatory: true,
        text: { ja: '二要素での確認を始める予定を示している。', en: 'There is a plan for the second factor.' },
        evidenceAsked: ['description'],
        askIf: { item: 'link-two-factor', answered: ['partly', 'not-implemented'] },
        thread: [],
      },
      {
        item: 'charge-monitoring',
        phase: 3,
        mandatory: false,
        text: { ja: 'チャージの不審な動きを監視している。', en: 'Unusual top-ups are watched for.' },
        evidenceAsked: ['statistics'],
        thread: [],
      },
    ],
    ...more,
  };
}

/** Stands for Temporal: hears signals, or is down, or knows no such run. */
export class Signals {
  readonly heard: { inspection: string; submission: string }[] = [];
  readonly told: { inspection: string; name: string; input: unknown }[] = [];
  state: 'up' | 'down' | 'nobody' = 'up';

  async answersGiven(inspection: string, { submission }: AnswersGiven): Promise<void> {
    if (this.state === 'down') throw new Error('connection refused');
    if (this.state === 'nobody') throw new NobodyListens();
    this.heard.push({ inspection, submission });
  }

  async signal(inspection: string, name: string, input: unknown): Promise<boolean> {
    if (this.state === 'down') throw new Error('connection refused');
    if (this.state === 'up') this.told.push({ inspection, name, input });
    return this.state === 'up';
  }
}

export interface Ground {
  readonly store: Store;
  readonly databaseUrl: string;
  readonly url: string;
  readonly signals: Signals;
  readonly server: FastifyInstance;
  readonly key: { id: string; bytes: Buffer };
  readonly secrets: Record<string, string[]>;
  now: Instant;
  log: string[];
  /** Writes an access link down and returns its token. */
  link(inspection: string, more?: { contact?: string; expiresIn?: Duration }): Promise<{ id: string; token: string }>;
  put(content: Questionnaire): Promise<void>;
  close(): Promise<void>;
}

/** A gateway that listens on a port of its own, over a database of its own in the PostgreSQL that all tests share. */
export async function openGateway(limits?: Limits, trustProxy?: readonly string[]): Promise<Ground> {
  const given = process.env['DATABASE_URL'];
  const stateDir = path.join(PROJECT_ROOT, '.hikeshi');
  const own = given ? undefined : await ensurePostgres({ stateDir, port: 0, database: 'hikeshi', log: silent });
  const database = `gateway_${randomUUID().slice(0, 8)}`;
  const urlOf = (name: string) => Object.assign(new URL(given ?? own!.url), { pathname: `/${name}` }).toString();
  const admin = openStore(urlOf('postgres'), { max: 1 });
  await admin.pool.query(`create database ${database}`);
  const store = openStore(urlOf(database), { max: 6 });
  await migrate(store.db);

  const key = { id: 'test-1', bytes: randomBytes(32) };
  const signals = new Signals();
  const secrets: Record<string, string[]> = {};
  const ground = { now: START, log: [] as string[] };
  const log = createLog('gateway', { destination: { write: (line: string) => void ground.log.push(line) } });
  const server = await createForms(log, {
    store,
    signaller: signals,
    keys: () => [key],
    now: () => ground.now,
    zone: async () => ({ name: 'Asia/Tokyo', offsets: [{ from: START, minutes: 540 }] }),
    webhookSecrets: (unit) => secrets[unit] ?? [],
    mailSecrets: () => secrets['mail'] ?? [],
    ...(limits && { limits }),
    ...(trustProxy && { trustProxy }),
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  let links = 0;
  return Object.assign(ground, {
    store,
    databaseUrl: urlOf(database),
    url,
    signals,
    server,
    key,
    secrets,
    async link(inspection: string, { contact = 'contact-c1', expiresIn = DAYS_30 } = {}) {
      const id = tokenSubject(`${inspection}/request/${++links}`);
      const expiresAt = plus(ground.now, expiresIn);
      await addAccessLink(store.db, { id, inspection, contact, issuedAt: ground.now, expiresAt });
      return { id, token: issueToken({ purpose: 'access', subject: id, expiresAt }, key) };
    },
    put: (content: Questionnaire) => putQuestionnaire(store.db, content, ground.now),
    async close() {
      await server.close();
      await store.close();
      await admin.pool.query(`drop database if exists ${database} with (force)`);
      await admin.close();
      await own?.stop();
    },
  });
}

/** Fields and files of a form, as a browser sends them. */
export function formOf(
  fields: Record<string, string | readonly string[]>,
  files: readonly { field: string; name: string; content: string | Uint8Array }[] = [],
): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of typeof value === 'string' ? [value] : value) form.append(name, each);
  }
  for (const { field, name, content } of files) form.append(field, new File([content], name));
  return form;
}

/** A provider's browser: follows no redirect by itself. */
export class Visitor {
  constructor(
    private readonly ground: Ground,
    readonly token: string,
    readonly lang = 'en',
  ) {}

  get(rest = '', query = ''): Promise<Response> {
    return fetch(`${this.ground.url}/a/${this.token}${rest}?lang=${this.lang}${query}`, { redirect: 'manual' });
  }

  async page(rest = '', query = ''): Promise<string> {
    return (await this.get(rest, query)).text();
  }

  post(rest: string, body: FormData | URLSearchParams, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.ground.url}/a/${this.token}${rest}?lang=${this.lang}`, {
      method: 'POST',
      body,
      headers,
      redirect: 'manual',
    });
  }

  /** The versions that the page shows, by item: a browser sends them back with the form. */
  async seen(): Promise<Record<string, string>> {
    const page = await this.page();
    return Object.fromEntries(
      [...page.matchAll(/name="(base\.[^"]+)" value="(\d+)"/g)].map((match) => [match[1]!, match[2]!]),
    );
  }

  async save(
    fields: Record<string, string | readonly string[]>,
    files: Parameters<typeof formOf>[1] = [],
    seen?: Record<string, string>,
  ): Promise<Response> {
    return this.post('', formOf({ ...(seen ?? (await this.seen())), do: 'save', ...fields }, files));
  }

  async submission(): Promise<string> {
    return /name="submission" value="([^"]+)"/.exec(await this.page('/check'))?.[1] ?? '';
  }

  async submit(submission?: string): Promise<Response> {
    return this.post('/submit', new URLSearchParams({ submission: submission ?? (await this.submission()) }));
  }
}
