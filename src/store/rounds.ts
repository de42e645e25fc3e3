import { sql, type Selectable } from 'kysely';
import { daysBetween } from '../domain/date.js';
import type { Deadline, Firmness } from '../domain/deadline.js';
import {
  reportedResult,
  type ReportedResult,
  type RoundCommitment,
  type RoundResult,
  type UnitResult,
} from '../domain/inspectionRound/result.js';
import { localDate, type Instant, type Zone } from '../domain/instant.js';
import { type Basis, isInspected, type PublishedResult } from '../domain/providerInspection/state.js';
import type { NotApplicable } from '../domain/providerInspection/notApplicable.js';
import type { Providers, Unit } from '../domain/providers.js';
import type { Sentence } from '../domain/sentence.js';
import { readImprovements } from './improvements.js';
import type { Db } from './open.js';
import { finalOpinion } from './opinions.js';
import type { Register } from './schema.js';

/**
 * A round as the register holds it, in eight statements however many units there are.
 * @returns undefined for a round that is not there
 */
export async function readRound(
  db: Db,
  providers: Providers | undefined,
  { round, at, zone, institution }: { round: string; at: Instant; zone: Zone; institution?: Sentence | undefined },
): Promise<RoundResult | undefined> {
  const row = await db.selectFrom('round').selectAll().where('round', '=', round).executeTakeFirst();
  if (!row) return undefined;
  const [units, failing, commitments, states, opinion, improvements, planned] = await Promise.all([
    db.selectFrom('inspection').selectAll().where('round', '=', round).orderBy('unit_group').orderBy('unit').execute(),
    db
      .selectFrom('item_result as i')
      .innerJoin('inspection as u', 'u.workflow_id', 'i.workflow_id')
      .select(['i.workflow_id', 'i.phase', (eb) => eb.fn.countAll<number>().as('failing')])
      .where('u.round', '=', round)
      .where('i.class', '=', 'mandatory')
      .where((where) =>
        where.or([
          where('i.result', 'in', ['INSUFFICIENT', 'NOT_IMPLEMENTED']),
          where.and([where('i.failed', '=', true), where('i.result', 'not in', ['SATISFIED', 'NOT_APPLICABLE'])]),
        ]),
      )
      .groupBy(['i.workflow_id', 'i.phase'])
      .execute(),
    db
      .selectFrom('commitment as c')
      .innerJoin('inspection as u', 'u.workflow_id', 'c.workflow_id')
      .selectAll('c')
      .where('u.round', '=', round)
      .orderBy('c.workflow_id')
      .orderBy('c.n')
      .execute(),
    functionStates(db),
    finalOpinion(db, round),
    readImprovements(db, round),
    plannedUnits(db, row.workflow_id),
  ]);
  const byPhase = new Map<string, Record<string, number>>();
  for (const { workflow_id, phase, failing: n } of failing) {
    const known = byPhase.get(workflow_id) ?? {};
    byPhase.set(workflow_id, { ...known, [phase]: n });
  }
  const known = new Map(providers?.units.map((unit) => [unit.id, unit]));
  const begun = units.map((unit): UnitResult & { group: string } => {
    const entry = known.get(unit.unit);
    const overdue = unit.overdue_since && daysBetween(localDate(unit.overdue_since, zone), localDate(at, zone));
    const remediation = unit.remediation as { date: string | null; lastOpenDay: string | null } | null;
    return {
      unit: unit.unit,
      group: unit.unit_group,
      name: entry?.name ?? { ja: unit.unit, en: unit.unit },
      own: unit.own,
      phase: unit.phase,
      result: reportedResult(unit.phase, unit.result as PublishedResult),
      basis: unit.basis as Basis,
      mandatory: unit.mandatory,
      satisfied: unit.satisfied,
      failing: unit.failing,
      notApplicable: unit.left_out,
      failingByPhase: byPhase.get(unit.workflow_id) ?? {},
      ...(unit.answer_due && { answerDue: unit.answer_due }),
      ...(overdue !== null && overdue > 0 && { overdueDays: overdue }),
      ...(unit.next_due && { nextDue: unit.next_due }),
      ...(remediation?.date && { remediationDue: { date: remediation.date, lastOpenDay: remediation.lastOpenDay } }),
      ...(unit.not_applicable && { reviewDue: (unit.not_applicable as unknown as NotApplicable).review }),
      ...(entry && entry.authentication.length > 0 && { authentication: entry.authentication }),
      serviceStates: (entry?.functions ?? []).map((fn) => ({ function: fn, state: states.get(fn) ?? 'ACTIVE' })),
    };
  });
  // One whose inspection has not begun, or could not, is missing too: it is named like the others.
  const there = new Set(units.map(({ unit }) => unit));
  const missing = Object.entries(planned)
    .filter(([unit]) => !there.has(unit))
    .map(([unit, basis]) => notBegun(unit, basis, known.get(unit)));
  const place = ({ group, unit }: { group: string; unit: string }) => `${group} ${inOrder(unit)}`;
  const results = [...begun, ...missing].sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
  const incomplete = results.filter(({ result }) => !isInspected(result)).map(({ unit }) => unit);
  const totals: Partial<Record<ReportedResult, number>> = {};
  for (const { result } of results) totals[result] = (totals[result] ?? 0) + 1;
  const target = row.target as unknown as Deadline;
  return {
    v: 1,
    round,
    title: row.title as unknown as Sentence,
    ...(institution && { institution }),
    phase: row.phase,
    asOf: at,
    target: { date: target.date ?? localDate(target.at, zone), lastOpenDay: target.lastOpenDay ?? null },
    ...(row.predicted_end && { predictedEnd: row.predicted_end }),
    ...(row.reported_at && { published: localDate(row.reported_at, zone) }),
    ...(row.slip_days !== null && { slipDays: row.slip_days }),
    complete: incomplete.length === 0,
    incomplete,
    groups: grouped(results, providers),
    totals,
    commitments: promises(commitments, units),
    ...(opinion && { opinion }),
    improvements,
  };
}

