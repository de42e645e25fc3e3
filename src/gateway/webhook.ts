import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { takeAnswers, type AnswersDeps } from '../activities/answers.js';
import { AnswersSchema, InspectionId } from '../domain/answers.js';
import { examples } from '../domain/examples.js';
import { parseInput } from '../domain/input.js';
import type { Sentence } from '../domain/sentence.js';
import { SubmissionTaken } from '../store/submissions.js';
import { HttpRefusal } from './server.js';
import { isGenuine, turningAway } from './signature.js';

export interface WebhookOptions extends AnswersDeps {
  /** The secrets (`whsec_...`) of a unit; several while they are changed, none for a unit that sends no webhooks. */
  secrets(unit: string): readonly string[];
}

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
    const turnAway = turningAway(server, NOT_GENUINE);

    server.post('/hooks/answers', async (request, reply) => {
      const document = signedDocument(secrets, request) ?? (await turnAway(request));
      const answers = parseInput(AnswersSchema, document, examples.answers);
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

/** The JSON of a request that the unit it names has signed; undefined for any other. */
export function signedDocument(secrets: WebhookOptions['secrets'], request: FastifyRequest): unknown {
  const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
  const document = parsed(body);
  const unit = unitOf(document);
  return unit !== undefined && isGenuine(secrets(unit), body, request) ? document : undefined;
}

function parsed(body: Uint8Array): unknown {
  try {
    // What is not well-formed text would be kept as something else than was signed.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** Who says to answer, before anything is known of who it is: it only chooses the secret. */
function unitOf(document: unknown): string | undefined {
  const inspection = InspectionId.safeParse((document as { inspection?: unknown } | null | undefined)?.inspection);
  return inspection.success ? inspection.data.split('/')[2] : undefined;
}

export const NOT_GENUINE: Sentence = {
  en: 'The signature is missing, wrong or older than five minutes, or this unit has no webhook secret. Sign the exact body after Standard Webhooks with the secret of the unit named in "inspection", and check the clock.',
  ja: '署名がないか誤っているか、5 分以上前のものです（またはこの事業者に Webhook の秘密鍵がありません）。「inspection」の事業者の秘密鍵で、本文をそのまま Standard Webhooks の方式で署名し、時計を確認してください。',
};
