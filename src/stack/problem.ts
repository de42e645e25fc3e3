import { bilingual, type Sentence } from '../domain/sentence.js';

/** Something about the machine or its neighbours that a person must mend before the stack can run. Never shown with a stack. */
export class StackProblem extends Error {
  readonly sentence: Sentence;

  constructor(sentence: Sentence, options?: { cause?: unknown }) {
    super(bilingual(sentence), options);
    this.name = 'StackProblem';
    this.sentence = sentence;
  }
}

/** Reports progress: one short line a step. */
export type Log = (line: string) => void;
