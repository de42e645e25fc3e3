import { patched } from '@temporalio/workflow';
import type { z } from 'zod';
import { parseInput } from '../../domain/input.js';
import type { Json } from '../../domain/json.js';
import { signalNotUnderstood, type NotUnderstood } from '../../domain/notUnderstood.js';
import { Refusal } from '../../domain/refusal.js';
import type { Unread } from '../../domain/resume.js';
import { now } from './clock.js';
import type { Job } from './job.js';

interface Confusable {
  readonly id: string;
  readonly incident: string;
  readonly sequence: number;
  readonly notUnderstood?: readonly string[];
}

/**
 * Facts that other systems signal, kept until the procedure takes them; early ones wait. A signal cannot be answered, so
 * one that is not understood is kept apart, for the procedure to say so in the timeline.
 */
export class Inbox<T extends Json> {
  private readonly facts: T[] = [];
  private readonly unreadable: (NotUnderstood & { readonly input: unknown })[] = [];

  constructor(
    private readonly signal: string,
    private readonly schema: z.ZodType<T>,
    private readonly example: Json,
  ) {}

  take(input: unknown): void {
    try {
      this.facts.push(parseInput(this.schema, input, this.example));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.unreadable.push({ signal: this.signal, problem: error.sentence, input });
    }
  }

  /**
   * What the run before had received and not taken.
   * @param first before what this run received itself meanwhile
   */
  takeUnread(unread: readonly Unread[], first: boolean): void {
    const later = first ? this.facts.splice(0) : [];
    for (const { signal, input } of unread) if (signal === this.signal) this.take(input);
    this.facts.push(...later);
  }

  /** The fact that is to be taken next; it stays until `taken` says that the register has it. */
  get next(): T | undefined {
    return this.facts[0];
  }

  get nextNotUnderstood(): NotUnderstood | undefined {
    return this.unreadable[0];
  }

  taken(): void {
    this.facts.shift();
  }

  told(): void {
    this.unreadable.shift();
  }

  /** What nobody has taken yet, for the run that goes on after this one. */
  unread(): Unread[] {
    const inputs = [...this.facts, ...this.unreadable.map(({ input }) => (input ?? null) as Json)];
    return inputs.map((input) => ({ signal: this.signal, input }));
  }
}

/**
 * Does what the run before had not taken come first, as it was sent? In runs of before it came last. Asked at the start of
 * a run, where its event arrives.
 */
export const unreadFirst = (unread: readonly Unread[]): boolean => unread.length > 0 && patched('unread-comes-first');

/** A signal cannot be answered: people are told that one could not be read. */
export async function tellConfusion<S extends Confusable>(
  job: Job<S>,
  inboxes: readonly Pick<Inbox<Json>, 'nextNotUnderstood' | 'told'>[],
): Promise<void> {
  for (const inbox of inboxes)
    for (let signal = inbox.nextNotUnderstood; signal && !job.apart; signal = inbox.nextNotUnderstood)
      if (await job.recorded(signalNotUnderstood(job.state, signal, now()))) inbox.told();
}
