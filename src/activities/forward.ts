/** What became of telling a workflow. `nobody`: no run takes it. `later`: Temporal does not answer now. */
export type Telling = 'told' | 'nobody' | 'later';

export interface Forwarded {
  readonly told: number;
  /** Left for the next time. */
  readonly waiting: number;
}

/** Tells workflows of what is kept and was not told, one after the other; whoever tells writes down that it is told. */
export async function forward<T>(untold: readonly T[], tell: (each: T) => Promise<Telling>): Promise<Forwarded> {
  let told = 0;
  for (const [index, each] of untold.entries()) {
    const outcome = await tell(each);
    if (outcome === 'told') told += 1;
    // Temporal is down, which each of the others would wait for as long.
    if (outcome === 'later') return { told, waiting: untold.length - index };
  }
  return { told, waiting: 0 };
}
