import type { Language, Sentence } from '../../domain/sentence.js';
import { HttpRefusal } from '../server.js';

/** A page that says in a sentence why there is no other, and whom to ask. */
export class PageRefusal extends HttpRefusal {
  readonly ask: Sentence | undefined;
  /** Undefined while nobody knows who reads it: both languages are shown. */
  readonly lang: Language | undefined;

  constructor(statusCode: number, sentence: Sentence, more: { ask?: Sentence; lang?: Language } = {}) {
    super(statusCode, sentence);
    this.ask = more.ask;
    this.lang = more.lang;
  }
}
