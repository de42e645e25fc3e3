/** The seed of this run: `HIKESHI_TEST_SEED` repeats another one. */
export function seedOfRun(): number {
  const given = Number(process.env['HIKESHI_TEST_SEED']);
  const seed = Number.isSafeInteger(given) && given > 0 ? given : Date.now() % 1_000_000;
  process.stderr.write(`HIKESHI_TEST_SEED=${seed}\n`);
  return seed;
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `from` to `to`, both included. */
export const between = (random: () => number, from: number, to: number) =>
  from + Math.floor(random() * (to - from + 1));
