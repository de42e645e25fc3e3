import type { Instant } from './instant.js';
import type { Sentence } from './sentence.js';
import type { Entry } from './transition.js';

/** Why nobody but a person can tell what a mail that came in is about, or do what it asks. */
export type Stray =
  /** It names no mail of ours, or not genuinely. */
  | 'no-token'
  | 'unreadable'
  /** It names a mail that the register does not hold. */
  | 'unknown-mail'
  /** Its inspection does not run any more. */
  | 'not-running';

/** What became of a mail that came in. `told`: the inspection's workflow knows; otherwise nobody runs who would. */
export type InboundTaken =
  | {
      readonly kind: 'bounce';
      readonly inspection: string;
      readonly mail: string;
      /** False: the relay still tries, and nobody is called. */
      readonly permanent: boolean;
      readonly told: boolean;
    }
  | {
      readonly kind: 'reply';
      readonly inspection: string;
      readonly reply: string;
      /** A machine answered: kept, and nobody is called. */
      readonly automatic: boolean;
      readonly told: boolean;
    }
  /** `success`: a report that a mail of ours arrived; nobody has to look. */
  | { readonly kind: 'unmatched'; readonly why: Exclude<Stray, 'not-running'> | 'success' };

/** Why a person has to look at it; undefined where nobody has to, or the inspection's own task asks. */
export function strayOf(taken: InboundTaken): Stray | undefined {
  if (taken.kind === 'unmatched') return taken.why === 'success' ? undefined : taken.why;
  const wanted = taken.kind === 'bounce' ? taken.permanent : !taken.automatic;
  return wanted && !taken.told ? 'not-running' : undefined;
}

/** Key of a mail in timeline and tasks. */
export const inboundMailId = (id: string) => `inboundMail/${id}`;

const TASK = 'mail';

/** What a person is asked about a mail that strayed. */
export interface StrayTask {
  readonly why: Stray;
  readonly asks: Sentence;
  /** False while somebody was called for an earlier one: whoever floods the address calls people once. */
  readonly call: boolean;
}

/** The inspection that a mail is for, where it is known. */
export const inspectionOf = (taken: InboundTaken) => (taken.kind === 'unmatched' ? undefined : taken.inspection);

/** A mail that a person has to look at. */
export function mailStrayed(id: string, taken: InboundTaken, { why, asks, call }: StrayTask, at: Instant): Entry {
  const inspection = inspectionOf(taken);
  return {
    entity: inspection ?? inboundMailId(id),
    kind: 'alarm.mailStrayed',
    incident: inspection?.split('/')[1] ?? '-',
    effectiveAt: at,
    content: { mail: id, why },
    rows: [{ do: 'openTask', subject: TASK, roles: ['providerManager'], call, asks }],
  };
}

/** A person looked at it, and says what was done. */
export function mailSettled(id: string, said: { readonly by: string; readonly reason: string }, at: Instant): Entry {
  return {
    entity: inboundMailId(id),
    kind: 'mailSettled',
    effectiveAt: at,
    content: { mail: id, ...said },
    rows: [{ do: 'closeTasks', subject: TASK }],
  };
}
