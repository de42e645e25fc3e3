import type { FastifyPluginAsync } from 'fastify';
import { takeMail, type InboundDeps } from '../activities/inboundMail.js';
import type { TokenKey } from '../connectors/token.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { HttpRefusal } from './server.js';
import { isGenuine, turningAway } from './signature.js';

/** Bytes of a mail: what mail servers commonly take, and two of the largest evidence files as attachments. */
const MAIL_LIMIT = 25 * 1024 * 1024;

export interface InboundMailOptions extends Omit<InboundDeps, 'keys'> {
  /** All keys that may have signed an address of ours. */
  keys(): readonly TokenKey[];
  /** The secrets (`whsec_...`) of the mail server or service; several while they are changed, none when nobody may. */
  secrets(): readonly string[];
}

/**
 * `POST /hooks/mail`: a received mail as it came, `message/rfc822`, signed after Standard Webhooks. 200 tells what became of
 * it; the same mail once more gets the first receipt. 503 means that it is to be sent again, any other answer that sending
 * it again helps nothing.
 */
export function inboundMail({ secrets, keys, ...deps }: InboundMailOptions): FastifyPluginAsync {
  return async (server) => {
    // Within this plugin only: a mail is bytes.
    server.removeAllContentTypeParsers();
    server.addContentTypeParser(
      'message/rfc822',
      { parseAs: 'buffer', bodyLimit: MAIL_LIMIT },
      (_request, body, done) => done(null, body),
    );
    server.setErrorHandler((error: unknown) => {
      throw mailError(error);
    });
    const turnAway = turningAway(server, NOT_GENUINE);

    server.post(
      '/hooks/mail',
      {
        bodyLimit: MAIL_LIMIT,
        // Nobody without a signature makes us read 25 MiB.
        onRequest: async (request) => {
          if (request.headers['webhook-signature'] === undefined) await turnAway(request);
        },
      },
      async (request, reply) => {
        const raw = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
        if (!isGenuine(secrets(), raw, request)) await turnAway(request);
        return reply.code(200).send(await takeMail({ ...deps, keys: keys() }, raw));
      },
    );
  };
}

/** What went wrong with a mail, in words about mails. */
function mailError(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const status = (error as { statusCode?: unknown }).statusCode;
  if (status === 413) return new HttpRefusal(413, TOO_LARGE);
  if (status === 415) return new HttpRefusal(415, WRONG_TYPE);
  if (typeof status === 'number' && status < 500) return new HttpRefusal(status, BROKEN);
  return Object.assign(new HttpRefusal(503, AGAIN), { cause: error });
}

const NOT_GENUINE: Sentence = {
  en: 'The signature is missing, wrong or older than five minutes, or no secret is set for inbound mail. Sign the mail byte for byte after Standard Webhooks with HIKESHI_SECRET_INBOUND_MAIL, and check the clock.',
  ja: '署名がないか誤っているか、5 分以上前のものです（または受信メール用の秘密鍵が未設定です）。HIKESHI_SECRET_INBOUND_MAIL の鍵で、メールをそのまま Standard Webhooks の方式で署名し、時計を確認してください。',
};

const TOO_LARGE: Sentence = {
  en: `The mail is larger than ${MAIL_LIMIT / 1024 / 1024} MiB and was not taken in. Files are given on the answer page, not by mail.`,
  ja: `メールが ${MAIL_LIMIT / 1024 / 1024} MiB を超えるため、取り込みませんでした。ファイルはメールではなく回答ページから提出してください。`,
};

const WRONG_TYPE: Sentence = {
  en: 'Send the mail as it was received, with "Content-Type: message/rfc822".',
  ja: '受信したままのメールを「Content-Type: message/rfc822」で送ってください。',
};

const BROKEN: Sentence = {
  en: 'The request is broken off or malformed. Send the mail once more.',
  ja: 'リクエストが途中で切れているか、形式が正しくありません。メールをもう一度送ってください。',
};

const AGAIN: Sentence = {
  en: 'The mail cannot be taken in just now: the register or Temporal does not answer. Send it again in some minutes; it is taken in once.',
  ja: '台帳または Temporal から応答がないため、メールを取り込めません。数分後にもう一度送ってください（二重に取り込まれることはありません）。',
};
