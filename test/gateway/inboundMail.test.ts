import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { PROJECT_ROOT } from '../../src/config.js';
import { addressesOf, mailId } from '../../src/connectors/mail/addresses.js';
import { smtpRelay } from '../../src/connectors/mail/smtp.js';
import { plus, type Duration } from '../../src/domain/instant.js';
import { startSimulator, type RunningSimulator } from '../simulator/startSimulator.js';
import { forwardMails, takeMail } from '../../src/activities/inboundMail.js';
import { settleMail, untoldMails } from '../../src/store/inboundMails.js';
import { record } from '../../src/store/record.js';
import { C1, openGateway, type Ground } from './support.js';

const SECRET = `whsec_${Buffer.from('m'.repeat(32)).toString('base64')}`;
const DOMAIN = 'return.bank.example';
const KEY = `${C1}/request/1`;
let ground: Ground;
let simulator: RunningSimulator;
let requested: { id: number };
let count = 0;

beforeAll(async () => {
  [ground, simulator] = await Promise.all([openGateway(), startSimulator()]);
  ground.secrets['mail'] = [SECRET];
  const relay = smtpRelay({
    smtpUrl: simulator.smtp,
    from: { name: 'Inspection', mail: 'inspection@bank.example' },
    returnDomain: DOMAIN,
    key: () => ground.key,
  });
  const to = { name: 'Contact', mail: 'contact@c1.example' };
  const sent = await relay.send({ key: KEY, to, subject: '照会', text: 'Please', lang: 'ja', at: ground.now });
  expect(sent.kind).toBe('accepted');
  relay.close();
  await ground.store.db
    .insertInto('provider_mail')
    .values({
      key: KEY,
      workflow_id: C1,
      kind: 'request',
      message_id: mailId(KEY),
      state: 'sent',
      claimed_at: ground.now,
    })
    .execute();
  [requested] = (await simulator.mail()) as unknown as [{ id: number }];
});
beforeEach(() => {
  ground.signals.told.length = 0;
  ground.signals.state = 'up';
});
afterAll(async () => {
  await simulator?.stop();
  await ground?.close();
});

/** What the outside world sends back to the mail of ours. */
const back = async (kind: 'bounce' | 'reply', body: object) =>
  ((await simulator.sim(`mail/${requested.id}/${kind}`, body)) as unknown as { raw: string }).raw;

interface Sending {
  secret?: string;
  at?: number;
  type?: string;
  headers?: Record<string, string>;
}

