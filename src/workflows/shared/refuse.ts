import { ApplicationFailure } from '@temporalio/workflow';
import { FailureType, Refusal } from '../../domain/refusal.js';
import { bilingual, type Sentence } from '../../domain/sentence.js';

/** The failure that people read: never retried, and its message stays in clear. */
export function refused(sentence: Sentence): ApplicationFailure {
  return ApplicationFailure.nonRetryable(bilingual(sentence), FailureType.Refused);
}

/** Runs pure code; its refusals leave the workflow as failures that people can read. */
export function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw refused(error.sentence);
    throw error;
  }
}

/** The input says something else than the workflow id. */
export const notAsInId = (field: string, inId: string): Sentence => ({
  en: `The field "${field}" must be ${inId}, as in the workflow id. Change one of the two.`,
  ja: `「${field}」はワークフローIDと同じ ${inId} にしてください。どちらかを直してください。`,
});
