import { setTimeout as delay } from 'node:timers/promises';

import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';

import { Bank, type BankEvent, type BankFunction, PURPOSES } from './bank.js';
import { Journal } from './journal.js';
import { BounceSchema, ReplySchema, type ReturnedMail } from './mailBack.js';
import type { MailSink } from './mailSink.js';
import { providers } from './providers.js';
import { MisbehaveSchema, type Misbehaviour, type Operation, type Rule } from './misbehaviour.js';

/** Well known on purpose: it opens a toy. */
export const SIMULATOR_TOKEN = 'simulator';

export interface ChannelSystemOptions {
  /** File that keeps what the bank did; left out: memory only. */
  readonly stateFile?: string | undefined;
  /** A function comes into being when somebody first names it. */
  readonly lazy?: boolean;
  /** Bearer token that callers of `/v1` must show. */
  readonly token: string;
  readonly misbehaviour: Misbehaviour;
  readonly mail: Pick<MailSink, 'messages' | 'returned' | 'bounce' | 'reply' | 'clear'>;
}

const Code = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/);
const Yen = z.int().nonnegative();
const StatusSchema = z.enum(['OPEN', 'LIMITED', 'CLOSED']);
const OrderSchema = z.strictObject({
  status: StatusSchema,
  limit: Yen.optional(),
  inFlight: z.enum(['finish', 'hold', 'reject']).optional(),
});
const RequestSchema = z
  .strictObject({ amountYen: Yen, requestKey: z.string().min(1).max(200).optional(), purpose: z.enum(PURPOSES) })
  .refine((request) => request.purpose === 'test' || request.requestKey !== undefined, { path: ['requestKey'] });
export const FunctionSchema = z.strictObject({
  code: Code,
  limitYen: Yen.optional(),
  queued: z.int().min(0).default(0),
});
const DriftSchema = z.strictObject({ code: Code, status: StatusSchema, limit: Yen.optional() });
const ClockSchema = z.strictObject({ now: z.iso.datetime({ offset: true }).nullable() });

/** The caller made a mistake: answered with this status and word. */
class Wrong extends Error {
  constructor(
    readonly statusCode: number,
    readonly word: string,
  ) {
    super(word);
  }
}

/**
 * The simulated bank behind HTTP: `/v1` as the bank's own systems know it, `/sim` for those who run the drill.
 *
 * @returns the server, not yet listening, and its bank
 */
