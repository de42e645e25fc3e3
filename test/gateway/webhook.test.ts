import { Webhook } from 'standardwebhooks';
import { readSubmission } from '../../src/store/submissions.js';
import { C1, C2, openGateway, questionnaire, type Ground } from './support.js';

const secret = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;
let ground: Ground;
let sent = 0;

beforeAll(async () => {
  ground = await openGateway();
  Object.assign(ground.secrets, { c1: [secret('a'), secret('n')], c2: [secret('b')] });
  await ground.put(questionnaire(C1));
  await ground.put(questionnaire(C2));
});
afterAll(() => ground?.close());

const answers = (more: object = {}) => ({
  v: 1,
  inspection: C1,
  by: 'contact-c1',
  submission: `c1-webhook-${++sent}`,
  items: [{ item: 'charge-monitoring', claim: 'implemented', text: 'Daily', evidence: [] }],
  ...more,
});

interface Sending {
  secret?: string;
  id?: string;
  at?: Date;
  /** What arrives, where it is not what was signed. */
  arrives?: string;
}

async function send(body: unknown, { secret: by = secret('a'), id = 'msg_1', at = new Date(), arrives }: Sending = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${ground.url}/hooks/answers`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(by).sign(id, at, text),
    },
    body: arrives ?? text,
  });
  return { status: response.status, body: (await response.json()) as Record<string, any> };
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

test('signed answers are kept, the inspection is told, and the sender gets the receipt', async () => {
  const document = answers();
  const { status, body } = await send(document);
  expect([status, body]).toEqual([
    200,
    expect.objectContaining({
      v: 1,
      submission: document.submission,
      inspection: C1,
      number: 'R2020-c1-1',
      late: false,
    }),
  ]);
  expect(ground.signals.heard).toContainEqual({ inspection: C1, submission: document.submission });
  expect((await readSubmission(ground.store.db, document.submission))?.answers).toEqual(document);
  expect((await send(answers(), { secret: secret('n') })).status).toBe(200);
});

test.each<[string, Sending]>([
  ['by another secret', { secret: secret('x') }],
  ["by another unit's secret", { secret: secret('b') }],
  ['six minutes ago', { at: minutesAgo(6) }],
  ['six minutes ahead', { at: minutesAgo(-6) }],
])('answers signed %s are refused and not kept', async (_, how) => {
  const document = answers();
  const { status, body } = await send(document, how);
  expect([status, body['sentence'].en]).toEqual([401, expect.stringContaining('The signature is missing')]);
  expect(body['sentence'].ja).toContain('署名');
  expect(await readSubmission(ground.store.db, document.submission)).toBeUndefined();
});

test('one letter changed on the way, another id, or no signature at all: refused alike', async () => {
  const document = answers();
  const text = JSON.stringify(document);
  expect((await send(text, { arrives: text.replace('Daily', 'Daily!') })).status).toBe(401);
  expect((await send(text, { arrives: ` ${text}` })).status).toBe(401);
  expect((await send('{"v":', {})).status).toBe(401);
  const bare = await fetch(`${ground.url}/hooks/answers`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: text,
  });
  expect(bare.status).toBe(401);
  const unknown = await send(answers({ inspection: 'providerInspection/R2020/n17' }));
  expect(unknown.status).toBe(401);
});

test('a repeat, by the same id or a new one, changes nothing and gets the first receipt', async () => {
  const document = answers();
  const first = await send(document, { id: 'msg_repeat' });
  const heard = ground.signals.heard.length;
  const repeats = await Promise.all([send(document, { id: 'msg_repeat' }), send(document, { id: 'msg_other' })]);
  for (const repeat of repeats) expect(repeat).toEqual(first);
  expect(ground.signals.heard).toHaveLength(heard);
});

test('the same submission id with other answers is refused, whoever sends them', async () => {
  const document = answers();
  await send(document);
  const other = await send({ ...document, by: 'somebody else' });
  expect([other.status, other.body['sentence'].en]).toEqual([409, expect.stringContaining('"submission"')]);
  const stranger = await send({ ...document, inspection: C2 }, { secret: secret('b') });
  expect(stranger.status).toBe(409);
});

test.each<[string, object, string]>([
  ['an unknown field', { extra: 1 }, '"extra" is not a known field'],
  [
    'a claim that does not exist',
    { items: [{ item: 'charge-monitoring', claim: 'yes' }] },
    '"items.0.claim" must be one of implemented',
  ],
  [
    'a claim that needs words',
    { items: [{ item: 'charge-monitoring', claim: 'disputed' }] },
    '"items.0.text" must be an explanation',
  ],
  [
    'a date without need',
    { items: [{ item: 'charge-monitoring', claim: 'implemented', dueBy: '2020-12-01' }] },
    '"items.0.dueBy"',
  ],
  [
    'an item twice',
    {
      items: [
        { item: 'charge-monitoring', claim: 'implemented' },
        { item: 'charge-monitoring', claim: 'implemented' },
      ],
    },
    '"items" must be a list in which no item occurs twice',
  ],
  [
    'an item that is not asked',
    { items: [{ item: 'other-item', claim: 'implemented' }] },
    '"items.0.item" names an item that this unit is not asked',
  ],
  [
    'a file that was never uploaded',
    { items: [{ item: 'charge-monitoring', claim: 'implemented', evidence: [`sha256:${'0'.repeat(64)}`] }] },
    '"items.0.evidence.0" names a file',
  ],
  ['no item', { items: [] }, '"items"'],
  ['a control character', { by: 'a\u0007b' }, '"by" must be text without control characters'],
  ['a zero byte', { by: 'a\u0000b' }, '"by" holds a character that cannot be stored'],
  ['half a character', { by: 'a\ud800' }, '"by"'],
  ['another version', { v: 2 }, '"v" must be one of 1'],
])('%s is answered in a sentence that names the field', async (_, more, sentence) => {
  const document = answers(more);
  const { status, body } = await send(document);
  expect([status, body['sentence'].en]).toEqual([400, expect.stringContaining(sentence)]);
  expect(body['sentence'].ja).toMatch(/[ぁ-ん]/);
  expect(await readSubmission(ground.store.db, document.submission)).toBeUndefined();
});

test('another content type and too large a body are answered in a sentence too', async () => {
  const post = (headers: Record<string, string>, body: string) =>
    fetch(`${ground.url}/hooks/answers`, { method: 'POST', headers, body });
  const csv = await post({ 'Content-Type': 'text/csv' }, 'a,b');
  expect([csv.status, await csv.text()]).toEqual([415, expect.stringContaining('application/json')]);
  const large = await post({ 'Content-Type': 'application/json' }, 'x'.repeat(9 * 1024 * 1024));
  expect([large.status, await large.text()]).toEqual([413, expect.stringContaining('8 MiB')]);
});

test('who goes on guessing signatures is stopped; a right one still gets through', async () => {
  const text = JSON.stringify(answers());
  const attempts = await Promise.all(Array.from({ length: 70 }, () => send(text, { secret: secret('z') })));
  expect(attempts.at(-1)?.status).toBe(429);
  expect((await send(answers())).status).toBe(200);
});
