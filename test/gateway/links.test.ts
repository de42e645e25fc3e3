import { issueToken, tokenSubject } from '../../src/connectors/token.js';
import type { Duration } from '../../src/domain/instant.js';
import { plus } from '../../src/domain/instant.js';
import { revokeAccessLinks } from '../../src/store/accessLinks.js';
import { C1, C2, openGateway, questionnaire, START, Visitor, type Ground } from './support.js';

let ground: Ground;

beforeAll(async () => {
  ground = await openGateway({ perLink: 60, guesses: 5 });
  await ground.put(questionnaire(C1));
  await ground.put(questionnaire(C2));
});
afterAll(() => ground?.close());
beforeEach(() => {
  ground.now = START;
});

test('a link shows the items of its own unit, in the language of the contact, and in the other one on request', async () => {
  const { token } = await ground.link(C1);
  const response = await fetch(`${ground.url}/a/${token}`);
  const page = await response.text();
  expect(response.status).toBe(200);
  expect(page).toContain('<html lang="ja">');
  expect(page).toContain('事業者C1');
  expect(page).not.toContain('事業者C2');
  const english = await new Visitor(ground, token).page();
  expect(english).toContain('<html lang="en">');
  expect(english).toContain('besides the PIN');
  expect(english).toContain('Inspection office, inspection@bank.invalid');
});

test('the page may load nothing from elsewhere, is framed nowhere, kept nowhere, and gives its address to nobody', async () => {
  const { token } = await ground.link(C1);
  const { headers } = await new Visitor(ground, token).get();
  const csp = headers.get('content-security-policy')!;
  expect(csp).toContain("default-src 'none'");
  expect(csp).toContain("frame-ancestors 'none'");
  expect(csp).toContain("form-action 'self'");
  expect(csp).not.toContain('script-src');
  expect(headers.get('referrer-policy')).toBe('same-origin');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test('an expired link says so in a sentence and names whom to ask, in the moment it expires', async () => {
  const { token } = await ground.link(C1, { expiresIn: 'P1D' as Duration });
  ground.now = plus(START, 'PT23H59M' as Duration);
  expect((await new Visitor(ground, token).get()).status).toBe(200);
  ground.now = plus(START, 'P1D' as Duration);
  const response = await new Visitor(ground, token).get();
  expect(response.status).toBe(410);
  const page = await response.text();
  expect(page).toContain('This link has expired');
  expect(page).toContain('inspection@bank.invalid');
  expect(page).not.toContain('besides the PIN');
});

test('a link whose row was shortened expires although its token does not say so', async () => {
  const { id, token } = await ground.link(C1);
  await ground.store.db.updateTable('access_link').set({ expires_at: START }).where('id', '=', id).execute();
  expect((await new Visitor(ground, token).get()).status).toBe(410);
});

test('a revoked link opens nothing and takes nothing, at once', async () => {
  const { id, token } = await ground.link(C1);
  const visitor = new Visitor(ground, token);
  const seen = await visitor.seen();
  expect(await revokeAccessLinks(ground.store.db, { id }, START)).toBe(1);
  const response = await visitor.get();
  expect([response.status, await response.text()]).toEqual([410, expect.stringContaining('no longer valid')]);
  const saved = await visitor.save({ 'claim.charge-monitoring': 'implemented' }, [], seen);
  expect(saved.status).toBe(410);
  for (const rest of ['/check', '/questions.csv', '/receipt/page-0000']) {
    expect((await visitor.get(rest)).status).toBe(410);
  }
  expect(await ground.store.db.selectFrom('draft').selectAll().where('link', '=', id).execute()).toEqual([]);
});

test('guessed, forged and foreign tokens get one and the same page, and soon none; a good link goes on working', async () => {
  const { id, token } = await ground.link(C1);
  const expiresAt = plus(START, 'P30D' as Duration);
  const wrong = [
    'aaaa',
    `${token.slice(0, -2)}aa`,
    issueToken({ purpose: 'access', subject: id, expiresAt }, { id: 'test-1', bytes: Buffer.alloc(32) }),
    issueToken({ purpose: 'mail', subject: id, expiresAt }, ground.key),
    issueToken({ purpose: 'access', subject: tokenSubject('nobody'), expiresAt }, ground.key),
  ];
  const pages = new Set<string>();
  for (const each of wrong) {
    const response = await new Visitor(ground, each).get();
    expect(response.status).toBe(404);
    pages.add(await response.text());
  }
  expect(pages.size).toBe(1);
  expect([...pages][0]).toMatch(/This link is not right[\s\S]*/);
  expect([...pages][0]).toContain('リンクが正しくありません');
  const more = await new Visitor(ground, 'bbbb').get();
  expect([more.status, await more.text()]).toEqual([429, expect.stringContaining('Wait a minute')]);
  expect((await new Visitor(ground, token).get()).status).toBe(200);
});

test('one link does not make the page slow for the others', async () => {
  const [busy, other] = [await ground.link(C1), await ground.link(C2)];
  const answers = await Promise.all(Array.from({ length: 61 }, () => new Visitor(ground, busy.token).get('/check')));
  expect(answers.map(({ status }) => status).filter((status) => status === 429)).toHaveLength(1);
  expect((await new Visitor(ground, other.token).get()).status).toBe(200);
});

test("another provider's link reaches neither files nor receipts", async () => {
  const [one, two] = [await ground.link(C1), await ground.link(C2)];
  const visitor = new Visitor(ground, one.token);
  await visitor.save({ 'claim.charge-monitoring': 'implemented' }, [
    { field: 'file.charge-monitoring', name: 'report.txt', content: 'figures of C1' },
  ]);
  const hash = /files\/(sha256:[0-9a-f]{64})/.exec(await visitor.page())![1]!;
  const submitted = await visitor.submit();
  const receipt = new URL(submitted.headers.get('location')!, ground.url).pathname.split('/').at(-1)!;

  const stranger = new Visitor(ground, two.token);
  for (const rest of [`/files/${hash}`, `/receipt/${receipt}`, `/receipt/${receipt}.txt`]) {
    expect([(await visitor.get(rest)).status, (await stranger.get(rest)).status]).toEqual([200, 404]);
  }
  await stranger.save({ 'claim.charge-monitoring': 'partly', 'text.charge-monitoring': 'By hand' });
  expect(await visitor.page()).not.toContain('By hand');
});

test('opening pages changes nothing: mail scanners open every link', async () => {
  const { token } = await ground.link(C2);
  const visitor = new Visitor(ground, token);
  const count = async () =>
    (
      await ground.store.pool.query<{ n: number }>(
        'select (select count(*) from draft) + (select count(*) from submission) + (select count(*) from evidence) as n',
      )
    ).rows[0]!.n;
  const before = await count();
  for (const rest of ['', '/check', '/submit', '/import', '/questions.csv', '/questions.xlsx']) await visitor.get(rest);
  expect(await count()).toBe(before);
});

test('a form that another site sends is refused', async () => {
  const { token } = await ground.link(C1);
  const response = await new Visitor(ground, token).post('/submit', new URLSearchParams({ submission: 'x' }), {
    'Sec-Fetch-Site': 'cross-site',
  });
  expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('another web site')]);
});

test('the log holds neither tokens nor texts', async () => {
  const { token } = await ground.link(C1);
  await new Visitor(ground, token).get('/receipt/none');
  await new Visitor(ground, 'zzzz').get();
  expect(ground.log.join('\n')).not.toContain(token);
});