export function channelSystem(options: ChannelSystemOptions): { app: FastifyInstance; bank: Bank } {
  const { misbehaviour, mail } = options;
  const journal = options.stateFile === undefined ? undefined : new Journal<BankEvent>(options.stateFile);
  const bank = new Bank((event) => journal?.append(event));
  for (const event of journal?.entries ?? []) bank.replay(event);

  const app = fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 400 } });
  app.addHook('onClose', () => journal?.close());
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof Wrong) return reply.code(error.statusCode).send({ error: error.word });
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    return reply.code(status).send({ error: status < 500 ? 'BAD_REQUEST' : 'INTERNAL' });
  });
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.url?.startsWith('/sim/')) {
      if (!isLoopback(request.socket.remoteAddress)) throw new Wrong(403, 'LOOPBACK_ONLY');
    } else if (request.headers.authorization !== `Bearer ${options.token}`) {
      throw new Wrong(401, 'TOKEN_WRONG');
    }
  });

  const known = (request: FastifyRequest): BankFunction => {
    const { code } = request.params as { code: string };
    const found = bank.functions.get(code);
    if (found) return found;
    if (options.lazy && Code.safeParse(code).success) return bank.add(code);
    throw new Wrong(404, 'FUNCTION_UNKNOWN');
  };
  /** Plays the fault that meets this call around what the bank does. */
  const through = async (
    request: FastifyRequest,
    reply: FastifyReply,
    operation: Operation,
    act: (fault: Rule['mode'] | undefined) => { status: number; body: unknown },
  ) => {
    const rule = misbehaviour.meet((request.params as { code: string }).code, operation);
    if (rule?.mode === 'down' || rule?.mode === 'drop-before') return cut(request, reply);
    if (rule?.mode === 'fail') return reply.code(500).send({ error: 'INTERNAL' });
    if (rule?.mode === 'rate-limit') return tooMany(rule, reply);
    const { status, body } = act(rule?.mode);
    if (rule?.mode === 'lose-answer') return cut(request, reply);
    if (rule?.mode === 'slow') await delay(rule.delayMs, undefined, { ref: false });
    return reply.code(status).send(body);
  };

  app.get('/v1/functions/:code', (request, reply) =>
    through(request, reply, 'read', (fault) => {
      const fn = known(request);
      return { status: 200, body: { ...seen(fn), ...(fault === 'lie' ? { status: fn.told } : {}) } };
    }),
  );
  app.put('/v1/functions/:code', (request, reply) =>
    through(request, reply, 'order', (fault) => {
      const fn = known(request);
      const body = parse(OrderSchema, request.body);
      const key = request.headers['idempotency-key'];
      if (typeof key !== 'string' || key === '') throw new Wrong(400, 'IDEMPOTENCY_KEY_MISSING');
      if (body.status === 'LIMITED' && (body.limit ?? fn.limit) === undefined) throw new Wrong(422, 'LIMIT_MISSING');
      const outcome = bank.order(fn.code, key, body, { pretend: fault === 'lie', keepLimit: fault === 'keep-limit' });
      if (outcome.kind === 'conflict') throw new Wrong(422, 'KEY_USED_FOR_ANOTHER_ORDER');
      // The answer to an order speaks of the order, so that a repeated key gets the same answer whatever came since.
      return { status: 200, body: { code: fn.code, ...body } };
    }),
  );
  app.post('/v1/functions/:code/requests', (request, reply) =>
    through(request, reply, 'request', () => {
      const fn = known(request);
      const outcome = bank.request(fn.code, parse(RequestSchema, request.body));
      if (outcome.kind === 'conflict') throw new Wrong(422, 'KEY_USED_FOR_ANOTHER_REQUEST');
      const { accepted, reason } = outcome.value;
      return accepted
        ? { status: 200, body: { result: 'ACCEPTED' } }
        : { status: 403, body: { result: 'REFUSED', reason } };
    }),
  );

  app.get('/sim/log', () => logOf(bank));
  app.get('/sim/mail', () => ({ mail: mail.messages }));
  providers(app, mail);
  app.get('/sim/mail/log', (request, reply) => {
    const { messageId } = request.query as { messageId?: string };
    const taken = mail.messages.some((message) => message.messageId === messageId);
    return reply.code(taken ? 200 : 404).send({ taken });
  });
  app.get('/sim/mail/returned', () => ({ returned: mail.returned }));
  app.post('/sim/mail/:id/bounce', (request) =>
    sentBack(mail.bounce(idOf(request), parse(BounceSchema, request.body))),
  );
  app.post('/sim/mail/:id/reply', (request) => sentBack(mail.reply(idOf(request), parse(ReplySchema, request.body))));
  app.post('/sim/functions', (request) => {
    const { code, limitYen, queued } = parse(FunctionSchema, request.body);
    return seen(bank.add(code, limitYen, queued));
  });
  app.post('/sim/misbehave', (request) => {
    misbehaviour.set(parse(MisbehaveSchema, request.body));
    return { ok: true };
  });
  app.post('/sim/drift', (request) => {
    const { code, status, limit } = parse(DriftSchema, request.body);
    if (!bank.functions.has(code)) throw new Wrong(404, 'FUNCTION_UNKNOWN');
    bank.drift(code, status, limit);
    return { ok: true };
  });
  app.post('/sim/clock', (request) => {
    const { now } = parse(ClockSchema, request.body);
    bank.setClock(now === null ? null : new Date(now).toISOString());
    misbehaviour.setClock(now);
    return { ok: true };
  });
  app.post('/sim/reset', () => {
    bank.reset();
    journal?.clear();
    misbehaviour.set({ mode: 'none', delayMs: 0 });
    mail.clear();
    return { ok: true };
  });
  return { app, bank };
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Wrong(400, `FIELD_WRONG ${result.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ')}`);
}

function idOf(request: FastifyRequest): number {
  return Number((request.params as { id: string }).id);
}

function sentBack(mail: ReturnedMail | undefined): ReturnedMail {
  if (!mail) throw new Wrong(404, 'MAIL_UNKNOWN');
  return mail;
}

function seen({ code, status, limit, queued, held }: BankFunction) {
  return { code, status, limit, queued, held };
}

function cut(request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack();
  request.raw.socket.destroy();
}

function tooMany(rule: Rule, reply: FastifyReply) {
  if (rule.retryAfter !== undefined) void reply.header('retry-after', String(rule.retryAfter));
  return reply.code(429).send({ error: 'TOO_MANY' });
}

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
}

/** Everything that happened, with counts for each function; no personal data passes through here. */
function logOf(bank: Bank) {
  const orders = bank.events.filter((event) => event.type === 'order').map(({ digest: _digest, ...rest }) => rest);
  const requests = bank.events.filter((event) => event.type === 'request').map(({ digest: _digest, ...rest }) => rest);
  const functions = [...bank.functions.values()].map(({ told: _told, ...fn }) => {
    const ordered = (effect: string) =>
      orders.filter((order) => order.code === fn.code && order.effect === effect).length;
    const asked = (purpose: string, accepted: boolean) =>
      requests.filter((r) => r.code === fn.code && r.purpose === purpose && r.accepted === accepted).length;
    return {
      ...fn,
      orders: {
        applied: ordered('applied'),
        pretended: ordered('pretended'),
        repeated: ordered('repeated'),
        conflict: ordered('conflict'),
      },
      requests: Object.fromEntries(
        PURPOSES.map((purpose) => [purpose, { accepted: asked(purpose, true), refused: asked(purpose, false) }]),
      ),
    };
  });
  return { functions, orders, requests, drifts: bank.events.filter((event) => event.type === 'drift') };
}
