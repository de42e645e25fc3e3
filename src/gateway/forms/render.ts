import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { FastifyReply } from 'fastify';
import type { Language } from '../../domain/sentence.js';
import { LINK_REFUSALS, pageWords } from '../../domain/wording/answerPages.js';
import type { PageRefusal } from './refusal.js';

const PAGES = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'pages');

// Everything that a template puts in with `<%= %>` is escaped; `<%~ %>` stands before includes only.
const eta = new Eta({ views: PAGES, autoEscape: true, cache: true });

export const STYLE = readFileSync(path.join(PAGES, 'forms.css'), 'utf8');

export type PageName = 'form' | 'check' | 'receipt' | 'sheetErrors' | 'message';

/** Sends a page. Nobody keeps a copy of it: it is shown by a secret link. */
export function sendPage(
  reply: FastifyReply,
  status: number,
  page: PageName,
  data: { readonly lang: Language; readonly title: string } & Record<string, unknown>,
): FastifyReply {
  return reply
    .code(status)
    .header('Cache-Control', 'no-store')
    .header('X-Robots-Tag', 'noindex, nofollow')
    .type('text/html; charset=utf-8')
    .send(eta.render(page, data));
}

/** The page that stands for any other which cannot be shown. */
export function sendRefusal(reply: FastifyReply, refusal: PageRefusal): FastifyReply {
  const langs: Language[] = refusal.lang ? [refusal.lang] : ['ja', 'en'];
  const lang = langs[0]!;
  const known = refusal.statusCode === 410 || refusal.sentence === LINK_REFUSALS.nothingAsked;
  return sendPage(reply, refusal.statusCode, 'message', {
    lang,
    title: pageWords(lang).messageTitle,
    messages: langs.map((each) => ({
      lang: each,
      title: pageWords(each).messageTitle,
      text: refusal.sentence[each],
      ask: known ? refusal.ask?.[each] : undefined,
    })),
  });
}
