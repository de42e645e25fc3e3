import { z } from 'zod';
import type { Json } from './json.js';
import type { Sentence } from './sentence.js';

/** Input of a run that goes on with what the register holds: after continue-as-new, a loss, or a reconciliation. */
export const Resume = z.strictObject({
  v: z.literal(1),
  resume: z.literal(true),
  /** Signals that the run before had received and not yet taken. */
  unread: z.array(z.strictObject({ signal: z.string(), input: z.json() })).optional(),
});

export type Unread = { readonly signal: string; readonly input: Json };

/** What a run of a job begins with: the plan for a new one (P), or what the register holds of it (S). */
export type Beginning<P, S> =
  { readonly kind: 'planned'; readonly plan: P } | { readonly kind: 'resumed'; readonly state: S };

export type Opened<P, S> = Beginning<P, S> | { readonly kind: 'refused'; readonly sentence: Sentence };
