import type { Instant } from '../instant.js';
import type { Sentence } from '../sentence.js';
import { functionsAtRisk, isInspected, type InspectionState } from './state.js';
import { resultOf } from './ask.js';

/** What keeps a function from running again: failing items that protect it, or an inspection that is not finished. */
export interface LiftBar {
  readonly function: string;
  readonly unit: string;
  /** Failing mandatory items; none when the unit is incomplete. */
  readonly items: readonly string[];
}

/**
 * What keeps functions of a unit from running again (R-06, invariants 5 and 8). A risk that two persons accepted, and whose
 * end has not come, lets failing items pass; nothing lets an unfinished inspection pass.
 * @param functions those of the unit that are to run again
 */
export function liftBars(state: InspectionState, functions: readonly string[], at: Instant): LiftBar[] {
  const { unit, risk } = state;
  const accepted = risk && at <= risk.until ? risk.items : [];
  const atRisk = functionsAtRisk(state, accepted);
  return functions.flatMap((id): LiftBar[] => {
    const items = atRisk[id] ?? [];
    if (items.length > 0) return [{ function: id, unit, items }];
    return isInspected(resultOf(state)) ? [] : [{ function: id, unit, items: [] }];
  });
}

/** Why a lift is refused, and what would let it pass. */
export function liftRefused(bars: readonly LiftBar[]): Sentence {
  const en = bars.map(({ function: id, unit, items }) =>
    items.length > 0
      ? `${id}: mandatory items of ${unit} fail (${items.join(', ')})`
      : `${id}: the inspection of ${unit} is not finished`,
  );
  const ja = bars.map(({ function: id, unit, items }) =>
    items.length > 0 ? `${id}: ${unit} の必須項目が不充足（${items.join('、')}）` : `${id}: ${unit} の点検が未了`,
  );
  return {
    en: `These functions may not run again yet. ${en.join('; ')}. Have the items mended and inspected again; failing items of a finished inspection can be accepted by two persons until a day (acceptRisk).`,
    ja: `次の機能はまだ再開できません。${ja.join('、')}。是正と再点検を済ませてください。点検が終わった対象の不充足項目は、期限を定めて二人で受容（acceptRisk）できます。`,
  };
}
