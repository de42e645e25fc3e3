import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import { durationMillis } from '../domain/instant.js';
import type { Policy } from '../domain/policy.js';

/**
 * The schedules of a live deployment: `guardSweep` every `policy.sweepEvery`. Creates what is missing and brings what is
 * there back to this form, whatever became of it. The namespace needs a key in the ring, for the sweep's input.
 */
export async function ensureSchedules(client: Client, policy: Policy, taskQueue: string): Promise<void> {
  const guardSweep: ScheduleOptions = {
    scheduleId: 'guardSweep',
    spec: { intervals: [{ every: durationMillis(policy.sweepEvery) }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'guardSweep',
      workflowId: 'guardSweep',
      taskQueue,
      args: [{ v: 1 }],
      // A sweep that stands still itself must not keep the next one from beginning.
      workflowExecutionTimeout: '15 minutes',
    },
    // The default would catch up on a year of sweeps after an outage; one sweep sees all there is to see.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '10 minutes' },
  };
  try {
    await client.schedule.create(guardSweep);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, action, policies } = guardSweep;
    await client.schedule
      .getHandle(guardSweep.scheduleId)
      .update((current) => ({ ...current, spec, action, policies: { ...current.policies, ...policies } }));
  }
}
