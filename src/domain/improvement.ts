/** What is not a gap but is to get better: stage, due day, and who is to do it. */
export * from './improvement/state.js';
export * from './improvement/move.js';
export * from './improvement/due.js';
