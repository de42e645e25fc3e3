import { z } from 'zod';
import { DUTIES } from './dutyKind.js';
import { DurationSchema, PaceSchema } from './instant.js';
import { RoleSchema } from './roster.js';

const Clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a local time such as 09:00');

const BankDays = z.number().int().min(1).max(200);

/** Deadlines of inspections, in bank days of `calendar` (DOMAIN 3.3); all defaults are PROP. */
const InspectionPolicySchema = z.strictObject({
  calendar: z.string().min(1).default('japan-bank'),
  /** Local time of reminders. */
  remindAt: Clock.default('09:00'),
  /** For the approval of a planned round. */
  approveWithin: BankDays.default(3),
  answerWithin: BankDays.default(10),
  /** Bank days from the due day; negative before it. */
  answerReminders: z.array(z.number().int()).default([-3, 1, 3]),
  escalateAfter: BankDays.default(5),
  followUpWithin: BankDays.default(5),
  evaluateWithin: BankDays.default(5),
  /** For the gap list of a newer framework version. No default: it would change versions that are stored already. */
  gapListWithin: BankDays.optional(),
  /** From the decision that nothing applies to its review, e.g. P1Y. No default, for the same reason. */
  notApplicableReview: z
    .string()
    .regex(/^P(?:[1-9]Y|[1-9]\d?M|[1-9]\d{0,2}D)$/, 'years, months or days such as P1Y, P6M or P90D')
    .optional(),
  /** This follow-up in a row is a discussion instead. */
  discussionAtFollowUp: z.number().int().min(2).default(3),
  discussWithin: BankDays.default(20),
  remediationReminders: z.array(z.number().int()).default([-20, -10, -5]),
  remediationEscalateAfter: BankDays.default(1),
  /** For the facts in a draft of the assessor's opinion; after it the final one may come. */
  factCheckWithin: BankDays.default(5),
  /** Shares of the round's time at which its slip is predicted. */
  roundWarnings: z.array(z.number().gt(0).lt(1)).default([0.5, 0.75, 0.9]),
  /** How long a provider's link works, in days. */
  linkValidDays: z.number().int().min(1).max(400).default(90),
  /** How often a mail is tried again that did not go out. */
  mailRetryEvery: PaceSchema.prefault('PT10M'),
});
export type InspectionPolicy = z.output<typeof InspectionPolicySchema>;

const DutyRule = z.strictObject({ within: DurationSchema, owner: RoleSchema });

/** Every duration and default that people may want to change, as one versioned document. */
export const PolicySchema = z.strictObject({
  version: z.string().min(1),
  /** `act`: time-outs and tripwires act. `alarm`: they are recorded and alarmed, and nothing acts. */
  timeouts: z.enum(['act', 'alarm']),
  containment: z.strictObject({
    decideWithin: DurationSchema,
    warnAfter: z.array(DurationSchema),
    redecideWithin: DurationSchema,
    remindEvery: PaceSchema,
  }),
  suspension: z.strictObject({
    proposalExpires: DurationSchema,
    ratifyWithin: DurationSchema,
    night: z.strictObject({ from: Clock, to: Clock, until: Clock }),
    callEvery: PaceSchema,
    verifyWithin: DurationSchema,
    readBackEvery: PaceSchema,
    siblingsWithin: DurationSchema,
    reviewEvery: DurationSchema,
    watchFor: DurationSchema,
    driftOrdersPerDay: z.number().int().min(0),
  }),
  duties: z.record(z.enum([...DUTIES, 'lossDisclosureDecision']), DutyRule),
  inspection: InspectionPolicySchema.prefault({}),
  sweepEvery: PaceSchema,
});
export type Policy = z.output<typeof PolicySchema>;
