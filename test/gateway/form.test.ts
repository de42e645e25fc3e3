import { createHash } from 'node:crypto';
import { forwardSubmissions } from '../../src/activities/answers.js';
import { MINUTE, plus } from '../../src/domain/instant.js';
import { readSubmission, untakenSubmissions } from '../../src/store/submissions.js';
import { C1, C2, formOf, openGateway, questionnaire, START, Visitor, type Ground } from './support.js';

let ground: Ground;
let units = 0;

beforeAll(async () => {
  ground = await openGateway();
});
afterAll(() => ground?.close());
beforeEach(() => {
  ground.signals.state = 'up';
  ground.now = START;
});

/** A unit of its own for a test, with a link. */
async function provider(more: Parameters<typeof questionnaire>[1] = {}) {
  const inspection = `providerInspection/R2020/n${++units}`;
  await ground.put(questionnaire(inspection, more));
  const link = await ground.link(inspection, { contact: `contact-n${units}` });
  return { inspection, visitor: new Visitor(ground, link.token) };
}

const receiptIdOf = (response: Response) =>
  new URL(response.headers.get('location')!, ground.url).pathname.split('/').at(-1)!;
const PDF = '%PDF-1.7\n%%EOF';

test('answers are drafted, checked, submitted once, and receipted with number, time and text to keep', async () => {
  const { inspection, visitor } = await provider();
  const saved = await visitor.save(
    { 'claim.link-two-factor': 'implemented', 'text.link-two-factor': 'IVR call-back\r\nsince September' },
    [{ field: 'file.link-two-factor', name: '画面 写し.pdf', content: PDF }],
  );
  expect(saved.status).toBe(303);
  const form = await visitor.page('', '&saved=1');
  expect(form).toContain('Linking of a bank account</h2>');
  expect(form).toContain('Friday 9 October 2020');
  expect(form).toContain('It is not submitted yet');
  expect(form).toMatch(/value="implemented"[^>]* checked/);
  expect(form).toContain('画面 写し.pdf');
  expect(ground.signals.heard.filter((each) => each.inspection === inspection)).toEqual([]);

  const check = await visitor.page('/check');
  expect(check).toContain('IVR call-back\nsince September');
  expect(check).toContain('Items without an answer');
  expect(check).toContain('Unusual top-ups are watched for.');
  const id = await visitor.submission();
  const first = await visitor.submit(id);
  const again = await visitor.submit(id);
  expect([first.status, again.status]).toEqual([303, 303]);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));

  const receipt = await visitor.page(`/receipt/${id}`);
  expect(receipt).toContain(`R2020-n${units}-1`);
  expect(receipt).toContain('2020-09-25 10:00 +09:00');
  const text = await visitor.get(`/receipt/${id}.txt`);
  expect(text.headers.get('content-disposition')).toContain(`filename="R2020-n${units}-1.txt"`);
  const kept = (await readSubmission(ground.store.db, id))!;
  expect(await text.text()).toContain(kept.receipt.hash);
  const hash = `sha256:${createHash('sha256').update(PDF).digest('hex')}`;
  expect(kept.answers).toEqual({
    v: 1,
    inspection,
    by: `contact-n${units}`,
    submission: id,
    items: [
      { item: 'link-two-factor', claim: 'implemented', text: 'IVR call-back\nsince September', evidence: [hash] },
    ],
  });
  expect(ground.signals.heard.filter((each) => each.inspection === inspection)).toEqual([
    { inspection, submission: id },
  ]);
  expect(await visitor.page('/check')).toContain('There is no new answer to submit');
});

test('every page says at its head which bank asks, and at its foot how to make sure of it', async () => {
  const { visitor } = await provider();
  await visitor.save({ 'claim.link-two-factor': 'implemented', 'text.link-two-factor': 'IVR' });
  const id = await visitor.submission();
  for (const page of [await visitor.page(''), await visitor.page('/check')]) {
    expect(page).toMatch(/<header class="top">\s*<p class="from">Sample Bank<\/p>/);
    expect(page).toMatch(
      /<footer>.*Sample Bank, Inspection office, inspection@bank\.invalid.*never asks for a password/s,
    );
  }
  await visitor.submit(id);
  expect(await visitor.page(`/receipt/${id}`)).toContain('<p class="from">Sample Bank</p>');
});

