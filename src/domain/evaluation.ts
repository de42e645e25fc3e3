/** Third-party evaluation of a round: who commissions it, its opinion, and the fact check beside it. */
export * from './evaluation/state.js';
export * from './evaluation/commission.js';
export * from './evaluation/opinion.js';
export * from './evaluation/clock.js';
