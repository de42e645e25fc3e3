import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { Webhook } from 'standardwebhooks';
import { PROJECT_ROOT, readConfig } from '../../src/config.js';
import { forwardSubmissions } from '../../src/activities/answers.js';
import { openActivityDeps } from '../../src/activities/deps.js';
import { sweep } from '../../src/activities/guardSweep.js';
import { takeMail } from '../../src/activities/inboundMail.js';
import { addressesOf, mailId } from '../../src/connectors/mail/addresses.js';
import { inspectionSignals } from '../../src/connectors/inspectionSignals.js';
import { issueToken, tokenSubject } from '../../src/connectors/token.js';
import { answerPage } from '../../src/domain/answers.js';
import { instant, plus, type Duration } from '../../src/domain/instant.js';
import { readPlaybook, publishDocuments } from '../../src/store/documents.js';
import { addAccessLink } from '../../src/store/accessLinks.js';
import { untoldMails } from '../../src/store/inboundMails.js';
import { untakenSubmissions } from '../../src/store/submissions.js';
import { freePorts } from '../../src/stack/ports.js';
import { startProcess, type Supervised } from '../../src/stack/process.js';
import { ensureTemporal, type TemporalServer } from '../../src/stack/temporal.js';
import { temporalCli } from '../../src/stack/temporalCli.js';
import { dataConverterFor } from '../../src/worker/dataConverter.js';
import { KeyRing } from '../../src/worker/keyRing.js';
import { eventually } from '../support/liveOperator.js';
import { C1, C2, openGateway, questionnaire, type Ground } from './support.js';

const NAMESPACE = 'gateway-test';
const MAIL_SECRET = `whsec_${Buffer.from('m'.repeat(32)).toString('base64')}`;
const stateDir = mkdtempSync(path.join(tmpdir(), 'hikeshi-gateway-'));
const keyRing = KeyRing.at(path.join(stateDir, 'keys.json'));
let ground: Ground;
let gateway: Supervised;
let temporal: TemporalServer | undefined;
let connection: Connection | undefined;
let temporalPort: number;
let urls: { codec: string; forms: string };

beforeAll(async () => {
  keyRing.ensureKey(NAMESPACE);
  ground = await openGateway();
  await publishDocuments(ground.store.db, await readPlaybook(path.join(PROJECT_ROOT, 'playbooks/example')), ground.now);
  for (const inspection of [C1, C2]) await ground.put(questionnaire(inspection));
  [temporalPort] = (await freePorts(1)) as [number];
  gateway = await startProcess({
    name: 'gateway',
    args: [path.join(PROJECT_ROOT, 'dist/gateway/main.js')],
    env: {
      ...process.env,
      HIKESHI_STATE_DIR: stateDir,
      DATABASE_URL: ground.databaseUrl,
      TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
      TEMPORAL_NAMESPACE: NAMESPACE,
      HIKESHI_CODEC_PORT: '0',
      HIKESHI_FORMS_PORT: '0',
      HIKESHI_SECRET_INBOUND_MAIL: MAIL_SECRET,
    },
    stateDir,
    ready: (line) => line.includes('"ready":true'),
    log: () => undefined,
  });
  urls = JSON.parse(gateway.readyLine) as typeof urls;
});

afterAll(async () => {
  await connection?.close();
  await gateway?.stop();
  await temporal?.stop();
  await ground?.close();
  rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
});

async function answer(inspection: string, text: string): Promise<void> {
  const now = instant(Date.now());
  const id = tokenSubject(`${inspection}/${text}`);
  const expiresAt = plus(now, 'P1D' as Duration);
  await addAccessLink(ground.store.db, { id, inspection, contact: 'contact', issuedAt: now, expiresAt });
  const page = answerPage(
    urls.forms,
    issueToken({ purpose: 'access', subject: id, expiresAt }, keyRing.current(NAMESPACE)),
  );
  const post = (rest: string, fields: Record<string, string>) =>
    fetch(page + rest, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  const base = /name="base\.charge-monitoring" value="(\d+)"/.exec(await (await fetch(page)).text())![1]!;
  await post('', {
    'base.charge-monitoring': base,
    'claim.charge-monitoring': 'implemented',
    'text.charge-monitoring': text,
  });
  const submission = /name="submission" value="([^"]+)"/.exec(await (await fetch(`${page}/check`)).text())![1]!;
  const sent = await post('/submit', { submission });
  expect(sent.headers.get('location')).toContain('/receipt/');
}

