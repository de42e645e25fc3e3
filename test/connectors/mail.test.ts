import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import { mailId } from '../../src/connectors/mail/addresses.js';
import { readInbound, type Inbound } from '../../src/connectors/mail/inbound.js';
import { smtpRelay, type SmtpRelayOptions } from '../../src/connectors/mail/smtp.js';
import type { MailMessage, MailRelay } from '../../src/connectors/mail/types.js';
import type { TokenKey } from '../../src/connectors/token.js';
import type { Instant } from '../../src/domain/instant.js';
import { type RunningSimulator, startSimulator, type SunkMail } from '../simulator/startSimulator.js';

const key: TokenKey = { id: 'drill-1', bytes: Buffer.alloc(32, 7) };
const keys = [key];
const now = '2020-11-09T03:00:00.000Z' as Instant;
const message: MailMessage = {
  key: 'providerInspection/R2020/c1/request/1',
  to: { name: '髙橋 太郎', mail: 'contact@c1.example' },
  subject: '総点検へのご回答のお願い',
  text: '期限: 2020年10月8日（木）\n\nhttp://127.0.0.1:8300/a/x\n',
  html: '<!doctype html><html lang="ja"><body><p>期限: 2020年10月8日（木）</p></body></html>',
  lang: 'ja',
  at: '2020-09-24T00:00:00.000Z' as Instant,
};

let simulator: RunningSimulator;
const open: { close(): void }[] = [];
/** A relay connection of its own for each test: one left from another test would not meet the relay's greeting. */
function relay(given: Partial<SmtpRelayOptions> = {}): MailRelay {
  const made = smtpRelay({
    smtpUrl: simulator.smtp,
    from: { name: 'Hikeshi 総点検', mail: 'inspection@bank.example' },
    returnDomain: 'return.bank.example',
    key: () => key,
    timeoutMs: 1_500,
    ...given,
  });
  open.push(made);
  return made;
}
/** A relay of this test's own: answers each line as told. */
async function relayThat(answer: (line: string, socket: Socket) => string | undefined): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(answer('', socket) ?? '');
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const text = answer(line, socket);
        if (text !== undefined && !socket.destroyed) socket.write(text);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ close: () => server.close() });
  return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const mails = (): Promise<SunkMail[]> => simulator.mail();
const returned = async (): Promise<{ to: string; raw: string }[]> => (await simulator.sim('mail/returned')).returned;
const read = (raw: string, given: object = {}): Promise<Inbound> => readInbound(raw, { keys, now, ...given });

beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.sim('reset', {}));
afterEach(() => open.splice(0).forEach((each) => each.close()));
afterAll(() => simulator.stop());

describe('a mail through the relay', () => {
  test('arrives with text, HTML, its language and its own time, and cannot be unsubscribed from', async () => {
    const sent = await relay().send(message);
    expect(sent).toMatchObject({ kind: 'accepted', messageId: expect.stringMatching(/^<[a-z2-7]{60}@return\.bank/) });
    const [mail, ...others] = await mails();
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ to: ['contact@c1.example'], subject: message.subject, text: message.text.trim() });
    expect(mail!.html).toContain('2020年10月8日（木）');
    expect(mail!.headers).toMatchObject({
      to: '髙橋 太郎 <contact@c1.example>',
      from: 'Hikeshi 総点検 <inspection@bank.example>',
      date: 'Thu, 24 Sep 2020 00:00:00 +0000',
      'content-language': 'ja',
      'auto-submitted': 'auto-generated',
    });
    expect(Object.keys(mail!.headers)).not.toContain('list-unsubscribe');
    expect(mail!.from).toMatch(/^b\+[a-z2-7]{60}@return\.bank\.example$/);
    expect(mail!.headers['reply-to']).toMatch(/^r\+[a-z2-7]{60}@return\.bank\.example$/);
  });

  test('is the same message whenever it is sent, and another for another key', async () => {
    const connection = relay();
    await simulator.sim('misbehave', { mode: 'smtp-lose-answer', times: 1 });
    const first = await connection.send(message);
    expect(first).toMatchObject({ kind: 'unknown' });
    // The connector itself must not have tried again: the caller decides.
    expect(await mails()).toHaveLength(1);
    expect(await relay().send(message)).toMatchObject({ kind: 'accepted' });
    await relay().send({ ...message, key: 'providerInspection/R2020/c2/request/1' });
    const [lost, again, other] = await mails();
    expect(again!.messageId).toBe(lost!.messageId);
    expect(again!.from).toBe(lost!.from);
    expect((first as { messageId: string }).messageId).toBe(lost!.messageId);
    expect(other!.messageId).not.toBe(lost!.messageId);
  });

  test('continues its thread', async () => {
    const connection = relay();
    await connection.send(message);
    const reminder = 'providerInspection/R2020/c1/reminder/1';
    await connection.send({ ...message, key: reminder, thread: [message.key] });
    await connection.send({ ...message, key: 'providerInspection/R2020/c1/overdue', thread: [message.key, reminder] });
    const [first, second, third] = await mails();
    expect(second!.headers['in-reply-to']).toBe(first!.messageId);
    expect(third!.headers['in-reply-to']).toBe(second!.messageId);
    expect(third!.headers['references']).toBe(`${first!.messageId} ${second!.messageId}`);
  });

  test('takes no header from what it is given', async () => {
    const subject = 'Answer\r\nBcc: somebody@bank.example';
    await relay().send({ ...message, subject, to: { name: 'A\r\nBcc: x@bank.example', mail: 'contact@c1.example' } });
    const [mail] = await mails();
    expect(mail!.to).toEqual(['contact@c1.example']);
    expect(mail!.headers['bcc']).toBeUndefined();
  });
});

