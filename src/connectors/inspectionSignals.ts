import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { NobodyListens, type AnswersSignaller } from '../domain/answers.js';
import type { Json } from '../domain/json.js';

const DEADLINE_MS = 2_500;

/** Tells inspections what came in for them. */
export interface InspectionSignals extends AnswersSignaller {
  /** @returns false when no run takes it. Throws while Temporal does not answer. */
  signal(inspection: string, name: string, input: Json): Promise<boolean>;
}

/**
 * Tells inspections by Temporal signals.
 * @param client asked for each time, so that a process may start before Temporal does
 */
export function inspectionSignals(client: () => Promise<Client>): InspectionSignals {
  async function signal(inspection: string, name: string, input: unknown): Promise<boolean> {
    const temporal = await client();
    try {
      await temporal.withDeadline(Date.now() + DEADLINE_MS, () =>
        temporal.workflow.getHandle(inspection).signal(name, input),
      );
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }
  return {
    signal,
    async answersGiven(inspection, given) {
      if (!(await signal(inspection, 'answersGiven', given))) throw new NobodyListens();
    },
  };
}
