import { z } from 'zod';
import type { SunkMail } from './mailText.js';

/** A mail that the outside world sends to us: the report of a bounce, or an answer. */
export interface ReturnedMail {
  /** Id of the mail it is about. */
  readonly about: number;
  /** The envelope's recipient. */
  readonly to: string;
  /** The whole message as it travels. */
  readonly raw: string;
}

export const BounceSchema = z.strictObject({
  action: z.enum(['failed', 'delayed']).default('failed'),
  status: z.string().default('5.1.1'),
  diagnostic: z.string().default('User unknown'),
});
export const ReplySchema = z.strictObject({
  text: z.string(),
  /** Who answers; left out: the first recipient. */
  from: z.string().optional(),
  autoReply: z.boolean().default(false),
});

const HOST = 'mx.simulator.invalid';

/** A delivery status report as relays write it (RFC 3464), to the envelope's sender. */
export function bounceOf(mail: SunkMail, bounce: z.output<typeof BounceSchema>, at: Date): ReturnedMail {
  const recipient = mail.to[0] ?? '';
  const code = bounce.action === 'failed' ? 550 : 451;
  const boundary = `report-${mail.id}`;
  const parts = [
    part('text/plain; charset=utf-8', [`Delivery of your message has ${bounce.action}.`]),
    part('message/delivery-status', [
      `Reporting-MTA: dns; ${HOST}`,
      '',
      `Final-Recipient: rfc822; ${recipient}`,
      `Action: ${bounce.action}`,
      `Status: ${bounce.status}`,
      `Diagnostic-Code: smtp; ${code} ${bounce.status}`,
      ` ${bounce.diagnostic}`,
    ]),
    part('text/rfc822-headers', [`Message-ID: ${mail.messageId}`]),
  ];
  const lines = [
    'Return-Path: <>',
    ...heads(mail, `MAILER-DAEMON@${HOST}`, mail.from, 'Undelivered Mail', at),
    'Auto-Submitted: auto-replied',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    '',
    ...parts.flatMap((each) => [`--${boundary}`, ...each]),
    `--${boundary}--`,
    '',
  ];
  return { about: mail.id, to: mail.from, raw: lines.join('\r\n') };
}

/** An answer as mail programs write it, to the address that the mail asks for. */
export function replyOf(mail: SunkMail, reply: z.output<typeof ReplySchema>, at: Date): ReturnedMail {
  const asked = mail.headers['reply-to'] ?? mail.headers['from'] ?? mail.from;
  const to = /<([^>]+)>/.exec(asked)?.[1] ?? asked;
  const references = [mail.headers['references'], mail.messageId].filter(Boolean).join(' ');
  const lines = [
    ...heads(mail, reply.from ?? mail.to[0] ?? '', to, `Re: ${mail.subject}`, at),
    `In-Reply-To: ${mail.messageId}`,
    `References: ${references}`,
    ...(reply.autoReply ? ['Auto-Submitted: auto-replied'] : []),
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    base64(reply.text),
    '',
  ];
  return { about: mail.id, to, raw: lines.join('\r\n') };
}

function heads(mail: SunkMail, from: string, to: string, subject: string, at: Date): string[] {
  return [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: =?utf-8?B?${Buffer.from(subject).toString('base64')}?=`,
    `Date: ${at.toUTCString()}`,
    `Message-ID: <returned-${mail.id}@${HOST}>`,
    'MIME-Version: 1.0',
  ];
}

function part(type: string, lines: readonly string[]): string[] {
  return [`Content-Type: ${type}`, '', ...lines, ''];
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\r\n');
}