describe('what the relay says', () => {
  test.each([
    ['is down', { mode: 'smtp-down' }, { kind: 'later', reason: 'unreachable', afterSeconds: 60, detail: 'SMTP 421' }],
    [
      'asks for patience',
      { mode: 'smtp-tempfail' },
      { kind: 'later', reason: 'temporary', afterSeconds: 300, detail: 'SMTP 451' },
    ],
    ['refuses the mail', { mode: 'smtp-refuse' }, { kind: 'refused', code: 'SMTP 550', status: '5.1.1' }],
  ])('when it %s is told as a value, and nothing arrives', async (_what, rule, expected) => {
    await simulator.sim('misbehave', rule);
    expect(await relay().send(message)).toEqual(expected);
    expect(await mails()).toEqual([]);
    await simulator.sim('misbehave', { mode: 'none' });
    expect(await relay().send(message)).toMatchObject({ kind: 'accepted' });
  });

  test('a relay that goes down meets a connection that was open before', async () => {
    const connection = relay();
    await connection.send(message);
    await simulator.sim('misbehave', { mode: 'smtp-down' });
    expect(await connection.send(message)).toMatchObject({ kind: 'later', reason: 'unreachable' });
    expect(await mails()).toHaveLength(1);
  });

  test('a relay that is down until an instant is up from then on', async () => {
    await simulator.sim('clock', { now: '2020-09-25T00:00:00Z' });
    await simulator.sim('misbehave', { mode: 'smtp-down', until: '2020-09-26T00:00:00Z' });
    expect(await relay().send(message)).toMatchObject({ kind: 'later', reason: 'unreachable' });
    await simulator.sim('clock', { now: '2020-09-26T00:00:00Z' });
    expect(await relay().send(message)).toMatchObject({ kind: 'accepted' });
    await simulator.sim('clock', { now: null });
  });

  test('a greylist is waited for as long as it names, and then takes the same mail', async () => {
    await simulator.sim('misbehave', { mode: 'smtp-greylist', retryAfter: 120 });
    const expected = { kind: 'later', reason: 'greylisted', afterSeconds: 120, detail: 'SMTP 450' };
    expect(await relay().send(message)).toEqual(expected);
    expect(await relay().send(message)).toMatchObject({ kind: 'accepted' });
    const other = { ...message, to: { mail: 'contact@c2.example' } };
    expect(await relay().send(other)).toEqual(expected);
  });

  test.each([
    ['450 4.2.0 Greylisted for 5 minutes', 300],
    ['451 4.7.1 Greylisting in action, please come back in 00:04:59', 300],
    ['450 4.7.1 graylist: retry in 2 s', 30],
    ['450 4.7.1 greylisted, retry in 30 hours', 3600],
  ])('"%s" is waited for %i seconds', async (text, afterSeconds) => {
    const smtpUrl = await relayThat((line) => `${line.startsWith('RCPT') ? text : line ? '250 ok' : '220 x'}\r\n`);
    expect(await relay({ smtpUrl }).send(message)).toMatchObject({ kind: 'later', reason: 'greylisted', afterSeconds });
  });

  test('only one mailbox may be at fault', async () => {
    await simulator.sim('misbehave', { mode: 'smtp-refuse', address: 'contact@c1.example' });
    const connection = relay();
    expect(await connection.send(message)).toMatchObject({ kind: 'refused' });
    expect(await connection.send({ ...message, to: { mail: 'contact@c2.example' } })).toMatchObject({
      kind: 'accepted',
    });
  });

  test('nobody at the address, and a relay that refuses us and not the mail, are tried later', async () => {
    const gone = await relay({ smtpUrl: 'smtp://user:pa55word@127.0.0.1:1' }).send(message);
    expect(gone).toEqual({ kind: 'later', reason: 'unreachable', afterSeconds: 60, detail: 'ESOCKET' });
    const closed = await relayThat((line) => (line ? undefined : '554 5.7.1 No SMTP service for you@here\r\n'));
    expect(await relay({ smtpUrl: closed }).send(message)).toMatchObject({ kind: 'later', reason: 'relay' });
    const login = await relayThat((line) =>
      line.startsWith('EHLO')
        ? '250-x\r\n250 AUTH PLAIN\r\n'
        : line.startsWith('AUTH')
          ? '535 5.7.8 no\r\n'
          : line
            ? '250 ok\r\n'
            : '220 x\r\n',
    );
    const wrongPassword = await relay({ smtpUrl: login.replace('//', '//user:pa55word@') }).send(message);
    expect(wrongPassword).toMatchObject({ kind: 'later', reason: 'relay', detail: 'SMTP 535' });
    expect(JSON.stringify([gone, wrongPassword])).not.toMatch(/pa55word|contact|you@/);
  });

  test.each(['503 5.5.1 bad sequence', '530 5.7.0 Must issue a STARTTLS command first'])(
    '"%s" speaks of the session and not of the mail',
    async (text) => {
      const smtpUrl = await relayThat((line) => `${line.startsWith('MAIL') ? text : line ? '250 ok' : '220 x'}\r\n`);
      expect(await relay({ smtpUrl }).send(message)).toMatchObject({ kind: 'later', reason: 'relay' });
    },
  );

  test('a mail without a usable address is refused without asking', async () => {
    expect(await relay().send({ ...message, to: { mail: 'no address' } })).toMatchObject({ kind: 'refused' });
  });

  /** A relay that speaks as it should until `stop` says that this line gets no answer any more. */
  const until = (stop: (line: string) => boolean, end: (socket: Socket) => void) => {
    let data = false;
    return relayThat((line, socket) => {
      if (line && stop(line)) {
        end(socket);
        return undefined;
      }
      if (line === 'DATA') data = true;
      else if (line === '.') data = false;
      else if (data) return undefined;
      return line === '' ? '220 x\r\n' : line === 'DATA' ? '354 go\r\n' : '250 ok queued for contact@c1.example\r\n';
    });
  };
  const cut = (socket: Socket) => void socket.destroy();

  test('a connection lost before the text is tried later, and one lost after it is unknown', async () => {
    const before = await until((line) => line.startsWith('RCPT'), cut);
    expect(await relay({ smtpUrl: before }).send(message)).toMatchObject({ kind: 'later', reason: 'unreachable' });
    const after = await until((line) => line === '.', cut);
    expect(await relay({ smtpUrl: after }).send(message)).toMatchObject({ kind: 'unknown', detail: 'ECONNECTION' });
  });

  test('a relay that is silent before the text is tried later, and after it is unknown', async () => {
    const before = await until(
      (line) => line.startsWith('RCPT'),
      () => {},
    );
    expect(await relay({ smtpUrl: before, timeoutMs: 400 }).send(message)).toMatchObject({
      kind: 'later',
      reason: 'unreachable',
    });
    const after = await until(
      (line) => line === '.',
      () => {},
    );
    expect(await relay({ smtpUrl: after, timeoutMs: 400 }).send(message)).toMatchObject({ kind: 'unknown' });
  });

  test('a caller that gives up while the mail waits for a connection knows that it was not sent', async () => {
    await simulator.sim('misbehave', { mode: 'smtp-slow', delayMs: 1_000, times: 1 });
    const single = relay({ maxConnections: 1, timeoutMs: 5_000 });
    const slow = single.send(message);
    const waiting = await single.send({ ...message, key: 'other' }, AbortSignal.timeout(200));
    expect(waiting).toEqual({ kind: 'later', reason: 'unreachable', afterSeconds: 60, detail: 'ABORTED' });
    expect(await slow).toMatchObject({ kind: 'accepted' });
    expect(await mails()).toHaveLength(1);
  });

  test('the relay’s answer is kept without addresses', async () => {
    const smtpUrl = await until(() => false, cut);
    expect(await relay({ smtpUrl }).send(message)).toMatchObject({
      kind: 'accepted',
      response: '250 ok queued for …',
    });
  });
});

