import { resolve } from '../domain/deadline/resolve.js';
import { parseRule } from '../domain/deadline/rule.js';
import {
  contradictionsIn,
  opinionContent,
  type EvaluationInput,
  type EvaluationPlan,
  type EvaluationState,
  type ExaminedOpinion,
  type SubmitOpinionInput,
} from '../domain/evaluation.js';
import { requireIndependent } from '../domain/evaluation/independence.js';
import { roundId } from '../domain/ids.js';
import type { Instant } from '../domain/instant.js';
import { requireDecidable } from '../domain/proposal.js';
import { Refusal } from '../domain/refusal.js';
import { authorise } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import { onlyTheAssessor, unknownReport } from '../domain/wording/assessor.js';
import { currentDocuments } from '../store/documents.js';
import type { Db } from '../store/open.js';
import { opinionHash } from '../store/opinions.js';
import { functionStates } from '../store/rounds.js';
import type { ActivityDeps } from './deps.js';
import { digest } from './digest.js';
import { promisedDay } from './promisedDay.js';
import { inspectionTerms } from './providerInspection.js';
import { nothingThere, wroteBy } from './saved.js';
import { zoneAt } from './zone.js';
import type { Opened } from '../domain/resume.js';
import { orRefused } from './orRefused.js';

type OrRefused<T> = T | { readonly kind: 'refused'; readonly sentence: Sentence };

/** Who proposes may; the assessor is independent; the round is there. Or the state that an earlier run saved. */
export function openEvaluation(
  deps: Pick<ActivityDeps, 'store' | 'drill'>,
  { workflowId, input, at }: { workflowId: string; input?: EvaluationInput; at: Instant },
  run?: string,
): Promise<Opened<EvaluationPlan, EvaluationState>> {
  return orRefused(async () => {
    const { db } = deps.store;
    const row = await db
      .selectFrom('job')
      .select(['state', 'closed', 'sequence'])
      .where('workflow_id', '=', workflowId)
      .executeTakeFirst();
    const earlier = row?.state as unknown as EvaluationState | undefined;
    if (earlier && (!input || !row!.closed || (await wroteBy(deps, workflowId, run))))
      return { kind: 'resumed', state: earlier };
    if (!input) throw new Refusal(nothingThere(workflowId));
    // What was refused may be proposed again with another assessor; an opinion, once final, stays the one of its round.
    if (earlier && earlier.phase !== 'REFUSED') throw new Refusal(hasOpinion(input.round));
    const documents = await currentDocuments(db);
    const proposal = { rule: 'evaluation.propose', verdict: 'start', by: input.by, at };
    authorise(documents.roster, documents.decisions, { ...proposal, votes: [] });
    requireDecidable(documents.roster, documents.decisions, proposal);
    requireIndependent(documents.roster, documents.providers, input.assessor, at);
    await requireRound(db, input.round);
    const watched = {
      ...promisedDay(documents, {
        rule: 'evaluation.due',
        startEvent: 'evaluationProposed',
        firmness: input.firmness,
        due: input.due,
        at,
      }),
      standing: 'ON_TRACK' as const,
    };
    return {
      kind: 'planned',
      plan: {
        input,
        watched,
        digest: digest({ ...input, due: watched.due.at, sequence: earlier?.sequence ?? 0 }),
        sequence: row?.sequence ?? 0,
        terms: inspectionTerms(documents, deps, at),
      },
    };
  });
}

/** @returns the round's phase @throws Refusal for a round that the register does not hold */
export async function requireRound(db: Db, round: string): Promise<string> {
  const row = await db.selectFrom('round').select('phase').where('round', '=', round).executeTakeFirst();
  if (row) return row.phase;
  throw new Refusal({
    en: `The register holds no round ${round}. Start it first.`,
    ja: `台帳に点検 ${round} がありません。先に開始してください。`,
  });
}

