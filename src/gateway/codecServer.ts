import type { Payload } from '@temporalio/common';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { EncryptionCodec } from '../worker/codec.js';
import type { KeyRing } from '../worker/keyRing.js';
import { PayloadProto } from '../worker/payloadProto.js';
import { HttpRefusal } from './server.js';

/** What the Web UI sends; a browser asks for each before it does. */
const ALLOWED_HEADERS = 'Content-Type, X-Namespace, Authorization, Authorization-Extras';
const PREFLIGHT_SECONDS = 600;

/** Payloads as Temporal writes them in JSON: bytes in base64. Unknown members are refused: they would be lost. */
const Bytes = z.base64();
const PayloadSchema = z.strictObject({ metadata: z.record(z.string(), Bytes).optional(), data: Bytes.optional() });
// An empty list is left out in this form of JSON: the CLI sends `{}` for a query without arguments.
const BodySchema = z.strictObject({ payloads: z.array(PayloadSchema).default([]) });

export interface CodecServerOptions {
  readonly keyRing: KeyRing;
  /** Used when the request names none in `X-Namespace`. */
  readonly defaultNamespace: string;
  /** Base URL of the Web UI: the one web page that may ask. */
  readonly uiUrl: string;
}

/**
 * `POST /decode` and `POST /encode`, by which the Web UI and the CLI show and send what is encrypted. Whoever can ask
 * can read: it is bound to the loopback, and answers pages of the Web UI only.
 */
export function codecServer(options: CodecServerOptions): FastifyPluginAsync {
  const origins = allowedOrigins(options.uiUrl);
  return async (server) => {
    server.addHook('onRequest', async (request, reply) => {
      const { origin } = request.headers;
      reply.header('Vary', 'Origin');
      // The CLI sends no origin; a browser always does, so another page is recognised by it.
      if (origin === undefined) return;
      if (!origins.has(origin)) {
        throw new HttpRefusal(403, {
          en: `Pages of this origin may not ask. Open the Web UI at ${options.uiUrl}, or set HIKESHI_UI_URL to its address.`,
          ja: `このオリジンのページからは使えません。Web UI を ${options.uiUrl} で開くか、HIKESHI_UI_URL にそのアドレスを設定してください。`,
        });
      }
      reply.header('Access-Control-Allow-Origin', origin);
    });

    for (const operation of ['decode', 'encode'] as const) {
      server.options(`/${operation}`, async (_request, reply) =>
        reply
          .header('Access-Control-Allow-Methods', 'POST, OPTIONS')
          .header('Access-Control-Allow-Headers', ALLOWED_HEADERS)
          .header('Access-Control-Max-Age', PREFLIGHT_SECONDS)
          .code(204)
          .send(),
      );
      server.post(`/${operation}`, async (request) => {
        const namespace = request.headers['x-namespace'];
        const codec = new EncryptionCodec(
          typeof namespace === 'string' && namespace ? namespace : options.defaultNamespace,
          options.keyRing,
        );
        const payloads = await codec[operation](parsePayloads(request.body));
        return { payloads: payloads.map(toJson) };
      });
    }
  };
}

/** The Web UI is opened as often by the name `localhost` as by the loopback's number. */
function allowedOrigins(uiUrl: string): ReadonlySet<string> {
  const ui = new URL(uiUrl);
  const origins = new Set([ui.origin]);
  if (ui.hostname === '127.0.0.1') origins.add(`http://localhost:${ui.port}`);
  return origins;
}

function parsePayloads(body: unknown): Payload[] {
  const parsed = BodySchema.safeParse(body);
  if (!parsed.success) {
    const right = '{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"e30="}]}';
    throw new HttpRefusal(400, {
      en: `The body must be an object with "payloads" whose metadata and data are base64, for example ${right}`,
      ja: `本文は「payloads」を持つオブジェクトにしてください。metadata と data は base64 です。例: ${right}`,
    });
  }
  return parsed.data.payloads.map((payload) => PayloadProto.fromObject(payload));
}

function toJson(payload: Payload): Record<string, unknown> {
  return PayloadProto.toObject(PayloadProto.fromObject(payload), { bytes: String });
}
