import { condition, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow';
import type { createBareActivities } from './activities.js';

export const decide = defineUpdate<void>('decide');

const { stopTarget } = proxyActivities<ReturnType<typeof createBareActivities>>({ startToCloseTimeout: '30 s' });

/** The honest baseline: waits for a decision, then makes the same calls and read-backs for each target, side by side. */
export async function bareSuspension({ targets }: { targets: string[] }): Promise<void> {
  let decided = false;
  setHandler(decide, () => {
    decided = true;
  });
  await condition(() => decided);
  await Promise.all(targets.map((target) => stopTarget(target)));
}
