import type { DutyKind } from './duty.js';
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
      readonly asks: Sentence;
      readonly due?: Instant;
      /** Update or signal to send, with its ready JSON. */
      readonly send?: { readonly update: string; readonly json: Json };
    }
  | { readonly do: 'closeTasks'; readonly subject: string }
  | {
      readonly do: 'openDuty';
      readonly duty: DutyKind;
      readonly owner: Role;
      readonly due: Instant;
      readonly arithmetic: string;
    }
  | { readonly do: 'dutyAlarmed'; readonly id: string }
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

export const isAlarm = (kind: string) => kind.startsWith('alarm.');
