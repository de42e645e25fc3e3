/** The state machine of a containment: pure changes, each with the lines of the timeline and the rows that it brings. */
export * from './containment/state.js';
export * from './containment/loss.js';
export * from './containment/clock.js';
export * from './containment/decide.js';
export * from './containment/measure.js';