describe('what comes back', () => {
  const about = { mailId: mailId(message.key) };

  test('is a bounce of that mail, with its status and the remote server’s words', async () => {
    await simulator.sim('misbehave', { mode: 'smtp-bounce', address: 'contact@c1.example' });
    expect(await relay().send(message)).toMatchObject({ kind: 'accepted' });
    const [report] = await returned();
    expect(report!.to).toBe((await mails())[0]!.from);
    expect(await read(report!.raw)).toEqual({
      kind: 'bounce',
      ...about,
      status: '5.1.1',
      permanent: true,
      diagnostic: '550 5.1.1 User unknown',
    });
  });

  test('is a delay, which is not final', async () => {
    await simulator.sim('misbehave', { mode: 'smtp-delay', times: 1 });
    await relay().send(message);
    const [report] = await returned();
    expect(await read(report!.raw)).toMatchObject({ kind: 'bounce', ...about, status: '4.4.1', permanent: false });
  });

  test('is a bounce without our address in it, known by the mail that it returns', async () => {
    await relay().send(message);
    const [mail] = await mails();
    const { raw } = await simulator.sim(`mail/${mail!.id}/bounce`, { status: '5.2.2', diagnostic: 'mailbox full' });
    const other = (raw as string).replaceAll(mail!.from, 'inspection@bank.example');
    expect(other).not.toContain('b+');
    expect(await read(other)).toMatchObject({ kind: 'bounce', ...about, status: '5.2.2' });
  });

  test('is an answer, by the address it was sent to or by the thread', async () => {
    const connection = relay();
    await connection.send(message);
    const [mail] = await mails();
    const text = 'ご連絡ありがとうございます。\n期限を一週間延ばせますか。';
    const { raw } = await simulator.sim(`mail/${mail!.id}/reply`, { text });
    const expected = {
      kind: 'reply',
      ...about,
      from: 'contact@c1.example',
      subject: `Re: ${message.subject}`,
      text,
      attachments: 0,
      autoReply: false,
    };
    expect(await read(raw)).toEqual(expected);
    const byThread = (raw as string).replace(/^To: .*$/m, 'To: inspection@bank.example');
    expect(await read(byThread)).toEqual(expected);
    const byReferences = byThread.replace(/^In-Reply-To: .*$/m, 'In-Reply-To: <lost@c1.example>');
    expect(await read(byReferences)).toEqual(expected);
    const byEnvelope = byReferences.replace(/^References: .*$/m, 'References: <lost@c1.example>');
    expect(await read(byEnvelope)).toEqual({ kind: 'unmatched', why: 'no-token' });
    expect(await read(byEnvelope, { recipients: [mail!.headers['reply-to']!.toUpperCase()] })).toEqual(expected);
  });

  test('is the answer of a machine, though it goes to the bounce address', async () => {
    await relay().send(message);
    const [mail] = await mails();
    const { raw } = await simulator.sim(`mail/${mail!.id}/reply`, { text: '休暇中です。', autoReply: true });
    const toBounce = (raw as string).replace(/^To: .*$/m, `To: <${mail!.from}>`);
    for (const each of [raw, toBounce]) expect(await read(each)).toMatchObject({ kind: 'reply', autoReply: true });
    const bySubject = toBounce
      .replace(/^Auto-Submitted: .*\r\n/m, '')
      .replace(/^Subject: .*$/m, 'Subject: Automatic reply: x');
    expect(await read(bySubject)).toMatchObject({ kind: 'reply', autoReply: true });
  });

  test('is nothing of ours when the token is made up, of another key, or missing', async () => {
    await simulator.sim('misbehave', { mode: 'smtp-bounce' });
    await relay().send(message);
    const { raw } = (await returned())[0]!;
    const none = { kind: 'unmatched', why: 'no-token' };
    const token = /b\+([a-z2-7]{60})@/.exec(raw)![1]!;
    const guessed = (token.startsWith('a') ? 'b' : 'a') + token.slice(1);
    expect(await read(raw.replaceAll(token, guessed))).toEqual(none);
    expect(await readInbound(raw, { keys: [{ id: 'other', bytes: Buffer.alloc(32, 9) }], now })).toEqual(none);
    expect(await read('From: a@b.example\r\nSubject: hello\r\n\r\nhello\r\n')).toEqual(none);
    expect(await read('')).toEqual(none);
  });

  test('is a report of an old relay in prose', async () => {
    await relay().send(message);
    const { from } = (await mails())[0]!;
    const prose = (text: string) =>
      `From: MAILER-DAEMON@mx.example\r\nTo: ${from}\r\nSubject: failure notice\r\n\r\n${text}\r\n`;
    const permanent = { kind: 'bounce', ...about, permanent: true };
    expect(await read(prose('Remote host said: 550 5.4.4 no route'))).toEqual({ ...permanent, status: '5.4.4' });
    expect(await read(prose('Sorry, no mailbox here by that name.'))).toEqual(permanent);
    expect(await read(prose('4.4.7 still trying'))).toMatchObject({ permanent: false });
  });

  test('is a report on several recipients with folded lines: the worst of them counts', async () => {
    await relay().send(message);
    const { from } = (await mails())[0]!;
    const report = (blocks: string[]) =>
      [
        `To: <${from}>`,
        'Content-Type: multipart/report; report-type=delivery-status; boundary=x',
        '',
        '--x',
        'Content-Type: message/delivery-status',
        '',
        'Reporting-MTA: dns; mx.example',
        'Arrival-Date: Thu, 24 Sep 2020 00:00:00 +0000',
        '',
        ...blocks,
        '--x--',
        '',
      ].join('\r\n');
    const relayed = ['Final-Recipient: rfc822; list@c1.example', 'Action: relayed (to a list)', 'Status: 2.0.0', ''];
    const delayed = ['final-recipient: rfc822; a@c1.example', 'ACTION: Delayed', 'Status: 4.2.2', ''];
    const failed = [
      'Final-Recipient: rfc822; b@c1.example',
      'Action: failed',
      'Status: 5.7.1 (policy)',
      'Diagnostic-Code: smtp; 554 5.7.1',
      '\tTransaction',
      ' failed',
      '',
    ];
    expect(await read(report([...relayed, ...delayed, ...failed]))).toEqual({
      kind: 'bounce',
      ...about,
      status: '5.7.1',
      permanent: true,
      diagnostic: '554 5.7.1 Transaction failed',
    });
    expect(await read(report([...relayed, ...delayed]))).toMatchObject({ status: '4.2.2', permanent: false });
    expect(await read(report(relayed))).toEqual({ kind: 'unmatched', why: 'success' });
    expect(await read(report(['Action: exploded', 'Status: x', '']))).toEqual({ kind: 'unmatched', why: 'unreadable' });
  });

  test('is read as text when it is HTML only', async () => {
    await relay().send(message);
    const to = (await mails())[0]!.headers['reply-to'];
    const html = '<p>はい&amp;いいえ</p><script>alert(1)</script><p>以上</p>';
    const raw = `To: ${to}\r\nFrom: a@c1.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${html}\r\n`;
    const reply = await read(raw);
    expect(reply).toMatchObject({ kind: 'reply', text: expect.stringMatching(/^はい&いいえ\s+以上$/) });
  });
});
