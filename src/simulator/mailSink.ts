import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { SMTPServer } from 'smtp-server';

import { readMail } from './mailText.js';
import type { Misbehaviour } from './misbehaviour.js';

/** A message as the drill's mailboxes show it. */
export interface SunkMail {
  readonly id: number;
  readonly to: string[];
  readonly subject: string;
  readonly messageId: string;
  readonly text: string;
  readonly headers: Record<string, string>;
}

export interface MailSink {
  readonly port: number;
  readonly messages: readonly SunkMail[];
  clear(): void;
  close(): Promise<void>;
}

/** A relay that keeps everything and delivers nothing. Loopback only. */
export async function mailSink(port: number, misbehaviour: Misbehaviour): Promise<MailSink> {
  const messages: SunkMail[] = [];
  const sockets = new Set<Socket>();
  let count = 0;

  const answer = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code });
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect: (_session, done) =>
      done(misbehaviour.meetMail('connection') ? answer(421, 'Service not available') : undefined),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const rule = misbehaviour.meetMail('message');
        if (rule?.mode === 'smtp-tempfail') return done(answer(451, 'Try again later'));
        if (rule?.mode === 'smtp-refuse') return done(answer(550, 'Not wanted'));
        const { subject, messageId, text, headers } = readMail(Buffer.concat(chunks));
        const to = session.envelope.rcptTo.map(({ address }) => address);
        messages.push({ id: (count += 1), to, subject, messageId, text, headers });
        if (rule?.mode === 'smtp-lose-answer') {
          for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.destroy();
          return;
        }
        if (rule?.mode !== 'smtp-slow') return done();
        void delay(rule.delayMs, undefined, { ref: false }).then(() => done());
      });
    },
  });
  // Cut connections are part of the play.
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    messages,
    clear: () => void (messages.length = 0),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