/**
 * May this person speak as the assessor of this evaluation, now? Nobody but who was commissioned, and only while he is tied
 * to the bank by nothing else. No row of the decision table can let anybody else in.
 */
export function mayAssess(
  deps: ActivityDeps,
  { assessor, by, at }: { assessor: string; by: string; at: Instant },
): Promise<OrRefused<{ kind: 'may' }>> {
  return orRefused(async () => {
    if (by !== assessor) throw new Refusal(onlyTheAssessor(assessor));
    const { roster, providers } = await currentDocuments(deps.store.db);
    requireIndependent(roster, providers, assessor, at);
    return { kind: 'may' };
  });
}

/** Is the round open, so that there is something to look at in the field? */
export async function roundRuns(deps: ActivityDeps, { round }: { round: string }): Promise<boolean> {
  return !['PLANNED', 'REFUSED'].includes(await requireRound(deps.store.db, round));
}

/** What the register says of a version of the opinion: does it fit the round, and what was read back of the exceptions? */
export function examineOpinion(
  deps: ActivityDeps,
  { round, input, at }: { round: string; input: SubmitOpinionInput; at: Instant },
): Promise<OrRefused<{ kind: 'examined'; examined: ExaminedOpinion }>> {
  return orRefused(async () => {
    const { db } = deps.store;
    const report = await db
      .selectFrom('round_report')
      .select('digest')
      .where('workflow_id', '=', roundId(round))
      .where('digest', '=', input.digest)
      .executeTakeFirst();
    if (!report) throw new Refusal(unknownReport(round));
    await requireUnits(
      db,
      round,
      input.exceptions.map(({ unit }) => unit),
      'exceptions',
    );
    const documents = await currentDocuments(db);
    const states = await functionStates(db);
    const functionsOf = new Map(documents.providers?.units.map(({ id, functions }) => [id, functions]));
    const { policy, calendars } = documents;
    return {
      kind: 'examined',
      examined: {
        hash: opinionHash(opinionContent(input)),
        contradictions: contradictionsIn(input.exceptions, (unit) =>
          (functionsOf.get(unit) ?? []).map((fn) => ({ function: fn, state: states.get(fn) ?? 'ACTIVE' })),
        ),
        factCheckDue: resolve(
          parseRule({
            v: 1,
            rule: 'evaluation.factCheckWithin',
            ruleVersion: policy.version,
            startEvent: 'opinionDrafted',
            firmness: 'target',
            counting: 'business-days',
            days: policy.inspection.factCheckWithin,
            calendar: policy.inspection.calendar,
          }),
          at,
          calendars,
          zoneAt(documents.playbook.zone, at),
        ),
      },
    };
  });
}

/** Does every remark of a fact check speak of a unit of the round? */
export function examineFactCheck(
  deps: ActivityDeps,
  { round, units }: { round: string; units: readonly string[] },
): Promise<OrRefused<{ kind: 'fits' }>> {
  return orRefused(async () => {
    await requireUnits(deps.store.db, round, units, 'remarks');
    return { kind: 'fits' };
  });
}

/** @throws Refusal naming the units that the round does not have */
async function requireUnits(db: Db, round: string, units: readonly string[], field: string): Promise<void> {
  const known = await db.selectFrom('inspection').select('unit').where('round', '=', round).execute();
  const strange = units.filter((id) => !known.some(({ unit }) => unit === id));
  if (strange.length === 0) return;
  throw new Refusal({
    en: `The field "${field}" names units that the round ${round} does not have: ${strange.join(', ')}. Use the ids of its report.`,
    ja: `「${field}」に点検 ${round} にない対象があります: ${strange.join('、')}。報告にあるIDを指定してください。`,
  });
}

const hasOpinion = (round: string): Sentence => ({
  en: `The round ${round} has its final opinion, which stays. Have the next round evaluated.`,
  ja: `点検 ${round} には最終の見解があり、変わりません。次の点検で評価を受けてください。`,
});
