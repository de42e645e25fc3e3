import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { SMTPServer } from 'smtp-server';
import type { z } from 'zod';

import { bounceOf, BounceSchema, replyOf, type ReplySchema, type ReturnedMail } from './mailBack.js';
import { readMail, type SunkMail } from './mailText.js';
import type { Misbehaviour } from './misbehaviour.js';

export type { SunkMail } from './mailText.js';

export interface MailSink {
  readonly port: number;
  readonly messages: readonly SunkMail[];
  /** What the outside world sent back, oldest first. Whoever runs the drill carries it to the inbound side. */
  readonly returned: readonly ReturnedMail[];
  /** Undefined when there is no such mail. */
  bounce(id: number, bounce: z.output<typeof BounceSchema>): ReturnedMail | undefined;
  reply(id: number, reply: z.output<typeof ReplySchema>): ReturnedMail | undefined;
  clear(): void;
  close(): Promise<void>;
}

/** A relay that keeps everything and delivers nothing. Loopback only. */
export async function mailSink(port: number, misbehaviour: Misbehaviour): Promise<MailSink> {
  const messages: SunkMail[] = [];
  const returned: ReturnedMail[] = [];
  const greylisted = new Set<string>();
  const sockets = new Set<Socket>();
  let count = 0;
  /** Messages are kept in the order in which they came, though reading takes a moment. */
  let turn: Promise<unknown> = Promise.resolve();

  const answer = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code });
  const sendBack = (mail: ReturnedMail) => {
    returned.push(mail);
    return mail;
  };
  const keep = async (from: string, to: string[], raw: Buffer) => {
    const mail = { ...(await readMail(raw)), id: (count += 1), from, to };
    messages.push(mail);
    return mail;
  };
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect: (_session, done) =>
      done(misbehaviour.meetMailConnection() ? answer(421, '4.3.2 Service not available') : undefined),
    // A connection that was open before meets it here.
    onMailFrom: (_address, _session, done) =>
      done(misbehaviour.meetMailConnection() ? answer(421, '4.3.2 Service not available') : undefined),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        const { mailFrom } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        const rule = misbehaviour.meetMail(to);
        if (rule?.mode === 'smtp-tempfail') return done(answer(451, '4.3.0 Try again later'));
        if (rule?.mode === 'smtp-refuse') return done(answer(550, '5.1.1 Not wanted'));
        const pair = [from, ...to].join(' ');
        if (rule?.mode === 'smtp-greylist' && !greylisted.has(pair)) {
          greylisted.add(pair);
          return done(answer(450, `4.2.0 Greylisted, try again in ${rule.retryAfter ?? 300} seconds`));
        }
        const taken = async () => {
          const mail = await keep(from, to, Buffer.concat(chunks));
          if (rule?.mode === 'smtp-bounce') sendBack(bounceOf(mail, BounceSchema.parse({}), misbehaviour.now()));
          if (rule?.mode === 'smtp-delay') {
            const delayed = BounceSchema.parse({
              action: 'delayed',
              status: '4.4.1',
              diagnostic: 'No answer from host',
            });
            sendBack(bounceOf(mail, delayed, misbehaviour.now()));
          }
          if (rule?.mode === 'smtp-lose-answer') {
            for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.destroy();
            return;
          }
          if (rule?.mode !== 'smtp-slow') return done();
          void delay(rule.delayMs, undefined, { ref: false }).then(() => done());
        };
        turn = turn.then(taken).catch(done);
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
  const mailOf = (id: number) => messages.find((mail) => mail.id === id);
  return {
    port: (server.server.address() as AddressInfo).port,
    messages,
    returned,
    bounce: (id, bounce) => {
      const mail = mailOf(id);
      return mail && sendBack(bounceOf(mail, bounce, misbehaviour.now()));
    },
    reply: (id, reply) => {
      const mail = mailOf(id);
      return mail && sendBack(replyOf(mail, reply, misbehaviour.now()));
    },
    clear: () => {
      messages.length = 0;
      returned.length = 0;
      greylisted.clear();
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