test('a question that hangs on an answer appears when that answer is saved, and goes with it', async () => {
  const { visitor } = await provider();
  expect(await visitor.page()).not.toContain('There is a plan for the second factor.');
  const answer = { 'claim.link-two-factor': 'partly', 'text.link-two-factor': 'Half of the links' };
  const response = await visitor.save({ ...answer, do: 'check' });
  const location = response.headers.get('location')!;
  expect(location).toContain('fresh=link-two-factor-plan');
  const page = await (await fetch(`${ground.url}${location.split('#')[0]}`)).text();
  expect(page).toContain('There is a plan for the second factor.');
  expect(page).toContain('Your answers have led to further questions');
  await visitor.save({ 'claim.link-two-factor-plan': 'implemented', 'claim.link-two-factor': 'implemented' });
  expect(await visitor.page()).not.toContain('There is a plan for the second factor.');
  expect(await visitor.page('/check')).not.toContain('There is a plan for the second factor.');
});

test('what is missing is said at the top with a link to the field, and what was written is kept', async () => {
  const { visitor } = await provider();
  const response = await visitor.save({
    do: 'check',
    'claim.link-two-factor': 'disputed',
    'text.charge-monitoring': 'We look every morning',
  });
  expect(response.status).toBe(422);
  const page = await response.text();
  expect(page).toMatch(/<title>Error: /);
  expect(page).toContain('<a href="#text-link-two-factor">1: Explain what you object to.</a>');
  expect(page).toContain('<a href="#claim-charge-monitoring">2: Choose one of the answers for this item.</a>');
  expect(page).toContain('We look every morning');
  expect((await visitor.get('/check')).status).toBe(422);
  const next = await visitor.submit('page-0000');
  expect(next.headers.get('location')).toContain('changed=1');
  expect(ground.signals.heard.some(({ submission }) => submission === 'page-0000')).toBe(false);
});

test.each([
  [
    'a date that does not exist',
    { 'claim.charge-monitoring': 'partly', 'text.charge-monitoring': 'x', 'dueBy.charge-monitoring': '2020-11-31' },
    'The date does not exist',
  ],
  ['an explanation that is too long', { 'text.charge-monitoring': 'あ'.repeat(10_001) }, 'has 10001 characters'],
])('%s is refused at its field, and stands there still', async (_, fields, sentence) => {
  const { visitor } = await provider();
  const response = await visitor.save(fields);
  const page = await response.text();
  expect([response.status, page]).toEqual([422, expect.stringContaining(sentence)]);
  for (const value of Object.values(fields)) expect(page).toContain(value);
});

