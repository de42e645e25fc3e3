import { AnswersSchema, type Claim } from '../domain/answers.js';
import { calendarOf } from '../domain/calendar.js';
import type { Deadline } from '../domain/deadline.js';
import { bankDaysFrom } from '../domain/deadline/reminders.js';
import { resolve } from '../domain/deadline/resolve.js';
import { parseRule } from '../domain/deadline/rule.js';
import { examples } from '../domain/examples.js';
import { applicableItems, askedItems, leftOut, protectedFunctions } from '../domain/framework/applicable.js';
import { parseInput } from '../domain/input.js';
import type { Instant, Zone } from '../domain/instant.js';
import { canonicalJson, type Json } from '../domain/json.js';
import {
  notApplicableReview,
  requireEvidence,
  type AnswersGiven,
  type AskDates,
  type DecisionDates,
  type InspectionPlan,
  type InspectionState,
  type InspectionTerms,
  type ItemStanding,
  type ProposeEvaluationInput,
  type ProviderInspectionInput,
  type TakenAnswers,
} from '../domain/providerInspection.js';
import { isOwn, unitOf, type Providers, type Unit } from '../domain/providers.js';
import { requireFitting } from '../domain/questionnaire.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { currentDocuments, type AllDocuments } from '../store/documents.js';
import type { Db } from '../store/open.js';
import { questionnairesIn } from '../store/questionnaires.js';
import { hearAgain, itemFiles, keepSubmission, markTaken, readSubmission } from '../store/submissions.js';
import { checklistNow, scopedItems } from './checklist.js';
import type { ActivityDeps } from './deps.js';
import { digest } from './digest.js';
import { promisedDay } from './promisedDay.js';
import { savedOr } from './saved.js';
import { zoneAt } from './zone.js';
import type { Opened } from '../domain/resume.js';
import { orRefused } from './orRefused.js';

/** The units of the playbook. @throws Refusal when it has none */
export function unitsIn({ providers }: AllDocuments): Providers {
  if (providers) return providers;
  throw new Refusal({
    en: 'The playbook has no providers.yaml, so there is nobody to inspect. Add it to the playbook folder.',
    ja: 'プレイブックに providers.yaml がないため、点検の対象がありません。フォルダーに追加してください。',
  });
}

export function inspectionTerms(
  documents: AllDocuments,
  deps: Pick<ActivityDeps, 'drill'>,
  at: Instant,
): InspectionTerms {
  const { policy, playbook } = documents;
  return {
    policyVersion: policy.version,
    acts: policy.timeouts === 'act',
    zone: zoneAt(playbook.zone, at),
    drill: deps.drill,
    inspection: policy.inspection,
  };
}

type Scope = Pick<InspectionPlan, 'framework' | 'items' | 'leftOut' | 'digest'>;

/** The unit's checklist and its service form say which items apply. @throws Refusal */
async function scopeOf(
  { store: { db } }: Pick<ActivityDeps, 'store'>,
  documents: AllDocuments,
  unit: Unit,
): Promise<Scope> {
  const checklist = await checklistNow(db, documents, unit);
  const items: Record<string, ItemStanding> = {};
  for (const item of applicableItems(checklist.items, unit.form)) {
    const protects = item.class === 'mandatory' ? protectedFunctions(item, unit) : [];
    items[item.id] = {
      phase: item.phase,
      class: item.class,
      result: 'UNANSWERED',
      ...(protects.length > 0 && { protects }),
      ...(item.askIf && { conditional: true }),
    };
  }
  const framework = { id: checklist.id, version: checklist.version };
  return {
    framework,
    items,
    leftOut: leftOut(checklist, unit.form).filter(({ item }) => item.class === 'mandatory').length,
    digest: digest({ unit, framework, items: Object.keys(items) }),
  };
}

