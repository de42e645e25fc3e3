import { z } from 'zod';

/** Cases, or yen for one request: a whole number from 1 on, as large as a column of the register holds. */
export const AmountSchema = z.number().int().min(1).max(2_147_483_647);
