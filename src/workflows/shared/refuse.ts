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