/** Scoping of a unit whose round is open; or the state that an earlier run saved. */
export function openInspection(
  deps: ActivityDeps,
  begun: { workflowId: string; input?: ProviderInspectionInput; at: Instant },
  run?: string,
): Promise<Opened<InspectionPlan, InspectionState>> {
  return orRefused(async () => {
    const { at } = begun;
    const { db } = deps.store;
    const saved = await savedOr<InspectionState, ProviderInspectionInput>(deps, begun, run, closedAlready);
    if (saved.kind === 'resumed') {
      // The next sweep tells what came while nobody listened.
      if (saved.state.phase === 'CLOSED') await hearAgain(db, begun.workflowId);
      return saved;
    }
    const { input } = saved;
    // Nobody is asked by somebody's own decision: the task force's lead opens the round.
    const round = await db.selectFrom('round').select('phase').where('round', '=', input.round).executeTakeFirst();
    if (!round || ['PLANNED', 'REFUSED', 'CLOSED'].includes(round.phase)) throw new Refusal(roundNotOpen(input.round));
    const documents = await currentDocuments(db);
    const providers = unitsIn(documents);
    const unit = unitOf(providers, input.unit);
    return {
      kind: 'planned',
      plan: {
        input,
        group: unit.group,
        own: isOwn(providers, unit),
        ...(unit.owner !== undefined && { owner: unit.owner }),
        ...(await scopeOf(deps, documents, unit)),
        terms: inspectionTerms(documents, deps, at),
      },
    };
  });
}

/** What applies to a unit by its form as it stands now. */
export function scopeUnit(
  deps: ActivityDeps,
  { unit }: { unit: string },
): Promise<{ kind: 'scoped'; scope: Scope } | { kind: 'refused'; sentence: Sentence }> {
  return orRefused(async () => {
    const documents = await currentDocuments(deps.store.db);
    return { kind: 'scoped', scope: await scopeOf(deps, documents, unitOf(unitsIn(documents), unit)) };
  });
}

/** Units that cannot be asked, each with the reason; and, when all are to be asked, those that the plan does not name. */
export async function askableUnits(
  deps: ActivityDeps,
  { units }: { units: readonly string[] },
): Promise<{ readonly refused: Readonly<Record<string, Sentence>>; readonly unplanned: readonly string[] }> {
  const documents = await currentDocuments(deps.store.db);
  const refused: Record<string, Sentence> = {};
  for (const unit of units) {
    const scoped = await orRefused(async () => ({
      kind: 'scoped',
      scope: await scopeOf(deps, documents, unitOf(unitsIn(documents), unit)),
    }));
    if (scoped.kind === 'refused') refused[unit] = (scoped as { sentence: Sentence }).sentence;
  }
  const unplanned = (documents.providers?.units ?? []).map(({ id }) => id).filter((id) => !units.includes(id));
  return { refused, unplanned };
}

/** Is the round over by what the register says? A run that was lost does not hear it. */
export async function roundIsClosed(deps: ActivityDeps, { round }: { round: string }): Promise<boolean> {
  const row = await deps.store.db.selectFrom('round').select('phase').where('round', '=', round).executeTakeFirst();
  return row?.phase === 'CLOSED';
}

interface Clockwork {
  readonly documents: AllDocuments;
  readonly zone: Zone;
}

async function clockwork(deps: Pick<ActivityDeps, 'store'>, at: Instant): Promise<Clockwork> {
  const documents = await currentDocuments(deps.store.db);
  return { documents, zone: zoneAt(documents.playbook.zone, at) };
}

/** So many bank days of the policy's calendar from an instant. */
function bankDays(
  { documents, zone }: Clockwork,
  rule: string,
  startEvent: string,
  days: number,
  at: Instant,
): Deadline {
  const { policy, calendars } = documents;
  const { calendar } = policy.inspection;
  return resolve(
    parseRule({
      v: 1,
      rule: `providerInspection.${rule}`,
      ruleVersion: policy.version,
      startEvent,
      firmness: 'target',
      counting: 'business-days',
      days,
      calendar,
    }),
    at,
    calendars,
    zone,
  );
}

function around(
  { documents, zone }: Clockwork,
  due: Deadline,
  reminders: readonly number[],
  escalateAfter: number,
  at: Instant,
): AskDates {
  const { calendar, remindAt } = documents.policy.inspection;
  const days = calendarOf(documents.calendars, calendar);
  return {
    due,
    reminders: reminders
      .map((offset) => bankDaysFrom(due, offset, days, zone, remindAt))
      .filter((reminder) => reminder > at)
      .sort(),
    escalateAt: bankDaysFrom(due, escalateAfter, days, zone, remindAt),
  };
}

