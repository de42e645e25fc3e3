/** The state machine of a suspension: pure changes, each with the lines of the timeline and the rows that it brings. */
export * from './suspension/state.js';
export * from './suspension/preview.js';
export * from './suspension/questions.js';
export * from './suspension/order.js';
export * from './suspension/targets.js';
export * from './suspension/tripwire.js';
export * from './suspension/ratify.js';
export * from './suspension/review.js';
export * from './suspension/lift.js';
export * from './suspension/decide.js';
