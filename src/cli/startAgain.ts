import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Store } from '../store/open.js';
import { hearAgain } from '../store/submissions.js';

/**
 * A new run under the same id, that goes on with what the register holds. It is told what the run before was told and may
 * not have written down.
 * @throws WorkflowExecutionAlreadyStartedError while a run is there
 */
export async function startAgain(client: Client, store: Store, job: string, workflowId: string): Promise<void> {
  const untaken = await untakenSignals(client, job, workflowId);
  await client.workflow.start(job, {
    workflowId,
    taskQueue: 'process',
    args: [{ v: 1, resume: true }],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    staticSummary: 'resumed by reconcile',
  });
  const { namespace } = client.options;
  // As they came, so that nobody has to read them.
  for (const { signalName, input } of untaken)
    await client.workflowService.signalWorkflowExecution({
      namespace,
      workflowExecution: { workflowId },
      signalName: signalName!,
      ...(input && { input }),
      identity: client.options.identity,
      requestId: randomUUID(),
    });
  // Answers that came while it did not run: the next sweep tells it.
  await hearAgain(store.db, workflowId);
}

/** Facts with a name of their own, which the job knows again: told twice they change nothing. */
const KNOWN_AGAIN: Readonly<Record<string, readonly string[]>> = {
  containment: ['lossConfirmed'],
  providerInspection: ['answersGiven', 'replyReceived'],
};

/** A sweep finds drift anew, and a reconciliation is what happens now. */
const NOT_AGAIN = ['driftFound', 'reconcile'];

/** Signals that the last run never got to, and those that it may have kept waiting. */
async function untakenSignals(client: Client, job: string, workflowId: string) {
  const events = await lastHistory(client, workflowId);
  const lastDone = events.findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
  return events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }, index) => {
    const name = signal?.signalName;
    if (!name || NOT_AGAIN.includes(name)) return [];
    return index > lastDone || KNOWN_AGAIN[job]?.includes(name) ? [signal] : [];
  });
}

async function lastHistory(client: Client, workflowId: string) {
  try {
    return (await client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}
