import type { Instant } from '../domain/instant.js';
import type { Db } from '../store/open.js';

/** Live unless the register says otherwise. In a drill "now" is what its register knows last. */
export async function modeOf(db: Db, now: Instant): Promise<{ mode: 'live' | 'drill'; at: Instant }> {
  const row = await db.selectFrom('setting').select('value').where('name', '=', 'mode').executeTakeFirst();
  if (row?.value !== 'drill') return { mode: 'live', at: now };
  const last = await db
    .selectFrom('timeline')
    .select('recorded_at')
    .orderBy('recorded_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { mode: 'drill', at: last?.recorded_at ?? now };
}