/** Deadlines of a first request or a follow-up that goes out now. */
export async function askDates(
  deps: ActivityDeps,
  { kind, at }: { kind: 'request' | 'follow-up'; at: Instant },
): Promise<AskDates> {
  const works = await clockwork(deps, at);
  const { answerWithin, followUpWithin, answerReminders, escalateAfter } = works.documents.policy.inspection;
  const due =
    kind === 'request'
      ? bankDays(works, 'answerWithin', 'requested', answerWithin, at)
      : bankDays(works, 'followUpWithin', 'followUpRequested', followUpWithin, at);
  return around(works, due, answerReminders, escalateAfter, at);
}

/**
 * Deadlines that a decision may start now.
 * @param asks what kind of request it may begin
 */
export async function decisionDates(
  deps: ActivityDeps,
  { at, asks = 'request' }: { at: Instant; asks?: 'request' | 'follow-up' },
): Promise<DecisionDates> {
  const works = await clockwork(deps, at);
  const { evaluateWithin, discussWithin } = works.documents.policy.inspection;
  return {
    evaluation: bankDays(works, 'evaluateWithin', 'answered', evaluateWithin, at),
    discussion: bankDays(works, 'discussWithin', 'discussionOpened', discussWithin, at),
    asks: await askDates(deps, { kind: asks, at }),
    held: await heldFunctions(deps.store.db),
    review: notApplicableReview(works.documents.policy, at, works.documents.calendars, works.zone),
  };
}

/** Functions that a suspension holds. */
async function heldFunctions(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('hold')
    .select('target')
    .distinct()
    .where('measure', '=', 'suspend')
    .where('released_at', 'is', null)
    .orderBy('target')
    .execute();
  return rows.map(({ target }) => target);
}

/** The date that a unit promises, a day or a word such as 12月中, with its reminders. */
export function remediationDates(
  deps: Pick<ActivityDeps, 'store'>,
  { due, at }: { due: string; at: Instant },
): Promise<{ kind: 'dates'; dates: AskDates } | { kind: 'refused'; sentence: Sentence }> {
  return orRefused(async () => ({
    kind: 'dates',
    dates: promisedDay(await currentDocuments(deps.store.db), {
      rule: 'providerInspection.remediation',
      startEvent: 'remediationCommitted',
      firmness: 'committed',
      due,
      at,
    }),
  }));
}

/** Takes a submission in: which items are answered now, and which of those that are asked still lack an answer. */
export function takeAnswers(
  deps: ActivityDeps,
  {
    workflowId,
    given,
    framework,
    at,
  }: { workflowId: string; given: AnswersGiven; framework: InspectionState['framework']; at: Instant },
): Promise<{ kind: 'taken'; taken: TakenAnswers } | { kind: 'refused'; sentence: Sentence }> {
  return orRefused(async () => {
    const { db } = deps.store;
    const { submission } = given;
    if (given.items) await keepSignalled(deps, workflowId, given, at);
    const kept = await readSubmission(db, submission);
    if (!kept || kept.answers.inspection !== workflowId) throw new Refusal(noSuchSubmission(submission));
    const answered = await db
      .selectFrom('draft')
      .select(['item', 'value', 'submission'])
      .where('workflow_id', '=', workflowId)
      .where('submission', 'is not', null)
      .orderBy('version')
      .execute();
    const claims = Object.fromEntries(answered.map(({ item, value }) => [item, (value as { claim: Claim }).claim]));
    const items = await scopedItems(db, await currentDocuments(db), workflowId, framework);
    const asked = new Set(askedItems(items, {}, claims).map(({ id }) => id));
    await markTaken(db, submission, at);
    return {
      kind: 'taken',
      taken: {
        submission,
        items: kept.answers.items.map(({ item }) => item),
        same: kept.answers.items.map(({ item }) => item).filter((item) => isRepeat(answered, item, submission)),
        missing: [...asked].filter((id) => claims[id] === undefined),
        notAsked: items.filter(({ id, askIf }) => askIf && !asked.has(id)).map(({ id }) => id),
        evaluationDue: (await decisionDates(deps, { at })).evaluation,
      },
    };
  });
}

