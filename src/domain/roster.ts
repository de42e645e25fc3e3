import { z } from 'zod';
import type { Instant } from './instant.js';
import { InstantSchema } from './instant.js';
import { KeyPart, PersonId } from './ids.js';
import { Refusal } from './refusal.js';
import { decisionName } from './wording/decisionName.js';
import type { Vote } from './decision.js';
import type { Sentence } from './sentence.js';

/** Roles and what they are called (DOMAIN 3.2). */
export const ROLES = {
  dutyOfficer: { en: 'duty officer', ja: '当直責任者' },
  incidentCommander: { en: 'incident commander', ja: '対策本部長' },
  serviceOwner: { en: 'service owner', ja: 'サービス所管部長' },
  ciso: { en: 'CISO', ja: 'セキュリティ責任者' },
  compliance: { en: 'risk and compliance (second line)', ja: 'リスク管理・コンプライアンス' },
  legal: { en: 'legal', ja: '法務' },
  customerService: { en: 'head of customer service', ja: 'お客さまサービス統括' },
  compensation: { en: 'head of compensation', ja: '補償責任者' },
  cfo: { en: 'CFO', ja: '経理' },
  pr: { en: 'public relations', ja: '広報' },
  evaluator: { en: 'evaluator', ja: '評価者' },
  providerManager: { en: 'provider manager', ja: '提携先管理' },
  board: { en: 'board', ja: '取締役会' },
  audit: { en: 'internal audit', ja: '監査部' },
  assessor: { en: 'independent assessor', ja: '第三者評価者' },
} as const;
export type Role = keyof typeof ROLES;
export const RoleSchema = z.enum(Object.keys(ROLES) as [Role, ...Role[]]);

const Period = { from: InstantSchema.optional(), until: InstantSchema.optional() };

export const RosterSchema = z.strictObject({
  version: z.string().min(1),
  people: z.array(
    z.strictObject({
      id: PersonId,
      roles: z.array(RoleSchema),
      /** Address for calls. A reference to the outside, never copied into a history. */
      mail: z.string().min(3),
      /** Controls that this person owns: he proposes on them, and never approves or lifts. */
      ownsControls: z.array(KeyPart).default([]),
      ...Period,
    }),
  ),
  /** Somebody else holds a role for a time; named, with dates. */
  delegates: z
    .array(z.strictObject({ person: PersonId, role: RoleSchema, from: InstantSchema, until: InstantSchema }))
    .default([]),
  /** Who is on duty; later entries win, `person` holds the role dutyOfficer from then on. */
  duty: z.array(z.strictObject({ person: PersonId, second: PersonId, from: InstantSchema })).default([]),
});
export type Roster = z.output<typeof RosterSchema>;

/** Who may decide what: each seat is filled by a person of its own. */
export const DecisionTableSchema = z.strictObject({
  version: z.string().min(1),
  subjects: z.record(
    z.string(),
    z.strictObject({
      seats: z.array(z.array(RoleSchema).min(1)).min(1),
      /** Four-eyes: who proposed may not decide. */
      notProposer: z.boolean().default(true),
      /** The owner of the failed control proposes, never approves or lifts. */
      notControlOwner: z.boolean().default(true),
    }),
  ),
});
export type DecisionTable = z.output<typeof DecisionTableSchema>;
export type TableRow = DecisionTable['subjects'][string];

const within = (at: Instant, period: { from?: Instant | undefined; until?: Instant | undefined }) =>
  (period.from === undefined || period.from <= at) && (period.until === undefined || at < period.until);

/** Roles that a person holds at an instant, by himself, as a delegate or by the rota. Empty for somebody unknown or gone. */
export function rolesOf(roster: Roster, person: string, at: Instant): Role[] {
  const entry = roster.people.find(({ id }) => id === person);
  if (!entry || !within(at, entry)) return [];
  const delegated = roster.delegates.filter((d) => d.person === person && within(at, d)).map(({ role }) => role);
  const duty: Role[] = onDuty(roster, at)?.person === person ? ['dutyOfficer'] : [];
  return [...new Set([...entry.roles, ...delegated, ...duty])];
}

/** People who hold a role at an instant, in the roster's order. */
export function holders(roster: Roster, role: Role, at: Instant): string[] {
  return roster.people.map(({ id }) => id).filter((id) => rolesOf(roster, id, at).includes(role));
}

/** Who is on duty, and the second person to call. */
export function onDuty(roster: Roster, at: Instant): { person: string; second: string } | undefined {
  return roster.duty
    .filter(({ from }) => from <= at)
    .sort((a, b) => (a.from < b.from ? -1 : 1))
    .at(-1);
}

/** The proposer of a lift that came from a cancel request: nobody knows which person that was. */
const CANCEL_REQUEST = 'cancel-request';

export interface Authority {
  /** Row of the decision table; a row of its own for the verdict (`containment.decide.restrict`) comes first. */
  readonly rule: string;
  readonly verdict: string;
  readonly by: string;
  readonly at: Instant;
  readonly proposer?: string | undefined;
  readonly failedControl?: string | undefined;
  /** The role that may, where the matter itself names it: the owner of a duty. The decision table is not asked then. */
  readonly owner?: Role | undefined;
  /** Who runs the unit that is judged: nobody evaluates what he owns. */
  readonly unitOwner?: string | undefined;
  /** Votes that already count for the same verdict. */
  readonly votes: readonly Vote[];
}

/** The row of the decision table that a question is decided by. @throws Refusal when there is none */
export function rowOf(table: DecisionTable, { rule, verdict }: Pick<Authority, 'rule' | 'verdict'>): TableRow {
  const row = table.subjects[`${rule}.${verdict}`] ?? table.subjects[rule];
  if (row) return row;
  throw new Refusal({
    en: `The decision table ${table.version} has no row "${rule}". Add it to decisions.yaml.`,
    ja: `決裁表（版 ${table.version}）に「${rule}」の行がありません。decisions.yaml に追加してください。`,
  });
}