export interface RoundLine {
  readonly round: string;
  readonly phase: string;
  /** `YYYY-MM-DD`. */
  readonly target: string;
  readonly predictedEnd?: string;
  readonly units: number;
  /** Units with a result. */
  readonly inspected: number;
}

/** All rounds, the newest first. */
export async function readRounds(db: Db): Promise<RoundLine[]> {
  const rows = await db
    .selectFrom('round as r')
    .leftJoin('inspection as i', 'i.round', 'r.round')
    .select(['r.round', 'r.phase', 'r.predicted_end', 'r.target', 'i.result', sql<number>`count(i.*)`.as('units')])
    .groupBy(['r.workflow_id', 'i.result'])
    .orderBy('r.opened_at', (order) => order.desc().nullsFirst())
    .orderBy('r.round')
    .execute();
  const rounds = new Map<string, RoundLine>();
  for (const { round, phase, predicted_end: predicted, target, result, units } of rows) {
    const known = rounds.get(round) ?? { units: 0, inspected: 0 };
    const { date, at } = target as unknown as Deadline;
    rounds.set(round, {
      round,
      phase,
      target: date ?? at.slice(0, 10),
      ...(predicted && { predictedEnd: predicted }),
      units: known.units + units,
      inspected: known.inspected + (result !== null && isInspected(result as PublishedResult) ? units : 0),
    });
  }
  return [...rounds.values()];
}

/** The units of the plan with the basis of each. */
async function plannedUnits(db: Db, workflowId: string): Promise<Record<string, Basis>> {
  const row = await db.selectFrom('job').select('state').where('workflow_id', '=', workflowId).executeTakeFirst();
  return (row?.state as { basis?: Record<string, Basis> } | undefined)?.basis ?? {};
}

function notBegun(id: string, basis: Basis, unit: Unit | undefined): UnitResult & { group: string } {
  return {
    unit: id,
    group: unit?.group ?? '-',
    name: unit?.name ?? { ja: id, en: id },
    own: unit?.owner !== undefined,
    phase: 'NOT_STARTED',
    result: 'NOT_ASKED',
    basis,
    mandatory: 0,
    satisfied: 0,
    failing: 0,
    notApplicable: 0,
    failingByPhase: {},
    serviceStates: [],
  };
}

/** The last promise of each unit, as it stands now, with the days that were promised before; the most urgent first. */
function promises(
  rows: readonly Selectable<Register['commitment']>[],
  units: readonly Pick<Selectable<Register['inspection']>, 'workflow_id' | 'result' | 'remediation'>[],
): RoundCommitment[] {
  const unitOf = new Map(units.map((unit) => [unit.workflow_id, unit]));
  const last = rows.filter((row, index) => rows[index + 1]?.workflow_id !== row.workflow_id);
  return last
    .map((row): RoundCommitment => {
      const { result, remediation } = unitOf.get(row.workflow_id)!;
      const earlier = rows.filter((other) => other.workflow_id === row.workflow_id && other !== row);
      const open = result === 'REMEDIATION_COMMITTED' ? (remediation as { standing?: string } | null) : undefined;
      return {
        unit: row.unit,
        text: row.text,
        date: row.date,
        lastOpenDay: row.last_open_day,
        firmness: row.firmness as Firmness,
        standing: result === 'SATISFIED' ? 'MET' : (open?.standing ?? row.standing),
        ...(earlier.length > 0 && { earlier: earlier.map(({ date }) => date) }),
      };
    })
    .sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
}

/** What was last read back of each function. */
export async function functionStates(db: Db): Promise<Map<string, string>> {
  const { rows } = await sql<{ target: string; state: string }>`
    select distinct on (target) target, state from function_state order by target, effective_at desc, order_n desc`.execute(
    db,
  );
  return new Map(rows.map(({ target, state }) => [target, state]));
}

/** In the order of the list of units. */
function grouped(
  units: readonly (UnitResult & { group: string })[],
  providers: Providers | undefined,
): RoundResult['groups'] {
  const order = providers?.groups ?? [];
  const ids = [...new Set([...order.map(({ id }) => id), ...units.map(({ group }) => group)])];
  return ids
    .map((group) => ({
      group,
      name: order.find(({ id }) => id === group)?.name ?? { ja: group, en: group },
      units: units.filter((unit) => unit.group === group).map(({ group: _group, ...unit }) => unit),
    }))
    .filter(({ units: members }) => members.length > 0);
}

/** Sorts n2 before n10, as people do. */
const inOrder = (unit: string) => unit.replace(/\d+/g, (digits) => digits.padStart(6, '0'));