/** Is what a submission says of an item, to the letter, what was said of it before? */
function isRepeat(
  answered: readonly { readonly item: string; readonly value: unknown; readonly submission: string | null }[],
  item: string,
  submission: string,
): boolean {
  const versions = answered.filter((answer) => answer.item === item);
  const here = versions.findIndex((answer) => answer.submission === submission);
  const before = versions[here - 1];
  return before !== undefined && canonicalJson(before.value) === canonicalJson(versions[here]!.value);
}

/** Answers that came whole by a signal are kept like those of every other way. */
async function keepSignalled(deps: ActivityDeps, workflowId: string, given: AnswersGiven, at: Instant): Promise<void> {
  const { db } = deps.store;
  const answers = parseInput(AnswersSchema, given, examples.answers);
  if (answers.inspection !== workflowId) throw new Refusal(noSuchSubmission(answers.submission));
  const questionnaire = await questionnairesIn(db).of(workflowId);
  const files = await db.selectFrom('evidence_of').select('hash').where('workflow_id', '=', workflowId).execute();
  if (questionnaire) requireFitting(questionnaire, answers, new Set(files.map(({ hash }) => hash)));
  await keepSubmission(db, { answers, channel: 'signal', late: questionnaire?.open === false, at });
}

/** Digest of what is proposed: a decision names it, and decides nothing else. */
export const digestOf = ({ proposed }: { proposed: Json }): string => digest(proposed);

/**
 * Keeps what the first evaluator says, under the digest that the second one confirms.
 * @param n counts the proposals of the inspection: the same words proposed again are another question
 * @param seen what was there when an item failed (`seenWhenFailed`)
 */
export function storeEvaluation(
  deps: ActivityDeps,
  {
    workflowId,
    input,
    n,
    seen = {},
    at,
  }: {
    workflowId: string;
    input: ProposeEvaluationInput;
    n: number;
    seen?: Readonly<Record<string, readonly string[]>>;
    at: Instant;
  },
): Promise<{ kind: 'stored'; digest: string } | { kind: 'refused'; sentence: Sentence }> {
  return orRefused(async () => {
    const { db } = deps.store;
    requireEvidence(input, seen, await itemFiles(db, workflowId));
    const id = digest({ workflowId, results: input.results, by: input.by, n });
    await db
      .insertInto('evaluation')
      .values(
        input.results.map(({ item, result, reviewed, note }) => ({
          workflow_id: workflowId,
          digest: id,
          item,
          result,
          reviewed,
          note: note ?? null,
          by: input.by,
          at,
        })),
      )
      .onConflict((c) => c.columns(['workflow_id', 'digest', 'item']).doNothing())
      .execute();
    return { kind: 'stored', digest: id };
  });
}

const roundNotOpen = (round: string): Sentence => ({
  en: `The round ${round} is not open, so nobody is asked in it. Start the round, have it approved, and it asks its units itself.`,
  ja: `点検 ${round} は実施中でないため、照会できません。点検を開始し承認を受けると、各対象に照会します。`,
});
const closedAlready = (id: string): Sentence => ({
  en: `${id} is closed. Have the second line reopen it ("hikeshi inspection reopen", or a start with examples/reopenClosed.json), or start a new round to inspect the unit again.`,
  ja: `${id} は終了しています。結果を再評価に戻す（hikeshi inspection reopen、または examples/reopenClosed.json で起動。リスク管理・コンプライアンスのみ）か、新しい点検を始めてください。`,
});
const noSuchSubmission = (id: string): Sentence => ({
  en: `The register holds no answers under the submission "${id}" for this unit. Send the answers first, by the page, the spreadsheet or the webhook.`,
  ja: `この対象の回答「${id}」は台帳にありません。先に回答ページ・表計算・Webhook で回答を送ってください。`,
});
