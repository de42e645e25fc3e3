import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { takeAnswers, type AnswersDeps } from '../../activities/answers.js';
import { CLAIMS, cleanText, type Claim } from '../../domain/answers.js';
import { answerOf, draftOf, unkeepable, type Draft } from '../../domain/draft.js';
import type { Zone } from '../../domain/instant.js';
import { Refusal } from '../../domain/refusal.js';
import { pageWords } from '../../domain/wording/answerPages.js';
import { saveDrafts, type DraftSave } from '../../store/drafts.js';
import { storeEvidence } from '../../store/evidence.js';
import { readSubmission, receiptsOf } from '../../store/submissions.js';
import type { Visit } from './admit.js';
import { readForm, requireReadable, type ReceivedForm } from './readForm.js';
import { sendPage } from './render.js';
import {
  conflictsOf,
  pendingOf,
  problemsOf,
  readState,
  submissionOf,
  type FormState,
  type ItemProblem,
} from './state.js';
import { checkView, formView, type FormExtras } from './view.js';

export interface FormDeps extends AnswersDeps {
  zone(): Promise<Zone>;
}

/** The form, its check before sending, and the sending. Only the sending changes what the bank sees. */
export function answerForm(
  server: FastifyInstance,
  admit: (request: FastifyRequest) => Promise<Visit>,
  deps: FormDeps,
): void {
  const { db, now } = deps;

  const show = async (
    reply: FastifyReply,
    status: number,
    visit: Visit,
    state: FormState,
    extras: Omit<FormExtras, 'receipts'>,
  ) => {
    const [zone, receipts] = await Promise.all([deps.zone(), receiptsOf(db, visit.link.inspection)]);
    return sendPage(reply, status, 'form', formView(visit, state, zone, { ...extras, receipts }));
  };

  server.get('/a/:token', async (request, reply) => {
    const visit = await admit(request);
    const { saved, fresh } = request.query as { saved?: unknown; fresh?: unknown };
    const state = await readState(db, visit.questionnaire);
    const w = pageWords(visit.lang);
    const isNew = typeof fresh === 'string' ? new Set(fresh.split(' ')) : undefined;
    return show(reply, 200, visit, state, {
      ...(saved !== undefined && { notice: w.saved }),
      ...(isNew && { notice: w.newQuestions, fresh: isNew }),
      conflicts: conflictsOf(state).map(({ item }) => item.item),
    });
  });

  server.post('/a/:token', { onRequest: async (request) => requireReadable(request) }, async (request, reply) => {
    const visit = await admit(request);
    const { inspection } = visit.link;
    const before = await readState(db, visit.questionnaire);
    const form = await readForm(request);
    const { saves, problems, entered } = await readSaves(form, before, async (file) =>
      storeEvidence(db, inspection, file, now()),
    );
    const taken = (id: string) => draftOf(visit.questionnaire.items.find(({ item }) => item === id));
    await saveDrafts(db, inspection, saves, { at: now(), link: visit.link.id, taken });

    const state = await readState(db, visit.questionnaire);
    const checking = form.one('do') === 'check';
    const conflicts = conflictsOf(state).map(({ item }) => item.item);
    const known = new Set(problems.map(({ item, field }) => `${item} ${field}`));
    const all = [
      ...problems,
      ...(checking ? problemsOf(state).filter(({ item, field }) => !known.has(`${item} ${field}`)) : []),
    ];
    if (all.length > 0) return show(reply, 422, visit, state, { problems: all, conflicts, entered });
    if (conflicts.length > 0) return show(reply, 409, visit, state, { conflicts });
    const back = `/a/${visit.token}`;
    if (!checking) return reply.redirect(`${back}?lang=${visit.lang}&saved=1`, 303);
    const asked = new Set(before.items.map(({ item }) => item.item));
    const fresh = state.items.filter(({ item, answered }) => !answered && !asked.has(item.item));
    if (fresh.length > 0) {
      const ids = fresh.map(({ item }) => item.item);
      return reply.redirect(`${back}?lang=${visit.lang}&fresh=${ids.join('+')}#item-${ids[0]}`, 303);
    }
    return reply.redirect(`${back}/check?lang=${visit.lang}`, 303);
  });

  server.get('/a/:token/check', async (request, reply) => {
    const visit = await admit(request);
    const state = await readState(db, visit.questionnaire);
    const conflicts = conflictsOf(state).map(({ item }) => item.item);
    const problems = problemsOf(state);
    if (problems.length > 0 || conflicts.length > 0) return show(reply, 422, visit, state, { problems, conflicts });
    const { changed, imported } = request.query as { changed?: unknown; imported?: unknown };
    const w = pageWords(visit.lang);
    const notice =
      changed !== undefined
        ? { text: w.checkChanged, kind: 'warn' as const }
        : imported !== undefined
          ? { text: w.imported, kind: 'good' as const }
          : undefined;
    return sendPage(reply, 200, 'check', checkView(visit, state, submissionOf(state), notice));
  });

  server.post('/a/:token/submit', async (request, reply) => {
    const visit = await admit(request);
    const { inspection, contact, id: link } = visit.link;
    const { submission } = (request.body ?? {}) as { submission?: unknown };
    const back = `/a/${visit.token}`;
    if (typeof submission === 'string') {
      const known = await readSubmission(db, submission);
      if (known?.receipt.inspection === inspection) {
        return reply.redirect(`${back}/receipt/${submission}?lang=${visit.lang}`, 303);
      }
    }
    const state = await readState(db, visit.questionnaire);
    const pending = pendingOf(state);
    const hindered = problemsOf(state).length > 0 || conflictsOf(state).length > 0 || pending.length === 0;
    // What is sent is what was shown, whoever saved meanwhile.
    if (hindered || submission !== submissionOf(state)) {
      return reply.redirect(`${back}/check?lang=${visit.lang}&changed=1`, 303);
    }
    const receipt = await takeAnswers(
      deps,
      {
        v: 1,
        inspection,
        by: contact,
        submission,
        items: pending.map(({ item, draft }) => answerOf(item.item, draft.value as Draft & { claim: Claim })),
      },
      'page',
      { link, versions: new Map(pending.map(({ item, draft }) => [item.item, draft.version])) },
    );
    return reply.redirect(`${back}/receipt/${receipt.submission}?lang=${visit.lang}`, 303);
  });
}

