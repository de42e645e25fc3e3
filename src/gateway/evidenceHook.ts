import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { requireAsked, type AnswersDeps } from '../activities/answers.js';
import { InspectionId } from '../domain/answers.js';
import { examples } from '../domain/examples.js';
import { parseInput } from '../domain/input.js';
import { FILE_REFUSALS } from '../domain/wording/answerPages.js';
import { storeEvidence } from '../store/evidence.js';
import { fileKind, keptName, MAX_FILE_BYTES } from './forms/fileKind.js';
import { HttpRefusal } from './server.js';
import { turningAway } from './signature.js';
import { NOT_GENUINE, signedDocument, type WebhookOptions } from './webhook.js';

/** Bytes: the largest file in base64, and the JSON around it. */
const BODY_LIMIT = Math.ceil((MAX_FILE_BYTES * 4) / 3) + 64 * 1024;

export const EvidenceUpload = z.strictObject({
  v: z.literal(1),
  inspection: InspectionId,
  /** As its sender calls it; the ending says its kind. */
  name: z.string().min(1).max(200),
  content: z
    .string()
    .refine(
      (content) => Buffer.from(content, 'base64').toString('base64') === content,
      'the content of the file in base64 ／ base64で表したファイルの内容',
    ),
});

/** What the sender gets for a file that is kept. */
interface EvidenceReceipt {
  readonly v: 1;
  readonly inspection: string;
  /** To be named in `items[].evidence` of the answers. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * `POST /hooks/evidence`: one file of a unit that answers by webhook, in base64 in a signed JSON object, so that name and
 * inspection are signed with it. Taken as the form takes one; answers name it by its hash. The same file again is the same.
 */
export function evidenceHook({
  secrets,
  db,
  now,
}: Pick<WebhookOptions, 'secrets'> & Pick<AnswersDeps, 'db' | 'now'>): FastifyPluginAsync {
  return async (server) => {
    server.removeAllContentTypeParsers();
    server.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
      (_request, body, done) => done(null, body),
    );
    server.setErrorHandler((error: unknown) => {
      throw (error as { statusCode?: unknown }).statusCode === 413 && !(error instanceof HttpRefusal)
        ? new HttpRefusal(413, FILE_REFUSALS.largeUpload)
        : error;
    });
    const turnAway = turningAway(server, NOT_GENUINE);

    server.post(
      '/hooks/evidence',
      {
        bodyLimit: BODY_LIMIT,
        // Nobody without a signature makes us read a file.
        onRequest: async (request) => {
          if (request.headers['webhook-signature'] === undefined) await turnAway(request);
        },
      },
      async (request): Promise<EvidenceReceipt> => {
        const document = signedDocument(secrets, request) ?? (await turnAway(request));
        const { inspection, ...upload } = parseInput(EvidenceUpload, document, examples.evidence);
        await requireAsked(db, inspection);
        const name = keptName(upload.name);
        const content = Buffer.from(upload.content, 'base64');
        const kind = fileKind(name, content);
        if ('refused' in kind) throw new HttpRefusal(422, kind.refused);
        const hash = await storeEvidence(db, inspection, { name, mediaType: kind.mediaType, content }, now());
        return { v: 1, inspection, hash, size: content.length };
      },
    );
  };
}
