import { z } from 'zod';

/** Input of a run that goes on with what the register holds: after continue-as-new, a loss, or a reconciliation. */
export const Resume = z.strictObject({ v: z.literal(1), resume: z.literal(true) });
