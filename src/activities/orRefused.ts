import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';

/** A refusal is an answer, not a failure: it must not be retried. */
export async function orRefused<T>(work: () => Promise<T>): Promise<T | { kind: 'refused'; sentence: Sentence }> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', sentence: error.sentence };
    throw error;
  }
}
