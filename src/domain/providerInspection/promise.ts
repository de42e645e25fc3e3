import type { Row } from '../transition.js';
import type { InspectionState, Remediation } from './state.js';

/** The day that was promised. */
export const dayOf = ({ due }: Remediation) => due.date ?? due.at.slice(0, 10);

/**
 * A promise as status and report read it; each one keeps its row, with what became of it.
 * @param promised days promised before this one
 */
export function noteCommitment(
  { unit, promised }: Pick<InspectionState, 'unit' | 'promised'>,
  remediation: Remediation,
  standing: Remediation['standing'] | 'MET' | 'RE_COMMITTED' | 'REOPENED' = remediation.standing,
): Row {
  const { due, text, madeAt } = remediation;
  return {
    do: 'noteCommitment',
    unit,
    n: promised.length + 1,
    text,
    date: dayOf(remediation),
    lastOpenDay: due.lastOpenDay ?? null,
    due: due.at,
    firmness: due.firmness,
    standing,
    madeAt,
  };
}
