import type { Instant } from './instant.js';
import { Refusal } from './refusal.js';
import { ROLES, rowOf, seatsFor, type Authority, type DecisionTable, type Roster } from './roster.js';

/** What others decide after somebody has proposed, by the row of the decision table by which he does. */
const DECIDED_BY: Readonly<Record<string, readonly Pick<Authority, 'rule' | 'verdict'>[]>> = {
  'suspension.propose': [{ rule: 'suspension.approve', verdict: 'approve' }],
  'suspension.proposeLift': [{ rule: 'suspension.lift', verdict: 'approve' }],
  'inspectionRound.plan': [{ rule: 'inspectionRound.open', verdict: 'open' }],
  'inspectionRound.proposeReport': [{ rule: 'inspectionRound.report', verdict: 'publish' }],
  'providerInspection.proposeEvaluation': [{ rule: 'providerInspection.evaluation', verdict: 'confirm' }],
  'evaluation.propose': [
    { rule: 'evaluation.commission', verdict: 'commission' },
    { rule: 'evaluation.independence', verdict: 'confirm' },
  ],
  'improvement.moveStage.DROPPED': [{ rule: 'improvement.drop', verdict: 'confirm' }],
};

type Proposal = Pick<Authority, 'rule' | 'verdict' | 'by' | 'at' | 'failedControl' | 'unitOwner'>;

/**
 * Could anybody decide what this person proposes, now or once the roster lets somebody? Asked before anything starts.
 * @throws Refusal: four eyes, the failed control or the unit leave nobody
 */
export function requireDecidable(roster: Roster, table: DecisionTable, proposal: Proposal): void {
  const { rule, verdict, by, at, failedControl, unitOwner } = proposal;
  for (const decided of DECIDED_BY[`${rule}.${verdict}`] ?? DECIDED_BY[rule] ?? []) {
    const row = rowOf(table, decided);
    const matter = { proposer: by, failedControl, unitOwner };
    const filled = (when: Instant) => everySeat(seatsFor(roster, row, matter, when).map(({ people }) => people));
    if ([at, ...laterThan(roster, at)].some(filled)) continue;
    const roles = [...new Set(row.seats.flat())];
    const [en, ja] = [roles.map((role) => ROLES[role].en).join(', '), roles.map((role) => ROLES[role].ja).join('、')];
    throw new Refusal({
      en: `If "${by}" proposes this, nobody in the roster could decide it ("${decided.rule}": ${en}; not who proposed it, and not who owns what it is about). Nothing was started. Have somebody else propose it, or name a delegate in roster.yaml.`,
      ja: `「${by}」が提案すると、判断できる人が名簿にいません（「${decided.rule}」: ${ja}。提案者と所管者は判断できません）。何も開始していません。別の人が提案するか、roster.yaml に代行者を登録してください。`,
    });
  }
}

/** Can every seat be filled by a person of its own? */
function everySeat(seats: readonly (readonly string[])[], taken: readonly string[] = []): boolean {
  const [first, ...rest] = seats;
  return first === undefined || first.some((id) => !taken.includes(id) && everySeat(rest, [...taken, id]));
}

/** When the roster gives somebody a role later on. */
function laterThan({ people, delegates, duty }: Roster, at: Instant): Instant[] {
  const begins = [...people, ...delegates, ...duty].flatMap(({ from }) => (from === undefined ? [] : [from]));
  return begins.filter((from) => from > at);
}
