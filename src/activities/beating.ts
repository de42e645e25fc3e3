import { Context } from '@temporalio/activity';

/** Often enough for the time after which the server gives a worker up as lost (`workflows/shared/activities.ts`). */
const BEAT_MS = 1_000;

/** Says that this worker lives for as long as the work takes: a stop must not wait for the time-out of a lost worker. */
export async function beating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
