import { log } from '@temporalio/workflow';
import type { z } from 'zod';
import { parseInput } from '../../domain/input.js';
import type { Json } from '../../domain/json.js';
import { Refusal } from '../../domain/refusal.js';

/**
 * Facts that other systems signal, kept until the procedure takes them; early ones wait. A signal cannot be answered, so
 * one that is not understood is kept apart, for the procedure to say so in the timeline.
 */
export class Inbox<T> {
  private readonly facts: T[] = [];
  readonly notUnderstood: string[] = [];

  constructor(
    private readonly schema: z.ZodType<T>,
    private readonly example: Json,
  ) {}

  take(input: unknown): void {
    try {
      this.facts.push(parseInput(this.schema, input, this.example));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      log.warn('signal not understood');
      this.notUnderstood.push(error.sentence.en);
    }
  }

  get waiting(): boolean {
    return this.facts.length > 0;
  }

  next(): T | undefined {
    return this.facts.shift();
  }
}
