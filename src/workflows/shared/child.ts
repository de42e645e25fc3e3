import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { JobName } from '../../domain/ids.js';

interface Child {
  readonly workflowId: string;
  readonly args: unknown[];
  /** Shown beside it in the Web UI; nobody's data. */
  readonly staticSummary: string;
}

/**
 * Starts a job that outlives its starter.
 * @returns false when one of this id runs already: it may be the same one
 */
export async function startOnce(job: JobName, child: Child): Promise<boolean> {
  try {
    await startChild(job, { ...child, parentClosePolicy: ParentClosePolicy.ABANDON });
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return false;
  }
}