describe('files', () => {
  test.each<[string, string, string | Uint8Array, string]>([
    ['of 0 bytes', 'empty.pdf', '', 'is empty'],
    ['of 50 MB', 'huge.pdf', Buffer.concat([Buffer.from(PDF), Buffer.alloc(50 * 1024 * 1024)]), 'is larger than 10 MB'],
    ['one byte above 10 MB', 'big.txt', 'a'.repeat(10 * 1024 * 1024 + 1), 'is larger than 10 MB'],
    ['of a kind that is not taken', 'tool.exe', 'MZ', 'is of a kind that is not taken'],
    ['without an extension', 'report', PDF, 'is of a kind that is not taken'],
    ['that hides a web page in a PDF', 'page.pdf', '<html><script>1</script></html>', 'is not what its name says'],
    ['that hides a program in a picture', 'logo.png', 'MZ\u0090\u0000', 'is not what its name says'],
    ['that hides bytes in a text', 'notes.txt', Buffer.from([0x41, 0, 1, 2]), 'is not what its name says'],
    ['that is a bare archive', 'book.xlsx', Buffer.from('PK\u0003\u0004 other.txt'), 'is not what its name says'],
    [
      'with macros',
      'book.xlsx',
      Buffer.from('PK\u0003\u0004[Content_Types].xml xl/workbook.xml xl/vbaProject.bin'),
      'holds macros',
    ],
  ])(
    'a file %s is refused at its item; the texts beside it are kept',
    async (_, name, content, sentence) => {
      const { inspection, visitor } = await provider();
      const response = await visitor.save(
        { 'claim.charge-monitoring': 'implemented', 'text.charge-monitoring': 'Daily' },
        [{ field: 'file.charge-monitoring', name, content }],
      );
      const page = await response.text();
      expect([response.status, page]).toEqual([422, expect.stringContaining(sentence)]);
      expect(page).toContain(`#file-charge-monitoring`);
      expect(page).toContain('Daily');
      const stored = await ground.store.db
        .selectFrom('evidence_of')
        .selectAll()
        .where('workflow_id', '=', inspection)
        .execute();
      expect(stored).toEqual([]);
      expect(await visitor.page()).toContain('Daily');
    },
    60_000,
  );

  test('more than 64 MB at once is not even read', async () => {
    const { visitor } = await provider();
    const { hostname, port } = new URL(ground.url);
    const net = await import('node:net');
    const socket = net.connect(Number(port), hostname);
    socket.write(
      `POST /a/${visitor.token} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 70000000\r\n\r\n--b\r\n`,
    );
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test.each<[string, string, string | Uint8Array]>([
    ['pdf', 'application/pdf', PDF],
    ['png', 'image/png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1])],
    ['JPG', 'image/jpeg', Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
    ['csv', 'text/csv', Buffer.from([0x82, 0xa0, 0x2c, 0x31])],
    ['docx', 'application/vnd.openxmlformats', Buffer.from('PK\u0003\u0004[Content_Types].xml word/document.xml')],
  ])(
    'a %s file is kept as it came and given back as a download, never shown',
    async (extension, mediaType, content) => {
      const { visitor } = await provider();
      const name = `../../a "b" 資料.${extension}`;
      const saved = await visitor.save({ 'claim.charge-monitoring': 'implemented' }, [
        { field: 'file.charge-monitoring', name, content },
      ]);
      expect(saved.status).toBe(303);
      const hash = /files\/(sha256:[0-9a-f]{64})/.exec(await visitor.page())![1]!;
      const file = await visitor.get(`/files/${hash}`);
      expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.from(content))).toBe(true);
      expect(file.headers.get('content-type')).toContain(mediaType);
      const disposition = file.headers.get('content-disposition')!;
      expect(disposition).toMatch(/^attachment; filename="[^"/\\]+"; filename\*=UTF-8''[^"/\\]+$/);
      expect(disposition).toContain(encodeURIComponent(`資料.${extension}`));
      expect(file.headers.get('content-security-policy')).toContain('sandbox');
      expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  test('a file that is taken off the answer is not submitted; the same content twice is one file', async () => {
    const { inspection, visitor } = await provider();
    const file = { field: 'file.charge-monitoring', name: 'a.txt', content: 'one' };
    await visitor.save({ 'claim.charge-monitoring': 'implemented' }, [file, { ...file, name: 'b.txt' }]);
    const hashes = [...(await visitor.page()).matchAll(/name="drop\.charge-monitoring" value="([^"]+)"/g)];
    expect(hashes).toHaveLength(1);
    await visitor.save({ 'claim.charge-monitoring': 'implemented', 'drop.charge-monitoring': hashes[0]![1]! });
    const id = receiptIdOf(await visitor.submit());
    expect((await readSubmission(ground.store.db, id))?.answers).toMatchObject({
      inspection,
      items: [{ evidence: [] }],
    });
  });
});

test('scripts in answers, names and questions are shown as text', async () => {
  const script = '</textarea><script>alert(1)</script>"><img src=x onerror=alert(1)>';
  const { visitor } = await provider({ unit: { ja: script, en: script } });
  await visitor.save({ 'claim.charge-monitoring': 'disputed', 'text.charge-monitoring': script }, [
    { field: 'file.charge-monitoring', name: '<script>alert(2)<.txt', content: 'x' },
  ]);
  await visitor.save({ 'claim.charge-monitoring': script, 'choose.charge-monitoring': script, [script]: '1' });
  const id = receiptIdOf(await visitor.submit());
  for (const rest of ['', '/check', `/receipt/${id}`]) {
    const page = await visitor.page(rest);
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;script&gt;');
  }
});

test('text that no database or spreadsheet could hold is cleaned, not lost', async () => {
  const { visitor } = await provider();
  await visitor.save({ 'claim.charge-monitoring': 'implemented', 'text.charge-monitoring': 'a\u0000b\u0007c 𠮷' });
  expect(await visitor.page()).toContain('abc 𠮷');
});

test('two people at once: the second does not overwrite the first, both answers are kept, and somebody chooses', async () => {
  const { inspection, visitor: one } = await provider();
  const two = new Visitor(ground, (await ground.link(inspection, { contact: 'colleague' })).token);
  const [seenByOne, seenByTwo] = [await one.seen(), await two.seen()];
  const first = { 'claim.charge-monitoring': 'implemented', 'text.charge-monitoring': 'From one' };
  const second = { 'claim.charge-monitoring': 'partly', 'text.charge-monitoring': 'From two' };
  expect((await one.save(first, [], seenByOne)).status).toBe(303);
  const late = await two.save({ ...second, 'claim.link-two-factor': 'implemented' }, [], seenByTwo);
  expect(late.status).toBe(409);
  const page = await late.text();
  expect(page).toContain('Somebody else saved another answer');
  expect(page).toContain('href="#choose-charge-monitoring"');
  expect(page).toContain('From one');
  expect(page).toContain('From two');
  // The same form sent twice keeps the answer once; what the first one did not touch is not a conflict.
  await two.save(second, [], seenByTwo);
  const shown = await one.page();
  expect(shown.match(/From two/g)).toHaveLength(1);
  expect(shown.match(/name="choose\./g)).toHaveLength(2);
  expect((await one.get('/check')).status).toBe(422);

  const version = /name="choose\.charge-monitoring" value="(\d+)"/.exec(shown)![1]!;
  await one.save({ ...first, 'choose.charge-monitoring': version });
  const id = receiptIdOf(await two.submit());
  const { answers } = (await readSubmission(ground.store.db, id))!;
  expect(answers.items).toEqual([
    { item: 'link-two-factor', claim: 'implemented', text: '', evidence: [] },
    { item: 'charge-monitoring', claim: 'partly', text: 'From two', evidence: [] },
  ]);
});

test('who left an item as it was does not undo what somebody else wrote meanwhile', async () => {
  const { inspection, visitor: one } = await provider();
  const two = new Visitor(ground, (await ground.link(inspection)).token);
  const seen = await two.seen();
  await one.save({ 'claim.charge-monitoring': 'implemented', 'text.charge-monitoring': 'From one' });
  const response = await two.save({ 'claim.link-two-factor': 'implemented' }, [], seen);
  expect(response.status).toBe(303);
  expect(await two.page()).toContain('From one');
});

test('what is submitted is what was shown: an answer that changed meanwhile is shown again first', async () => {
  const { inspection, visitor: one } = await provider();
  const two = new Visitor(ground, (await ground.link(inspection)).token);
  await one.save({ 'claim.charge-monitoring': 'implemented' });
  const shown = await one.submission();
  await two.save({ 'claim.charge-monitoring': 'not-implemented' });
  const response = await one.submit(shown);
  expect(response.headers.get('location')).toContain('/check?lang=en&changed=1');
  expect(await one.page('/check', '&changed=1')).toContain('Somebody changed the answers');
  expect(await readSubmission(ground.store.db, shown)).toBeUndefined();
  expect((await one.submit()).headers.get('location')).toContain('/receipt/');
});

test('an answer after closing is kept and marked late, on the page, in the receipt and in the register', async () => {
  const { visitor } = await provider({ open: false });
  expect(await visitor.page()).toContain('This inspection is closed');
  await visitor.save({ 'claim.charge-monitoring': 'implemented' });
  expect(await visitor.page('/check')).toContain('This inspection is closed');
  const id = receiptIdOf(await visitor.submit());
  expect(await visitor.page(`/receipt/${id}`)).toContain('marked as late');
  expect((await readSubmission(ground.store.db, id))?.receipt.late).toBe(true);
});

test('a follow-up is asked with the thread of its item in sight, and answered as the first time', async () => {
  const { inspection, visitor } = await provider();
  await visitor.save({ 'claim.charge-monitoring': 'implemented', 'text.charge-monitoring': 'Daily' });
  await visitor.submit();
  const asked = questionnaire(inspection);
  await ground.put({
    ...asked,
    items: asked.items.map((item) =>
      item.item === 'charge-monitoring'
        ? {
            ...item,
            thread: [
              { from: 'provider', at: START, text: 'Daily', claim: 'implemented' },
              { from: 'bank', at: plus(START, MINUTE), text: 'By whom?' },
            ],
            current: { claim: 'implemented', text: 'Daily', evidence: [] },
            asksAgain: 'Who looks at it on holidays?',
          }
        : item,
    ),
  });
  const page = await visitor.page();
  expect(page).toContain('Who looks at it on holidays?');
  expect(page.indexOf('By whom?')).toBeGreaterThan(page.indexOf('2020-09-25 10:00'));
  await visitor.save({ 'claim.charge-monitoring': 'implemented', 'text.charge-monitoring': 'Daily, by the duty desk' });
  const id = receiptIdOf(await visitor.submit());
  expect((await readSubmission(ground.store.db, id))?.receipt.number).toMatch(/-2$/);
});

test('with Temporal down the receipt is as true; the sweep tells the workflow later, once', async () => {
  const { inspection, visitor } = await provider();
  ground.signals.state = 'down';
  await visitor.save({ 'claim.charge-monitoring': 'implemented' });
  const id = receiptIdOf(await visitor.submit());
  expect(await visitor.page(`/receipt/${id}`)).toContain('Your answers have arrived');
  const deps = { db: ground.store.db, signaller: ground.signals, now: () => ground.now };
  expect((await untakenSubmissions(ground.store.db, 'not-yet')).map(({ submission }) => submission)).toContain(id);
  expect(await forwardSubmissions(deps)).toMatchObject({ told: 0, waiting: 1 });
  ground.signals.state = 'up';
  expect(await forwardSubmissions(deps)).toMatchObject({ told: 1, waiting: 0 });
  expect(await forwardSubmissions(deps)).toMatchObject({ told: 0, waiting: 0 });
  expect(ground.signals.heard.filter((each) => each.inspection === inspection)).toEqual([
    { inspection, submission: id },
  ]);
});

test('answers whose inspection nobody runs are kept and named to the sweep, and not told again and again', async () => {
  const { inspection, visitor } = await provider();
  ground.signals.state = 'nobody';
  await visitor.save({ 'claim.charge-monitoring': 'implemented' });
  await visitor.submit();
  ground.signals.state = 'up';
  const deps = { db: ground.store.db, signaller: ground.signals, now: () => ground.now };
  expect((await forwardSubmissions(deps)).unheard).toEqual([inspection]);
  expect(ground.signals.heard.some((each) => each.inspection === inspection)).toBe(false);
  expect(await forwardSubmissions(deps, inspection)).toEqual({ told: 1, waiting: 0, unheard: [] });
  expect(ground.signals.heard.some((each) => each.inspection === inspection)).toBe(true);
});

test('an item that is not on the page, or of another unit, cannot be answered by a made-up form', async () => {
  const { inspection, visitor } = await provider();
  await ground.put(questionnaire(C1));
  await ground.put(questionnaire(C2));
  const form = formOf({
    do: 'save',
    'base.nothing': '0',
    'claim.nothing': 'implemented',
    'base.link-two-factor-plan': '0',
    'claim.link-two-factor-plan': 'implemented',
    'base.charge-monitoring': '-1',
    'claim.charge-monitoring': 'implemented',
  });
  expect((await visitor.post('', form)).status).toBe(303);
  const rows = await ground.store.db.selectFrom('draft').selectAll().where('workflow_id', '=', inspection).execute();
  expect(rows).toEqual([]);
});

test('a form that broke off on the way is told so', async () => {
  const { visitor } = await provider();
  const response = await fetch(`${ground.url}/a/${visitor.token}?lang=en`, {
    method: 'POST',
    headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
    body: '--b\r\nContent-Disposition: form-data; name="do"\r\n\r\nsa',
  });
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('did not arrive whole')]);
});