type Entered = Omit<Draft, 'evidence'>;

/** What the form says of each asked item; files are stored on the way, since only their hashes are kept with an item. */
async function readSaves(
  form: ReceivedForm,
  state: FormState,
  store: (file: ReceivedForm['files'][number]) => Promise<string>,
): Promise<{ saves: DraftSave[]; problems: ItemProblem[]; entered: Map<string, Entered> }> {
  const saves: DraftSave[] = [];
  const problems: ItemProblem[] = [];
  const entered = new Map<string, Entered>();
  for (const { item, draft } of state.items) {
    const id = item.item;
    const base = form.one(`base.${id}`);
    // A question that the sender did not see is not answered by silence.
    if (!/^\d{1,9}$/.test(base)) continue;
    const claim = CLAIMS.find((each) => each === form.one(`claim.${id}`));
    const dueBy = form.one(`dueBy.${id}`).normalize('NFKC').trim();
    const value: DraftSave['value'] = {
      ...(claim && { claim }),
      ...(form.has(`text.${id}`) && { text: cleanText(form.one(`text.${id}`)) }),
      ...(form.has(`dueBy.${id}`) && { dueBy: dueBy || null }),
    };
    const field = `file.${id}`;
    for (const refused of form.refused) {
      if (refused.field === field) problems.push({ item: id, field: 'file', sentence: refused.sentence });
    }
    const add: string[] = [];
    for (const file of form.files.filter((each) => each.field === field)) {
      try {
        add.push(await store(file));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        problems.push({ item: id, field: 'file', sentence: error.sentence });
      }
    }
    const drop = form.all(`drop.${id}`);
    const kept = draft.value.evidence.filter((hash) => !drop.includes(hash));
    const whole = { claim: claim ?? draft.value.claim, text: value.text ?? draft.value.text, ...(dueBy && { dueBy }) };
    const wrong = unkeepable({ ...whole, evidence: [...kept, ...add] });
    if (wrong.length > 0) {
      problems.push(...wrong.map((problem) => ({ ...problem, item: id })));
      entered.set(id, whole);
      continue;
    }
    const choose = form.one(`choose.${id}`);
    saves.push({
      item: id,
      base: Number(base),
      value,
      add,
      drop,
      ...(choose === 'this' && { choose: 'this' as const }),
      ...(/^\d{1,9}$/.test(choose) && { choose: Number(choose) }),
    });
  }
  return { saves, problems, entered };
}
