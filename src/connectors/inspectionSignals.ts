import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { NobodyListens, type AnswersSignaller } from '../domain/answers.js';

const SIGNAL = 'answersGiven';
const DEADLINE_MS = 2_500;

/**
 * Tells inspections by Temporal signals.
 * @param client asked for each time, so that a process may start before Temporal does
 */
export function inspectionSignals(client: () => Promise<Client>): AnswersSignaller {
  return {
    async answersGiven(inspection, given) {
      const temporal = await client();
      try {
        await temporal.withDeadline(Date.now() + DEADLINE_MS, () =>
          temporal.workflow.getHandle(inspection).signal(SIGNAL, given),
        );
      } catch (error) {
        throw error instanceof WorkflowNotFoundError ? new NobodyListens() : error;
      }
    },
  };
}
