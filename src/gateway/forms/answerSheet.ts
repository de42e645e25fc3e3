import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AnswersDeps } from '../../activities/answers.js';
import { readSheet, writeSheet, type SheetFormat } from '../../connectors/spreadsheet/index.js';
import { questionsTable, readAnswersTable } from '../../domain/answersSheet.js';
import { draftOf } from '../../domain/draft.js';
import { Refusal } from '../../domain/refusal.js';
import type { Sentence } from '../../domain/sentence.js';
import { pageWords } from '../../domain/wording/answerPages.js';
import { draftsOf, saveDrafts } from '../../store/drafts.js';
import { evidenceHash, storeAllEvidence } from '../../store/evidence.js';
import type { Visit } from './admit.js';
import { attachment } from './fileKind.js';
import { readForm, requireReadable } from './readForm.js';
import { sendPage } from './render.js';
import { frame } from './view.js';

const MEDIA_TYPES: Readonly<Record<SheetFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** The questions as a spreadsheet, and the filled one back: into the draft, so that it is seen before it is sent. */
export function answerSheet(
  server: FastifyInstance,
  admit: (request: FastifyRequest) => Promise<Visit>,
  { db, now }: AnswersDeps,
): void {
  for (const format of ['xlsx', 'csv'] as const) {
    server.get(`/a/:token/questions.${format}`, async (request, reply) => {
      const { questionnaire, lang } = await admit(request);
      const drafts = await draftsOf(db, questionnaire.inspection);
      const table = questionsTable(
        questionnaire,
        lang,
        (item) => drafts.get(item.item) ?? { value: draftOf(item), version: 0 },
      );
      const name = `${questionnaire.inspection.split('/').slice(1).join('-')}-${lang}.${format}`;
      return reply
        .header('Cache-Control', 'no-store')
        .header('Content-Disposition', attachment(name))
        .type(MEDIA_TYPES[format])
        .send(Buffer.from(await writeSheet(table, format)));
    });
  }

  server.post(
    '/a/:token/import',
    { onRequest: async (request) => requireReadable(request) },
    async (request, reply) => {
      const visit = await admit(request);
      const { questionnaire, lang, token } = visit;
      const form = await readForm(request);
      const w = pageWords(lang);
      const wrong = (problems: { readonly whole: string } | { readonly problems: readonly object[] }) =>
        sendPage(reply, 422, 'sheetErrors', { ...frame(visit, `${w.errorPrefix}${w.errorTitle}`), ...problems });
      const file = form.files.find(({ field }) => field === 'sheet');
      const refused = form.refused[0]?.sentence;
      if (!file || refused) return wrong({ whole: (refused ?? NO_FILE)[lang] });
      const beside = form.files.filter(({ field }) => field === 'files');
      const files = new Map(
        beside.map(({ name, content }) => [name.normalize('NFC'), { hash: evidenceHash(content) }]),
      );

      let read: ReturnType<typeof readAnswersTable>;
      try {
        read = readAnswersTable(questionnaire, await readSheet(file.content), files);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return wrong({ whole: error.sentence[lang] });
      }
      if ('problems' in read) {
        return wrong({
          problems: read.problems.map(({ line, column, problem }) => ({ line, column, text: problem[lang] })),
        });
      }
      const named = new Set(read.answers.flatMap(({ add = [] }) => add));
      try {
        const wanted = beside.filter(({ content }) => named.has(evidenceHash(content)));
        await storeAllEvidence(db, questionnaire.inspection, wanted, now());
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return wrong({ whole: error.sentence[lang] });
      }
      const drafts = await draftsOf(db, questionnaire.inspection);
      const items = new Map(questionnaire.items.map((item) => [item.item, item]));
      await saveDrafts(
        db,
        questionnaire.inspection,
        read.answers.map(({ item, value, base, add = [] }) => ({
          item,
          base: base ?? drafts.get(item)?.version ?? 0,
          value: { dueBy: null, ...value },
          add,
          drop: [],
        })),
        { at: now(), link: visit.link.id, taken: (item) => draftOf(items.get(item)) },
      );
      return reply.redirect(`/a/${token}/check?lang=${lang}&imported=1`, 303);
    },
  );

  // Whoever reloads the answer to an upload is not in the wrong place.
  server.get('/a/:token/import', async (request, reply) => {
    const { token, lang } = await admit(request);
    return reply.redirect(`/a/${token}?lang=${lang}`, 303);
  });
}

const NO_FILE: Sentence = {
  en: 'No file was chosen. Choose the filled spreadsheet, then press the button.',
  ja: 'ファイルが選ばれていません。記入した質問票を選んでから、ボタンを押してください。',
};