async function post(raw: string | Uint8Array, sending: Sending = {}) {
  const { secret = SECRET, at = Date.now(), type = 'message/rfc822', headers } = sending;
  const bytes = Buffer.from(raw);
  const [id, seconds] = [`msg_${++count}`, String(Math.floor(at / 1000))];
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.`).update(bytes).digest('base64');
  const signed = { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
  const response = await fetch(`${ground.url}/hooks/mail`, {
    method: 'POST',
    headers: { 'Content-Type': type, ...(headers ?? signed) },
    body: bytes,
  });
  return { status: response.status, body: (await response.json()) as Record<string, any> };
}

const kept = async () =>
  (
    await ground.store.db
      .selectFrom('inbound_mail')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .execute()
  )[0]!.n;
const task = (id: string) =>
  ground.store.db.selectFrom('task').selectAll().where('workflow_id', '=', `inboundMail/${id}`).executeTakeFirst();
const stranger = (more: string[] = [], body = 'hello') =>
  ['From: somebody@elsewhere.example', `Message-ID: <${++count}@elsewhere.example>`, ...more, '', body].join('\r\n');

test('a mail that is not signed, or not so, is refused and not kept', async () => {
  const raw = stranger();
  const before = await kept();
  for (const how of [
    { headers: {} },
    { secret: `whsec_${Buffer.from('x'.repeat(32)).toString('base64')}` },
    { at: Date.now() - 6 * 60_000 },
    { at: Date.now() + 6 * 60_000 },
  ]) {
    const { status, body } = await post(raw, how);
    expect([status, body['sentence'].en]).toEqual([401, expect.stringContaining('HIKESHI_SECRET_INBOUND_MAIL')]);
    expect(body['sentence'].ja).toContain('署名');
  }
  expect(await kept()).toBe(before);
});

test('the signature is the one of Standard Webhooks', async () => {
  const at = new Date();
  const raw = stranger();
  const headers = {
    'webhook-id': 'msg_library',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': `v1,AAAA v2,xx ${new Webhook(SECRET).sign('msg_library', at, raw)}`,
  };
  expect((await post(raw, { headers })).status).toBe(200);
  expect((await post(`${raw}.`, { headers })).status).toBe(401);
});

test('a bounce of a mail of ours is told to its inspection once, however often and by whichever hop it comes', async () => {
  const bounce = await back('bounce', { status: '5.1.1' });
  const first = await post(bounce);
  expect(first).toMatchObject({
    status: 200,
    body: { v: 1, repeated: false, taken: { kind: 'bounce', inspection: C1, mail: KEY, permanent: true, told: true } },
  });
  expect(first.body['sentence'].en).toContain('came back');
  const again = await Promise.all([post(bounce), post(`Received: from another.hop\r\n${bounce}`)]);
  for (const { status, body } of again) expect([status, body]).toEqual([200, { ...first.body, repeated: true }]);
  expect(ground.signals.told).toEqual([{ inspection: C1, name: 'mailBounced', input: { v: 1, key: KEY } }]);
  const row = await ground.store.db.selectFrom('provider_mail').select(['state', 'detail']).executeTakeFirst();
  expect(row).toEqual({ state: 'bounced', detail: '5.1.1' });
  expect(await task(first.body['id'])).toBeUndefined();
});

test('the same mail posted five times at once is one signal', async () => {
  const reply = await back('reply', { text: 'We need another week.' });
  const receipts = await Promise.all(Array.from({ length: 5 }, () => post(reply)));
  expect(receipts.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(receipts.filter(({ body }) => !body['repeated'])).toHaveLength(1);
  expect(ground.signals.told).toHaveLength(1);
});

test('an answer is matched by the thread alone; two with one Message-ID and different texts are two', async () => {
  const { messageId } = addressesOf(KEY, DOMAIN, ground.key);
  const answer = (text: string) =>
    [
      'From: =?utf-8?B?5LqL5qWt6ICF?= <contact@c1.example>',
      'To: inspection@bank.example',
      'Message-ID: <same@c1.example>',
      `In-Reply-To: ${messageId}`,
      'Content-Type: text/plain; charset=utf-8',
      '',
      text,
    ].join('\r\n');
  const [first, second] = [await post(answer('one')), await post(answer('two'))];
  expect(first.body['taken']).toMatchObject({ kind: 'reply', inspection: C1, automatic: false, told: true });
  expect(second.body['repeated']).toBe(false);
  expect(second.body['id']).not.toBe(first.body['id']);
  expect(ground.signals.told.map(({ name }) => name)).toEqual(['replyReceived', 'replyReceived']);
  const rows = await ground.store.db.selectFrom('provider_reply').select(['id', 'text']).execute();
  expect(rows).toContainEqual({ id: first.body['id'], text: 'one' });
});

test('a mail that matches nobody is kept, byte for byte, and a person has a task; the first calls, the others wait with it', async () => {
  const raw = Buffer.concat([Buffer.from(stranger(['Subject: test'])), Buffer.from([0x82, 0xa0, 0xff, 0x00])]);
  const called = (await ground.store.db.selectFrom('task').select('call').execute()).some(({ call }) => call);
  const { status, body } = await post(raw);
  expect([status, body['taken'], body['stray']]).toEqual([200, { kind: 'unmatched', why: 'no-token' }, 'no-token']);
  expect(ground.signals.told).toEqual([]);
  expect(await task(body['id'])).toMatchObject({ roles: ['providerManager'], call: !called, closed_at: null });
  const row = await ground.store.db
    .selectFrom('inbound_mail')
    .select(['raw', 'settled_at'])
    .where('id', '=', body['id'])
    .executeTakeFirstOrThrow();
  expect([row.raw.equals(raw), row.settled_at]).toEqual([true, null]);
  const next = await post(stranger());
  expect(await task(next.body['id'])).toMatchObject({ call: false, closed_at: null });
  expect((await post(raw)).body).toMatchObject({ id: body['id'], repeated: true });
});

test('a forged return address, and a mail that the register does not hold, match nobody', async () => {
  const forged = addressesOf(KEY, DOMAIN, { id: 'other', bytes: Buffer.alloc(32, 1) });
  expect((await post(stranger([`To: ${forged.bounce}`]))).body).toMatchObject({ stray: 'no-token' });
  const unknown = addressesOf(`${C1}/request/9`, DOMAIN, ground.key);
  const { body } = await post(stranger([`Delivered-To: ${unknown.reply}`]));
  expect(body).toMatchObject({ taken: { kind: 'unmatched', why: 'unknown-mail' }, stray: 'unknown-mail' });
  expect(await task(body['id'])).toMatchObject({ closed_at: null });
});

test('an answer to an inspection that runs no more is a task; one that a machine wrote is not', async () => {
  ground.signals.state = 'nobody';
  const late = await post(await back('reply', { text: 'Too late?' }));
  expect(late.body).toMatchObject({ taken: { kind: 'reply', told: false }, stray: 'not-running' });
  expect(await task(late.body['id'])).toMatchObject({ incident: 'R2020', closed_at: null });
  const away = await post(await back('reply', { text: 'I am away', autoReply: true }));
  expect(away.body).toMatchObject({ taken: { automatic: true } });
  expect(away.body['stray']).toBeUndefined();
  expect(await task(away.body['id'])).toBeUndefined();
});

test('while Temporal is down the mail is kept and wanted again; then it is told once', async () => {
  const reply = await back('reply', { text: 'In the dark' });
  ground.signals.state = 'down';
  const refused = await post(reply);
  expect([refused.status, refused.body['sentence'].en]).toEqual([503, expect.stringContaining('Send it again')]);
  const open = await ground.store.db.selectFrom('inbound_mail').select('taken').where('taken', 'is', null).execute();
  expect(open).toHaveLength(1);
  ground.signals.state = 'up';
  expect(await post(reply)).toMatchObject({ status: 200, body: { repeated: false, taken: { told: true } } });
  expect(await post(reply)).toMatchObject({ status: 200, body: { repeated: true } });
  expect(ground.signals.told).toHaveLength(1);
});

describe('a mail that is kept, and of which nobody was told', () => {
  /** The process was lost after the keeping, and whoever sent the mail does not send it again. */
  const keptOnly = async (raw: string, lost = async () => Promise.reject(new Error('lost'))) => {
    const before = await untoldMails(ground.store.db);
    const untold = { store: ground.store, keys: [ground.key], signal: lost, now: () => ground.now };
    await expect(takeMail(untold, Buffer.from(raw))).rejects.toThrow('lost');
    return (await untoldMails(ground.store.db)).find((id) => !before.includes(id))!;
  };
  const sweep = () =>
    forwardMails({
      store: ground.store,
      keys: () => [ground.key],
      signal: (...signalled) => ground.signals.signal(...signalled),
      now: () => plus(ground.now, 'PT5M' as Duration),
    });
  // Another test leaves a mail with Temporal down.
  beforeEach(sweep);
  beforeEach(() => void (ground.signals.told.length = 0));

  test('is told by the sweep once, as it was received, and waits while Temporal is down', async () => {
    const id = await keptOnly(await back('reply', { text: 'Kept only' }));
    ground.signals.state = 'down';
    expect(await sweep()).toEqual({ told: 0, waiting: 1 });
    ground.signals.state = 'up';
    expect(await Promise.all([sweep(), sweep()])).toContainEqual({ told: 1, waiting: 0 });
    expect(await sweep()).toEqual({ told: 0, waiting: 0 });
    expect(ground.signals.told).toEqual([{ inspection: C1, name: 'replyReceived', input: { v: 1, reply: id } }]);
    const reply = await ground.store.db.selectFrom('provider_reply').selectAll().where('id', '=', id).execute();
    expect(reply).toMatchObject([{ text: 'Kept only', received_at: ground.now }]);
  });

  test('is told oldest first; what belongs to no inspection that runs becomes a task and stops none of the others', async () => {
    const ids: string[] = [];
    for (const text of ['Older', 'Newer']) {
      ids.push(await keptOnly(await back('reply', { text })));
      ground.now = plus(ground.now, 'PT1M' as Duration);
    }
    expect(await untoldMails(ground.store.db)).toEqual(ids);
    ground.signals.state = 'nobody';
    expect(await sweep()).toEqual({ told: 0, waiting: 0 });
    for (const id of ids) expect(await task(id)).toMatchObject({ incident: 'R2020', closed_at: null });
    expect(await untoldMails(ground.store.db)).toEqual([]);
  });

  test('is not told once a person settled it', async () => {
    const id = await keptOnly(await back('reply', { text: 'By telephone' }));
    await settleMail(ground.store.db, id, ground.now);
    expect(await sweep()).toEqual({ told: 0, waiting: 0 });
    expect(ground.signals.told).toEqual([]);
  });

  test('is not told again where the inspection knows already that its mail came back', async () => {
    const key = `${C1}/overdue/4`;
    const { bounce } = addressesOf(key, DOMAIN, ground.key);
    await ground.store.db
      .insertInto('provider_mail')
      .values({ key, workflow_id: C1, kind: 'overdue', message_id: mailId(key), state: 'sent', claimed_at: ground.now })
      .execute();
    const report = ['Content-Type: text/plain', `To: ${bounce}`, 'Subject: failed', 'Status: 5.1.1'];
    const raw = ['From: MAILER-DAEMON@elsewhere.example', ...report, '', '5.1.1 no such user'].join('\r\n');
    const line = {
      entity: C1,
      kind: 'alarm.mailBounced',
      incident: 'R2020',
      effectiveAt: ground.now,
      content: { mail: 'overdue', n: 4 },
      rows: [],
    };
    await keptOnly(raw, async () => {
      // The workflow took the signal in, and the process was lost before that was written down.
      await record(ground.store, {
        workflowId: C1,
        job: 'providerInspection',
        incident: 'R2020',
        stage: 'OVERDUE',
        closed: false,
        needsHuman: false,
        state: {},
        sequence: 1,
        transitions: [{ ...line, sequence: 1, recordedAt: ground.now }],
      });
      throw new Error('lost');
    });
    expect(await sweep()).toEqual({ told: 1, waiting: 0 });
    expect(ground.signals.told).toEqual([]);
  });
});

test.each([
  ['nothing', ''],
  ['JSON', '{"event": "inbound"}'],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
  ['a page', '<!doctype html><p>From: me</p>'],
])('%s is no mail, and is refused in a sentence', async (_, raw) => {
  const before = await kept();
  const { status, body } = await post(raw);
  expect([status, body['sentence'].en]).toEqual([400, expect.stringContaining('This is no mail')]);
  expect(body['sentence'].ja).toContain('メールではありません');
  expect(await kept()).toBe(before);
});

test('too large a mail and another type are refused in sentences about mails', async () => {
  const large = await post(stranger([], 'x'.repeat(26 * 1024 * 1024)));
  expect([large.status, large.body['sentence'].en]).toEqual([413, expect.stringContaining('25 MiB')]);
  const json = await post('{}', { type: 'application/json' });
  expect([json.status, json.body['sentence'].en]).toEqual([415, expect.stringContaining('message/rfc822')]);
  expect((await post(stranger([], 'x'.repeat(9 * 1024 * 1024)))).status).toBe(200);
});

describe('hostile headers', () => {
  const { messageId } = addressesOf(KEY, DOMAIN, { id: 'x', bytes: Buffer.alloc(32) });
  test.each<[string, string[], string]>([
    ['zero characters', ['Subject: a\u0000b', 'Message-ID: <\u0000>'], 'no-token'],
    ['names that JavaScript knows', ['__proto__: 1', 'constructor: 2', 'toString: 3'], 'no-token'],
    ['ten thousand headers', Array.from({ length: 10_000 }, (_, n) => `X-${n}: ${n}`), 'no-token'],
    ['one of a megabyte', [`Subject: ${'あ'.repeat(350_000)}`], 'no-token'],
    ['more than anybody reads', [`Subject: ${'x'.repeat(3 * 1024 * 1024)}`], 'unreadable'],
    ['terminal codes', ['Subject: \u001b[2J\u001b]0;gone\u0007'], 'no-token'],
    ['broken words', ['Subject: =?utf-8?B?////?= =?nonsense?Q?=FF=FE?=', 'From: "<@,;:\\'], 'no-token'],
    [
      'a thousand forged threads',
      [`References: ${Array.from({ length: 1_000 }, () => messageId).join(' ')}`],
      'no-token',
    ],
    ['a sender that is a mailer', ['Return-Path: <>', 'From: MAILER-DAEMON@bank.example'], 'no-token'],
    [
      'parts in parts',
      ['Content-Type: multipart/mixed; boundary=a', ''].concat(
        Array(600).fill('--a\r\nContent-Type: multipart/mixed; boundary=a\r\n'),
      ),
      'any',
    ],
  ])('%s: the mail is kept, matches nobody, and nothing breaks', async (_, headers, why) => {
    const { status, body } = await post(stranger(headers));
    expect([status, body['taken']?.kind]).toEqual([200, 'unmatched']);
    if (why !== 'any') expect(body['stray']).toBe(why);
    expect(await task(body['id'])).toMatchObject({ closed_at: null });
    expect(ground.signals.told).toEqual([]);
    expect(await fetch(`${ground.url}/healthz`).then(({ status: alive }) => alive)).toBe(200);
  });
});

test('the pipe of a mail server hands a mail in byte for byte, and ends with the code that says what to do with it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hikeshi-pipe-'));
  const settings = path.join(folder, 'inbound-mail');
  const pipe = async (raw: Uint8Array, secret = SECRET, url = `${ground.url}/hooks/mail`) => {
    writeFileSync(settings, `URL=${url}\nSECRET=${secret}\n`);
    const child = spawn(path.join(PROJECT_ROOT, 'scripts/take-mail.sh'), {
      env: { ...process.env, HIKESHI_INBOUND_MAIL: settings },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.end(raw);
    return ((await once(child, 'exit')) as [number])[0];
  };
  const raw = Buffer.concat([
    Buffer.from(stranger(['Subject: by pipe'])),
    Buffer.from([0x82, 0xa0, 0x00, 0xff, 0x0a, 0x0a]),
  ]);
  try {
    expect(await pipe(raw)).toBe(0);
    const row = await ground.store.db
      .selectFrom('inbound_mail')
      .select('raw')
      .where('subject', '=', 'by pipe')
      .executeTakeFirstOrThrow();
    expect(row.raw.equals(raw)).toBe(true);
    expect(await pipe(Buffer.from('{}'))).toBe(65);
    expect(await pipe(raw, `whsec_${Buffer.from('y'.repeat(32)).toString('base64')}`)).toBe(75);
    expect(await pipe(raw, SECRET, 'http://127.0.0.1:9/hooks/mail')).toBe(75);
    ground.signals.state = 'down';
    expect(await pipe(Buffer.from(await back('reply', { text: 'piped' })))).toBe(75);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 30_000);

test('nothing of a mail is in the log, and whoever goes on guessing signatures is stopped', async () => {
  const raw = stranger(['Subject: confidential-subject']);
  ground.now = plus(ground.now, 'PT1H' as Duration);
  const guesses = await Promise.all(
    Array.from({ length: 70 }, () => post(raw, { secret: `${SECRET.slice(0, -4)}AAA=` })),
  );
  expect(guesses.at(-1)?.status).toBe(429);
  expect((await post(raw)).status).toBe(200);
  expect(ground.log.join('')).not.toMatch(/confidential-subject|In the dark|elsewhere\.example/);
});
