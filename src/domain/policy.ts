import { z } from 'zod';
import { DUTIES } from './duty.js';
import { DurationSchema } from './instant.js';
import { RoleSchema } from './roster.js';

const Clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a local time such as 09:00');

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
    remindEvery: DurationSchema,
  }),
  suspension: z.strictObject({
    proposalExpires: DurationSchema,
    ratifyWithin: DurationSchema,
    night: z.strictObject({ from: Clock, to: Clock, until: Clock }),
    callEvery: DurationSchema,
    verifyWithin: DurationSchema,
    readBackEvery: DurationSchema,
    siblingsWithin: DurationSchema,
    reviewEvery: DurationSchema,
    watchFor: DurationSchema,
    driftOrdersPerDay: z.number().int().min(0),
  }),
  duties: z.record(z.enum([...DUTIES, 'lossDisclosureDecision']), DutyRule),
  sweepEvery: DurationSchema,
});
export type Policy = z.output<typeof PolicySchema>;
