import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readToken, type TokenKey } from '../../connectors/token.js';
import type { Instant } from '../../domain/instant.js';
import type { Questionnaire, Questionnaires } from '../../domain/questionnaire.js';
import type { Language } from '../../domain/sentence.js';
import { LINK_REFUSALS, pageWords } from '../../domain/wording/answerPages.js';
import { accessLink, type AccessLink } from '../../store/accessLinks.js';
import type { Db } from '../../store/open.js';
import { PageRefusal } from './refusal.js';

/** A person with a link, and what he may see. */
export interface Visit {
  readonly token: string;
  readonly link: AccessLink;
  readonly questionnaire: Questionnaire;
  readonly lang: Language;
}

export interface Limits {
  /** Requests a minute by one link: a person who saves all the time, several at once. */
  readonly perLink: number;
  /** Requests a minute from one address that open nothing. */
  readonly guesses: number;
}

export const LIMITS: Limits = { perLink: 120, guesses: 20 };

interface Door {
  readonly db: Db;
  readonly questionnaires: Questionnaires;
  /** All keys that may have signed a link. */
  keys(): readonly TokenKey[];
  now(): Instant;
}

/**
 * Lets in who has a link that is genuine, neither expired nor revoked. What is not genuine gets the same answer whatever
 * it is, and soon none.
 */
export function admission(server: FastifyInstance, { db, questionnaires, keys, now }: Door, limits: Limits) {
  const visits = server.createRateLimit({
    max: limits.perLink,
    timeWindow: '1 minute',
    keyGenerator: ({ params }: FastifyRequest) => (params as { token: string }).token.toLowerCase(),
  });
  const guesses = server.createRateLimit({
    max: limits.guesses,
    timeWindow: '1 minute',
    keyGenerator: ({ ip }: FastifyRequest) => `guess ${ip}`,
  });

  return async (request: FastifyRequest): Promise<Visit> => {
    const { token } = request.params as { token: string };
    const at = now();
    const reading = readToken(token, keys(), at, 'access');
    const link =
      reading.kind === 'valid' || reading.kind === 'expired' ? await accessLink(db, reading.subject) : undefined;
    if (!link) {
      const count = await guesses(request);
      if (!count.isAllowed && count.isExceeded) throw new PageRefusal(429, LINK_REFUSALS.tooMany);
      throw new PageRefusal(404, LINK_REFUSALS.unknown);
    }
    const count = await visits(request);
    if (!count.isAllowed && count.isExceeded) throw new PageRefusal(429, LINK_REFUSALS.tooMany);

    const questionnaire = await questionnaires.of(link.inspection);
    const ask = questionnaire?.ask ?? { en: pageWords('en').askSender, ja: pageWords('ja').askSender };
    const asked = (request.query as { lang?: unknown } | undefined)?.lang;
    const lang = asked === 'ja' || asked === 'en' ? asked : questionnaire?.lang;
    const refuse = (status: number, sentence: { en: string; ja: string }) =>
      new PageRefusal(status, sentence, { ask, ...(lang && { lang }) });
    if (link.revokedAt) throw refuse(410, LINK_REFUSALS.revoked);
    if (reading.kind === 'expired' || link.expiresAt <= at) throw refuse(410, LINK_REFUSALS.expired);
    if (!questionnaire) throw refuse(404, LINK_REFUSALS.nothingAsked);
    // The secret link is what a foreign page cannot know; this is for the day on which one leaks.
    if (request.method !== 'GET' && request.headers['sec-fetch-site'] === 'cross-site') {
      throw refuse(403, LINK_REFUSALS.crossSite);
    }
    return { token: token.toLowerCase(), link, questionnaire, lang: lang ?? 'ja' };
  };
}
