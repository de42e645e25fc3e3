import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Zone } from '../../domain/instant.js';
import { LINK_REFUSALS } from '../../domain/wording/answerPages.js';
import { readEvidence } from '../../store/evidence.js';
import type { Db } from '../../store/open.js';
import { readSubmission, type Receipt } from '../../store/submissions.js';
import type { Visit } from './admit.js';
import { attachment } from './fileKind.js';
import { PageRefusal } from './refusal.js';
import { sendPage } from './render.js';
import { receiptText, receiptView } from './view.js';

/** What a provider gets back: receipts, and its own files. */
export function receipts(
  server: FastifyInstance,
  admit: (request: FastifyRequest) => Promise<Visit>,
  { db, zone }: { readonly db: Db; zone(): Promise<Zone> },
): void {
  const own = async ({ link, lang }: Visit, id: string): Promise<Receipt> => {
    const known = await readSubmission(db, id);
    if (known?.receipt.inspection === link.inspection) return known.receipt;
    throw new PageRefusal(404, LINK_REFUSALS.noSuchFile, { lang });
  };

  server.get('/a/:token/receipt/:id', async (request, reply) => {
    const visit = await admit(request);
    const { id } = request.params as { id: string };
    const text = id.endsWith('.txt');
    const receipt = await own(visit, text ? id.slice(0, -'.txt'.length) : id);
    if (!text) return sendPage(reply, 200, 'receipt', receiptView(visit, receipt, await zone()));
    return reply
      .header('Cache-Control', 'no-store')
      .header('Content-Disposition', attachment(`${receipt.number}.txt`))
      .type('text/plain; charset=utf-8')
      .send(receiptText(visit, receipt, await zone()));
  });

  server.get('/a/:token/files/:hash', async (request, reply) => {
    const { link, lang } = await admit(request);
    const { hash } = request.params as { hash: string };
    const file = await readEvidence(db, link.inspection, hash);
    if (!file) throw new PageRefusal(404, LINK_REFUSALS.noSuchFile, { lang });
    return reply
      .header('Cache-Control', 'no-store')
      .header('Content-Disposition', attachment(file.name))
      .header('Content-Security-Policy', "default-src 'none'; sandbox")
      .type(file.mediaType)
      .send(file.content);
  });
}
