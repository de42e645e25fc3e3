import type { Claim } from '../domain/answers.js';
import type { Deadline } from '../domain/deadline.js';
import { EVIDENCE } from '../domain/framework/schema.js';
import { localDate, type Instant } from '../domain/instant.js';
import { isShort, type InspectionState, type ItemResult } from '../domain/providerInspection.js';
import { deskOf, institutionOf, type Documents } from '../domain/playbook.js';
import type { Questionnaire, QuestionnaireItem } from '../domain/questionnaire.js';
import type { Sentence } from '../domain/sentence.js';
import { currentDocuments } from '../store/documents.js';
import { putQuestionnaire, questionnairesIn } from '../store/questionnaires.js';
import { scopedItems, unitInspected } from './checklist.js';
import type { ActivityDeps } from './deps.js';
import { zoneAt } from './zone.js';

export interface QuestionnaireWanted {
  readonly workflowId: string;
  readonly round: string;
  readonly framework: InspectionState['framework'];
  readonly due?: Deadline;
  readonly open: boolean;
  /** The confirmed evaluation whose open points are asked again. */
  readonly asksAgain?: string;
  readonly at: Instant;
}

/** The unit was taken out of the list: what it saw stays as it was, but for whether answers are taken. */
async function closeOnly(
  { store: { db } }: ActivityDeps,
  { workflowId, open, at }: QuestionnaireWanted,
): Promise<void> {
  const known = await questionnairesIn(db).of(workflowId);
  if (known) await putQuestionnaire(db, { ...known, open }, at);
}

/** What the provider sees from now on: its items, its answers so far, and what we want to know of them. */
export async function publishQuestionnaire(deps: ActivityDeps, wanted: QuestionnaireWanted): Promise<void> {
  const { workflowId, at } = wanted;
  const { db } = deps.store;
  const documents = await currentDocuments(db);
  const unit = unitInspected(documents.providers, workflowId);
  if (!unit) return closeOnly(deps, wanted);
  const items = await scopedItems(db, documents, workflowId, wanted.framework);
  const [answers, notes, results, round] = await Promise.all([
    db
      .selectFrom('draft')
      .select(['item', 'value', 'updated_at as at'])
      .where('workflow_id', '=', workflowId)
      .where('submission', 'is not', null)
      .orderBy('version')
      .execute(),
    db
      .selectFrom('evaluation as e')
      .select(['e.item', 'e.digest', 'e.result', 'e.note', 'e.at'])
      .where('e.workflow_id', '=', workflowId)
      .where('e.note', 'is not', null)
      // What one evaluator proposed and no second one confirmed is not the bank's word.
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('decision as d')
            .select('d.sequence')
            .whereRef('d.workflow_id', '=', 'e.workflow_id')
            .whereRef('d.digest', '=', 'e.digest')
            .where('d.subject', '=', 'evaluation')
            .where('d.verdict', '=', 'confirm'),
        ),
      )
      .orderBy('e.at')
      .execute(),
    db.selectFrom('item_result').select(['item', 'result']).where('workflow_id', '=', workflowId).execute(),
    db.selectFrom('round').select('title').where('round', '=', wanted.round).executeTakeFirst(),
  ]);
  const zone = zoneAt(documents.playbook.zone, at);
  const questionnaire: Questionnaire = {
    v: 1,
    inspection: workflowId,
    unit: unit.name,
    round: (round?.title as unknown as Sentence | undefined) ?? { ja: wanted.round, en: wanted.round },
    ...(wanted.due && {
      due: {
        date: wanted.due.date ?? localDate(wanted.due.at, zone),
        lastOpenDay: wanted.due.lastOpenDay ?? localDate(wanted.due.at, zone),
      },
    }),
    lang: unit.contact.lang,
    from: institutionOf(documents.playbook),
    ask: askText(documents.playbook),
    open: wanted.open,
    items: items.map((item): QuestionnaireItem => {
      const given = answers.filter((answer) => answer.item === item.id);
      const said = notes.filter((note) => note.item === item.id);
      const last = given.at(-1)?.value as QuestionnaireItem['current'];
      // Asked again until it is answered again.
      const open = results.some(({ item: id, result }) => id === item.id && result !== 'ANSWERED');
      const again =
        open && said.find(({ digest, result }) => digest === wanted.asksAgain && isShort(result as ItemResult))?.note;
      return {
        item: item.id,
        phase: item.phase,
        mandatory: item.class === 'mandatory',
        text: item.text,
        evidenceAsked: item.evidence.map((kind) => EVIDENCE[kind][unit.contact.lang]),
        ...(item.askIf && { askIf: { item: item.askIf.item, answered: [...item.askIf.answered] } }),
        thread: [
          ...given.map(({ value, at: givenAt }) => {
            const { claim, text, evidence } = value as { claim: Claim; text: string; evidence: string[] };
            return { from: 'provider' as const, at: givenAt, text, claim, evidence };
          }),
          ...said.map(({ note, at: saidAt }) => ({ from: 'bank' as const, at: saidAt, text: note! })),
        ].sort((a, b) => (a.at < b.at ? -1 : 1)),
        ...(last && { current: last }),
        ...(again && { asksAgain: again }),
      };
    }),
  };
  await putQuestionnaire(db, questionnaire, at);
}

/** Whom a provider asks, with its addresses. */
function askText(playbook: Documents['playbook']): Sentence {
  const { name, mail, phone } = deskOf(playbook);
  return {
    en: [name.en, mail, ...(phone === undefined ? [] : [`phone ${phone}`])].join(', '),
    ja: [name.ja, mail, ...(phone === undefined ? [] : [`電話 ${phone}`])].join('　'),
  };
}
