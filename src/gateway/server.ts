import { fastify, type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import type { Logger as PinoLogger } from 'pino';
import { Refusal } from '../domain/refusal.js';
import { bilingual, type Sentence } from '../domain/sentence.js';

/** Bytes. Temporal's own message limit is 4 MiB; as JSON with base64 that is 5.4 MiB. */
const BODY_LIMIT = 8 * 1024 * 1024;

/** An answer other than 200 that a part of the gateway gives on purpose. */
export class HttpRefusal extends Refusal {
  readonly statusCode: number;

  constructor(statusCode: number, sentence: Sentence) {
    super(sentence);
    this.statusCode = statusCode;
  }
}

/**
 * The gateway with the given parts. Errors are answered with a sentence; bodies and error texts reach neither the log
 * nor a caller.
 */
export async function createGateway(log: PinoLogger, parts: readonly FastifyPluginAsync[]): Promise<FastifyInstance> {
  const server = fastify({ bodyLimit: BODY_LIMIT, logger: false, forceCloseConnections: true });

  server.setErrorHandler((error: unknown, request, reply) => {
    const { status, sentence } = explain(error);
    if (status >= 500)
      log.error({ error, route: request.routeOptions.url ?? '', statusCode: status }, 'Request failed');
    return reply.code(status).send({ message: bilingual(sentence), sentence });
  });
  server.setNotFoundHandler((_request, reply) => {
    const sentence = {
      en: 'There is nothing at this address. Check the URL.',
      ja: 'このアドレスには何もありません。URL を確認してください。',
    };
    return reply.code(404).send({ message: bilingual(sentence), sentence });
  });
  server.get('/healthz', async () => ({ ok: true }));
  for (const part of parts) await server.register(part);
  return server;
}

/** The status and the sentence for an error, whoever made it. */
export function explain(error: unknown): { status: number; sentence: Sentence } {
  if (error instanceof HttpRefusal) return { status: error.statusCode, sentence: error.sentence };
  if (error instanceof Refusal) return { status: 400, sentence: error.sentence };
  const status = (error as { statusCode?: unknown }).statusCode;
  if (status === 413) {
    return {
      status,
      sentence: {
        en: `The request is larger than ${BODY_LIMIT / 1024 / 1024} MiB. Send less at once.`,
        ja: `リクエストが ${BODY_LIMIT / 1024 / 1024} MiB を超えています。分けて送ってください。`,
      },
    };
  }
  if (status === 415) {
    return {
      status,
      sentence: {
        en: 'The content type is not supported. Send JSON with "Content-Type: application/json".',
        ja: 'この Content-Type は使えません。「Content-Type: application/json」を付けて JSON で送ってください。',
      },
    };
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return {
      status,
      sentence: {
        en: 'The body is not valid JSON. Send one JSON object with "Content-Type: application/json".',
        ja: '本文が正しい JSON ではありません。「Content-Type: application/json」を付けて、JSON オブジェクトを一つ送ってください。',
      },
    };
  }
  return {
    status: 500,
    sentence: {
      en: 'The gateway could not answer. Look at its log, and try again.',
      ja: 'ゲートウェイが応答できませんでした。ログを確認してから、もう一度実行してください。',
    },
  };
}
