import type { FastifyPluginAsync } from 'fastify';
import { Webhook } from 'standardwebhooks';
import { takeAnswers, type AnswersDeps } from '../activities/answers.js';
import { ANSWERS_EXAMPLE, AnswersSchema, InspectionId } from '../domain/answers.js';
import { parseInput } from '../domain/input.js';
import type { Sentence } from '../domain/sentence.js';
import { SubmissionTaken } from '../store/submissions.js';
import { HttpRefusal } from './server.js';

export interface WebhookOptions extends AnswersDeps {
  /** The secrets (`whsec_...`) of a unit; several while they are changed, none for a unit that sends no webhooks. */
  secrets(unit: string): readonly string[];
}

/** Attempts a minute from one address that were not let in. */
const MAX_REFUSED = 60;

/**
 * `POST /hooks/answers`: the answers document, signed after Standard Webhooks with the secret of the unit that answers.
 * The body is checked as it came, byte for byte; signatures older than five minutes are refused; a repeat gets the first
 * receipt.
 */
export function webhook({ secrets, ...deps }: WebhookOptions): FastifyPluginAsync {
  return async (server) => {
    // Within this plugin only: the signature is over the bytes.
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    const refusals = server.createRateLimit({
      max: MAX_REFUSED,
      timeWindow: '1 minute',
      keyGenerator: ({ ip }) => `webhook ${ip}`,
    });

    server.post('/hooks/answers', async (request, reply) => {
      const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
      const text = body.toString('utf8');
      const document = parsed(text);
      const unit = unitOf(document);
      const headers = Object.fromEntries(
        (['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const).map((name) => [
          name,
          String(request.headers[name] ?? ''),
        ]),
      );
      const genuine =
        // What is not well-formed text would be signed as something else than it is.
        Buffer.from(text, 'utf8').equals(body) &&
        unit !== undefined &&
        secrets(unit).some((secret) => isGenuine(secret, text, headers));
      if (!genuine) {
        const count = await refusals(request);
        if (!count.isAllowed && count.isExceeded) throw new HttpRefusal(429, TOO_MANY);
        throw new HttpRefusal(401, NOT_GENUINE);
      }
      const answers = parseInput(AnswersSchema, document, ANSWERS_EXAMPLE);
      try {
        const receipt = await takeAnswers(deps, answers, 'webhook');
        return await reply.code(200).send(receipt);
      } catch (error) {
        if (error instanceof SubmissionTaken) throw new HttpRefusal(409, error.sentence);
        throw error;
      }
    });
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Who says to answer, before anything is known of who it is: it only chooses the secret. */
function unitOf(document: unknown): string | undefined {
  const inspection = InspectionId.safeParse((document as { inspection?: unknown } | null | undefined)?.inspection);
  return inspection.success ? inspection.data.split('/')[2] : undefined;
}

function isGenuine(secret: string, text: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(text, headers, { jsonParse: false });
    return true;
  } catch {
    // The library tells apart what we do not tell a stranger.
    return false;
  }
}

const NOT_GENUINE: Sentence = {
  en: 'The signature is missing, wrong or older than five minutes, or this unit has no webhook secret. Sign the exact body after Standard Webhooks with the secret of the unit named in "inspection", and check the clock.',
  ja: '署名がないか誤っているか、5 分以上前のものです（またはこの事業者に Webhook の秘密鍵がありません）。「inspection」の事業者の秘密鍵で、本文をそのまま Standard Webhooks の方式で署名し、時計を確認してください。',
};

const TOO_MANY: Sentence = {
  en: 'Too many requests with a wrong signature came from you. Wait a minute, mend the signature and try again.',
  ja: '署名の誤ったリクエストが多すぎます。1 分ほど待ち、署名を直してから、もう一度送信してください。',
};
