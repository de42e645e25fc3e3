import { Webhook } from 'standardwebhooks';
import { examples } from '../../src/domain/examples.js';
import { readEvidence } from '../../src/store/evidence.js';
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
  to?: 'answers' | 'evidence';
}

async function send(
  body: unknown,
  { secret: by = secret('a'), id = 'msg_1', at = new Date(), arrives, to = 'answers' }: Sending = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${ground.url}/hooks/${to}`, {
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

describe('a file that answers are to name', () => {
  const PDF = Buffer.from('%PDF-1.7 evidence of C1');
  // Of the bytes above, by sha256sum.
  const PDF_HASH = 'sha256:25db083a85d55d3ad10e963d601f31ab81a55aee08b0782f5c81fceec6f03f95';
  const file = (more: object = {}) => ({
    v: 1,
    inspection: C1,
    name: 'policy.pdf',
    content: PDF.toString('base64'),
    ...more,
  });
  const upload = (body: unknown, how: Sending = {}) => send(body, { ...how, to: 'evidence' });
  const stored = async (inspection = C1) =>
    (
      await ground.store.db.selectFrom('evidence_of').select('hash').where('workflow_id', '=', inspection).execute()
    ).map(({ hash }) => hash);

  test('is kept under the hash that the sender gets, once however often it comes, and answers then name it', async () => {
    const first = await upload(file());
    expect(first).toEqual({ status: 200, body: { v: 1, inspection: C1, hash: PDF_HASH, size: 23 } });
    expect(await upload(file({ name: 'other.pdf' }), { id: 'msg_again' })).toEqual(first);
    expect(await stored()).toEqual([PDF_HASH]);
    expect(await readEvidence(ground.store.db, C1, PDF_HASH)).toMatchObject({
      name: 'policy.pdf',
      mediaType: 'application/pdf',
      content: PDF,
    });
    const document = answers({
      items: [{ item: 'charge-monitoring', claim: 'implemented', text: 'Daily', evidence: [PDF_HASH] }],
    });
    expect((await send(document)).status).toBe(200);
    expect((await readSubmission(ground.store.db, document.submission))?.answers.items[0]?.evidence).toEqual([
      PDF_HASH,
    ]);
    const foreign = await send(
      { ...document, inspection: C2, submission: 'c2-webhook-foreign' },
      { secret: secret('b') },
    );
    expect([foreign.status, foreign.body['sentence'].en]).toEqual([
      400,
      expect.stringContaining('"items.0.evidence.0"'),
    ]);
  });

  test.each<[string, object, Sending, number, string]>([
    ['signed by another unit', {}, { secret: secret('b') }, 401, 'The signature is missing'],
    ['signed six minutes ago', {}, { at: minutesAgo(6) }, 401, 'The signature is missing'],
    [
      'for another inspection than was signed',
      {},
      { arrives: JSON.stringify(file({ inspection: 'providerInspection/R2021/c1' })) },
      401,
      'The signature',
    ],
    ['for an inspection that asks nothing', { inspection: 'providerInspection/R2021/c1' }, {}, 400, 'asks nothing now'],
    ['of no bytes', { content: '' }, {}, 422, '“policy.pdf” is empty'],
    ['of another content than its name says', { name: 'policy.png' }, {}, 422, 'is not what its name says'],
    ['that is a program', { name: 'policy.exe' }, {}, 422, 'of a kind that is not taken'],
    [
      'larger than 10 MB',
      { content: Buffer.concat([PDF, Buffer.alloc(10 * 1024 * 1024)]).toString('base64') },
      {},
      422,
      'larger than 10 MB',
    ],
    ['far larger', { content: 'A'.repeat(15 * 1024 * 1024) }, {}, 413, 'larger than 10 MB'],
    ['that is not base64', { content: 'not base64!' }, {}, 400, '"content" must be the content of the file in base64'],
    ['without a name', { name: '' }, {}, 400, '"name"'],
    ['with an unknown field', { extra: 1 }, {}, 400, '"extra" is not a known field'],
  ])('%s is refused in a sentence, and not kept', async (_, more, how, status, sentence) => {
    const before = await stored();
    const refused = await upload(file(more), how);
    expect([refused.status, refused.body['sentence'].en]).toEqual([status, expect.stringContaining(sentence)]);
    expect(refused.body['sentence'].ja).toMatch(/[ぁ-ん]/);
    expect([await stored(), await stored(C2)]).toEqual([before, []]);
  });

  test('without a signature is not even read', async () => {
    const bare = await fetch(`${ground.url}/hooks/evidence`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(file({ content: 'A'.repeat(15 * 1024 * 1024) })),
    });
    expect(bare.status).toBe(401);
  });

  test('the ready JSON is taken', async () => {
    expect(await upload(examples.evidence)).toMatchObject({ status: 200, body: { size: 30 } });
  });
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
