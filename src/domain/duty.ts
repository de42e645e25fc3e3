import { z } from 'zod';
import type { DutyKind } from './dutyKind.js';
import { PersonId } from './ids.js';
import type { Instant } from './instant.js';
import { Refusal } from './refusal.js';
import type { Role } from './roster.js';
import type { Sentence } from './sentence.js';
import { rowId, type Change } from './transition.js';
import { dutyClosedMessage, notOwed } from './wording/duty.js';

/** A duty that somebody owes, or has done, as the register lists it. */
export interface OwedDuty {
  readonly id: string;
  /** The workflow that opened it, which may be over by now. */
  readonly workflowId: string;
  readonly incident: string;
  readonly duty: DutyKind;
  readonly owner: Role;
  readonly due: Instant;
  /** How its due instant came about. */
  readonly arithmetic: string;
  readonly closedAt?: Instant;
}

/** Says that a duty is done, or why it is not needed: the one JSON object of the update `closeDuty`. */
export const CloseDutyInput = z.strictObject({
  v: z.literal(1),
  /** The id of its row, e.g. `suspension/B/mijica-transfer-1#2.2`. */
  duty: z
    .string()
    .max(300)
    .regex(
      /^[a-z][A-Za-z]*\/[A-Za-z0-9/-]+#\d+\.\d+$/,
      'the id of a duty as "hikeshi duty list" shows it ／ hikeshi duty list に表示される義務のID',
    ),
  by: PersonId,
  reason: z.string().trim().min(3, 'a reason of at least three characters ／ 3文字以上の理由').max(2000),
});
export type CloseDutyInput = z.output<typeof CloseDutyInput>;

export interface DutyReceipt {
  readonly duty: string;
  readonly by: string;
  readonly role: Role;
  readonly reason: string;
  readonly closedAt: Instant;
  /** After its due instant. */
  readonly late: boolean;
  /** Names are claims until the gateway signs decisions. */
  readonly identity: 'unverified';
  readonly message: Sentence;
}

/** What the timeline keeps of a closing: a receipt can be made of it at any time. */
export interface DutyClosing {
  readonly by: string;
  readonly role: Role;
  readonly reason: string;
  readonly at: Instant;
  readonly late: boolean;
}

/** A duty as the state of the job that opened it knows it. */
export interface DutyStanding {
  readonly duty: DutyKind;
  readonly owner: Role;
  readonly due: Instant;
  readonly closed?: DutyClosing;
}

/** Duties of a job by their ids. Absent in the state of a job that was opened before duties could be closed. */
export type Duties = Readonly<Record<string, DutyStanding>>;

interface Owing {
  readonly id: string;
  readonly sequence: number;
  readonly duties?: Duties;
}

/** Enters the duties that a change opens into its state; their ids derive from where the lines will stand in the timeline. */
export function withDuties<S extends Owing>(change: Change<S>): Change<S> {
  const { state, entries } = change;
  const opened = entries.flatMap(({ rows }, line) =>
    rows.flatMap((row, index) =>
      row.do === 'openDuty' ? [[rowId(state.id, state.sequence + 1 + line, index), pick(row)] as const] : [],
    ),
  );
  if (opened.length === 0) return change;
  return { state: { ...state, duties: { ...state.duties, ...Object.fromEntries(opened) } }, entries };
}

const pick = ({ duty, owner, due }: DutyStanding): DutyStanding => ({ duty, owner, due });

/** The duty of a job; refuses an id that the job does not know. */
export function dutyOf(duties: Duties | undefined, id: string): DutyStanding {
  const duty = duties?.[id];
  if (duty) return duty;
  const open = Object.entries(duties ?? {}).flatMap(([known, { closed }]) => (closed ? [] : [known]));
  throw new Refusal(notOwed(id, open));
}

/**
 * The owner of a duty says that it is done. Closed a second time it stays as it was: the caller shows the first receipt.
 * Refuses a duty that the job does not know.
 */
export function closeDuty<S extends Owing>(
  state: S,
  input: CloseDutyInput,
  authority: { readonly role: Role; readonly rosterVersion: string },
  at: Instant,
): Change<S> {
  const duty = dutyOf(state.duties, input.duty);
  if (duty.closed) return { state, entries: [] };
  const { by, reason } = input;
  const { role, rosterVersion } = authority;
  const { due } = duty;
  const closed: DutyClosing = { by, role, reason, at, late: at > due };
  return {
    state: { ...state, duties: { ...state.duties, [input.duty]: { ...duty, closed } } },
    entries: [
      {
        entity: dutyEntity(input.duty),
        kind: 'dutyClosed',
        effectiveAt: at,
        content: { duty: duty.duty, due, by, role, reason, late: closed.late, rosterVersion },
        rows: [{ do: 'closeDuty', id: input.duty }],
      },
    ],
  };
}

/** What the timeline says of a duty, the sweep's alarm and its closing, stands under this entity. */
export const dutyEntity = (id: string) => `duty/${id}`;

export function dutyReceipt(duty: string, { by, role, reason, at, late }: DutyClosing): DutyReceipt {
  return { duty, by, role, reason, closedAt: at, late, identity: 'unverified', message: dutyClosedMessage(late) };
}
