import type { Json } from '../domain/json.js';
import type { Instant, Zone } from '../domain/instant.js';
import { isInspected } from '../domain/providerInspection.js';
import type { Providers } from '../domain/providers.js';
import { inTalksOnIvr } from '../domain/improvement.js';
import { readRound } from '../store/rounds.js';
import type { Store } from '../store/open.js';

const OUTSIDE = { code: 'code', 'other-payment': 'other_payment', 'non-payment': 'non_payment' } as const;

/** The inspection in the keys and shape of the published one (DOMAIN 4.2), from the register; empty without a round. */
export async function readInspectionState(
  store: Store,
  providers: Providers | undefined,
  at: Instant,
  zone: Zone,
): Promise<Readonly<Record<string, Json>>> {
  const row = await store.db.selectFrom('round').select('round').orderBy('opened_at').limit(1).executeTakeFirst();
  const result = row && (await readRound(store.db, providers, { round: row.round, at, zone }));
  if (!result) return {};
  const units = result.groups.flatMap((group) => group.units.map((unit) => ({ ...unit, group: group.group })));
  const counted = (members: readonly { readonly result: string }[]) => {
    const counts: Record<string, number> = {};
    for (const member of members) counts[member.result] = (counts[member.result] ?? 0) + 1;
    return counts;
  };
  const inGroup = (group: string) => units.filter((unit) => unit.group === group);
  const incomplete = units.filter((unit) => !isInspected(unit.result));
  const [promise] = result.commitments;
  return {
    units_total: units.length,
    outside: Object.fromEntries(Object.entries(OUTSIDE).map(([group, key]) => [key, inGroup(group).length])),
    ...Object.fromEntries(Object.entries(OUTSIDE).map(([group, key]) => [key, counted(inGroup(group))])),
    own: Object.fromEntries(
      inGroup('own').map(({ unit, result: own, mandatory, failing, satisfied }) => [
        unit.replaceAll('-', '_'),
        failing > 0 ? { result: own, mandatory_items: mandatory, failing, passing: satisfied } : own,
      ]),
    ),
    totals: counted(units),
    incomplete_providers: incomplete.length,
    incomplete_all_suspended: incomplete.every(({ serviceStates }) =>
      serviceStates.every(({ state }) => state === 'SUSPENDED'),
    ),
    balance_auth_providers_in_talks_on_IVR: inTalksOnIvr(result.improvements ?? [], methodsOf(providers)).length,
    third_party_opinion: result.opinion
      ? {
          result: result.opinion.result,
          exceptions_all_suspended: result.opinion.exceptions.every(({ suspended }) => suspended),
          recommendations: result.opinion.recommendations.length,
        }
      : null,
    remediation_due: promise?.date ?? null,
    published: result.published ?? null,
    target_was: result.target.date,
    slip_calendar_days: result.slipDays ?? null,
    slip_predicted_before_target: await predictedBefore(store, result.target.date),
  };
}

const methodsOf = (providers: Providers | undefined) => (unit: string) =>
  providers?.units.find(({ id }) => id === unit)?.authentication.map(({ method }) => method) ?? [];

/** Did an alarm say that the target would be missed, before it was? */
async function predictedBefore(store: Store, target: string): Promise<boolean> {
  const alarm = await store.db
    .selectFrom('timeline')
    .select('effective_at')
    .where('kind', '=', 'alarm.roundWillSlip')
    .orderBy('effective_at')
    .limit(1)
    .executeTakeFirst();
  return alarm !== undefined && alarm.effective_at.slice(0, 10) < target;
}
