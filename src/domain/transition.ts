import type { DutyKind } from './dutyKind.js';
import type { Instant } from './instant.js';
import type { Json } from './json.js';
import type { Measure } from './holds.js';
import type { Role } from './roster.js';
import type { Sentence } from './sentence.js';

/** What a transition writes beside its timeline entry, in the same transaction. Ids derive from the transition's key. */
export type Row =
  | {
      readonly do: 'placeHold';
      readonly target: string;
      readonly measure: Measure;
      readonly limitYen?: number;
      readonly inFlight?: string;
    }
  | { readonly do: 'releaseHold'; readonly target: string }
  | {
      readonly do: 'openTask';
      /** What the task is about within its workflow; closed by the same name. */
      readonly subject: string;
      readonly roles: readonly Role[];
      /** Call the people by mail, besides listing the task. */
      readonly call: boolean;
      /** Not beside an open task of the same subject, of whatever workflow: people know, and are not called again. */
      readonly once?: true;
      readonly asks: Sentence;
      readonly due?: Instant;
      /** Update or signal to send, with its ready JSON. */
      readonly send?: { readonly update: string; readonly json: Json };
    }
  | { readonly do: 'closeTasks'; readonly subject: string }
  /** One task, of whatever workflow: a person saw to it. */
  | { readonly do: 'closeTask'; readonly id: string }
  | {
      readonly do: 'openDuty';
      readonly duty: DutyKind;
      readonly owner: Role;
      readonly due: Instant;
      readonly arithmetic: string;
    }
  | { readonly do: 'dutyAlarmed'; readonly id: string }
  /** The duty is done, and whoever was called because it was overdue need not look any more. */
  | { readonly do: 'closeDuty'; readonly id: string }
  | {
      readonly do: 'recordDecision';
      readonly subject: string;
      readonly verdict: string;
      readonly by: string;
      readonly role: string;
      readonly reason: string;
      readonly digest: string;
      readonly late: boolean;
      readonly rosterVersion: string;
      readonly tableVersion: string;
    }
  /** What status and report read of an inspected unit: the whole row, each time. */
  | {
      readonly do: 'noteInspection';
      readonly round: string;
      readonly unit: string;
      readonly unitGroup: string;
      readonly own: boolean;
      readonly basis: string;
      readonly framework: string;
      readonly frameworkVersion: string;
      readonly phase: string;
      readonly result: string;
      readonly mandatory: number;
      readonly satisfied: number;
      readonly failing: number;
      readonly leftOut: number;
      readonly followUps: number;
      readonly askedAt: Instant | null;
      readonly answerDue: Instant | null;
      readonly overdueSince: Instant | null;
      readonly answeredAt: Instant | null;
      readonly nextDue: Instant | null;
      readonly remediation: {
        readonly date: string | null;
        readonly lastOpenDay: string | null;
        readonly standing: string;
      } | null;
      readonly notApplicable: {
        readonly by: readonly string[];
        readonly reason: string;
        readonly review: string;
      } | null;
    }
  | {
      readonly do: 'noteItems';
      readonly items: readonly {
        readonly item: string;
        readonly phase: number;
        readonly class: string;
        readonly result: string;
        /** Was judged to fail, and nobody has judged since that it does not. */
        readonly failed: boolean;
      }[];
    }
  | {
      readonly do: 'noteCommitment';
      readonly unit: string;
      /** Counts the promises of the unit, from 1. */
      readonly n: number;
      readonly text: string;
      readonly date: string;
      readonly lastOpenDay: string | null;
      readonly due: Instant;
      readonly firmness: string;
      readonly standing: string;
      readonly madeAt: Instant;
    }
  /** Failing items that two persons live with for a time: the whole row, each time. */
  | {
      readonly do: 'noteRisk';
      readonly unit: string;
      readonly n: number;
      readonly items: readonly string[];
      readonly functions: readonly string[];
      readonly by: readonly string[];
      readonly reason: string;
      readonly acceptedAt: Instant;
      readonly until: Instant;
      readonly ended: string | null;
      readonly endedAt: Instant | null;
    }
  /** A round as it stands: its times, and its report. */
  | {
      readonly do: 'noteRound';
      readonly round: string;
      readonly title: Sentence;
      readonly phase: string;
      readonly openedAt: Instant | null;
      readonly target: Json;
      readonly predictedEnd: string | null;
      readonly reportedAt: Instant | null;
      readonly slipDays: number | null;
    }
  /** A version of the assessor's opinion, as it was given. Never replaced. */
  | {
      readonly do: 'recordOpinion';
      readonly round: string;
      readonly version: number;
      readonly stage: 'draft' | 'final';
      readonly opinion: string;
      readonly content: Json;
      /** Digest of the report of the round that it is about. */
      readonly report: string;
      readonly hash: string;
      readonly by: string;
      readonly at: Instant;
    }
  /** The bank's answer to a version of the opinion, beside it. Never replaced. */
  | {
      readonly do: 'recordFactCheck';
      readonly n: number;
      readonly version: number;
      readonly by: string;
      readonly role: string;
      readonly remarks: Json;
      readonly at: Instant;
    }
  /** An improvement as it stands: the whole row, each time. */
  | {
      readonly do: 'noteImprovement';
      readonly round: string;
      readonly name: string;
      readonly units: readonly string[];
      readonly subject: string;
      readonly text: Sentence;
      readonly stage: string;
      readonly due: Instant | null;
      readonly date: string | null;
      readonly lastOpenDay: string | null;
      readonly firmness: string | null;
      readonly standing: string | null;
      /** Days that were promised before. */
      readonly earlier: readonly string[];
    }
  | {
      readonly do: 'recordLoss';
      readonly target: string;
      readonly reference: string;
      readonly count: number;
      readonly occurredAt: Instant;
    };

/** One line of the timeline, and what it writes. */
export interface Entry {
  /** `suspension/B/x` itself, or a part of it: `suspension/B/x#link-01`. */
  readonly entity: string;
  readonly kind: string;
  readonly effectiveAt: Instant;
  readonly content: Json;
  readonly rows: readonly Row[];
  /** When it is not the job's own: a sweep writes about every incident. */
  readonly incident?: string;
}

/** The result of applying one event to a job's state. */
export interface Change<S> {
  readonly state: S;
  readonly entries: readonly Entry[];
}

/** An entry with its key: (workflow id, sequence). */
export interface Transition extends Entry {
  readonly sequence: number;
  readonly recordedAt: Instant;
}

/** Id of a row that a transition opens: the transition's key, and the row's place in it. */
export const rowId = (workflowId: string, sequence: number, index: number) => `${workflowId}#${sequence}.${index}`;

export const isAlarm = (kind: string) => kind.startsWith('alarm.');
