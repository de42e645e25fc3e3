import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import rateLimit from '@fastify/rate-limit';
import { fastify, type FastifyInstance } from 'fastify';
import type { Logger as PinoLogger } from 'pino';
import type { InspectionSignals } from '../../connectors/inspectionSignals.js';
import type { TokenKey } from '../../connectors/token.js';
import type { Instant, Zone } from '../../domain/instant.js';
import { Refusal } from '../../domain/refusal.js';
import { bilingual } from '../../domain/sentence.js';
import { LINK_REFUSALS } from '../../domain/wording/answerPages.js';
import type { Store } from '../../store/open.js';
import { questionnairesIn } from '../../store/questionnaires.js';
import { evidenceHook } from '../evidenceHook.js';
import { inboundMail } from '../inboundMail.js';
import { explain, HttpRefusal } from '../server.js';
import { webhook } from '../webhook.js';
import { admission, LIMITS, type Limits } from './admit.js';
import { answerForm } from './answerForm.js';
import { answerSheet } from './answerSheet.js';
import { receipts } from './receipts.js';
import { PageRefusal } from './refusal.js';
import { sendRefusal, STYLE } from './render.js';

/** Bytes of a body that is no upload: the largest answers document, with its longest explanations. */
const BODY_LIMIT = 8 * 1024 * 1024;
/** An upload over a slow line takes its time; what takes longer has broken off. */
const REQUEST_TIMEOUT_MS = 5 * 60_000;

export interface FormsOptions {
  readonly store: Store;
  readonly signaller: InspectionSignals;
  /** Those that sign links, old ones included. */
  keys(): readonly TokenKey[];
  /** The wall clock live, the runner's instant in a drill. */
  now(): Instant;
  /** The zone in which people read the time. */
  zone(): Promise<Zone>;
  /** The webhook secrets (`whsec_...`) of a unit; several while they are changed. */
  webhookSecrets(unit: string): readonly string[];
  /** Secrets (`whsec_...`) of whoever hands in received mail; left out: nobody may. */
  mailSecrets?(): readonly string[];
  readonly limits?: Limits;
  /** Addresses and networks of proxies that may say who the client is, see `trustedProxies`; none when left out. */
  readonly trustProxy?: readonly string[];
}

/**
 * What providers reach: the answer pages behind secret links, the webhook, and the way in for mail. A server of its own, apart from the codec
 * server, which only the bank's own machines may reach.
 */
export async function createForms(log: PinoLogger, options: FormsOptions): Promise<FastifyInstance> {
  const { store, signaller, keys, now, zone } = options;
  const server = fastify({
    bodyLimit: BODY_LIMIT,
    logger: false,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: options.trustProxy?.length ? [...options.trustProxy] : false,
    routerOptions: { maxParamLength: 200 },
  });
  server.setErrorHandler((error: unknown, request, reply) => {
    const hook = request.url.startsWith('/hooks/');
    const refusal = refusalOf(error, hook);
    if (refusal.statusCode >= 500) {
      log.error({ error, route: request.routeOptions.url ?? '', statusCode: refusal.statusCode }, 'Request failed');
    }
    if (hook) {
      const { sentence, statusCode } = refusal;
      return reply.code(statusCode).send({ message: bilingual(sentence), sentence });
    }
    return sendRefusal(reply, refusal);
  });
  server.setNotFoundHandler((_request, reply) => sendRefusal(reply, new PageRefusal(404, LINK_REFUSALS.unknown)));

  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // The address of a page is its secret. Within the site it may stand, or a browser would send no origin.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  await server.register(rateLimit, { global: false });
  await server.register(formbody);
  await server.register(multipart, { throwFileSizeLimit: false });

  server.get('/healthz', async () => ({ ok: true }));
  server.get('/forms.css', async (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('Cache-Control', 'public, max-age=3600').send(STYLE),
  );
  const { db } = store;
  const answers = { db, signaller, now };
  const admit = admission(server, { db, questionnaires: questionnairesIn(db), keys, now }, options.limits ?? LIMITS);
  answerForm(server, admit, { ...answers, zone });
  answerSheet(server, admit, answers);
  receipts(server, admit, { db, zone });
  await server.register(webhook({ ...answers, secrets: options.webhookSecrets }));
  await server.register(evidenceHook({ db, now, secrets: options.webhookSecrets }));
  await server.register(
    inboundMail({
      store,
      keys,
      now,
      signal: (inspection, name, input) => signaller.signal(inspection, name, input),
      secrets: () => options.mailSecrets?.() ?? [],
    }),
  );
  return server;
}

function refusalOf(error: unknown, hook: boolean): PageRefusal {
  if (error instanceof PageRefusal) return error;
  if (error instanceof HttpRefusal) return new PageRefusal(error.statusCode, error.sentence);
  if (error instanceof Refusal) return new PageRefusal(400, error.sentence);
  const status = (error as { statusCode?: unknown }).statusCode;
  if (hook && typeof status === 'number' && status < 500) {
    return new PageRefusal(status, explain(error).sentence);
  }
  if (status === 413) return new PageRefusal(413, LINK_REFUSALS.tooLarge);
  if (typeof status === 'number' && status >= 400 && status < 500) return new PageRefusal(status, LINK_REFUSALS.broken);
  // Nearly always the register. What went wrong otherwise is as little the provider's to mend.
  return new PageRefusal(503, LINK_REFUSALS.down);
}
