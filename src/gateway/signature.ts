import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Sentence } from '../domain/sentence.js';
import { HttpRefusal } from './server.js';

/** Seconds by which a signature's time may differ from ours. */
const TOLERANCE_SECONDS = 5 * 60;
/** Requests a minute from one address that were not let in. */
const MAX_REFUSED = 60;

/**
 * Is this body signed after Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature: v1,...`) with one of
 * the secrets, within five minutes? The signature is over the bytes as they came: a mail need not be UTF-8.
 * @param secrets `whsec_` and base64; several while they are changed
 */
export function isGenuine(secrets: readonly string[], body: Uint8Array, { headers }: FastifyRequest): boolean {
  const header = (name: string) => String(headers[`webhook-${name}`] ?? '');
  const [id, timestamp] = [header('id'), header('timestamp')];
  const distance = Math.abs(Math.floor(Date.now() / 1000) - Number(timestamp));
  if (!id || !/^\d{1,12}$/.test(timestamp) || distance > TOLERANCE_SECONDS) return false;
  const given = header('signature')
    .split(' ')
    .flatMap((each) => (each.startsWith('v1,') ? [Buffer.from(each.slice(3), 'base64')] : []));
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    if (key.length === 0) return false;
    const right = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
    return given.some((each) => each.length === right.length && timingSafeEqual(each, right));
  });
}

/** Turns away what is not genuine, and soon without looking; a genuine request from the same address still gets through. */
export function turningAway(server: FastifyInstance, notGenuine: Sentence) {
  const refusals = server.createRateLimit({
    max: MAX_REFUSED,
    timeWindow: '1 minute',
    keyGenerator: ({ ip }) => `unsigned ${ip}`,
  });
  return async (request: FastifyRequest): Promise<never> => {
    const count = await refusals(request);
    if (!count.isAllowed && count.isExceeded) throw new HttpRefusal(429, TOO_MANY);
    throw new HttpRefusal(401, notGenuine);
  };
}

const TOO_MANY: Sentence = {
  en: 'Too many requests with a wrong signature came from you. Wait a minute, mend the signature and try again.',
  ja: '署名の誤ったリクエストが多すぎます。1 分ほど待ち、署名を直してから、もう一度送信してください。',
};
