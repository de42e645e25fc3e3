import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';

export type Part = 'temporal' | 'register';

/** A part of the stack that a command needs does not answer. */
export class Down extends Refusal {
  constructor(
    readonly part: Part,
    sentence: Sentence,
  ) {
    super(sentence);
  }
}
