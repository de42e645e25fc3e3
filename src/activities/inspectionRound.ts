import { calendarOf } from '../domain/calendar.js';
import { resolve } from '../domain/deadline/resolve.js';
import { parseRule } from '../domain/deadline/rule.js';
import { isInspected, type Basis, type PublishedResult } from '../domain/providerInspection.js';
import {
  predictEnd as predict,
  type InspectionRoundInput,
  type Prediction,
  type RoundPlan,
  type RoundResult,
  type RoundState,
  type UnitMoved,
} from '../domain/inspectionRound.js';
import type { Instant } from '../domain/instant.js';
import { canonicalJson } from '../domain/json.js';
import { unitOf } from '../domain/providers.js';
import { requireDecidable } from '../domain/proposal.js';
import { Refusal } from '../domain/refusal.js';
import { authorise } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import { currentDocuments } from '../store/documents.js';
import { readRound } from '../store/rounds.js';
import type { ActivityDeps } from './deps.js';
import { digest } from './digest.js';
import { inspectionTerms, unitsIn } from './providerInspection.js';
import { savedOr } from './saved.js';
import { zoneAt } from './zone.js';
import type { Opened } from '../domain/resume.js';
import { orRefused } from './orRefused.js';

/** Works a round out: its units, on what each result rests, and by when; or finds the state that an earlier run saved. */
export function openRound(
  deps: Pick<ActivityDeps, 'store' | 'drill'>,
  begun: { workflowId: string; input?: InspectionRoundInput; at: Instant },
  run?: string,
): Promise<Opened<RoundPlan, RoundState>> {
  return orRefused(async () => {
    const { at } = begun;
    const saved = await savedOr<RoundState, InspectionRoundInput>(deps, begun, run, roundOver);
    if (saved.kind === 'resumed') return saved;
    const { input } = saved;
    const documents = await currentDocuments(deps.store.db);
    const proposal = { rule: 'inspectionRound.plan', verdict: 'plan', by: input.by, at };
    authorise(documents.roster, documents.decisions, { ...proposal, votes: [] });
    requireDecidable(documents.roster, documents.decisions, proposal);
    const providers = unitsIn(documents);
    const named = input.units ?? providers.units.map(({ id }) => id);
    const units = [...new Set(named)].map((id) => unitOf(providers, id));
    const basis: Record<string, Basis> = {};
    for (const { id, group } of units) basis[id] = input.basis[id] ?? input.basis[group] ?? 'NOT_STATED';
    const terms = inspectionTerms(documents, deps, at);
    const rule = parseRule({
      v: 1,
      rule: 'inspectionRound.target',
      ruleVersion: '1',
      startEvent: 'roundPlanned',
      firmness: input.firmness,
      counting: 'word',
      word: input.target,
      calendar: terms.inspection.calendar,
    });
    const target = resolve(rule, at, documents.calendars, terms.zone);
    const approval = resolve(
      parseRule({
        v: 1,
        rule: 'inspectionRound.approveWithin',
        ruleVersion: documents.policy.version,
        startEvent: 'roundPlanned',
        firmness: 'target',
        counting: 'business-days',
        days: terms.inspection.approveWithin,
        calendar: terms.inspection.calendar,
      }),
      at,
      documents.calendars,
      terms.zone,
    );
    if (target.at <= at)
      throw new Refusal({
        en: 'The field "target" must be a day that is still to come. Name a later one.',
        ja: '「target」はこれからの日にしてください。',
      });
    return {
      kind: 'planned',
      plan: {
        input,
        units: units.map(({ id }) => id),
        groups: providers.groups.map(({ id, name }) => ({
          name,
          units: units.filter(({ group }) => group === id).map((unit) => unit.id),
        })),
        basis,
        target,
        approval,
        // The day, not when it was worked out: a dry run shows the digest of the plan that follows it.
        digest: digest({ round: input.round, units: units.map(({ id }) => id), target: target.at, basis }),
        terms,
      },
    };
  });
}

/** What is due now by the register, and when the round ends by it. */
export async function predictEnd(
  deps: Pick<ActivityDeps, 'store'>,
  {
    round,
    target,
    incomplete = [],
    at,
  }: { round: string; target: string; incomplete?: readonly string[]; at: Instant },
): Promise<Prediction> {
  const documents = await currentDocuments(deps.store.db);
  const zone = zoneAt(documents.playbook.zone, at);
  const { inspection } = documents.policy;
  const calendar = calendarOf(documents.calendars, inspection.calendar);
  const units = await deps.store.db
    .selectFrom('inspection')
    .select(['unit', 'phase', 'result', 'next_due as nextDue'])
    .where('round', '=', round)
    .orderBy('unit')
    .execute();
  const known = new Set(units.map(({ unit }) => unit));
  // A unit that was never asked has the whole way before it.
  const unasked = incomplete
    .filter((unit) => !known.has(unit))
    .map((unit) => ({ unit, phase: 'ESCALATED', nextDue: null }));
  const open = units.filter(({ result }) => !isInspected(result as PublishedResult));
  return predict([...open, ...unasked], { target, at, zone, calendar, inspection });
}

/** How the units of a round stand by the register: for a round that did not hear them. */
export async function unitResults(deps: ActivityDeps, { round }: { round: string }): Promise<Omit<UnitMoved, 'v'>[]> {
  const rows = await deps.store.db
    .selectFrom('inspection as i')
    .innerJoin('job as j', 'j.workflow_id', 'i.workflow_id')
    .select(['i.unit', 'i.result', 'i.next_due', 'i.overdue_since', 'j.sequence'])
    .where('i.round', '=', round)
    .orderBy('i.unit')
    .execute();
  return rows.map(({ unit, result, sequence, next_due: next, overdue_since: overdue }) => {
    const due = next ?? overdue;
    return { unit, result: result as PublishedResult, sequence, ...(due && { due }) };
  });
}

/** What a kept result is called: exactly this content, proposed as the n-th. */
export const reportDigest = (result: RoundResult, n: number) => digest({ result, n });

/**
 * The result as it stands, kept under its digest: what is released is what was shown.
 * @param n counts the reports that were proposed: the same result proposed again is another question
 */
export function makeReport(
  deps: ActivityDeps,
  { workflowId, round, n, at }: { workflowId: string; round: string; n: number; at: Instant },
): Promise<
  { kind: 'made'; digest: string; incomplete: readonly string[] } | { kind: 'refused'; sentence: Refusal['sentence'] }
> {
  return orRefused(async () => {
    const { db } = deps.store;
    const documents = await currentDocuments(db);
    const zone = zoneAt(documents.playbook.zone, at);
    const { institution } = documents.playbook;
    const result = await readRound(db, documents.providers, { round, at, zone, institution });
    if (!result)
      throw new Refusal({
        en: `The register holds no round ${round}. Start it first.`,
        ja: `台帳に点検 ${round} がありません。先に開始してください。`,
      });
    const id = reportDigest(result, n);
    await db
      .insertInto('round_report')
      .values({ workflow_id: workflowId, digest: id, content: canonicalJson(result), made_at: at })
      .onConflict((c) => c.columns(['workflow_id', 'digest']).doNothing())
      .execute();
    return { kind: 'made', digest: id, incomplete: result.incomplete };
  });
}

const roundOver = (id: string): Sentence => ({
  en: `${id} is over. Start the next round under a code of its own.`,
  ja: `${id} は終了しています。次の点検は別のコードで始めてください。`,
});