test('the gateway process shows pages and codec server on ports of their own, and takes answers before Temporal runs', async () => {
  expect((await fetch(`${urls.codec}/healthz`)).status).toBe(200);
  expect((await fetch(`${urls.codec}/a/x`)).status).toBe(404);
  expect((await fetch(`${urls.forms}/decode`, { method: 'POST', body: '{}' })).status).toBe(404);
  await answer(C1, 'while Temporal is down');
  expect(await untakenSubmissions(ground.store.db, 'not-yet')).toMatchObject([{ inspection: C1 }]);
}, 30_000);

test('once Temporal runs, what waited is told, and what comes is told at once; the history names nothing but the submission', async () => {
  temporal = await ensureTemporal({
    stateDir,
    cliPath: await temporalCli(path.join(PROJECT_ROOT, '.hikeshi'), () => undefined),
    port: temporalPort,
    uiPort: null,
    namespaces: [NAMESPACE],
    log: () => undefined,
  });
  connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: NAMESPACE, dataConverter: dataConverterFor(NAMESPACE, keyRing) });
  // Nobody works on the queue: a signal is in the history all the same.
  await client.workflow.start('providerInspection', { workflowId: C1, taskQueue: 'nobody', args: [{}] });
  const deps = {
    db: ground.store.db,
    signaller: inspectionSignals(async () => client),
    now: () => instant(Date.now()),
  };
  expect(await forwardSubmissions(deps)).toMatchObject({ told: 1, waiting: 0 });
  await answer(C1, 'while Temporal is up');
  // The gateway's connection may still rest after its first failure; then the sweep is what tells.
  await eventually('both are told', async () => {
    await forwardSubmissions(deps);
    return (await untakenSubmissions(ground.store.db, 'not-yet')).length === 0;
  });
  const { events } = await client.workflow.getHandle(C1).fetchHistory();
  const signals = events!.flatMap((event) => event.workflowExecutionSignaledEventAttributes ?? []);
  expect(signals.length).toBeGreaterThanOrEqual(2);
  for (const { signalName, input } of signals) {
    expect(signalName).toBe('answersGiven');
    const [given] = await dataConverterForTest(input!.payloads!);
    expect(Object.keys(given as object)).toEqual(['v', 'submission']);
  }
  expect(Buffer.from(JSON.stringify(events)).includes('while Temporal')).toBe(false);
}, 60_000);

test('a received mail that the process is handed reaches the running inspection as one signal that names no words of it', async () => {
  const key = `${C1}/request/1`;
  const { reply } = addressesOf(key, 'bank.example', keyRing.current(NAMESPACE));
  await ground.store.db
    .insertInto('provider_mail')
    .values({
      key,
      workflow_id: C1,
      kind: 'request',
      message_id: mailId(key),
      state: 'sent',
      claimed_at: ground.now,
    })
    .execute();
  const raw = `From: contact@c1.example\r\nTo: ${reply}\r\nMessage-ID: <1@c1.example>\r\n\r\nsecret words`;
  const at = new Date();
  const post = async () =>
    fetch(`${urls.forms}/hooks/mail`, {
      method: 'POST',
      headers: {
        'Content-Type': 'message/rfc822',
        'webhook-id': 'msg_mail',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(MAIL_SECRET).sign('msg_mail', at, raw),
      },
      body: raw,
    });
  await eventually('the mail is taken', async () => (await post()).status === 200);
  expect(await (await post()).json()).toMatchObject({ repeated: true, taken: { inspection: C1, told: true } });
  const client = new Client({ connection: connection!, namespace: NAMESPACE });
  const { events } = await client.workflow.getHandle(C1).fetchHistory();
  const told = events!.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal?.signalName === 'replyReceived' ? [signal] : [],
  );
  expect(told).toHaveLength(1);
  const [given] = await dataConverterForTest(told[0]!.input!.payloads!);
  expect(given).toEqual({ v: 1, reply: expect.stringMatching(/^[0-9a-f]{32}$/) as string });
}, 30_000);

