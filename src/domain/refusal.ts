import { bilingual, type Sentence } from './sentence.js';

/** The types of failures that leave a workflow or an activity. One enum, so that callers branch on it and never on a text. */
export const FailureType = {
  /** What was asked is not allowed or not understood. The message names fields and ids, never values. */
  Refused: 'Refused',
  /** History and register disagree about one transition: nothing was written, a person must reconcile. */
  Diverged: 'Diverged',
} as const;

/**
 * The pure layers' way to say no. Carries a sentence in both languages; the outer layers turn it into an application
 * failure of type `Refused`, which stays readable in histories and in the Web UI.
 */
export class Refusal extends Error {
  readonly sentence: Sentence;

  constructor(sentence: Sentence) {
    super(bilingual(sentence));
    this.name = 'Refusal';
    this.sentence = sentence;
  }
}