type Matter = Pick<Authority, 'proposer' | 'failedControl' | 'unitOwner'>;

/** Why somebody decides nothing of a matter, whatever his role; undefined when nothing bars him. */
function barOf(row: TableRow, { proposer, failedControl, unitOwner }: Matter, person: Roster['people'][number]) {
  if (row.notProposer && proposer === person.id) return 'proposer';
  if (row.notControlOwner && failedControl && person.ownsControls.includes(failedControl)) return 'controlOwner';
  return unitOwner !== undefined && unitOwner === person.id ? 'unitOwner' : undefined;
}

/** Who may fill each seat of a row at an instant, of those whom nothing bars. */
export function seatsFor(
  roster: Roster,
  row: TableRow,
  matter: Matter,
  at: Instant,
): { readonly roles: readonly Role[]; readonly people: readonly string[] }[] {
  const free = roster.people.filter((person) => barOf(row, matter, person) === undefined).map(({ id }) => id);
  return row.seats.map((roles) => ({
    roles,
    people: free.filter((id) => rolesOf(roster, id, at).some((role) => roles.includes(role))),
  }));
}

/**
 * May this person cast this vote now? Refuses with a sentence that says who may.
 * @returns the role in which he decides and whether the decision is complete with it
 */
export function authorise(
  roster: Roster,
  table: DecisionTable,
  question: Authority,
): { role: Role; complete: boolean } {
  const { by, rule, failedControl, votes } = question;
  const row = question.owner
    ? { seats: [[question.owner]], notProposer: false, notControlOwner: false }
    : rowOf(table, question);
  const entry = roster.people.find(({ id }) => id === by);
  if (!entry)
    throw new Refusal({
      en: `The roster ${roster.version} does not know the person "${by}". Use the id that stands in the roster.`,
      ja: `名簿（版 ${roster.version}）に「${by}」はいません。名簿にあるIDを使ってください。`,
    });
  // Four-eyes against a proposer without a name takes a second named person: nobody lifts alone by way of a cancel.
  const doubled = row.notProposer && question.proposer === CANCEL_REQUEST && question.verdict === 'approve';
  const seats = doubled ? [...row.seats, ...row.seats] : row.seats;
  const taken = seatsTaken(seats, votes);
  const free = seats.filter((_, index) => !taken.has(index));
  const refusal = (en: string, ja: string) => {
    const instead = someoneElse(roster, { ...row, seats: free }, question);
    return new Refusal({ en: `${en} ${instead.en}`, ja: `${ja}${instead.ja}` });
  };
  switch (barOf(row, question, entry)) {
    case 'proposer':
      throw refusal(
        `"${by}" proposed this and cannot decide it (four-eyes).`,
        `「${by}」は提案者のため判断できません（二者承認）。`,
      );
    case 'controlOwner':
      throw refusal(
        `"${by}" owns the failed control "${failedControl}", and its owner may propose, never decide.`,
        `「${by}」は不備のあった対策「${failedControl}」の所管のため、提案はできますが判断はできません。`,
      );
    case 'unitOwner':
      throw refusal(
        `"${by}" runs this unit and cannot decide about it.`,
        `「${by}」はこの対象の所管者のため判断できません。`,
      );
    case undefined:
  }
  if (votes.some((vote) => vote.by === by))
    throw refusal(
      `"${by}" has already voted; another person must decide too.`,
      `「${by}」は既に判断済みです。別の人の判断が必要です。`,
    );
  const decided = decisionName(rule, question.verdict);
  const roles = rolesOf(roster, by, question.at);
  const role = free.flat().find((candidate) => roles.includes(candidate));
  if (!role)
    throw refusal(
      `"${by}" does not hold a role that may decide this now (${decided.en}).`,
      `「${by}」には今、この判断（${decided.ja}）をする役割がありません。`,
    );
  return { role, complete: free.length === 1 };
}

function seatsTaken(seats: readonly (readonly Role[])[], votes: readonly Vote[]): Set<number> {
  const taken = new Set<number>();
  for (const vote of votes) {
    const seat = seats.findIndex((roles, index) => !taken.has(index) && roles.includes(vote.role as Role));
    if (seat >= 0) taken.add(seat);
  }
  return taken;
}

/** Who may instead of the person who was refused: nobody who would be refused himself. */
function someoneElse(roster: Roster, row: TableRow, question: Authority): Sentence {
  const { by, at, votes } = question;
  const roles = [...new Set(row.seats.flat())];
  const able = seatsFor(roster, row, question, at).flatMap(({ people }) => people);
  const others = [...new Set(able)].filter((id) => id !== by && !votes.some((vote) => vote.by === id));
  const [en, ja] = [
    roles.map((role) => ROLES[role].en).join(' or '),
    roles.map((role) => ROLES[role].ja).join('または'),
  ];
  if (others.length > 0)
    return {
      en: `Who may: ${en} (${others.join(', ')}).`,
      ja: `判断できる役割: ${ja}（${others.join(', ')}）。`,
    };
  return {
    en: `Who may: ${en}, but nobody in the roster may now. Name a delegate in roster.yaml.`,
    ja: `判断できる役割: ${ja}。ただし現在、名簿に該当者がいません。roster.yaml に代行者を登録してください。`,
  };
}

/** A person may: in which role, whether the decision is complete with this vote, and by which versions that was found. */
export interface Authorised {
  readonly role: Role;
  readonly complete: boolean;
  readonly rosterVersion: string;
  readonly tableVersion: string;
}