test('a mail that was kept by a process which was lost then is told by the scheduled sweep, once', async () => {
  const { reply } = addressesOf(`${C1}/request/1`, 'bank.example', keyRing.current(NAMESPACE));
  const raw = `From: contact@c1.example\r\nTo: ${reply}\r\nMessage-ID: <lost@c1.example>\r\n\r\nnobody heard this`;
  const client = new Client({
    connection: connection!,
    namespace: NAMESPACE,
    dataConverter: dataConverterFor(NAMESPACE, keyRing),
  });
  const lost = {
    store: ground.store,
    keys: keyRing.all(NAMESPACE),
    signal: () => Promise.reject(new Error('lost')),
    now: () => instant(Date.now()),
  };
  await expect(takeMail(lost, Buffer.from(raw))).rejects.toThrow('lost');
  const [id] = await untoldMails(ground.store.db);
  const config = { ...readConfig(), databaseUrl: ground.databaseUrl, namespace: NAMESPACE, stateDir };
  const { deps, close } = openActivityDeps(config, { client, tokenKeys: () => keyRing.all(NAMESPACE) });
  try {
    for (let time = 0; time < 2; time++) await sweep(deps, { at: instant(Date.now()) });
  } finally {
    await close();
  }
  const { events } = await client.workflow.getHandle(C1).fetchHistory();
  const replies = events!.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal?.signalName === 'replyReceived' ? [signal] : [],
  );
  const given = await Promise.all(replies.map(({ input }) => dataConverterForTest(input!.payloads!)));
  expect(given.flat().filter((each) => (each as { reply: string }).reply === id)).toHaveLength(1);
}, 60_000);

test('a mail that belongs to nothing is listed, shown without its terminal codes, and settled once by the provider manager', async () => {
  const raw = 'From: a@b.example\r\nSubject: \u001b[2Jhello\r\nMessage-ID: <2@b.example>\r\n\r\nwhat is this';
  const file = path.join(stateDir, 'stray.eml');
  writeFileSync(file, raw);
  const hikeshi = (...args: string[]) =>
    promisify(execFile)(
      process.execPath,
      [path.join(PROJECT_ROOT, 'dist/cli/main.js'), 'mail', ...args, '--lang', 'en'],
      {
        env: {
          ...process.env,
          HIKESHI_STATE_DIR: stateDir,
          DATABASE_URL: ground.databaseUrl,
          TEMPORAL_ADDRESS: temporal!.address,
          TEMPORAL_NAMESPACE: NAMESPACE,
        },
      },
    ).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout + stderr }),
      (problem: unknown) => {
        const { code, stdout, stderr } = problem as { code: number; stdout: string; stderr: string };
        return { code, out: stdout + stderr };
      },
    );
  expect(await hikeshi('take', file)).toMatchObject({ code: 1, out: expect.stringContaining('has a task') as string });
  const { out: list } = await hikeshi('list');
  const id = /mail show ([0-9a-f]{32})/.exec(list)![1]!;
  const { out: shown } = await hikeshi('show', id);
  expect(shown).toContain('what is this');
  expect(list + shown).not.toContain('\u001b[2J');
  const settle = (by: string) => hikeshi('settle', id, '--by', by, '--reason', 'Advertising');
  const refused = await settle('duty-1');
  expect([refused.code, refused.out.replace(/\s+/g, ' ')]).toEqual([
    1,
    expect.stringContaining(
      '"duty-1" does not hold a role that may decide this now (a received mail that belongs to nothing). Who may: provider manager (provider-manager-1).',
    ),
  ]);
  for (let time = 0; time < 2; time++) expect(await settle('provider-manager-1')).toMatchObject({ code: 0 });
  expect((await hikeshi('list')).out).not.toContain(id);
  const open = await ground.store.db
    .selectFrom('task')
    .select('id')
    .where('workflow_id', '=', `inboundMail/${id}`)
    .where('closed_at', 'is', null)
    .execute();
  expect(open).toEqual([]);
}, 60_000);

test('answers for an inspection that does not run, or runs no longer, are kept and named', async () => {
  const client = new Client({ connection: connection!, namespace: NAMESPACE });
  await client.workflow.getHandle(C1).terminate();
  await answer(C1, 'after the end');
  await answer(C2, 'never started');
  const deps = {
    db: ground.store.db,
    signaller: inspectionSignals(async () => client),
    now: () => instant(Date.now()),
  };
  expect((await forwardSubmissions(deps)).unheard.toSorted()).toEqual([C1, C2]);
}, 30_000);

async function dataConverterForTest(payloads: object[]): Promise<unknown[]> {
  const { payloadCodecs } = dataConverterFor(NAMESPACE, keyRing);
  let decoded = payloads as Parameters<NonNullable<typeof payloadCodecs>[number]['decode']>[0];
  for (const codec of payloadCodecs ?? []) decoded = await codec.decode(decoded);
  return decoded.map((payload) => JSON.parse(Buffer.from(payload.data!).toString()) as unknown);
}
