import { type AddressInfo, createServer, type Server } from 'node:net';

import { type Alert, type Alerts, mailAlerts } from '../../src/connectors/alert/index.js';
import { type RunningSimulator, startSimulator } from '../simulator/startSimulator.js';

const alert: Alert = {
  id: 'suspension/B-1/ratify/1',
  to: ['duty-1@bank.example'],
  subject: {
    ja: '緊急停止の追認をお願いします（送金機能・ｍｉｊｉｃａ・髙橋ではなく当直へ）',
    en: 'Please ratify the emergency stop',
  },
  body: {
    ja: '送金機能は停止中です。\n4時間以内に追認してください。',
    en: 'The transfer is stopped.\nRatify it within 4 hours.',
  },
  link: 'http://127.0.0.1:8233/namespaces/hikeshi/workflows/suspension',
  drill: false,
};

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('an alert by mail', () => {
  let simulator: RunningSimulator;
  let alerts: Alerts;

  beforeAll(async () => {
    simulator = await startSimulator();
    alerts = mailAlerts({ smtpUrl: simulator.smtp, from: 'Hikeshi <hikeshi@bank.example>', timeoutMs: 1_500 });
  });
  beforeEach(() => simulator.sim('reset', {}));
  afterAll(async () => {
    alerts.close();
    await simulator.stop();
  });

  test('reaches everybody with both languages and the link', async () => {
    const to = ['duty-1@bank.example', 'deputy-1@bank.example'];
    expect(await alerts.send({ ...alert, to })).toEqual({ kind: 'sent' });
    const [mail, ...others] = await simulator.mail();
    expect(others).toEqual([]);
    expect(mail!.to).toEqual(to);
    expect(mail!.subject).toBe(`${alert.subject.en} ／ ${alert.subject.ja}`);
    for (const part of [alert.body.ja, alert.body.en, alert.link!]) expect(mail!.text).toContain(part);
    expect(mail!.headers['auto-submitted']).toBe('auto-generated');
    expect(mail!.subject + mail!.text).not.toContain('訓練');
  });

  test('is marked in a drill, in subject and text', async () => {
    await alerts.send({ ...alert, drill: true });
    const [mail] = await simulator.mail();
    expect(mail!.subject).toMatch(/^\[訓練 DRILL\] /);
    expect(mail!.text).toMatch(/^【再現・訓練】/);
  });

  test('a line break in a subject makes no header', async () => {
    await alerts.send({ ...alert, subject: { ja: '件名', en: 'Stop\r\nBcc: somebody@bank.example' } });
    const [mail] = await simulator.mail();
    expect(mail!.headers['bcc']).toBeUndefined();
    expect(mail!.to).toEqual(alert.to);
  });

  test('sent again after a lost answer it is the same message', async () => {
    await simulator.sim('misbehave', { mode: 'smtp-lose-answer', times: 1 });
    expect(await alerts.send(alert)).toMatchObject({ kind: 'unknown' });
    // The connector itself must not have tried again: the caller decides.
    expect(await simulator.mail()).toHaveLength(1);
    expect(await alerts.send(alert)).toEqual({ kind: 'sent' });
    const ids = (await simulator.mail()).map(({ messageId }) => messageId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^<[0-9a-f]{40}@bank\.example>$/);
    await alerts.send({ ...alert, id: 'suspension/B-1/ratify/2' });
    expect((await simulator.mail()).at(-1)!.messageId).not.toBe(ids[0]);
  });

  test.each([
    ['a relay that is down', 'smtp-down', { kind: 'unknown', detail: 'SMTP 421' }],
    ['a relay that asks for patience', 'smtp-tempfail', { kind: 'unknown', detail: 'SMTP 451' }],
    ['a relay that refuses the message', 'smtp-refuse', { kind: 'refused', detail: 'SMTP 550' }],
  ])('%s is told as a value', async (_what, mode, expected) => {
    // A connection left from the test before would not meet the relay's greeting.
    const own = mailAlerts({ smtpUrl: simulator.smtp, from: 'hikeshi@bank.example', timeoutMs: 1_500 });
    await simulator.sim('misbehave', { mode });
    expect(await own.send(alert)).toEqual(expected);
    expect(await simulator.mail()).toEqual([]);
    await simulator.sim('misbehave', { mode: 'none' });
    expect(await own.send(alert)).toEqual({ kind: 'sent' });
    own.close();
  });

  test('a relay that does not answer in time is unknown', async () => {
    await simulator.sim('misbehave', { mode: 'smtp-slow', delayMs: 20_000, times: 1 });
    expect(await alerts.send(alert)).toEqual({ kind: 'unknown', detail: 'TIMEOUT 1.5s' });
  });

  test('a relay that trickles its last answer is unknown in time', async () => {
    const server = createServer((socket) => {
      let data = false;
      const timers: NodeJS.Timeout[] = [];
      socket.on('error', () => {}).once('close', () => timers.forEach(clearInterval));
      socket.write('220 relay\r\n');
      socket.on('data', (chunk: Buffer) => {
        const text = chunk.toString();
        // Bytes keep coming, so that no idle time-out of the socket ends it.
        if (data && text.endsWith('\r\n.\r\n')) timers.push(setInterval(() => socket.write('250-wait\r\n'), 50));
        else if (!data) {
          data = text.startsWith('DATA');
          socket.write(data ? '354 go on\r\n' : '250 yes\r\n');
        }
      });
    });
    const slow = mailAlerts({ smtpUrl: await listening(server), from: 'hikeshi@bank.example', timeoutMs: 700 });
    expect(await slow.send(alert)).toEqual({ kind: 'unknown', detail: 'TIMEOUT 0.7s' });
    slow.close();
    server.close();
  });

  test('a relay that hangs up at once is asked once: trying again is the caller’s', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    const own = mailAlerts({ smtpUrl: await listening(server), from: 'hikeshi@bank.example', timeoutMs: 3_000 });
    expect(await own.send(alert)).toMatchObject({ kind: 'unknown' });
    expect(connections).toBe(1);
    own.close();
    server.close();
  });

  test('nobody at the address is unknown, nobody to send to is refused; no password or address is told', async () => {
    const gone = mailAlerts({
      smtpUrl: 'smtp://user:pa55word@127.0.0.1:1',
      from: 'hikeshi@bank.example',
      timeoutMs: 1_500,
    });
    const unreachable = await gone.send(alert);
    const nobody = await gone.send({ ...alert, to: [] });
    const noAddress = await alerts.send({ ...alert, to: ['no address'] });
    expect(unreachable.kind).toBe('unknown');
    expect(nobody).toEqual({ kind: 'refused', detail: 'NO_RECIPIENT' });
    expect(noAddress.kind).toBe('refused');
    expect(JSON.stringify([unreachable, nobody, noAddress])).not.toMatch(/pa55word|duty-1|no address/);
    gone.close();
  });
});
