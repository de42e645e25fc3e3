import { shielded } from './clock.js';

/** A queue for things that must happen one after the other, in the order in which they came. */
export class Turns {
  private busy = false;
  private readonly line: (() => void)[] = [];

  /** How many are in their turn or wait for it. */
  get waiting(): number {
    return this.line.length + (this.busy ? 1 : 0);
  }

  /** Begins at once when it is nobody's turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.busy) await new Promise<void>((resolve) => this.line.push(resolve));
    this.busy = true;
    try {
      return await work();
    } finally {
      const next = this.line.shift();
      // Whoever comes before the next one takes up his turn has to wait too.
      if (next) next();
      else this.busy = false;
    }
  }
}

/** Turns of people and systems that wait for an answer: a cancel request does not break it off. */
export class OneAtATime extends Turns {
  override run<T>(work: () => Promise<T>): Promise<T> {
    return super.run(() => shielded(work));
  }
}
